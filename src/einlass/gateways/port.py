# SPDX-License-Identifier: Apache-2.0
"""What every SMS gateway can do. When an SMS is sent, and what becomes of it: `operations/outbox.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from einlass.core.messages import NotTaken

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Sms:
    """One short message; `to` is E.164, `sender` what the phone shows, empty for what the account has."""

    to: str
    text: str
    sender: str = ""


class SmsGateway(Protocol):
    """A driver. It raises nothing that a network can cause: that is an answer as well."""

    def send(self, sms: Sms) -> NotTaken | None:
        """None when the gateway accepted it, else why not, in words without the key and without the number."""

    def close(self) -> None: ...
