# SPDX-License-Identifier: Apache-2.0
"""A made-up vendor in memory that is unlike exivo: one credential for each person, with a timetable for each door, fetched by his phone.

It knows nothing of bookings. Its cloud can lose answers, throttle and talk nonsense; its doors know only what the phone carries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from einlass.locks.contract import WAIT_SECONDS, Fault

T = TypeVar("T")
# From and until: instants, or wall-clock times without a zone in a house of local time.
Span = tuple[datetime, datetime]
Timetable = Mapping[str, tuple[Span, ...]]
LONGEST_PAGE = 50


class NoAnswer(Exception):
    """The connection was lost."""


class Broken(Exception):
    """The cloud answered with an error of its own."""


class Busy(Exception):
    """Too many requests; nothing was done."""


class Denied(Exception):
    """The secret is not the right one."""


class Unknown(Exception):
    """There is no such site, credential or door."""


class Full(Exception):
    """These doors hold as many times as they can."""

    def __init__(self, doors: frozenset[str]) -> None:
        super().__init__("no slot is free")
        self.doors = doors


class Outdated(Exception):
    """Somebody else changed the credential since it was read; nothing was done."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What this house can do. A door holds `slots` times in all, and `times_per_person` of one person."""

    local_time: bool = False
    slots: int = 1000
    times_per_person: int = 1000


@dataclass(frozen=True, slots=True)
class Credential:
    """What one person may open. `memo` is free text; `fetched` is the version that his phone carries."""

    id: str
    phone: str
    memo: str
    timetable: Timetable
    version: int = 1
    fetched: int = 0


@dataclass(slots=True)
class House:
    """The vendor's cloud, its doors and the phones of its people."""

    traits: Traits = Traits()
    site_id: str = "house-1"
    secret: str = "the-secret-of-the-house"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Zurich"))
    now: datetime = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    kinds: dict[str, str] = field(
        default_factory=lambda: {"front": "cylinder", "room": "handle", "hub": "House Gateway", "hatch": "", "cellar": "cylinder"}
    )
    credentials: dict[str, Credential] = field(default_factory=dict)
    carried: dict[str, Timetable] = field(default_factory=dict)
    reachable: bool = True
    fault: Fault = Fault.NONE
    requests: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, secret: str, what: str, about: str, do: Callable[[], T]) -> T | str:
        """One request. Raises what the vendor or the line does; text where it answers with nonsense."""
        self.requests.append((what, about))
        changes = what in {"put", "drop", "unlock"}
        if self.fault is Fault.REQUEST_LOST and changes:
            raise NoAnswer
        if self.fault is Fault.DOWN:
            raise Broken
        if self.fault is Fault.THROTTLED:
            raise Busy(WAIT_SECONDS)
        if self.fault is Fault.NONSENSE:
            return "<html>Down for maintenance</html>"
        if secret != self.secret:
            raise Denied
        answer = do()
        if self.fault is Fault.ANSWER_LOST and changes:
            raise NoAnswer
        return answer

    def site(self, site_id: str) -> str:
        if site_id != self.site_id:
            raise Unknown(site_id)
        return self.zone.key

    def of_phone(self, phone: str) -> Credential | None:
        return next((each for each in self.credentials.values() if each.phone == phone), None)

    def page(self, skip: int, limit: int) -> list[Credential]:
        if self.fault is Fault.LIST_EMPTY:
            return []
        if self.fault is Fault.LIST_CUT and skip:
            raise Broken
        return list(self.credentials.values())[skip : skip + min(limit, LONGEST_PAGE)]

    def put(self, wanted: Credential) -> Credential:
        """Make or replace a whole credential, if it still is the version that was read (1 for a new one)."""
        before = self.credentials.get(wanted.id) or self.of_phone(wanted.phone)
        if (before.version + 1 if before else 1) != wanted.version:
            raise Outdated
        full = frozenset(door for door, spans in wanted.timetable.items() if not self._has_room(door, spans, besides=wanted.id))
        if full:
            raise Full(full)
        kept = replace(wanted, fetched=before.fetched if before else 0)
        self.credentials[kept.id] = kept
        self.synchronise()
        return self.credentials[kept.id]

    def _has_room(self, door: str, spans: tuple[Span, ...], *, besides: str) -> bool:
        before = self.credentials.get(besides)
        fewer = before is not None and len(spans) <= len(before.timetable.get(door, ()))
        others = sum(len(each.timetable.get(door, ())) for each in self.credentials.values() if each.id != besides)
        return fewer or (len(spans) <= self.traits.times_per_person and others + len(spans) <= self.traits.slots)

    def synchronise(self) -> None:
        """Every phone that is reachable carries what the cloud says."""
        if not self.reachable:
            return
        for credential in self.credentials.values():
            self.carried[credential.phone] = credential.timetable
        self.credentials = {each.id: replace(each, fetched=each.version) for each in self.credentials.values()}

    def opens(self, phone: str, door: str, at: datetime) -> bool:
        """The lock's own judgement: in a house of local time it looks at a clock on the wall."""
        seen = at.astimezone(self.zone).replace(tzinfo=None) if self.traits.local_time else at
        return any(start <= seen < end for start, end in self.carried.get(phone, {}).get(door, ()))

    def crowd(self, number: int) -> None:
        """So many people of whom we know nothing."""
        for each in range(number):
            self.add_person(f"+4178{each:07}", {"cellar": (self.span(self.now, self.now + timedelta(days=900)),)})

    def add_person(self, phone: str, timetable: Timetable) -> str:
        credential = Credential(f"person-{len(self.credentials) + 1}", phone, "", timetable)
        self.credentials[credential.id] = credential
        self.synchronise()
        return credential.id

    def span(self, start: datetime, end: datetime) -> Span:
        if not self.traits.local_time:
            return start, end
        return start.astimezone(self.zone).replace(tzinfo=None), end.astimezone(self.zone).replace(tzinfo=None)

    def counted(self) -> dict[str, int]:
        """Requests that reached the cloud, by what they were."""
        found: dict[str, int] = defaultdict(int)
        for what, _ in self.requests:
            found[what] += 1
        return found
