# SPDX-License-Identifier: Apache-2.0
"""An account's own limit: calls a second, calls at once, and how long anybody waits for them."""

from __future__ import annotations

import threading
import time

import pytest

from einlass.locks.pace import Pace
from einlass.locks.port import LockUnavailable


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts_of(pace: Pace, clock: Clock, calls: int) -> list[float]:
    starts = []
    for _ in range(calls):
        with pace.turn():
            starts.append(round(clock.now - 100, 6))
    return starts


def test_burst_goes_at_once_and_the_rest_a_second_later() -> None:
    clock = Clock()
    pace = Pace(calls_per_second=3, calls_at_once=8, clock=clock, sleep=clock.sleep)

    assert starts_of(pace, clock, 8) == [0, 0, 0, 1, 1, 1, 2, 2]


def test_rate_below_one_a_second_is_kept() -> None:
    clock = Clock()
    pace = Pace(calls_per_second=0.5, calls_at_once=1, clock=clock, sleep=clock.sleep)

    assert starts_of(pace, clock, 3) == [0, 2, 4]


def test_whoever_would_wait_too_long_is_turned_away_at_once() -> None:
    clock = Clock()
    pace = Pace(calls_per_second=1, calls_at_once=8, patience_seconds=2.5, clock=clock, sleep=lambda _: None)
    for _ in range(3):
        with pace.turn():
            pass

    with pytest.raises(LockUnavailable) as away, pace.turn():
        pass

    assert (away.value.throttled, away.value.retry_after, clock.now) == (True, 3.0, 100.0)
    clock.now += 0.5
    with pace.turn():
        pass


def test_place_is_given_back_after_an_error() -> None:
    pace = Pace(calls_per_second=1000, calls_at_once=1, patience_seconds=0.01)
    for _ in range(3):
        with pytest.raises(KeyError), pace.turn():
            raise KeyError


def test_no_more_than_so_many_at_once_in_many_threads() -> None:
    pace = Pace(calls_per_second=10_000, calls_at_once=3)
    inside, most, lock = 0, 0, threading.Lock()

    def call() -> None:
        nonlocal inside, most
        with pace.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.005)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 3


def test_full_house_turns_away_after_the_patience() -> None:
    pace = Pace(calls_per_second=1000, calls_at_once=1, patience_seconds=0.02)

    with pace.turn(), pytest.raises(LockUnavailable) as away, pace.turn():
        pass

    assert away.value.throttled is True


def test_f05_long_list_leaves_room_for_what_is_urgent() -> None:
    clock = Clock()
    pace = Pace(calls_per_second=5, calls_at_once=8, clock=clock, sleep=clock.sleep)

    for _ in range(3):
        with pace.turn_for_a_list():
            pass
    assert starts_of(pace, clock, 2) == [0, 0]
    with pace.turn_for_a_list():
        assert clock.now == 101
    assert starts_of(pace, clock, 4) == [1, 1, 1, 1]


def test_f05_pages_hold_no_place_that_others_need() -> None:
    pace = Pace(calls_per_second=1000, calls_at_once=3, patience_seconds=0.01)

    with pace.turn_for_a_list():
        with pytest.raises(LockUnavailable), pace.turn_for_a_list():
            pass
        with pace.turn(), pace.turn():
            pass


def test_f05_mixed_calls_never_exceed_the_rate() -> None:
    clock = Clock()
    starts: list[float] = []
    pace = Pace(calls_per_second=4, calls_at_once=50, patience_seconds=100, clock=clock, sleep=lambda wait: starts.append(clock.now + wait))
    for number in range(60):
        before = len(starts)
        with pace.turn_for_a_list() if number % 3 else pace.turn():
            if len(starts) == before:
                starts.append(clock.now)
        clock.now += 0.05

    starts.sort()
    assert [n for n, (earlier, later) in enumerate(zip(starts, starts[4:], strict=False)) if later - earlier < 1 - 1e-9] == []
