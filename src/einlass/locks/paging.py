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
            walk.once()
        except _ListMoved:
            before = None
            continue
        except _PageFailed:
            return Scan(tuple(walk.items.values()), "page_failed")
        names = frozenset(walk.items)
        if walk.pages <= 1 or names == before:
            return Scan(tuple(walk.items.values()))
        before = names
    return Scan(tuple(walk.items.values()), "list_moved")


class _Walk(Generic[T]):
    """One way through the list; `items` are those seen in the last one, in the vendor's order."""

    def __init__(self, fetch: Callable[[int, int], Sequence[T]], identity: Callable[[T], str]) -> None:
        self._fetch = fetch
        self._identity = identity
        self._overlap = OVERLAP
        self.items: dict[str, T] = {}
        self.pages = 0

    def once(self) -> None:
        """`pages` are those that brought something."""
        self.items = {}
        self.pages = 0
        self._overlap = OVERLAP
        while fresh := self._next_page():
            self.items.update(fresh)
            self.pages += 1
            if len(self.items) > MOST_ITEMS:
                raise _ListMoved

    def _next_page(self) -> dict[str, T]:
        known = list(self.items)[len(self.items) - min(self._overlap, len(self.items)) :]
        page = self._page(len(self.items) - len(known))
        # Pages that are cut to no more than the overlap would bring nothing new, and look like the end.
        self._overlap = min(self._overlap, max(len(page) - 1, 0))
        names = [self._identity(item) for item in page]
        if len(set(names)) < len(names) or not (names[: len(known)] == known or self._confirms(names, known)):
            raise _ListMoved
        fresh = {name: item for name, item in zip(names, page, strict=True) if name not in self.items}
        if len(fresh) != max(len(names) - len(known), 0):
            raise _ListMoved
        return fresh

    def _confirms(self, names: list[str], known: list[str]) -> bool:
        """A list that came in one page is one look at it, in whatever order: it only has to end there."""
        return self.pages == 1 and len(names) == len(known) and set(names) <= self.items.keys()

    def _page(self, skip: int) -> Sequence[T]:
        try:
            return self._fetch(skip, PAGE)
        except LockUnavailable as failure:
            if not self.items or failure.throttled:
                raise
            raise _PageFailed from failure
