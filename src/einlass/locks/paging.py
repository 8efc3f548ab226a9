# SPDX-License-Identifier: Apache-2.0
"""Reading a list by skip and limit while it changes (F15, F50). Knows neither keys nor doors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from einlass.locks.port import LockUnavailable

T = TypeVar("T")

PAGE = 500
OVERLAP = 5
MOST_SCANS = 6
MOST_ITEMS = 200_000


@dataclass(frozen=True, slots=True)
class Scan(Generic[T]):
    """`reason` is "" for a complete scan, else page_failed (a later page did not come) or list_moved (no two scans agreed)."""

    items: tuple[T, ...]
    reason: str = ""

    @property
    def complete(self) -> bool:
        return not self.reason


class _ListMoved(Exception):
    pass


class _PageFailed(Exception):
    pass


def scan(fetch: Callable[[int, int], Sequence[T]], *, identity: Callable[[T], str]) -> Scan[T]:
    """Everything that `fetch(skip, limit)` lists. Raises what the first page raises, and a throttling or a refusal of any page.

    A page that brings nothing new ends the list, not a short one: a vendor may cap the limit, or cut a page. Items that
    were inserted and removed between two pages can cancel out unseen, hence two scans that agree for a list of several pages.
    """
    walk = _Walk(fetch, identity)
    before: frozenset[str] | None = None
    for _ in range(MOST_SCANS):
        try:
            pages = walk.once()
        except _ListMoved:
            before = None
            continue
        except _PageFailed:
            return Scan(tuple(walk.items.values()), "page_failed")
        names = frozenset(walk.items)
        if pages <= 1 or names == before:
            return Scan(tuple(walk.items.values()))
        before = names
    return Scan(tuple(walk.items.values()), "list_moved")


class _Walk(Generic[T]):
    """One way through the list; `items` are those seen in the last one, in the vendor's order."""

    def __init__(self, fetch: Callable[[int, int], Sequence[T]], identity: Callable[[T], str]) -> None:
        self._fetch = fetch
        self._identity = identity
        self.items: dict[str, T] = {}

    def once(self) -> int:
        """The number of pages that brought something."""
        self.items = {}
        pages = 0
        while fresh := self._next_page():
            self.items.update(fresh)
            pages += 1
            if len(self.items) > MOST_ITEMS:
                raise _ListMoved
        return pages

    def _next_page(self) -> dict[str, T]:
        known = list(self.items)[-OVERLAP:]
        page = self._page(len(self.items) - len(known))
        names = [self._identity(item) for item in page]
        fresh = dict(zip(names, page, strict=True))
        if names[: len(known)] != known or len(fresh) < len(page):
            raise _ListMoved
        for name in known:
            del fresh[name]
        if not self.items.keys().isdisjoint(fresh):
            raise _ListMoved
        return fresh

    def _page(self, skip: int) -> Sequence[T]:
        try:
            return self._fetch(skip, PAGE)
        except LockUnavailable as failure:
            if not self.items or failure.throttled:
                raise
            raise _PageFailed from failure
