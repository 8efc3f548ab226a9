# SPDX-License-Identifier: Apache-2.0
"""A day as a table: steps of elapsed time as rows, rooms as columns, ready to be drawn. What is booked when is read elsewhere."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import gcd

from einlass.core.hours import to_local
from einlass.core.windows import Window
from einlass.models import Booking, Room

HALF_HOUR = 30
STEPS = (30, 15, 10, 5)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: `kind` is free, past, closed, buffer or booked; more than one booking only where they overlap."""

    kind: str
    rows: int
    start: datetime
    room: Room
    bookings: tuple[Booking, ...] = ()


@dataclass(frozen=True, slots=True)
class GridRow:
    """One step of time; every half hour carries its clock time, which counts for the rows until the next one."""

    label: str
    label_rows: int
    cells: tuple[Cell, ...]
    now: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """The table. `step` is the length of a row in minutes: 30, or less where a booking needs it."""

    step: int
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A local day (23, 24 or 25 hours) with the part of it that is shown and the times at which the branch is open."""

    zone: str
    whole: Window
    shown: Window
    opened: tuple[Window, ...]


def day_of(zone: str, whole: Window, *, opened: Sequence[Window], bookings: Sequence[Booking]) -> Day | None:
    """Show the opening hours and what is booked outside of them; None on a closed day without a booking."""
    inside = [cut for window in opened if (cut := _cut(window, whole))]
    taken = [cut for booking in bookings if (cut := _cut(Window(booking.blocked_from, booking.blocked_until), whole))]
    if not inside and not taken:
        return None
    first, last = min(w.start for w in (*inside, *taken)), max(w.end for w in (*inside, *taken))
    half = timedelta(minutes=HALF_HOUR)
    start = whole.start + (first - whole.start) // half * half
    end = min(whole.end, whole.start - (whole.start - last) // half * half)
    return Day(zone, whole, Window(start, end), tuple(inside))


def grid_of(day: Day, rooms: Sequence[Room], bookings: Sequence[Booking], *, now: datetime) -> Grid:
    """The table of the day. Every row is filled in every column, so that the spans add up."""
    step = _step(day, bookings)
    columns = [_column(day, room, [b for b in bookings if b.room_id == room.pk], step=step, now=now) for room in rooms]
    return Grid(step, tuple(_row(day, columns, n, step=step, now=now) for n in range(_count(day, step))))


def _cut(window: Window, whole: Window) -> Window | None:
    return Window(max(window.start, whole.start), min(window.end, whole.end)) if window.collides(whole) else None


def _step(day: Day, bookings: Sequence[Booking]) -> int:
    """The longest step on which everything begins and ends, five minutes at the least."""
    edges = (edge for b in bookings for edge in (b.start, b.end, b.blocked_from, b.blocked_until))
    common = gcd(HALF_HOUR, *((edge - day.whole.start) // _MINUTE for edge in edges))
    return next((step for step in STEPS if common % step == 0), STEPS[-1])


def _count(day: Day, step: int) -> int:
    return -(-day.shown.minutes // step)


def _column(day: Day, room: Room, bookings: Sequence[Booking], *, step: int, now: datetime) -> dict[int, Cell]:
    """The cells of a room by the row in which they begin."""
    together = _together(day, bookings, step)
    painted: list[tuple[str, Hashable]] = [_empty(day, n, step=step, now=now) for n in range(_count(day, step))]
    for booking in bookings:
        for n in _rows(day, Window(booking.blocked_from, booking.blocked_until), step):
            painted[n] = ("buffer", 0)
    for number, (rows, _) in enumerate(together):
        for n in rows:
            painted[n] = ("booked", number)
    cells: dict[int, Cell] = {}
    for (kind, which), group in groupby(range(len(painted)), key=lambda n: painted[n]):
        run = list(group)
        inside = together[which][1] if kind == "booked" and isinstance(which, int) else ()
        cells[run[0]] = Cell(kind, len(run), day.shown.start + timedelta(minutes=run[0] * step), room, tuple(inside))
    return cells


def _together(day: Day, bookings: Sequence[Booking], step: int) -> list[tuple[range, list[Booking]]]:
    """Bookings with their rows; those that share one (somebody did not come, and the room was given again) in one cell."""
    found: list[tuple[range, list[Booking]]] = []
    for booking in sorted(bookings, key=lambda b: b.start):
        rows = _rows(day, booking.window, step)
        if not rows:
            continue
        if found and rows.start < found[-1][0].stop:
            before, inside = found[-1]
            found[-1] = (range(before.start, max(before.stop, rows.stop)), [*inside, booking])
        else:
            found.append((rows, [booking]))
    return found


def _rows(day: Day, window: Window, step: int) -> range:
    """The rows that a window touches, cut to what is shown."""
    length = timedelta(minutes=step)
    first = (window.start - day.shown.start) // length
    last = -((day.shown.start - window.end) // length)
    return range(max(0, first), min(_count(day, step), last))


def _empty(day: Day, n: int, *, step: int, now: datetime) -> tuple[str, Hashable]:
    """What a row without a booking is; what is free comes in pieces of half an hour."""
    start = day.shown.start + timedelta(minutes=n * step)
    row = Window(start, start + timedelta(minutes=step))
    if not any(row.collides(opened) for opened in day.opened):
        return ("closed", 0)
    return ("past" if start < now else "free", n * step // HALF_HOUR)


def _row(day: Day, columns: Sequence[dict[int, Cell]], n: int, *, step: int, now: datetime) -> GridRow:
    start = day.shown.start + timedelta(minutes=n * step)
    whole = n * step % HALF_HOUR == 0
    return GridRow(
        label=_clock(day, start) if whole else "",
        label_rows=min(HALF_HOUR // step, _count(day, step) - n) if whole else 0,
        cells=tuple(column[n] for column in columns if n in column),
        now=now in Window(start, start + timedelta(minutes=step)),
    )


def _clock(day: Day, instant: datetime) -> str:
    """14:00 on the wall; in the night on which an hour comes twice it is named."""
    local = to_local(instant, day.zone)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M} {local:%Z}" if twice else f"{local:%H:%M}"
