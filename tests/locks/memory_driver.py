# SPDX-License-Identifier: Apache-2.0
"""A driver for the made-up vendor of `memory_house.py`: bookings stand in a person's memo, his timetable is their union.

It shows how a vendor of persons is made to look like keys of bookings. A time that no booking in the memo explains was entered by a
person: it is shown as a key that is not ours, and left standing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.locks import memory_house
from tests.locks.memory_house import Credential, House, Span

from einlass.core.capabilities import Capabilities, KeysPer
from einlass.core.grants import Admissible, admissible
from einlass.core.keys import Listing, SeenKey
from einlass.core.windows import Window
from einlass.locks import paging
from einlass.locks.port import (
    BeforeCall,
    Component,
    KeyOrder,
    LockFailure,
    LockNeedsOperator,
    LockOutcomeUnknown,
    LockRefused,
    LockUnavailable,
    SiteInfo,
)

T = TypeVar("T")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking in the memo. `gone_in` is the version with which it was taken out of the timetable, 0 while it is in."""

    marker: str
    label: str
    doors: tuple[str, ...]
    start: datetime
    end: datetime
    gone_in: int = 0

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


def written(entries: Iterable[Entry]) -> str:
    return json.dumps(
        [[each.marker, each.label, each.doors, each.start.isoformat(), each.end.isoformat(), each.gone_in] for each in entries]
    )


def entries_of(credential: Credential) -> tuple[Entry, ...]:
    rows = json.loads(credential.memo or "[]")
    return tuple(
        Entry(marker, label, tuple(doors), datetime.fromisoformat(start), datetime.fromisoformat(end), gone_in)
        for marker, label, doors, start, end, gone_in in rows
    )


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same time in as few windows as possible, in their order."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


