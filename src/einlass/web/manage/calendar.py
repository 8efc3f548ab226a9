# SPDX-License-Identifier: Apache-2.0
"""The calendar of a branch: a day with rooms as columns, or a week. Free time books, a booking that is dragged asks on its own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.hours import day_window, local_date, open_days
from einlass.core.roles import May
from einlass.models import Booking, Branch, Room
from einlass.queries.dashboard import booked, reserved
from einlass.queries.scope import visible_branches
from einlass.web import formats
from einlass.web.manage.addresses import address, day_in, iso
from einlass.web.manage.booking import reader_of
from einlass.web.manage.desk import show, staff_of, staff_page
from einlass.web.manage.grid import Cell, Day, day_of, grid_of
from einlass.web.manage.rows import Reader, Row, row_of

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of the day as it is drawn. `start` is where a booking may be dropped or made, empty where it may not."""

    kind: str
    rows: int
    room: str
    start: str
    address: str
    label: str
    bookings: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the day as it is drawn."""

    label: str
    label_rows: int
    boxes: tuple[Box, ...]
    now: bool


@dataclass(frozen=True, slots=True)
class WeekCell:
    """One room on one day."""

    address: str
    label: str
    bookings: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One day of the week."""

    label: str
    address: str
    today: bool
    closed: bool
    cells: tuple[WeekCell, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the calendar is shown."""

    branch: Branch
    day: date
    view: str
    reader: Reader

    @property
    def days(self) -> tuple[date, ...]:
        first = self.day - timedelta(days=self.day.weekday()) if self.view == "week" else self.day
        return tuple(first + timedelta(days=n) for n in range(7 if self.view == "week" else 1))

    @property
    def today(self) -> date:
        return local_date(self.reader.now, self.branch.time_zone)

    def address(self, *, day: date | None = None, view: str = "") -> str:
        return address(reverse("manage_calendar"), branch=self.branch.key, day=day or self.day, view=view or self.view)


@staff_page(May.LOOK)
def calendar(request: HttpRequest) -> HttpResponse:
    branches = list(visible_branches(staff_of(request)))
    reader = reader_of(request, now=timezone.now())
    if not branches:
        return show(request, "manage/calendar.html", {"page": None}, at="calendar")
    branch = _branch_in(branches, request.GET.get("branch", ""))
    day = day_in(request.GET.get("day", "")) or local_date(reader.now, branch.time_zone)
    page = Page(branch, day, "week" if request.GET.get("view") == "week" else "day", reader)
    start, end = _midnight(page, page.days[0]), day_window(branch.time_zone, page.days[-1]).end
    bookings = sorted([*booked([branch], start, end), *reserved(branch, start, end, now=reader.now)], key=lambda found: found.start)
    rooms = _rooms(branch, bookings)
    drawn = _week(page, rooms, bookings) if page.view == "week" else _day(page, rooms, bookings)
    context = {**_frame(page, branches), **drawn, "rooms": [(room.key, _name(room, reader)) for room in rooms]}
    return show(request, "manage/calendar.html", context, at="calendar")


def _branch_in(branches: Sequence[Branch], key: str) -> Branch:
    """The branch of the address, the first one without; another person's branch does not exist."""
    branch = next((branch for branch in branches if branch.key == key or not key), None)
    if branch is None:
        raise Http404
    return branch


def _midnight(page: Page, day: date) -> datetime:
    return day_window(page.branch.time_zone, day).start


def _rooms(branch: Branch, bookings: Sequence[Booking]) -> list[Room]:
    """The rooms in the operator's order; one that is no longer used as long as something is booked in it."""
    used = {booking.room_id for booking in bookings}
    return [room for room in branch.rooms.all() if room.active or room.pk in used]


def _name(room: Room, reader: Reader) -> str:
    return reader.text(room.name, room.key)


def _frame(page: Page, branches: Sequence[Branch]) -> dict[str, object]:
    """The heading, the way to other days, the other view."""
    length = WEEK if page.view == "week" else timedelta(days=1)
    first, last = page.days[0], page.days[-1]
    words = (
        f"{formats.short_day(first)} – {formats.short_day(last)} {last.year}" if page.view == "week" else formats.day_with_year(page.day)
    )
    return {
        "page": page,
        "title": words,
        "branch_name": page.reader.text(page.branch.name, page.branch.key),
        "branches": [(b.key, page.reader.text(b.name, b.key), b.key == page.branch.key) for b in branches],
        "before": page.address(day=page.day - length),
        "after": page.address(day=page.day + length),
        "to_today": page.address(day=page.today),
        "views": [
            (gettext("Day"), page.address(view="day"), page.view == "day"),
            (gettext("Week"), page.address(view="week"), page.view == "week"),
        ],
        "new": address(reverse("manage_new"), branch=page.branch.key, day=max(page.day, page.today)),
    }


def _day(page: Page, rooms: Sequence[Room], bookings: Sequence[Booking]) -> dict[str, object]:
    zone = page.branch.time_zone
    opened = [w for found in open_days(page.branch.hours(), page.day - timedelta(days=1), page.day) for w in found.windows]
    day = day_of(zone, day_window(zone, page.day), opened=opened, bookings=bookings)
    if day is None or not rooms:
        return {"lines": (), "step": 0}
    grid = grid_of(day, rooms, bookings, now=page.reader.now)
    rows = {booking.pk: row_of(booking, reader=page.reader) for booking in bookings}
    lines = (Line(r.label, r.label_rows, tuple(_box(page, day, cell, rows) for cell in r.cells), r.now) for r in grid.rows)
    return {"lines": tuple(lines), "step": grid.step}


def _box(page: Page, day: Day, cell: Cell, rows: dict[int, Row]) -> Box:
    offered = cell.kind == "free" and page.reader.may_act and cell.room.active
    label = ""
    if offered:
        label = gettext("Book %(room)s, %(time)s") % {
            "room": _name(cell.room, page.reader),
            "time": formats.clock(cell.start, day.zone),
        }
    return Box(
        kind=cell.kind,
        rows=cell.rows,
        room=cell.room.key,
        start=iso(cell.start) if offered else "",
        address=address(reverse("manage_new"), branch=page.branch.key, room=cell.room.key, start=cell.start) if offered else "",
        label=label,
        bookings=tuple(rows[booking.pk] for booking in cell.bookings),
    )


def _week(page: Page, rooms: Sequence[Room], bookings: Sequence[Booking]) -> dict[str, object]:
    rows = {booking.pk: row_of(booking, reader=page.reader) for booking in bookings}
    return {"week": tuple(_week_row(page, day, rooms, bookings, rows) for day in page.days) if rooms else ()}


def _week_row(page: Page, day: date, rooms: Sequence[Room], bookings: Sequence[Booking], rows: dict[int, Row]) -> WeekRow:
    window = day_window(page.branch.time_zone, day)
    of_day = [booking for booking in bookings if booking.window.collides(window)]
    closed = not any(found.windows for found in open_days(page.branch.hours(), day, day))
    return WeekRow(
        label=formats.short_day(day),
        address=page.address(day=day, view="day"),
        today=day == page.today,
        closed=closed,
        cells=tuple(_week_cell(page, day, room, of_day, rows, closed=closed) for room in rooms),
    )


def _week_cell(page: Page, day: date, room: Room, of_day: Sequence[Booking], rows: dict[int, Row], *, closed: bool) -> WeekCell:
    offered = page.reader.may_act and room.active and day >= page.today and not closed
    to = address(reverse("manage_new"), branch=page.branch.key, room=room.key, day=day) if offered else ""
    label = gettext("Book %(room)s, %(time)s") % {"room": _name(room, page.reader), "time": formats.short_day(day)}
    return WeekCell(to, label, tuple(rows[booking.pk] for booking in of_day if booking.room_id == room.pk))
