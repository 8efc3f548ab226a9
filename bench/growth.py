# SPDX-License-Identifier: Apache-2.0
"""What a million bookings, 50 branches and 500 rooms change: the same questions of the small and of the large data set, one client."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bench.asking import Figures, asked, get, loaded, slots, table
from bench.dataset import ROOMS, SIZES, month_of
from bench.product import Product, product

MOST_RATIO, MOST_STAFF_MS = 1.3, 100.0
# The start page shows every booking of today in all branches, so it grows with them.
BOUND = ("staff: list", "staff: calendar")
MONTHS = ("month, one room", "month, any of ten rooms")
BRANCH = "branch-0"


@dataclass(frozen=True, slots=True)
class Growth:
    """One database. `small` and `large` answer the same questions; `loaded_seconds` is how long the large data set took to load."""

    database: str
    size: str
    small: Sequence[Figures]
    large: Sequence[Figures]
    loaded_seconds: int

    @property
    def ratios(self) -> Mapping[str, float]:
        before = {each.what: each.median_ms for each in self.small}
        return {each.what: round(each.median_ms / before[each.what], 2) for each in self.large}

    def lines(self) -> list[str]:
        many = f"{SIZES[self.size].bookings:,} bookings, {SIZES[self.size].branches} branches"
        slower = [f"{each.what} × {self.ratios[each.what]}" for each in self.large]
        too_slow = [what for what in MONTHS if self.ratios[what] > MOST_RATIO]
        too_slow += [each.what for each in self.large if each.what.startswith(BOUND) and each.median_ms > MOST_STAFF_MS]
        return [
            *table(self.small, title=f"On {self.database}, {SIZES['small'].bookings:,} bookings"),
            *table(self.large, title=f"On {self.database}, {many}, loaded in {self.loaded_seconds} s"),
            f"Large against small: {', '.join(slower)}",
            *([f"OVER: {', '.join(too_slow)}"] if too_slow else []),
        ]


def measure(database: str, *, size: str, seconds: float) -> Growth:
    with product(database, size="small", branches=1, with_keys=True) as house:
        small = _questions(house, branches=1, seconds=seconds)
    branches = SIZES[size].branches
    began = time.monotonic()
    with product(database, size=size, branches=branches, with_keys=True) as house:
        took = round(time.monotonic() - began)
        return Growth(database, size, small, _questions(house, branches=branches, seconds=seconds), took)


def _questions(house: Product, *, branches: int, seconds: float) -> list[Figures]:
    """Each for a second before it is measured. Free times of all branches in turn, the pages of the staff by somebody who sees all."""
    first, last = month_of(date.fromisoformat(house.filled["first"]))
    rooms = [f"room-{n % branches}-{n % ROOMS}" for n in range(max(branches, ROOMS))]
    pages = {
        "staff: list": "/manage/bookings/",
        "staff: list of a branch": f"/manage/bookings/?branch={BRANCH}",
        "staff: calendar, a day": f"/manage/calendar/?branch={BRANCH}&day={first}",
        "staff: calendar, a week": f"/manage/calendar/?branch={BRANCH}&day={first}&view=week",
        "staff: today": "/manage/",
    }
    questions = {
        MONTHS[0]: slots(house, rooms, first, last),
        MONTHS[1]: slots(house, [f"any-{n}" for n in range(branches)], first, last),
        **{what: [get(house, path, cookie=house.filled["cookie"])] for what, path in pages.items()},
    }
    found = []
    for what, requests in questions.items():
        loaded(house, requests, clients=1, seconds=1)
        found.append(asked(house, what, requests, clients=1, seconds=seconds))
    return found
