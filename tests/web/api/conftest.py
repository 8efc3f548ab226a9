# SPDX-License-Identifier: Apache-2.0
"""A program that calls the API with a token of some role."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.conftest import NOW

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import Role
from einlass.operations.users import create_token


class Program:
    """One token, speaking JSON."""

    def __init__(self, role: Role) -> None:
        self.token = create_token(name=f"a {role.value} program", role=role, now=NOW, actor=Actor(ActorKind.STAFF, "test"))
        self._client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/v1{path}", query, headers=self._headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        sent = "" if body is None else body
        return self._client.post(f"/api/v1{path}", sent, content_type="application/json", headers=self._headers | headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def program(db: None) -> Program:
    """A program of the operator."""
    return Program(Role.MANAGER)


@pytest.fixture
def guest(db: None) -> Program:
    """A program that acts for guests."""
    return Program(Role.GUEST)


@pytest.fixture
def reader(db: None) -> Program:
    """A program that may only read."""
    return Program(Role.READ_ONLY)
