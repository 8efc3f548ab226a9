# SPDX-License-Identifier: Apache-2.0
"""Calling the address that came with a key: we assume a POST that names the key. Nobody waits for it, a failure is forgotten."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.client import HTTPException
from urllib.request import Request, urlopen

ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Callback:
    """One call that is to go out, or went out."""

    uri: str
    visit: str

    def as_json(self) -> dict[str, object]:
        return {"uri": self.uri, "id": self.visit}


def forged(callback: Callback) -> Callback:
    """As somebody sends it who knows the form of the address and not its secret: the last sign is another one."""
    return Callback(f"{callback.uri[:-1]}{'0' if callback.uri[-1:] != '0' else '1'}", callback.visit)


def send(callback: Callback) -> None:
    """Call the address in the background."""
    threading.Thread(target=_call, args=(callback,), daemon=True).start()


def _call(callback: Callback) -> None:
    if not callback.uri.startswith(("http://", "https://")):
        return
    body = json.dumps({"id": callback.visit}).encode()
    request = Request(callback.uri, data=body, headers={"Content-Type": "application/json"}, method="POST")  # noqa: S310 - checked above
    try:
        urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310 - checked above
    except (OSError, ValueError, HTTPException):
        return
