# SPDX-License-Identifier: Apache-2.0
"""Taps on doors as a vendor's log tells them: whose they were, and whether nobody came. No guess where the log does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from einlass.core.windows import Window

# The first reading looks so far back, so that of a booking that began since then every tap is known.
FIRST_READING = timedelta(days=2)
# A lock that had no radio tells of a tap later.
REPORTED_WITHIN = timedelta(hours=1)
# That nobody came is suggested of bookings that began since then: whatever was switched on meanwhile, their taps were read.
SUGGESTED_FOR = FIRST_READING - timedelta(hours=12)
# A tap so far from the time of a key says nothing about its booking.
REACH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SeenTap:
    """One tap as the vendor showed it. `phone` and `key_id` say who it was, where the log has one of them; neither is kept.
    `reason` is in the vendor's words, "" where it says only yes or no."""

    id: str
    component: str
    at: datetime
    opened: bool
    phone: str = field(default="", repr=False)
    key_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A key that may have been held at the door, and the booking that it is of. `booked` is the booking's own time."""

    booking: int
    key_id: str
    phone: str = field(repr=False)
    doors: frozenset[str]
    window: Window
    booked: Window


def whose(tap: SeenTap, holders: Sequence[Holder]) -> int | None:
    """The booking of the tap: by its key, else by its phone. None where there is none, or more than one that it might be.

    Of several bookings of one phone it is the one whose key opens that door then, and at the seam of two of them the one that runs.
    """
    if tap.key_id:
        return _only(holder for holder in holders if holder.key_id == tap.key_id)
    ours = [holder for holder in holders if tap.phone and holder.phone == tap.phone and _near(holder.window, tap.at)]
    serving = [holder for holder in ours if tap.component in holder.doors and tap.at in holder.window]
    running = [holder for holder in serving if tap.at in holder.booked]
    return _only(running or serving or (() if tap.opened else ours))


def _near(window: Window, at: datetime) -> bool:
    return window.start - REACH <= at < window.end + REACH


def _only(holders: Iterable[Holder]) -> int | None:
    found = {holder.booking for holder in holders}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Attendance:
    """All that says whether somebody came. `window` is when the key opened, `had_key` whether it was read back and stayed so;
    `kept_since` and `read_until` are from when to when every tap is known; `taps` counts those of this booking, and
    at the doors that only its room or service has those of nobody known."""

    window: Window
    had_key: bool
    read_until: datetime | None
    kept_since: datetime
    taps: int


def nobody_came(seen: Attendance, *, now: datetime) -> bool:
    """Whether it may be suggested that nobody came: only where the log would tell of anybody. A person says so, never the clock."""
    is_known = seen.read_until is not None and seen.kept_since <= seen.window.start and seen.window.end <= seen.read_until
    return seen.had_key and is_known and seen.window.end <= now and not seen.taps
