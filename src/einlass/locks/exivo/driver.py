# SPDX-License-Identifier: Apache-2.0
"""The lock driver for dormakaba exivo. What an answer means is in `client.py`, exivo's words are in `words.py`."""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx2

from einlass.core.capabilities import Capabilities
from einlass.core.door_log import SeenTap
from einlass.core.grants import Admissible, admissible
from einlass.core.keys import Listing, SeenKey
from einlass.locks import paging
from einlass.locks.exivo import words
from einlass.locks.exivo.client import Call, ExivoClient
from einlass.locks.exivo.words import MARKER, marker_in
from einlass.locks.port import (
    BeforeCall,
    Component,
    Entries,
    KeyOrder,
    LockAccount,
    LockRefused,
    LockUnavailable,
    SiteInfo,
)
from einlass.locks.wire import Line, line_for

__all__ = ["MARKER", "ExivoDriver", "build", "marker_in"]

T = TypeVar("T")

LOG_PAGE = 500
MOST_LOG_PAGES = 20
# Where the day begins last: twelve hours after it does in UTC.
FURTHEST_ZONE = timedelta(hours=12)

# Short, so that a component which turns into a gateway is noticed before it is named (I1), yet not read for each key of a burst.
DOORS_KEPT_SECONDS = 5.0
# A list that lacks more of the keys we believe alive than this is not worth a single reading of each.
MOST_SINGLE_READS = 1000

