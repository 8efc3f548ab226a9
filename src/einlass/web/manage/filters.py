# SPDX-License-Identifier: Apache-2.0
"""The filters of the list as they stand in the address; nonsense counts as not set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext

from einlass.core.bookings import Status
from einlass.core.hours import local_date, local_instant
from einlass.core.texts import in_language
from einlass.models import Branch, Room, Service
from einlass.queries.bookings import BookingFilter
from einlass.web.manage.addresses import day_in
from einlass.web.manage.rows import Reader, status_word

# A hold and one that ran out are nobody's booking yet.
OFFERED = (Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.DECLINED)
KEY_PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Offered:
    """What the person may filter by: the branches that he sees, with their services and rooms."""

    branches: tuple[Branch, ...]
    services: tuple[Service, ...]
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """`day` is the first day shown and `until` the last one; None is open. `zone` is the clock that says when a day begins."""

    day: date | None
    until: date | None
    branch: str
    service: str
    room: str
    status: str
    key: str
    text: str
    zone: str

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the days leaves bookings out."""
        return bool(self.branch or self.service or self.room or self.status or self.key or self.text)

    @property
    def address(self) -> str:
        """The filters for the links to other pages of the list."""
        return urlencode({"from": self.day or "", "to": self.until or "", **self._others()})

    def wanted(self) -> BookingFilter:
        """As the query reads it."""
        return BookingFilter(
            start=local_instant(self.zone, self.day, 0) if self.day else None,
            end=local_instant(self.zone, self.until + timedelta(days=1), 0) if self.until else None,
            branch=self.branch,
            service=self.service,
            room=self.room,
            status=self.status,
            key_problem=self.key == KEY_PROBLEM,
            text=self.text,
        )

    def _others(self) -> dict[str, str]:
        found = {"branch": self.branch, "service": self.service, "room": self.room, "status": self.status, "key": self.key, "q": self.text}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Select:
    """One select: value, word, chosen."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


def filters_in(query: Mapping[str, str], *, offered: Offered, reader: Reader) -> Filters:
    """Read from the address. Without a first day it is today; whoever searches for a text searches in all days."""
    branch = next((b for b in offered.branches if b.key == query.get("branch")), None)
    zones = [b.time_zone for b in ([branch] if branch else offered.branches)]
    zone = zones[0] if zones else "UTC"
    text = query.get("q", "").replace("\0", "").strip()[:100]
    day = day_in(query.get("from", ""))
    anywhen = text and not query.get("from")
    return Filters(
        day=day or (None if anywhen or query.get("from") == "" else local_date(reader.now, zone)),
        until=day_in(query.get("to", "")),
        branch=branch.key if branch else "",
        service=_known(query.get("service"), (s.key for s in offered.services)),
        room=_known(query.get("room"), (r.key for r in offered.rooms)),
        status=_known(query.get("status"), (status.value for status in OFFERED)),
        key=_known(query.get("key"), (KEY_PROBLEM,)),
        text=text,
        zone=zone,
    )


def selects(offered: Offered, *, filters: Filters, reader: Reader) -> tuple[Select, ...]:
    """The selects that leave a choice."""
    branches = [(b.key, in_language(b.name, language=reader.language, default=reader.default) or b.key) for b in offered.branches]
    services = [(s.key, reader.text(s.name, s.key)) for s in offered.services]
    rooms = [(r.key, reader.text(r.name, r.key)) for r in offered.rooms]
    statuses = [(status.value, status_word(status)) for status in OFFERED]
    found = (
        ("branch", gettext("Branch"), branches, filters.branch),
        ("service", gettext("Service"), services, filters.service),
        ("room", gettext("Room"), rooms, filters.room),
        ("status", gettext("State"), statuses, filters.status),
        ("key", gettext("Key"), [(KEY_PROBLEM, gettext("with a problem"))], filters.key),
    )
    return tuple(
        Select(name, label, tuple((value, word, value == chosen) for value, word in options))
        for name, label, options, chosen in found
        if len(options) > 1 or name == "key"
    )


def _known(value: str | None, known: Iterable[str]) -> str:
    return value if value is not None and value in set(known) else ""
