# SPDX-License-Identifier: Apache-2.0
"""The drawing of a day on the start page: hours, now, and each booking within the window of its key. The text beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from einlass.core.access import AccessState
from einlass.core.hours import local_instant, open_days, to_local
from einlass.core.windows import Window
from einlass.models import Booking, Branch
from einlass.queries.keys import AccessView
from einlass.web import formats

HALF_HOUR = timedelta(minutes=30)
# At most so many hours are written above the drawing, and none so near to now that the two would touch.
MOST_TICKS, TOO_NEAR = 8, 10.0
DRAWN = {AccessState.READY: "ready", AccessState.ACTIVE: "active", AccessState.TROUBLE: "trouble"} | dict.fromkeys(
    (AccessState.PREPARING, AccessState.CHANGING), "prep"
)


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour: its place as an SVG attribute; without a label only the line is drawn."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours of one branch's day. `now` is empty when now lies outside."""

    span: Window
    ticks: tuple[Tick, ...]
    now: str
    now_label: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One booking: thick what was booked, thin the window of its key; without a key no thin line."""

    kind: str
    book_x: str
    book_width: str
    key_x: str
    key_width: str


def axis_of(branch: Branch, day: date, bookings: Sequence[Booking], *, now: datetime) -> Axis:
    """From the opening of the branch, or the first booking before it, to its closing or the last booking after it."""
    span = _span(branch, day, bookings)
    at = _share(now, span)
    return Axis(
        span=span,
        ticks=tuple(_ticks(branch.time_zone, day, span, now_at=at if now in span else -100.0)),
        now=_per_cent(at) if now in span else "",
        now_label=formats.clock(now, branch.time_zone),
    )


def lane_of(booking: Booking, access: AccessView, axis: Axis) -> Lane:
    """A booking on the axis; what sticks out is cut."""
    left, right = _share(booking.start, axis.span), _share(booking.end, axis.span)
    key_left = _share(access.valid_from, axis.span) if access.valid_from else left
    key_right = _share(access.valid_until, axis.span) if access.valid_until else right
    return Lane(
        kind=DRAWN.get(access.state, "closed"),
        book_x=_per_cent(left),
        book_width=_per_cent(right - left),
        key_x=_per_cent(key_left),
        key_width=_per_cent(key_right - key_left) if access.valid_from else "",
    )


def _span(branch: Branch, day: date, bookings: Sequence[Booking]) -> Window:
    zone = branch.time_zone
    open_windows = [window for opened in open_days(branch.hours(), day, day) for window in opened.windows]
    starts = [window.start for window in open_windows] + [booking.start for booking in bookings]
    ends = [window.end for window in open_windows] + [booking.end for booking in bookings]
    midnight, next_midnight = local_instant(zone, day, 0), local_instant(zone, day, 24 * 60)
    start = max(midnight, min(starts, default=local_instant(zone, day, 8 * 60)) - HALF_HOUR)
    end = min(next_midnight, max(ends, default=local_instant(zone, day, 18 * 60)) + HALF_HOUR)
    return Window(start, end) if start < end else Window(midnight, next_midnight)


def _ticks(zone: str, day: date, span: Window, *, now_at: float) -> list[Tick]:
    hours = [(hour, local_instant(zone, day, hour * 60).astimezone(UTC)) for hour in range(25)]
    shown = [(hour, instant) for hour, instant in hours if span.start < instant < span.end]
    every = next(n for n in (1, 2, 3, 4, 6, 12, 24) if len(shown) / n <= MOST_TICKS)
    places = [(_share(instant, span), to_local(instant, zone).hour) for hour, instant in shown if hour % every == 0]
    return [Tick(_per_cent(at), "" if abs(at - now_at) < TOO_NEAR else str(hour)) for at, hour in places]


def _share(instant: datetime, span: Window) -> float:
    return min(100.0, max(0.0, 100 * ((instant - span.start) / (span.end - span.start))))


def _per_cent(share: float) -> str:
    return f"{share:.2f}%"
