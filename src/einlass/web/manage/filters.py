# SPDX-License-Identifier: Apache-2.0
"""The filters of the list as they stand in the address; nonsense counts as not set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from einlass.core.bookings import Status
from einlass.core.hours import local_date, local_instant
from einlass.core.texts import in_language
from einlass.models import Branch
from einlass.web.manage.rows import Reader, status_word

# A hold and one that ran out are nobody's booking yet.
OFFERED = (Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.DECLINED)


@dataclass(frozen=True, slots=True)
class Filters:
    """`day` is the first day shown, `start` its first instant in the zone of the first branch."""

    day: date
    start: datetime
    branch: str
    status: str
    text: str

    @property
    def address(self) -> str:
        """The filters for the links to other pages of the list."""
        return urlencode({"from": self.day.isoformat(), "branch": self.branch, "status": self.status, "q": self.text})


@dataclass(frozen=True, slots=True)
class Choices:
    """What the selects offer: value, word, chosen."""

    branches: tuple[tuple[str, str, bool], ...]
    statuses: tuple[tuple[str, str, bool], ...]


def filters_in(query: Mapping[str, str], *, branches: list[Branch], now: datetime) -> Filters:
    """Read from the address; today and everything after it where no day is said."""
    zone = branches[0].time_zone if branches else "UTC"
    day = _day(query.get("from", "")) or local_date(now, zone)
    keys = {branch.key for branch in branches}
    branch, status = query.get("branch", ""), query.get("status", "")
    return Filters(
        day=day,
        start=local_instant(zone, day, 0),
        branch=branch if branch in keys else "",
        status=status if status in OFFERED else "",
        text=query.get("q", "").strip()[:100],
    )


def choices(branches: list[Branch], *, filters: Filters, reader: Reader) -> Choices:
    """The options of both selects."""
    names = [(b.key, in_language(b.name, language=reader.language, default=reader.default) or b.key) for b in branches]
    return Choices(
        branches=tuple((key, name, key == filters.branch) for key, name in names),
        statuses=tuple((status.value, status_word(status), status.value == filters.status) for status in OFFERED),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None
