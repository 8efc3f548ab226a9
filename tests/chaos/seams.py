# SPDX-License-Identifier: Apache-2.0
"""Where a test may cut in: every call to the vendor, every commit, every write. There a process dies, or something else comes first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections

from einlass.locks.exivo import client
from einlass.locks.port import LockAccount
from einlass.locks.wire import Answer, Line, exchange

WRITES = ("INSERT", "UPDATE", "DELETE")


class Died(BaseException):
    """The process ended here: its memory is lost, its rows stay. No `except Exception` of ours may live on after it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that went out to the vendor."""

    method: str
    path: str
    body: dict[str, Any]
    at: datetime

    @property
    def creates(self) -> bool:
        return self.method == "POST" and self.path.endswith("/digitalKeyVisits")

    @property
    def revokes(self) -> str:
        """The vendor's id of the key that is taken back; "" for any other request."""
        return self.path.split("/")[-2] if self.method == "POST" and self.path.endswith("/revoke") else ""


@dataclass
class Seams:
    """Counts the seams that are passed. `cut` says what happens at which; `watch` is told of each request before it goes out."""

    clock: Callable[[], datetime]
    watch: Callable[[Sent], None]
    sent: list[Sent] = field(default_factory=list)
    dead: bool = False
    _at: int = -1
    _of: str = ""
    _do: Callable[[], None] | None = None
    _passed: int = 0

    @contextmanager
    def cut(self, *, at: int, of: str, do: Callable[[], None]) -> Iterator[None]:
        """Do something at the `at`-th seam of a kind (call or write); what lies before and after a call or a write are two."""
        self._at, self._of, self._do, self._passed = at, of, do, 0
        try:
            yield
        finally:
            self._do = None

    def die(self) -> None:
        self.dead = True
        raise Died

    @contextmanager
    def process(self) -> Iterator[None]:
        """The life of one process, as far as it gets."""
        try:
            yield
        except Died:
            assert not connection.in_atomic_block
            connection.run_on_commit = []
            connection.close()
        finally:
            self.dead = False

    def passing(self, kind: str) -> None:
        if self._do is None or kind != self._of:
            return
        self._passed += 1
        if self._passed > self._at:
            do, self._do = self._do, None
            do()

    def exchange(self, line: Line, request: httpx2.Request, *, account: LockAccount) -> Answer:
        if self.dead:
            raise Died
        body = json.loads(request.content) if request.content else {}
        # Lists of doors are kept for some seconds of the real time: they must not make a run another one.
        counted = not (request.method == "GET" and request.url.path.endswith("/component"))
        if counted:
            self.passing("call")
        sent = Sent(request.method, request.url.path, body, self.clock())
        self.sent.append(sent)
        self.watch(sent)
        answer = exchange(line, request, account=account)
        if counted:
            self.passing("call")
        return answer

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.dead and not sql.startswith("ROLLBACK"):
            raise Died
        alone = sql.startswith(WRITES) and not connection.in_atomic_block
        if alone:
            self.passing("write")
        done = execute(sql, params, many, context)
        if alone:
            self.passing("write")
        return done

    def commit(self) -> None:
        try:
            self.passing("write")
        except Died:
            connection.rollback()
            raise
        type(connections[DEFAULT_DB_ALIAS]).commit(connections[DEFAULT_DB_ALIAS])
        try:
            self.passing("write")
        except Died:
            connection.run_on_commit = []
            raise


@contextmanager
def open_seams(seams: Seams) -> Iterator[None]:
    """Everything that this thread asks of the vendor and of the database passes the seams."""
    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(seams.statement):
        patch.setattr(client, "exchange", seams.exchange)
        patch.setattr(connection, "commit", seams.commit)
        yield
