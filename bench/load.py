# SPDX-License-Identifier: Apache-2.0
"""The load: one process that asks over connections that stay open, and says how long each answer took and how much of the processor it
took itself. `python -m bench.load` reads what to do from its standard input and prints what came out."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

ANSWERS_WITHIN_SECONDS = 60.0
PIECE = 1 << 18


class Connection:
    """One client: asks, waits for the whole answer, asks again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""
        self.asked = 0.0

    def ask(self, request: bytes) -> None:
        self._read = b""
        self.asked = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """Read what is there; the status once the answer is whole. Raises ConnectionError where it never will be."""
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionError("the server hung up")
        self._read += piece
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or not _is_whole(head.lower(), body):
            return None
        return int(self._read[9:12])


def _is_whole(head: bytes, body: bytes) -> bool:
    _, named, length = head.partition(b"content-length:")
    if named:
        return len(body) >= int(length.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n") if b"transfer-encoding: chunked" in head else True


@dataclass(slots=True)
class Told:
    """Milliseconds of each answer, and how often which status came."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def take(self, connection: Connection, status: int) -> None:
        self.milliseconds.append((time.perf_counter() - connection.asked) * 1000)
        self.statuses[status] += 1


class Load:
    """Some connections to one port."""

    def __init__(self, port: int, clients: int) -> None:
        self._port = port
        self._connections = [Connection(port) for _ in range(clients)]
        self._selector = selectors.DefaultSelector()
        for connection in self._connections:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def keep_asking(self, requests: Iterator[bytes], *, until: float) -> Told:
        """Every client asks as soon as it was answered, until the time or the requests are over."""
        told = Told()
        waiting = sum(_ask(connection, requests) for connection in self._connections)
        while waiting:
            for connection, status in self._answered():
                told.take(connection, status)
                waiting -= 1
                if time.perf_counter() < until:
                    waiting += _ask(connection, requests)
        return told

    def at_once(self, requests: Sequence[bytes]) -> Told:
        """All clients ask in the same moment, each its own."""
        told = Told()
        for connection, request in zip(self._connections, requests, strict=True):
            connection.ask(request)
        while len(told.milliseconds) < len(requests):
            for connection, status in self._answered():
                told.take(connection, status)
        return told

    def at_rate(self, requests: Sequence[bytes], *, per_second: float) -> Told:
        """So many a second, whatever the answers take, as long as a client is free; else as soon as one is."""
        told, idle = Told(), list(self._connections)
        began = time.perf_counter()
        for place, request in enumerate(requests):
            due = began + place / per_second
            while not idle or time.perf_counter() < due:
                rest = max(0.0, due - time.perf_counter()) if idle else ANSWERS_WITHIN_SECONDS
                idle += [_taken(told, connection, status) for connection, status in self._answered(rest)]
            idle.pop().ask(request)
        while len(idle) < len(self._connections):
            idle += [_taken(told, connection, status) for connection, status in self._answered()]
        return told

    def _answered(self, seconds: float = ANSWERS_WITHIN_SECONDS) -> Iterator[tuple[Connection, int]]:
        ready = self._selector.select(seconds)
        if not ready and seconds == ANSWERS_WITHIN_SECONDS:
            raise TimeoutError("no answer")
        for key, _ in ready:
            status = key.data.status()
            if status is not None:
                yield key.data, status


def _ask(connection: Connection, requests: Iterator[bytes]) -> bool:
    request = next(requests, None)
    if request is None:
        return False
    connection.ask(request)
    return True


def _taken(told: Told, connection: Connection, status: int) -> Connection:
    told.take(connection, status)
    return connection


def run(order: dict[str, Any]) -> dict[str, Any]:
    """`requests` with one of: `seconds` to go round in, `per_second`, `at_once` (each round so many), else once through."""
    requests = [str(request).encode() for request in order["requests"]]
    load = Load(order["port"], order["clients"])
    began, worked = time.perf_counter(), time.process_time()
    match order:
        case {"seconds": seconds}:
            rounds = [load.keep_asking(cycle(requests), until=began + seconds)]
        case {"per_second": per_second}:
            rounds = [load.at_rate(requests, per_second=per_second)]
        case {"at_once": many}:
            rounds = [load.at_once(requests[n : n + many]) for n in range(0, len(requests), many)]
        case _:
            rounds = [load.keep_asking(iter(requests), until=float("inf"))]
    took = time.perf_counter() - began
    return {
        "seconds": took,
        "busy": (time.process_time() - worked) / took,
        "milliseconds": [each for told in rounds for each in told.milliseconds],
        "rounds": [{str(status): count for status, count in told.statuses.items()} for told in rounds],
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
