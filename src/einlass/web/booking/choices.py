# SPDX-License-Identifier: Apache-2.0
"""What a guest has chosen so far, as it stands in the address. Nonsense counts as nothing chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from einlass.core.hours import local_date

# Beyond, counting some days on or back leads out of the calendar.
YEARS = range(1970, 9000)


@dataclass(frozen=True, slots=True)
class Choice:
    """Any part may be missing. `duration` in minutes; `month` is its first day; days are local, `start` an instant."""

    duration: int | None = None
    month: date | None = None
    day: date | None = None
    start: datetime | None = None

    def month_shown(self, zone: str) -> date | None:
        """The month the address means, said or implied."""
        if self.month:
            return self.month
        day = self.day or (local_date(self.start, zone) if self.start else None)
        return day.replace(day=1) if day else None


def choice_in(query: Mapping[str, str]) -> Choice:
    """Read from the parameters of an address or a form."""
    return Choice(
        duration=_minutes(query.get("duration", "")),
        month=_day(f"{query.get('month', '')}-01"),
        day=_day(query.get("day", "")),
        start=_instant(query.get("start", "")),
    )


def address(base: str, **parts: object) -> str:
    """The address with these parameters, those that are None left out."""
    written = {name: _written(name, value) for name, value in parts.items() if value is not None}
    return f"{base}?{urlencode(written)}" if written else base


def iso(instant: datetime) -> str:
    """In UTC with a Z, which survives an address as it is."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written(name: str, value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return f"{value:%Y-%m}" if name == "month" else value.isoformat()
    return str(value)


def _minutes(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo and instant.year in YEARS else None
