# SPDX-License-Identifier: Apache-2.0
"""Calls of exivo's API as values, what is answered to them, and the refusal that ends one early."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is the fault plan's word for it; `item` the id of a visit or component in the path."""

    name: str
    endpoint: str
    site_id: str
    item: str
    query: Mapping[str, str]
    body: bytes
    content_type: str
    api_key: str
    api_secret: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The API says no. `message` is what clients of the live service read; None leaves the body empty."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def answer(self) -> Answer:
        return Answer(self.status) if self.message is None else json_answer({"message": self.message}, status=self.status)


def json_answer(content: object, *, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
