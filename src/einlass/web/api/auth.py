# SPDX-License-Identifier: Apache-2.0
"""Who calls the API, what its role lets it do, and how often. Tokens are made in `operations/users.py`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import BOUND_BY_DEADLINES, MAY_BOOK, Role
from einlass.models import ApiToken
from einlass.operations.users import note_use
from einlass.queries.tokens import token_for

REQUESTS_PER_SECOND = 50


class TokenAuth(HttpBearer):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = token_for(token)
        if found is not None:
            note_use(found, now=timezone.now())
        return found


class PerToken(BaseThrottle):
    """At most so many requests a second for one token, counted in a window that starts each second.

    Every process counts for itself: with several the sum is that many times higher. It keeps one program from crowding
    out the others; it is no account of what was used.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._second = 0
        self._counts: dict[str, int] = {}

    def allow_request(self, request: HttpRequest) -> bool:
        second = int(self._clock())
        token = token_of(request).digest
        with self._lock:
            if second != self._second:
                self._second, self._counts = second, {}
            self._counts[token] = self._counts.get(token, 0) + 1
            return self._counts[token] <= getattr(settings, "API_REQUESTS_PER_SECOND", REQUESTS_PER_SECOND)

    def wait(self) -> float:
        return 1.0


def token_of(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined] # set by django-ninja after TokenAuth
    return token


def writer(request: HttpRequest) -> Actor:
    """Who books, moves or cancels. Raises AuthorizationError for a token that may only read."""
    token = token_of(request)
    role = Role(token.role)
    if role not in MAY_BOOK:
        raise AuthorizationError(message="This token may only read.")
    return Actor(ActorKind.GUEST if role in BOUND_BY_DEADLINES else ActorKind.API, token.name)
