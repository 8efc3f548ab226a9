# SPDX-License-Identifier: Apache-2.0
"""The drawing of "Why does the door not open?": how far a moment lies before or after the key's time. The text beside it says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from einlass.core.windows import Window
from einlass.web import formats

# Further off a drawing shows nothing but a line.
REACH = timedelta(hours=2)
LEAST_UNIT = timedelta(minutes=5)
# Two labels on one line need this share of the width between them.
APART = 0.2


@dataclass(frozen=True, slots=True)
class Label:
    """A text below the line at the place that it is about."""

    x: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Zoom:
    """Positions in per cent for SVG attributes: the moment, the end of the key's time that matters, the booking's."""

    moment_x: str
    moment_anchor: str
    moment: str
    window_x: str
    window_width: str
    cap: str
    book_x: str
    book_width: str
    labels: tuple[Label, ...]
    words: str


def zoom(moment: datetime, *, window: Window, booked: Window, zone: str, is_now: bool) -> Zoom | None:
    """None where the moment lies within the key's time, or too far from it."""
    if moment < window.start and window.start - moment <= REACH:
        return _early(moment, window, booked, zone, is_now=is_now)
    if moment >= window.end and moment - window.end <= REACH:
        return _late(moment, window, booked, zone, is_now=is_now)
    return None


def _early(moment: datetime, window: Window, booked: Window, zone: str, *, is_now: bool) -> Zoom:
    unit = max(booked.start - window.start, LEAST_UNIT)
    shown = Window(moment - unit / 2, booked.start + unit)
    cap, book = _share(window.start, shown), _share(booked.start, shown)
    valid = gettext("%(time)s key valid") % {"time": formats.clock(window.start, zone)}
    begins = gettext("%(time)s booking") % {"time": formats.clock(booked.start, zone)}
    labels = [Label(_per_cent(cap), "start" if cap < 0.7 else "end", valid)]
    if book - cap >= APART:
        labels.append(Label(_per_cent(book), "start" if book < 0.8 else "end", begins))
    told = _moment(moment, zone, is_now=is_now)
    return Zoom(
        moment_x=_per_cent(_share(moment, shown)),
        moment_anchor="start",
        moment=told,
        window_x=_per_cent(cap),
        window_width=_per_cent(1 - cap),
        cap=_per_cent(cap),
        book_x=_per_cent(book),
        book_width=_per_cent(1 - book),
        labels=tuple(labels),
        words=f"{told}, {valid}, {begins}",
    )


def _late(moment: datetime, window: Window, booked: Window, zone: str, *, is_now: bool) -> Zoom:
    unit = max(window.end - booked.end, LEAST_UNIT)
    shown = Window(booked.end - unit, moment + unit / 2)
    cap, book = _share(window.end, shown), _share(booked.end, shown)
    over = gettext("%(time)s key over") % {"time": formats.clock(window.end, zone)}
    ends = gettext("%(time)s booking over") % {"time": formats.clock(booked.end, zone)}
    labels = [Label(_per_cent(cap), "start" if cap < 0.7 else "end", over)]
    if cap - book >= APART:
        labels.insert(0, Label(_per_cent(book), "middle" if book > 0.1 else "start", ends))
    told = _moment(moment, zone, is_now=is_now)
    return Zoom(
        moment_x=_per_cent(_share(moment, shown)),
        moment_anchor="end",
        moment=told,
        window_x="0%",
        window_width=_per_cent(cap),
        cap=_per_cent(cap),
        book_x="0%",
        book_width=_per_cent(book),
        labels=tuple(labels),
        words=f"{ends}, {over}, {told}",
    )


def _moment(moment: datetime, zone: str, *, is_now: bool) -> str:
    time = formats.clock(moment, zone)
    return gettext("now %(time)s") % {"time": time} if is_now else time


def _share(instant: datetime, shown: Window) -> float:
    return (instant - shown.start) / (shown.end - shown.start)


def _per_cent(share: float) -> str:
    return f"{share * 100:.2f}%"
