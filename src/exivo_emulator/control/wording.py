# SPDX-License-Identifier: Apache-2.0
"""How control calls are read and answered: bodies, times, and refusals with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from werkzeug.wrappers import Request, Response

from exivo_emulator.world import World

Handler = Callable[..., Response]


class Wrong(Exception):
    """A control call that cannot be carried out, with a sentence for who sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def json_response(content: object, *, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def told(handler: Handler) -> Handler:
    @wraps(handler)
    def wrapped(world: World, request: Request, **values: str) -> Response:
        try:
            return handler(world, request, **values)
        except Wrong as wrong:
            return json_response({"message": wrong.sentence}, status=wrong.status)

    return wrapped


def body_of(request: Request) -> Any:
    try:
        return json.loads(request.get_data() or b"null")
    except ValueError as error:
        raise Wrong(400, "The body is not valid JSON.") from error


def fields_of(request: Request, *known: str) -> dict[str, Any]:
    content = body_of(request)
    if not isinstance(content, dict):
        raise Wrong(400, "The body must be a JSON object.")
    return only(content, *known)


def only(content: dict[str, Any], *known: str) -> dict[str, Any]:
    unknown = sorted(set(content) - set(known))
    if unknown:
        raise Wrong(400, f"Unknown: {', '.join(unknown)}. Known are {', '.join(known)}.")
    return content


def instant_of(text: object) -> datetime:
    try:
        instant = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Wrong(400, f"{text!r} is no ISO time with a zone, such as 2027-01-12T13:00:00Z.")
    return instant.astimezone(UTC)
