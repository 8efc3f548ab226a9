# SPDX-License-Identifier: Apache-2.0
"""The time band, the one drawing of the product, in per cent so that a strict policy needs no style. Text beside it says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from einlass.core.windows import Window


@dataclass(frozen=True, slots=True)
class Band:
    """Positions within the whole width, ready for SVG attributes. `now` is empty when now lies outside."""

    book_x: str
    book_width: str
    book_end: str
    now: str
    now_anchor: str


def band(*, window: Window, booked: Window, now: datetime) -> Band:
    """The booking within the window of its key; what sticks out is cut."""
    left, right = _share(booked.start, window), _share(booked.end, window)
    at = _share(now, window)
    return Band(
        book_x=_per_cent(left),
        book_width=_per_cent(right - left),
        book_end=_per_cent(right),
        now=_per_cent(at) if now in window else "",
        now_anchor="start" if at < 0.12 else "end" if at > 0.88 else "middle",
    )


def _share(instant: datetime, window: Window) -> float:
    share = (instant - window.start) / (window.end - window.start)
    return min(1.0, max(0.0, share))


def _per_cent(share: float) -> str:
    return f"{share * 100:.2f}%"
