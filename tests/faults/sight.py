# SPDX-License-Identifier: Apache-2.0
"""Everything that the invariants judge, read at one moment: our rows, the vendor's keys and doors, what it was asked, what was logged.
Changes nothing; the judging is in `invariants.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from tests.conftest import Exivo

from einlass.core.grants import Entitlement, grant_for
from einlass.core.windows import Window
from einlass.locks.exivo.words import instant_of, marker_in
from einlass.models import Access, Booking, Branch, EventRecord, Key, LockSystem, VendorCall
from einlass.queries.bookings import with_facts

MOST_ENTRIES = 5000


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the vendor's log tells it. `sent` is the body, `item` what stands behind the path's noun."""

    kind: str
    item: str
    status: int | None
    site: str
    fault: str
    sent: dict[str, Any]

    @property
    def marker(self) -> str:
        return marker_in(str(self.sent.get("name", "")))


@dataclass(frozen=True, slots=True)
class VendorKey:
    """One key as the vendor has it."""

    id: str
    name: str
    phone: str
    doors: frozenset[str]
    window: Window | None
    revoked: bool
    live: bool

    @property
    def marker(self) -> str:
        return marker_in(self.name)

    def opens(self, now: datetime) -> bool:
        return self.live and (self.window is None or now in self.window)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at `now`. `calls` are all since the test began, `fresh` those since the last look; so with the events."""

    now: datetime
    # The state of our database, see `_changes`.
    changes: tuple[object, ...]
    keys: tuple[VendorKey, ...]
    # Of each component its site and its type, None where it has none.
    components: dict[str, tuple[str, str | None]]
    calls: tuple[Call, ...]
    fresh: tuple[Call, ...]
    bookings: dict[int, Booking]
    accesses: dict[int, Access]
    rows: tuple[Key, ...]
    branches: tuple[Branch, ...]
    systems: tuple[LockSystem, ...]
    events: tuple[EventRecord, ...]
    audit: tuple[VendorCall, ...]
    # What was written to the log since the last look, as it stands there.
    lines: tuple[str, ...]

    def entitlement(self, booking_id: int) -> Entitlement:
        return grant_for(self.bookings[booking_id].facts())

    def rows_of(self, booking_id: int) -> list[Key]:
        return [row for row in self.rows if row.booking_id == booking_id]

    def row_of_marker(self, marker: str) -> Key | None:
        return next((row for row in self.rows if marker and row.marker == marker), None)

    def key(self, vendor_id: str) -> VendorKey | None:
        return next((key for key in self.keys if key.id == vendor_id), None)

    def ours(self, booking_id: int) -> list[VendorKey]:
        """The vendor's keys that carry a mark of this booking, ended ones included."""
        marks = {row.marker for row in self.rows_of(booking_id)}
        return [key for key in self.keys if key.marker in marks]

    def live(self, booking_id: int) -> list[VendorKey]:
        return [key for key in self.ours(booking_id) if key.live]

    def foreign(self) -> dict[str, VendorKey]:
        """Keys that nobody asked for through the API: made by people or other programs."""
        asked = {call.sent.get("name") for call in self.calls if call.kind == "create"}
        return {key.id: key for key in self.keys if key.name not in asked}

    def window_of(self, booking_id: int) -> Window:
        """The widest window that R11 allows, in elapsed time."""
        booking = self.bookings[booking_id]
        early, late = booking.branch.early_minutes, booking.branch.late_minutes
        return Window(booking.start, booking.end).widened(before_minutes=early, after_minutes=late)


def look(exivo: Exivo, *, now: datetime, lines: Sequence[str], last: Sight | None = None) -> Sight:
    """See it all. Our rows are as in the `last` sight where nobody wrote any: many steps of a worker find nothing to do."""
    changes = _changes()
    calls = tuple(calls_of(exivo))
    fresh = calls[len(last.calls) if last else 0 :]
    seen = last if last is not None and last.changes == changes else _read(now, changes)
    keys = tuple(_key(found) for found in exivo.all_keys())
    return replace(seen, now=now, keys=keys, components=dict(_components(exivo)), calls=calls, fresh=fresh, lines=tuple(lines))


def _changes() -> tuple[object, ...]:
    """Two that are equal mean that no row was written in between, by whatever connection."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
            return tuple(cursor.fetchone())
        # Ours and everybody else's are counted apart.
        cursor.execute("PRAGMA data_version")
        return (connection.connection.total_changes, *cursor.fetchone())


def _read(now: datetime, changes: tuple[object, ...]) -> Sight:
    """Our side of a sight; the vendor's is empty still."""
    bookings = {booking.pk: booking for booking in with_facts(Booking.objects.all())}
    return Sight(
        now=now,
        changes=changes,
        keys=(),
        components={},
        calls=(),
        fresh=(),
        lines=(),
        bookings=bookings,
        accesses={access.booking_id: access for access in Access.objects.all()},
        rows=tuple(Key.objects.select_related("lock_system")),
        branches=tuple(Branch.objects.all()),
        systems=tuple(LockSystem.objects.all()),
        events=tuple(EventRecord.objects.all()),
        audit=tuple(VendorCall.objects.order_by("pk")),
    )


def calls_of(exivo: Exivo) -> Iterator[Call]:
    """Oldest first."""
    for entry in reversed(exivo.ask("GET", f"/control/log?limit={MOST_ENTRIES}")):
        if entry["kind"] == "call":
            item = entry["path"].split(f"/{entry['site']}/", 1)[1].partition("/")[2].partition("/")[0]
            yield Call(entry["call"], item, entry["status"], entry["site"], entry["fault"] or "", entry["sent"] or {})


def _components(exivo: Exivo) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for site in exivo.ask("GET", "/control/building")["sites"]:
        for component in site["components"]:
            yield component["id"], (site["id"], component.get("templateIdentifier"))


def _key(found: dict[str, Any]) -> VendorKey:
    start, end = instant_of(found.get("validFrom")), instant_of(found.get("validTo"))
    return VendorKey(
        id=found["id"],
        name=found.get("name") or "",
        phone=found.get("publicRegistrationId") or "",
        doors=frozenset(found["components"]),
        window=Window(start, end) if start and end else None,
        revoked=found["revoked"],
        live=found["live"],
    )
