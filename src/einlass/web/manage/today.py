# SPDX-License-Identifier: Apache-2.0
"""The start page of the staff: what needs a person, today's bookings by branch, the week. The questions are `queries/dashboard.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import gettext, ngettext, pgettext

from einlass.core.hours import local_date, open_days
from einlass.core.roles import May
from einlass.models import Booking, Branch
from einlass.queries.dashboard import Dashboard, dashboard, week_of
from einlass.queries.keys import access_of
from einlass.queries.readiness import readiness
from einlass.queries.scope import visible_branches
from einlass.web import formats
from einlass.web.manage.booking import reader_of
from einlass.web.manage.desk import allowed, show, staff_of, staff_page
from einlass.web.manage.lanes import Axis, Lane, axis_of, lane_of
from einlass.web.manage.needs import Need, missing_needs, needs_of
from einlass.web.manage.readiness import all_names
from einlass.web.manage.readiness_words import line_of
from einlass.web.manage.rows import Reader, Row, row_of

REFRESH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One booking of today with its drawing."""

    row: Row
    lane: Lane


@dataclass(frozen=True, slots=True)
class BranchDay:
    """Today at one branch; without lines `empty` says why."""

    key: str
    name: str
    count: str
    axis: Axis
    lines: tuple[Line, ...]
    empty: str


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the week. `note` is the word below the number."""

    label: str
    address: str
    count: int
    note: str
    bad: bool
    today: bool


@staff_page(May.LOOK)
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    branches = list(visible_branches(staff_of(request)))
    found = dashboard(branches, now=now)
    reader = reader_of(request, now=now)
    day = local_date(now, branches[0].time_zone if branches else "UTC")
    context = {
        "day": formats.day_with_year(day),
        "needs": needs_of(found, branches, _missing(request, now), reader=reader),
        "branches": _branch_days(found, branches, reader=reader),
        "week": _week(found, branches, reader=reader),
        "week_span": _week_span(branches, reader=reader),
        "refresh_seconds": REFRESH_SECONDS,
    }
    return show(request, "manage/today.html", context, at="today")


def _missing(request: HttpRequest, now: datetime) -> tuple[Need, ...]:
    """Red readiness, for those who can mend it."""
    if not allowed(request, May.CONFIGURE):
        return ()
    red = [check for check in readiness(now=now) if not check.ok and not check.warning]
    names = all_names() if red else {}
    return tuple(missing_needs(line_of(check, names=names, may=lambda needs: allowed(request, needs)) for check in red))


def _branch_days(found: Dashboard, branches: Sequence[Branch], *, reader: Reader) -> tuple[BranchDay, ...]:
    """A branch that is no longer offered stands here only as long as it has bookings."""
    days = [(branch, [b for b in found.today if b.branch_id == branch.pk]) for branch in branches]
    return tuple(_branch_day(branch, bookings, reader=reader) for branch, bookings in days if branch.active or bookings)


def _branch_day(branch: Branch, bookings: Sequence[Booking], *, reader: Reader) -> BranchDay:
    day = local_date(reader.now, branch.time_zone)
    axis = axis_of(branch, day, bookings, now=reader.now)
    return BranchDay(
        key=branch.key,
        name=reader.text(branch.name, branch.key),
        count=_count(bookings, reader=reader),
        axis=axis,
        lines=tuple(Line(row_of(b, reader=reader), lane_of(b, access_of(b, now=reader.now), axis)) for b in bookings),
        empty=gettext("Nothing is booked today.") if _is_open(branch, day) else gettext("Closed today."),
    )


def _count(bookings: Sequence[Booking], *, reader: Reader) -> str:
    if not bookings:
        return ""
    words = ngettext("%(count)s booking", "%(count)s bookings", len(bookings)) % {"count": len(bookings)}
    running = sum(1 for booking in bookings if booking.start <= reader.now < booking.end)
    if not running:
        return words
    now = ngettext("%(count)s running", "%(count)s running", running) % {"count": running}
    return f"{words}, {now}"


def _is_open(branch: Branch, day: date) -> bool:
    return any(opened.windows for opened in open_days(branch.hours(), day, day))


def _week(found: Dashboard, branches: Sequence[Branch], *, reader: Reader) -> tuple[WeekDay, ...]:
    here = local_date(reader.now, branches[0].time_zone) if branches else None
    return tuple(_week_day(day, found, branches, today=day == here) for day in week_of(branches, now=reader.now) if branches)


def _week_day(day: date, found: Dashboard, branches: Iterable[Branch], *, today: bool) -> WeekDay:
    count, problems = found.week[day], found.week_trouble[day]
    note = ngettext("booking", "bookings", count)
    if problems:
        note = ngettext("%(count)s problem", "%(count)s problems", problems) % {"count": problems}
    elif not count and not any(_is_open(branch, day) for branch in branches):
        note = gettext("closed")
    return WeekDay(
        label=dateformat.format(day, pgettext("date format", "D, j")),
        address=f"{reverse('manage_bookings')}?{urlencode({'from': day.isoformat(), 'to': day.isoformat()})}",
        count=count,
        note=note,
        bad=bool(problems),
        today=today,
    )


def _week_span(branches: Sequence[Branch], *, reader: Reader) -> str:
    days = week_of(branches, now=reader.now)
    span = f"{formats.short_day(days[0])} – {formats.short_day(days[-1])}"
    if len(branches) == 1:
        return f"{span}, {reader.text(branches[0].name, branches[0].key)}"
    everywhere = gettext("all branches")
    return f"{span}, {everywhere}"
