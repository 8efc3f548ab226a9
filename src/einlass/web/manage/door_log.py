# SPDX-License-Identifier: Apache-2.0
"""The door log of one booking in words: who came when, what stayed closed. What is kept of it: `queries/door_log.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from einlass.models import Booking, DoorEntry
from einlass.web import formats
from einlass.web.manage.timeline import Entry


@dataclass(frozen=True, slots=True)
class DoorLog:
    """Ready to be drawn. `nobody` says that it may be suggested that nobody came."""

    first: str
    opened: str
    stayed: str
    read: str
    nobody: bool


def door_log(booking: Booking, taps: Sequence[DoorEntry], *, nobody: bool, now: datetime) -> DoorLog:
    """Taps come oldest first."""
    zone, names = booking.branch.time_zone, _names(booking)
    opened, stayed = [tap for tap in taps if tap.opened], [tap for tap in taps if not tap.opened]
    read = booking.branch.entries_read_until
    return DoorLog(
        first=_at(opened[0], names, zone, now=now) if opened else "",
        opened=_times(opened),
        stayed=_stayed(stayed, names, zone, now=now) if stayed else "",
        read=formats.recent(read, zone, now=now) if read else "",
        nobody=nobody,
    )


def taps_in_time(booking: Booking, taps: Sequence[DoorEntry]) -> list[Entry]:
    """As lines of the history."""
    zone, names = booking.branch.time_zone, _names(booking)
    return [_entry(tap, names, zone) for tap in taps]


def _entry(tap: DoorEntry, names: Mapping[str, str], zone: str) -> Entry:
    sentence = gettext("%(door)s opened") if tap.opened else gettext("%(door)s stayed closed")
    return Entry(
        at=tap.at,
        time=formats.clock(tap.at, zone),
        mark="opened" if tap.opened else "stayed",
        sentence=sentence % {"door": names.get(tap.component, tap.component)},
        by=gettext("door log of exivo"),
        note=tap.reason,
    )


def _names(booking: Booking) -> dict[str, str]:
    return {door.component: str(door) for door in booking.branch.doors.all()}


def _at(tap: DoorEntry, names: Mapping[str, str], zone: str, *, now: datetime) -> str:
    return f"{formats.recent(tap.at, zone, now=now)}, {names.get(tap.component, tap.component)}"


def _times(taps: Sequence[DoorEntry]) -> str:
    return ngettext("%(count)s time", "%(count)s times", len(taps)) % {"count": len(taps)}


def _stayed(taps: Sequence[DoorEntry], names: Mapping[str, str], zone: str, *, now: datetime) -> str:
    """The last one, and why as far as exivo says."""
    last = gettext("last %(where)s") % {"where": _at(taps[-1], names, zone, now=now)}
    why = taps[-1].reason or gettext("exivo does not say why")
    return f"{_times(taps)}, {last}; {why}"
