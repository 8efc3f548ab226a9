# SPDX-License-Identifier: Apache-2.0
"""Lists that move while they are read (F15, F50)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.locks import paging
from einlass.locks.paging import scan
from einlass.locks.port import LockRefused, LockUnavailable


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE", 20)


class MovingList:
    """A vendor's list. `moves` are done one by one before each page but the first."""

    def __init__(self, items: Sequence[str], *moves: Callable[[list[str]], None], cap: int = 1000) -> None:
        self.items = list(items)
        self.moves = list(moves)
        self.cap = cap
        self.asked: list[int] = []

    def __call__(self, skip: int, limit: int) -> list[str]:
        if self.asked and self.moves:
            self.moves.pop(0)(self.items)
        self.asked.append(skip)
        return self.items[skip : skip + min(limit, self.cap)]


def names(count: int) -> list[str]:
    return [f"k{number}" for number in range(count)]


def still(_: list[str]) -> None:
    return


def identity(item: str) -> str:
    return item


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 2), (5, 2), (19, 2), (20, 2), (21, 6), (35, 6), (36, 8), (100, 16)])
def test_still_list_is_read_whole(count: int, pages: int) -> None:
    vendor = MovingList(names(count))

    read = scan(vendor, identity=identity)

    assert (read.items, read.complete, len(vendor.asked)) == (tuple(names(count)), True, pages)


@given(st.integers(0, 90), st.integers(1, 30))
def test_capped_limit_does_not_shorten_the_list(count: int, cap: int) -> None:
    assert scan(MovingList(names(count), cap=cap), identity=identity).items == tuple(names(count))


@pytest.mark.parametrize(
    "move",
    [
        lambda items: items.insert(0, "new"),
        lambda items: items.append("new"),
        lambda items: items.pop(0),
        lambda items: items.pop(18),
        lambda items: items.reverse(),
        lambda items: items.sort(),
        lambda items: items.clear(),
        lambda items: items.__delitem__(slice(15, None)),
    ],
)
@pytest.mark.parametrize("before_page", range(6))
def test_list_that_moved_once_is_read_as_it_ends_up(move: Callable[[list[str]], None], before_page: int) -> None:
    vendor = MovingList(names(50), *[still] * before_page, move)

    read = scan(vendor, identity=identity)

    assert read.complete
    assert len(set(read.items)) == len(read.items)
    if len(vendor.asked) > before_page + 1:
        assert set(read.items) >= set(names(50)) & set(vendor.items)


def test_insertion_and_removal_that_cancel_out_are_found_by_the_second_scan() -> None:
    """Between the first page and the second one item leaves at the front and one comes in there: no overlap shows it."""

    def swap(items: list[str]) -> None:
        items[0] = "new"

    vendor = MovingList(names(30), swap)

    assert set(scan(vendor, identity=identity).items) == {"new", *names(30)} - {"k0"}


@given(st.randoms(use_true_random=False), st.integers(0, 20))
def test_short_list_may_change_its_order(random: Random, count: int) -> None:
    def shuffled(skip: int, limit: int) -> list[str]:
        return random.sample(names(count), count)[skip : skip + limit]

    read = scan(shuffled, identity=identity)

    assert (read.complete, set(read.items)) == (True, set(names(count)))


@given(st.randoms(use_true_random=False), st.integers(21, 60))
def test_long_list_that_changes_its_order_is_incomplete_or_right(random: Random, count: int) -> None:
    def shuffled(skip: int, limit: int) -> list[str]:
        return random.sample(names(count), count)[skip : skip + limit]

    read = scan(shuffled, identity=identity)

    assert not read.complete or set(read.items) == set(names(count))


def test_list_that_never_stands_still_is_incomplete() -> None:
    def push(items: list[str]) -> None:
        items.insert(0, f"new{len(items)}")

    vendor = MovingList(names(50), *[push] * 1000)
    read = scan(vendor, identity=identity)

    assert (read.reason, len(vendor.asked)) == ("list_moved", paging.MOST_SCANS * 2)


def test_item_shown_twice_is_a_list_that_moved() -> None:
    assert scan(lambda skip, limit: ["a", "a"], identity=identity).reason == "list_moved"
    assert scan(MovingList([*names(30), "k3"]), identity=identity).reason == "list_moved"


def test_vendor_that_ignores_skip_does_not_make_us_read_for_ever() -> None:
    asked: list[int] = []

    def everything(skip: int, limit: int) -> list[str]:
        asked.append(skip)
        return names(60)

    assert scan(everything, identity=identity).reason == "list_moved"
    assert len(asked) == paging.MOST_SCANS * 2


def test_endless_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_ITEMS", 100)

    assert scan(lambda skip, limit: [f"k{skip + n}" for n in range(limit)], identity=identity).reason == "list_moved"


class Failing:
    """A list of 50 whose page number `at` fails with `error`."""

    def __init__(self, at: int, error: Exception) -> None:
        self.pages = 0
        self.at = at
        self.error = error

    def __call__(self, skip: int, limit: int) -> list[str]:
        self.pages += 1
        if self.pages == self.at:
            raise self.error
        return names(50)[skip : skip + limit]


def test_first_page_that_fails_is_the_failure_of_the_list() -> None:
    with pytest.raises(LockUnavailable):
        scan(Failing(1, LockUnavailable("away")), identity=identity)


def test_f15_later_page_that_fails_leaves_the_list_incomplete() -> None:
    read = scan(Failing(2, LockUnavailable("away")), identity=identity)

    assert (read.reason, read.items) == ("page_failed", tuple(names(20)))


@pytest.mark.parametrize("error", [LockUnavailable("slow down", throttled=True, retry_after=5), LockRefused("no")])
def test_later_page_that_is_throttled_or_refused_is_told(error: Exception) -> None:
    with pytest.raises(type(error)):
        scan(Failing(3, error), identity=identity)
