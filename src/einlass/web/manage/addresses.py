# SPDX-License-Identifier: Apache-2.0
"""Days, instants and lengths as they stand in the addresses of the staff's pages. Nonsense counts as nothing said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode


def address(base: str, **parts: object) -> str:
    """The address with these parameters, those that are None or empty left out."""
    written = {name: _written(value) for name, value in parts.items() if value not in {None, ""}}
    return f"{base}?{urlencode(written)}" if written else base


def iso(instant: datetime) -> str:
    """In UTC with a Z, which survives an address as it is."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day_in(text: str) -> date | None:
    """A day of the years that anybody books in."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def instant_in(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo and 2000 <= instant.year <= 2200 else None


def minutes_in(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else str(value)