class MemoryDriver:
    """See `LockDriver` and `AmendingDriver`."""

    def __init__(
        self, house: House, *, secret: str, before_call: BeforeCall, in_transaction: Callable[[], bool], clock: Callable[[], datetime]
    ) -> None:
        self._house = house
        self._secret = secret
        self._before_call = before_call
        self._in_transaction = in_transaction
        self._clock = clock
        self._components: tuple[Component, ...] = ()

    @property
    def capabilities(self) -> Capabilities:
        traits = self._house.traits
        return Capabilities(
            keys_per=KeysPer.PERSON,
            amends=True,
            revokes_at_once=False,
            slots_limited=traits.slots < 1000,
            local_time=traits.local_time,
            holds_two=traits.times_per_person > 1,
        )

    def site(self, site_id: str) -> SiteInfo:
        zone = self._ask(site_id, "site", site_id, lambda: self._house.site(site_id), str)
        if not zone.startswith("Europe/"):
            raise LockUnavailable("the site was answered by something that is no zone")
        return SiteInfo(site_id, "Memory House", zone)

    def components(self, site_id: str) -> tuple[Component, ...]:
        kinds = self._ask(site_id, "components", site_id, lambda: dict(self._house.kinds), dict)
        self._components = tuple(Component(name, name.title(), kind) for name, kind in kinds.items())
        return self._components

    def issue(self, site_id: str, order: KeyOrder) -> SeenKey:
        self._refuse_unusable(site_id, order)
        credential = self._ask(site_id, "find", order.phone, lambda: [self._house.of_phone(order.phone)], list)[0]
        if credential is None:
            # Its name is made from the phone, so that two workers at once make one person of it.
            name = hashlib.sha256(order.phone.encode()).hexdigest()[:12]
            credential = Credential(f"person-{name}", order.phone, "", {}, version=0)
        self._refuse_second(credential, order)
        return self._with(site_id, credential, order)

    def amend(self, site_id: str, key_id: str, order: KeyOrder) -> SeenKey:
        self._refuse_unusable(site_id, order)
        credential, entry = self._found(site_id, key_id)
        if credential is None or entry is None or entry.gone_in:
            raise LockRefused("the house does not know this key", status=404)
        return self._with(site_id, credential, order)

    def read(self, site_id: str, key_id: str) -> SeenKey | None:
        credential, _ = self._found(site_id, key_id)
        if credential is None:
            return None
        return next((key for key in self._keys(credential) if key.id == key_id), None)

    def listing(self, site_id: str, *, known: frozenset[str], now: datetime) -> Listing:
        scan = paging.scan(
            lambda skip, limit: self._ask(site_id, "page", str(skip), lambda: self._house.page(skip, limit), list),
            identity=lambda credential: str(credential.id),
        )
        keys = [key for credential in scan.items for key in self._keys(credential)]
        if not scan.complete:
            return Listing(tuple(keys), complete=False, taken_at=now, reason=scan.reason)
        absent, reason = set[str](), ""
        for key_id in sorted(known - {key.id for key in keys}):
            seen = self.read(site_id, key_id)
            if seen is None:
                absent.add(key_id)
            else:
                keys.append(seen)
                reason = "known_hidden" if seen.alive(now) else reason
        return Listing(tuple(keys), complete=not reason, taken_at=now, reason=reason, absent=frozenset(absent))

    def revoke(self, site_id: str, key_id: str) -> None:
        credential, entry = self._found(site_id, key_id)
        if credential is None or entry is None or entry.gone_in:
            return
        entries = [replace(each, gone_in=credential.version + 1) if each == entry else each for each in entries_of(credential)]
        self._put(site_id, "drop", credential, entries)

    def open_door(self, site_id: str, component: str, *, who: str, allow_unknown: frozenset[str]) -> None:
        self._refuse_doors(site_id, frozenset({component}), allow_unknown=allow_unknown)
        self._ask(site_id, "unlock", f"{component} {who}", lambda: True, bool)

    # Credentials

    def _found(self, site_id: str, key_id: str) -> tuple[Credential | None, Entry | None]:
        name, _, marker = key_id.partition("/")
        credential = self._ask(site_id, "read", name, lambda: [self._house.credentials.get(name)], list)[0]
        entries = entries_of(credential) if credential else ()
        return credential, next((each for each in entries if each.marker == marker), None)

    def _with(self, site_id: str, credential: Credential, order: KeyOrder) -> SeenKey:
        """The order in the memo, in place of an entry with its marker."""
        window = order.window
        entry = Entry(order.marker, order.label, tuple(sorted(order.doors)), window.start, window.end)
        entries = [*(each for each in entries_of(credential) if each.marker != order.marker), entry]
        try:
            saved = self._put(site_id, "put", credential, entries)
        except LockRefused as refusal:
            if not refusal.full or not self._made_room(site_id, refusal.full):
                raise
            credential = self._ask(site_id, "find", order.phone, lambda: [self._house.of_phone(order.phone)], list)[0] or credential
            saved = self._put(
                site_id, "put", credential, [*(each for each in entries_of(credential) if each.marker != order.marker), entry]
            )
        return next(key for key in self._keys(saved) if key.marker == order.marker)

    def _made_room(self, site_id: str, doors: frozenset[str]) -> bool:
        """F41: what is over and ours leaves the timetables of these doors; nothing else does. Whether anything left."""
        made = False
        page = paging.scan(
            lambda skip, limit: self._ask(site_id, "page", str(skip), lambda: self._house.page(skip, limit), list),
            identity=lambda credential: str(credential.id),
        )
        for credential in page.items:
            over = [each for each in entries_of(credential) if each.end <= self._clock() and doors & set(each.doors)]
            if over:
                self._put(site_id, "drop", credential, [each for each in entries_of(credential) if each not in over])
                made = True
        return made

    def _put(self, site_id: str, what: str, credential: Credential, entries: list[Entry]) -> Credential:
        version = credential.version + 1
        # Of what was taken back only that is remembered which a phone may still carry.
        kept = [each for each in entries if not each.gone_in or each.gone_in == version or each.gone_in > credential.fetched]
        timetable = self._union(kept)
        for door, spans in self._foreign(credential).items():
            timetable[door] = (*timetable.get(door, ()), *spans)
        wanted = replace(credential, memo=written(kept), timetable=timetable, version=version)
        return self._ask(site_id, what, credential.id, lambda: self._house.put(wanted), Credential)

    def _union(self, entries: Iterable[Entry]) -> dict[str, tuple[Span, ...]]:
        standing = [each for each in entries if not each.gone_in]
        doors = sorted({door for each in standing for door in each.doors})
        merged = {door: union(each.window for each in standing if door in each.doors) for door in doors}
        return {door: tuple(self._house.span(window.start, window.end) for window in windows) for door, windows in merged.items()}

    def _foreign(self, credential: Credential) -> dict[str, tuple[Span, ...]]:
        """What stands in the timetable and in no booking of ours: a person entered it (I5)."""
        ours = self._union(entries_of(credential))
        found = {door: tuple(span for span in spans if span not in ours.get(door, ())) for door, spans in credential.timetable.items()}
        return {door: spans for door, spans in found.items() if spans}

    def _keys(self, credential: Credential) -> list[SeenKey]:
        """The bookings of the memo as keys, with the doors that the timetable really has for them."""
        ours = self._union(entries_of(credential))
        keys = []
        for entry in entries_of(credential):
            opens_until = entry.end if entry.gone_in > credential.fetched and entry.end > self._clock() else None
            doors = entry.doors if entry.gone_in else [d for d in entry.doors if set(ours[d]) <= set(credential.timetable.get(d, ()))]
            key_id, over = f"{credential.id}/{entry.marker}", entry.end <= self._clock()
            keys.append(
                SeenKey(
                    key_id,
                    entry.marker,
                    entry.label,
                    credential.phone,
                    frozenset(doors),
                    entry.window,
                    bool(entry.gone_in),
                    over,
                    opens_until,
                )
            )
        foreign = self._foreign(credential)
        if foreign:
            keys.append(SeenKey(f"{credential.id}/", "", "", credential.phone, frozenset(foreign), None, revoked=False, expired=False))
        return keys

    # What must never leave the house

    def _refuse_unusable(self, site_id: str, order: KeyOrder) -> None:
        self._refuse_transaction()
        if not order.doors:
            raise LockRefused("a key for no door")
        if not _E164.fullmatch(order.phone):
            raise LockRefused("the phone number is not in the international form")
        if order.window.end <= self._clock():
            raise LockRefused("the time of the key is over")
        if self._house.traits.local_time and not _exact(order.window, self._house.zone):
            raise LockRefused("a time that begins or ends while the clock shows the same hour twice cannot be kept by this house")
        self._refuse_doors(site_id, order.doors, allow_unknown=order.allow_unknown)

    def _refuse_second(self, credential: Credential, order: KeyOrder) -> None:
        """F29: where a person has one time, two bookings cannot be told apart in it, so the second one has to wait."""
        others = [each for each in entries_of(credential) if each.marker != order.marker and not each.gone_in and each.end > self._clock()]
        taken = order.doors & {door for each in others for door in each.doors}
        if self._house.traits.times_per_person == 1 and taken:
            raise LockRefused("this person has a time for these doors already", full=taken)

    def _refuse_doors(self, site_id: str, doors: frozenset[str], *, allow_unknown: frozenset[str]) -> None:
        kinds = {each.id: each.kind for each in self._components or self.components(site_id)}
        missing = doors - kinds.keys()
        allowed = {door for door in doors - missing if admissible(kind=kinds[door], allow_unknown=door in allow_unknown) == Admissible.YES}
        if missing or allowed != doors:
            raise LockRefused("a door of the order may not stand in a key", forbidden=doors - missing - allowed, missing=missing)

    def _refuse_transaction(self) -> None:
        if self._in_transaction():
            raise RuntimeError("no vendor is asked inside a database transaction")

    # Which answer means what

    def _ask(self, site_id: str, what: str, about: str, do: Callable[[], object], kind: type[T]) -> T:
        self._refuse_transaction()
        self._before_call()
        changes = what in {"put", "drop", "unlock"}
        failure: LockFailure
        try:
            answer = self._house.ask(self._secret, what, about, do)
        except (memory_house.NoAnswer, memory_house.Broken):
            failure = LockOutcomeUnknown("no usable answer") if changes else LockUnavailable("no usable answer")
        except memory_house.Busy as busy:
            failure = LockUnavailable("too many requests", retry_after=busy.args[0], throttled=True)
        except memory_house.Denied:
            failure = LockNeedsOperator("the secret is not accepted", what="credentials")
        except memory_house.Unknown:
            failure = LockNeedsOperator("there is no such site", what="site", reason="unknown_site")
        except memory_house.Full as full:
            failure = LockRefused("no slot is free", full=full.doors)
        except memory_house.Outdated:
            failure = LockUnavailable("somebody changed this person meanwhile")
        else:
            if isinstance(answer, kind):
                return answer
            failure = LockOutcomeUnknown("nonsense") if changes else LockUnavailable("nonsense")
        raise failure


def _exact(window: Window, zone: ZoneInfo) -> bool:
    """F27: whether wall-clock times name these instants and no others."""
    walls = (instant.astimezone(zone) for instant in (window.start, window.end))
    return all(wall.replace(fold=0).astimezone(UTC) == wall.replace(fold=1).astimezone(UTC) for wall in walls)
