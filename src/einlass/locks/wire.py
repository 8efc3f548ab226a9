# SPDX-License-Identifier: Apache-2.0
"""One line to a vendor account: its connections, its pace, and an end to every answer. What an answer means is the client's business."""

from __future__ import annotations

import os
import ssl
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore2
import httpx2

from einlass import __version__
from einlass.locks.pace import Pace
from einlass.locks.port import LockAccount

# A page of 500 keys is about a quarter of this; whatever is larger is not an answer to a question of ours.
MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 64

_until: ContextVar[float] = ContextVar("einlass_answer_until", default=float("inf"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: status, headers, decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AnswerTooLarge(httpx2.DecodingError):
    """More than MOST_BYTES. A decoding error, since the request was sent and the answer cannot be used."""


@contextmanager
def answer_within(seconds: float) -> Iterator[float]:
    """Bound everything that this thread reads and writes; gives the instant (monotonic) at which it ends."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield _until.get()
    finally:
        _until.reset(token)


def _bounded(timeout: float | None) -> float | None:
    """The library's own limit holds for each single recv; a server that drips bytes would never reach it."""
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the answer took too long")
    return left if timeout is None else min(timeout, left)


class _BoundStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _bounded(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _bounded(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _BoundStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _BoundBackend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            return _BoundStream(super().connect_tcp(host, port, timeout, local_address, socket_options))
        except (OverflowError, UnicodeError) as error:
            # Python's own words for a port or a name that no address can have.
            raise httpcore2.ConnectError("an address that cannot exist") from error


class BoundTransport(httpx2.HTTPTransport):
    """HTTPTransport whose answers end in time. The library offers no way to hand it a backend, hence the pool of our own."""

    def __init__(self, *, connections: int) -> None:
        context = httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=_BoundBackend(),
        )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Line:
    """What all drivers of one account in this process share. Carries no credentials: they come with each call."""

    http: httpx2.Client
    pace: Pace


def _open(account: LockAccount, transport: httpx2.BaseTransport | None) -> Line:
    client = httpx2.Client(
        transport=transport or BoundTransport(connections=account.limits.calls_at_once),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": f"einlass/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip"},
    )
    line = Line(client, Pace(calls_per_second=account.limits.calls_per_second, calls_at_once=account.limits.calls_at_once))
    # Closed when the last driver that speaks on it is gone, so never under somebody's call.
    weakref.finalize(line, client.close)
    return line


@dataclass(slots=True)
class _Exchange:
    lock: threading.Lock = field(default_factory=threading.Lock)
    lines: OrderedDict[object, Line] = field(default_factory=OrderedDict)


_exchange = _Exchange()


def line_for(account: LockAccount, *, transport: httpx2.BaseTransport | None = None) -> Line:
    """The one line of this account in this process; the secret and the time limits may change without a new one."""
    limits = account.limits
    name = (account.base_url, account.api_key, limits.calls_per_second, limits.calls_at_once, transport)
    with _exchange.lock:
        line = _exchange.lines.get(name) or _open(account, transport)
        _exchange.lines[name] = line
        _exchange.lines.move_to_end(name)
        if len(_exchange.lines) > MOST_LINES:
            _exchange.lines.popitem(last=False)
    return line


def _start_afresh() -> None:
    """A forked child must not speak on its parent's connections, nor wait for a lock that nobody there holds."""
    _exchange.lock = threading.Lock()
    _exchange.lines = OrderedDict()


# Not on Windows, where nothing forks.
getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_start_afresh)


def exchange(line: Line, request: httpx2.Request, *, account: LockAccount) -> Answer:
    """Send and read the whole answer. Raises httpx2.RequestError; takes at most the account's `answer_seconds`."""
    limits = account.limits
    with answer_within(limits.answer_seconds) as until:
        response = line.http.send(request, stream=True, auth=(account.api_key, account.api_secret))
        try:
            return Answer(response.status_code, response.headers, _whole_body(response, until))
        finally:
            response.close()


def _whole_body(response: httpx2.Response, until: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise AnswerTooLarge("the answer is larger than any that was asked for")
        if time.monotonic() > until:
            raise httpx2.ReadTimeout("the answer took too long")
    return bytes(body)