# In the answer about one key: 400 with such words is an unknown id.
_SAYS_UNKNOWN = re.compile(r"\b(unknown|not found|does not exist|no such)\b", re.IGNORECASE)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class _DoorLists:
    """The component lists of an account's sites, for a few seconds, shared by the drivers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: dict[str, tuple[float, tuple[Component, ...]]] = {}

    def kept(self, site_id: str) -> tuple[Component, ...] | None:
        with self._lock:
            read_at, components = self._lists.get(site_id, (0.0, ()))
            fresh = bool(read_at) and time.monotonic() - read_at <= DOORS_KEPT_SECONDS
            return components if fresh else None

    def keep(self, site_id: str, components: tuple[Component, ...], *, read_at: float) -> None:
        with self._lock:
            self._lists[site_id] = (read_at, components)


_door_lists: weakref.WeakKeyDictionary[Line, _DoorLists] = weakref.WeakKeyDictionary()
_door_lists_lock = threading.Lock()


def _door_lists_of(line: Line) -> _DoorLists:
    with _door_lists_lock:
        return _door_lists.setdefault(line, _DoorLists())


class ExivoDriver:
    """See `LockDriver`. Safe to be used by several threads; whoever calls must not be inside a database transaction."""

    capabilities = Capabilities()

    def __init__(
        self,
        account: LockAccount,
        *,
        line: Line,
        before_call: BeforeCall,
        in_transaction: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._client = ExivoClient(account, line=line, before_call=before_call)
        self._doors = _door_lists_of(line)
        self._in_transaction = in_transaction
        self._clock = clock

    def site(self, site_id: str) -> SiteInfo:
        self._refuse_transaction()
        return self._info(site_id)

    def components(self, site_id: str) -> tuple[Component, ...]:
        self._refuse_transaction()
        read_at = time.monotonic()
        scan = self._scan(site_id, "component", words.component_of, identity=lambda component: component.id)
        if not scan.complete:
            raise LockUnavailable(f"the list of components is incomplete ({scan.reason})")
        self._doors.keep(site_id, scan.items, read_at=read_at)
        return scan.items

    def issue(self, site_id: str, order: KeyOrder) -> SeenKey:
        self._refuse_transaction()
        if marker_in(order.label) != order.marker:
            raise ValueError("the label of an order ends with its marker")
        self._refuse_unusable(order)
        self._refuse_doors(site_id, order.doors, allow_unknown=order.allow_unknown)
        body = words.payload_of(order, account=self._account)
        return self._client.ask(site_id, Call("POST", ("digitalKeyVisits",), body=body, about=order.doors), words.key_of)

    def read(self, site_id: str, key_id: str) -> SeenKey | None:
        self._refuse_transaction()
        try:
            key = self._read_alone(site_id, key_id)
        except LockRefused as refusal:
            others = self._some_keys(site_id)
            if refusal.status != 400 or key_id in others or not self._means_unknown(site_id, refusal, others):
                raise
            return None
        if key is None:
            # An empty 404 does not say what is unknown. Only a site that answers has really lost the key.
            self._info(site_id)
        return key

    def listing(self, site_id: str, *, known: frozenset[str], now: datetime) -> Listing:
        self._refuse_transaction()
        scan = self._scan(site_id, "digitalKeyVisits", words.key_of, identity=lambda key: key.id)
        if not scan.complete:
            return Listing(scan.items, complete=False, taken_at=now, reason=scan.reason)
        unlisted = sorted(known - {key.id for key in scan.items})
        if len(unlisted) > MOST_SINGLE_READS:
            return Listing(scan.items, complete=False, taken_at=now, reason="known_missing")
        return self._with_unlisted(site_id, scan.items, unlisted, now)

    def revoke(self, site_id: str, key_id: str) -> None:
        self._refuse_transaction()
        try:
            self._client.tell(site_id, Call("POST", ("digitalKeyVisit", _key(key_id), "revoke"), about=frozenset({key_id})))
        except LockRefused as refusal:
            if refusal.status not in {400, 404}:
                raise
            # Revoking twice is refused with the same status as an unknown key; the key itself says which it was.
            seen = self.read(site_id, key_id)
            if seen is not None and not seen.revoked:
                raise

    def open_door(self, site_id: str, component: str, *, who: str, allow_unknown: frozenset[str]) -> None:
        self._refuse_transaction()
        self._refuse_doors(site_id, frozenset({component}), allow_unknown=allow_unknown)
        call = Call("POST", ("component", component, "unlock"), body={"delegatedUser": who}, about=frozenset({component}))
        self._client.tell(site_id, call)

    def entries(self, site_id: str, *, since: datetime) -> Entries:
        """exivo takes days, and does not say of which zone: from the day that it was then anywhere. A page that brings nothing new is the
        end; an event that slips between two pages is found by the next reading, which looks at the day again."""
        self._refuse_transaction()
        first_day = (since.astimezone(UTC) - FURTHEST_ZONE).date().isoformat()
        found: dict[str, SeenTap | None] = {}
        for page in range(MOST_LOG_PAGES):
            query: dict[str, int | str] = {"skip": page * LOG_PAGE, "limit": LOG_PAGE, "from": first_day}
            call = Call("GET", ("accesslog", "component"), query=query)
            events = self._client.ask(site_id, call, lambda answer: [words.event_of(item) for item in words.items_of(answer)])
            fresh = {name: tap for name, tap in events if name not in found}
            found |= fresh
            if not fresh:
                break
        recent = tuple(tap for tap in found.values() if tap is not None and tap.at >= since)
        return Entries(recent, complete=not fresh)

    def _refuse_transaction(self) -> None:
        if self._in_transaction():
            raise RuntimeError("no vendor is asked inside a database transaction")

    def _info(self, site_id: str) -> SiteInfo:
        site, answered_at = self._client.ask_dated(site_id, Call("GET", ("info",)), words.site_of)
        return replace(site, answered_at=answered_at)

    def _scan(self, site_id: str, path: str, read: Callable[[object], T], *, identity: Callable[[T], str]) -> paging.Scan[T]:
        # `sort` exists, but not what to sort by; correctness must not hang on a guess (F51).
        def page(skip: int, limit: int) -> list[T]:
            # The keys of a site may be many; its doors are few, and somebody may be waiting for them.
            call = Call("GET", (path,), query={"skip": skip, "limit": limit}, of_a_list=path == "digitalKeyVisits")
            return self._client.ask(site_id, call, lambda answer: [read(item) for item in words.items_of(answer)])

        return paging.scan(page, identity=identity)

    def _read_alone(self, site_id: str, key_id: str) -> SeenKey | None:
        call = Call("GET", ("digitalKeyVisit", _key(key_id)), about=frozenset({key_id}))
        try:
            return self._client.ask(site_id, call, words.key_of)
        except LockRefused as refusal:
            if refusal.status != 404:
                raise
            return None

    def _some_keys(self, site_id: str) -> frozenset[str]:
        call = Call("GET", ("digitalKeyVisits",), query={"skip": 0, "limit": 2})
        return self._client.ask(site_id, call, lambda answer: frozenset(words.key_of(item).id for item in words.items_of(answer)))

    def _means_unknown(self, site_id: str, refusal: LockRefused, others: Collection[str]) -> bool:
        """Whether a key that is read alone and answered by 400 is unknown: exivo says 400 or 404 for an unknown id. A 400 may also mean
        that no key can be read just now (I11), so another key, which the list has, must answer; without any the message must say it."""
        for other in others:
            try:
                return self._read_alone(site_id, other) is not None
            except LockRefused:
                return False
        return _SAYS_UNKNOWN.search(refusal.detail) is not None

    def _with_unlisted(self, site_id: str, listed: tuple[SeenKey, ...], unlisted: list[str], now: datetime) -> Listing:
        """Reads each known key that the list lacks. A live one among them shows that the list hides keys: then it is a hint only."""
        keys, absent, reason = list(listed), set[str](), ""
        means_unknown: bool | None = None
        for key_id in unlisted:
            try:
                key = self._read_alone(site_id, key_id)
            except LockUnavailable as failure:
                if failure.throttled:
                    raise
                return Listing(tuple(keys), complete=False, taken_at=now, reason="known_unreadable", absent=frozenset(absent))
            except LockRefused as refusal:
                if means_unknown is None:
                    means_unknown = refusal.status == 400 and self._means_unknown(site_id, refusal, [each.id for each in listed[-1:]])
                if means_unknown and refusal.status == 400:
                    absent.add(key_id)
                else:
                    reason = "known_unreadable"
                continue
            if key is None:
                absent.add(key_id)
            else:
                keys.append(key)
                reason = "known_hidden" if key.alive(now) else reason
        return Listing(tuple(keys), complete=not reason, taken_at=now, reason=reason, absent=frozenset(absent))

    def _refuse_unusable(self, order: KeyOrder) -> None:
        if not order.doors:
            raise LockRefused("a key for no door")
        if not _E164.fullmatch(order.phone):
            raise LockRefused("the phone number is not in the international form", phone=True)
        if order.window.end <= self._clock():
            raise LockRefused("the time of the key is over")

    def _refuse_doors(self, site_id: str, doors: frozenset[str], *, allow_unknown: frozenset[str]) -> None:
        """R5, I1: the last of the four looks at the doors, on exivo's own list. Raises LockRefused naming them."""
        kept = self._doors.kept(site_id)
        forbidden, missing = _objections(doors, kept or (), allow_unknown=allow_unknown)
        if kept is None or forbidden or missing:
            forbidden, missing = _objections(doors, self.components(site_id), allow_unknown=allow_unknown)
        if forbidden or missing:
            raise LockRefused("a door of the order may not stand in a key", forbidden=forbidden, missing=missing)


def _objections(
    doors: frozenset[str], components: tuple[Component, ...], *, allow_unknown: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The doors that are forbidden, and those that the site does not list."""
    kinds = {component.id: component.kind for component in components}
    missing = doors - kinds.keys()
    forbidden = frozenset(
        door for door in doors - missing if admissible(kind=kinds[door], allow_unknown=door in allow_unknown) != Admissible.YES
    )
    return forbidden, missing


def _key(key_id: str) -> str:
    """A key id is the vendor's; one that could lead to another address is a mistake of ours."""
    if not words.usable_id(key_id):
        raise ValueError("not the id of a key")
    return key_id


def build(
    account: LockAccount,
    *,
    before_call: BeforeCall,
    in_transaction: Callable[[], bool],
    transport: httpx2.BaseTransport | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ExivoDriver:
    """A driver on the shared line of its account. Cheap: make one for each piece of work."""
    line = line_for(account, transport=transport)
    return ExivoDriver(account, line=line, before_call=before_call, in_transaction=in_transaction, clock=clock)
