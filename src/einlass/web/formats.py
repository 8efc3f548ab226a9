# SPDX-License-Identifier: Apache-2.0
"""Dates, times, lengths and numbers in the words of the page's language. Instants become wall time of the branch here and only here."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.utils import dateformat
from django.utils.translation import get_language, gettext, ngettext, pgettext

from einlass.core.hours import to_local
from einlass.core.phones import PhoneRefused, parse_phone
from einlass.core.texts import date_as_written
from einlass.models import Branch

_TOWN = re.compile(r"\b\d{4,5}\s+(?P<town>[^,\d][^,]*)$")


def day_in_words(day: date) -> str:
    """Tuesday 12 January."""
    return _said(day, pgettext("date format", "l j F"))


def day_with_year(day: date) -> str:
    """Tuesday 12 January 2027."""
    return _said(day, pgettext("date format", "l j F Y"))


def short_day(day: date) -> str:
    """Tue 12 January."""
    return _said(day, pgettext("date format", "D j F"))


def month_in_words(day: date) -> str:
    """January 2027."""
    return _said(day, "F Y")


def clock(instant: datetime, zone: str) -> str:
    """14:00, on the wall of the place."""
    return f"{to_local(instant, zone):%H:%M}"


def moment(instant: datetime, zone: str) -> str:
    """Mon 11 January, 14:00, never broken between lines."""
    return f"{short_day(to_local(instant, zone).date())}, {clock(instant, zone)}".replace(" ", "\N{NO-BREAK SPACE}")


def span(start: datetime, end: datetime, zone: str) -> str:
    """14:00–18:00; where it ends on another day, that day is said."""
    first, last = to_local(start, zone), to_local(end, zone)
    if first.date() == last.date() or (last.date() - first.date() == timedelta(days=1) and f"{last:%H:%M}" == "00:00"):
        return f"{first:%H:%M}–{last:%H:%M}"
    return f"{first:%H:%M} – {short_day(last.date())}, {last:%H:%M}"


def recent(instant: datetime, zone: str, *, now: datetime) -> str:
    """Today, 10:26; another day is named."""
    if to_local(instant, zone).date() == to_local(now, zone).date():
        return gettext("today, %(time)s") % {"time": clock(instant, zone)}
    return moment(instant, zone)


def length_short(minutes: int) -> str:
    """1 h 30 min, for buttons."""
    hours, rest = divmod(minutes, 60)
    parts = [gettext("%(hours)s h") % {"hours": hours}] if hours else []
    if rest or not hours:
        parts.append(gettext("%(minutes)s min") % {"minutes": rest})
    return " ".join(parts)


def length_in_words(length: timedelta) -> str:
    """3 hours 43 minutes, begun minutes counted."""
    hours, minutes = divmod(max(0, -(-int(length.total_seconds()) // 60)), 60)
    parts = [ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}] if hours else []
    if minutes or not hours:
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return " ".join(parts)


def town_of(branch: Branch, *, name: str) -> str:
    """Where the clock on the wall hangs: the town of the address, else the branch's name."""
    found = _TOWN.search(branch.address.strip())
    return found["town"].strip() if found else name


def dialled(number: str, *, country: str) -> str:
    """The number for a `tel:` link."""
    try:
        return parse_phone(number, country=country)
    except PhoneRefused:
        return "".join(sign for sign in number if sign.isdigit() or sign == "+")


def month_name(day: date) -> str:
    """January."""
    return _said(day, "F")


def _said(day: date, pattern: str) -> str:
    return date_as_written(dateformat.format(day, pattern), language=get_language() or "")
