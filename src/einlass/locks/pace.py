# SPDX-License-Identifier: Apache-2.0
"""How often an account may be asked: calls in any one second and calls at once, shared by all threads. Not which call goes first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from einlass.locks.port import LockUnavailable

PATIENCE_SECONDS = 10.0


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
        burst = max(1, int(calls_per_second))
        self._starts: deque[float] = deque(maxlen=burst)
        self._span = burst / calls_per_second
        self._places = threading.BoundedSemaphore(calls_at_once)
        self._lock = threading.Lock()
        self._patience = patience_seconds
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises LockUnavailable (throttled: by ourselves) when the queue is too long."""
        latest = self._clock() + self._patience
        if not self._places.acquire(timeout=self._patience):
            raise _queue_too_long(1.0)
        try:
            wait = self._reserve(latest)
            if wait > 0:
                self._sleep(wait)
            yield
        finally:
            self._places.release()

    def _reserve(self, latest: float) -> float:
        """Seconds until the reserved start. Nothing is reserved for a caller who is turned away."""
        with self._lock:
            now = self._clock()
            full = len(self._starts) == self._starts.maxlen
            start = max(now, self._starts[0] + self._span) if full else now
            if start > latest:
                raise _queue_too_long(start - now)
            self._starts.append(start)
            return start - now


def _queue_too_long(seconds: float) -> LockUnavailable:
    return LockUnavailable("too many calls are waiting for this account's own limit", retry_after=seconds, throttled=True)
