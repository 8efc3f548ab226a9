# SPDX-License-Identifier: Apache-2.0
"""How often an account may be asked: calls in any one second and calls at once, shared by all threads. Not which call goes first."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from einlass.locks.port import LockUnavailable

PATIENCE_SECONDS = 10.0
# Of the calls in a second and of those at once, so many are left to others by whoever reads long lists (F05, F51).
LEFT_TO_OTHERS = 2


class Pace:
    """A sliding window, not evenly spaced turns: a single booking should not wait because of a limit it does not reach.

    Whoever would wait longer than `patience_seconds` is turned away at once: a worker that sleeps past its lease
    would wake up without the right to call.
    """

    def __init__(
        self,
        *,
        calls_per_second: float,
        calls_at_once: int,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._burst = max(1, int(calls_per_second))
        # In order; a call that waits has reserved a start that is still to come.
        self._starts: list[float] = []
        self._span = self._burst / calls_per_second
        self._places = threading.BoundedSemaphore(calls_at_once)
        self._places_for_lists = threading.BoundedSemaphore(max(1, calls_at_once - LEFT_TO_OTHERS))
        self._lock = threading.Lock()
        self._patience = patience_seconds
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises LockUnavailable (throttled: by ourselves) when the queue is too long."""
        with self._turn(self._places, self._burst):
            yield

    @contextmanager
    def turn_for_a_list(self) -> Iterator[None]:
        """The same for one page of a long list: a part of the account's calls stays free for what is urgent."""
        latest = self._clock() + self._patience
        if not self._places_for_lists.acquire(timeout=self._patience):
            raise _queue_too_long(1.0)
        try:
            with self._turn(self._places, max(1, self._burst - LEFT_TO_OTHERS), latest=latest):
                yield
        finally:
            self._places_for_lists.release()

    @contextmanager
    def _turn(self, places: threading.BoundedSemaphore, most: int, *, latest: float | None = None) -> Iterator[None]:
        latest = self._clock() + self._patience if latest is None else latest
        if not places.acquire(timeout=self._patience):
            raise _queue_too_long(1.0)
        try:
            wait = self._reserve(latest, most)
            if wait > 0:
                self._sleep(wait)
            yield
        finally:
            places.release()

    def _reserve(self, latest: float, most: int) -> float:
        """Seconds until the reserved start, at which fewer than `most` others begin within the span. Nothing is reserved for a
        caller who is turned away. Starts to come count too, so that what is put before them leaves them their place."""
        with self._lock:
            now = self._clock()
            start = max(now, self._starts[-most] + self._span) if len(self._starts) >= most else now
            if start > latest:
                raise _queue_too_long(start - now)
            bisect.insort(self._starts, start)
            del self._starts[: -self._burst]
            return start - now


def _queue_too_long(seconds: float) -> LockUnavailable:
    return LockUnavailable("too many calls are waiting for this account's own limit", retry_after=seconds, throttled=True)
