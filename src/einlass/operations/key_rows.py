# SPDX-License-Identifier: Apache-2.0
"""Key rows and how they change by what was learnt. Asks no vendor; `key_calls.py` does, `keys.py` decides when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from einlass.core import keys as core
from einlass.core.events import CLOCK, Event, KeyDrifted
from einlass.core.grants import Entitlement, Grant
from einlass.core.keys import KeyState, SeenKey
from einlass.models import Access, Booking, Key
from einlass.operations.events import record

# Crockford's letters: without I, L, O and U.
MARKER_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Situation:
    """One look at a booking: what it ought to have, and the rows of what it has."""

    booking: Booking
    access: Access
    entitlement: Entitlement
    rows: tuple[Key, ...]

    def row(self, held: core.HeldKey) -> Key:
        return next(row for row in self.rows if row.pk == held.id)


def adopt(row: Key, seen: SeenKey) -> bool:
    """A key with the row's marker was seen: it is this one (F02, F04). False where somebody wrote its id meanwhile."""
    orphan = Key.objects.filter(pk=row.pk, vendor_id="")
    return bool(orphan.update(vendor_id=seen.id, state=KeyState.ISSUED.value, closed_at=None, closed_reason=""))


def take_in(like: Key, seen: SeenKey, *, now: datetime) -> bool:
    """A second key carries the marker of a row (F10): a row of its own, so that the plan takes it back. False where it has one."""
    window = seen.window
    _, made = Key.objects.get_or_create(
        lock_system_id=like.lock_system_id,
        site_id=like.site_id,
        vendor_id=seen.id,
        defaults={
            "booking_id": like.booking_id,
            "branch_id": like.branch_id,
            "generation": like.generation,
            "marker": like.marker,
            # Whoever's data were erased stays so; taking a key back needs no number (F45).
            "phone": like.phone and (seen.phone or like.phone),
            "doors": sorted(seen.doors),
            "valid_from": window.start if window else like.valid_from,
            "valid_until": window.end if window else like.valid_until,
            "state": KeyState.ISSUED.value,
            "drifted": "doubled",
            "created_at": now,
        },
    )
    return made


def reopen(row: Key, seen: SeenKey, *, now: datetime) -> bool:
    """A closed row counts again, so that the plan uses the key or takes it back. False where somebody was faster."""
    over = row.valid_until <= now
    drifted = core.OVERDUE if over else ",".join(core.differences(row.facts(), seen))
    fields = {"state": KeyState.ISSUED.value, "drifted": drifted[:60], "closed_at": None, "closed_reason": "", "revoke_sent_at": None}
    reopened = bool(Key.objects.filter(pk=row.pk, state=row.state).update(**fields, opens_until=None))
    if reopened:
        what = core.OVERDUE if over else "returned"
        record(KeyDrifted(marker=row.marker, what=what), actor=CLOCK, now=now, booking=row.booking)
    return reopened


def new_row(situation: Situation, grant: Grant, *, now: datetime) -> Key:
    return Key(
        booking=situation.booking,
        branch=situation.booking.branch,
        lock_system_id=grant.lock_system,
        site_id=grant.site_id,
        generation=situation.access.generation,
        marker=new_marker(),
        phone=grant.phone,
        doors=sorted(grant.doors),
        valid_from=grant.window.start,
        valid_until=grant.window.end,
        state=KeyState.WANTED.value,
        created_at=now,
    )


def new_marker() -> str:
    """By which we find a key of ours again: 50 bits, in the vendor's free text."""
    return "EL-" + "".join(secrets.choice(MARKER_LETTERS) for _ in range(10))


def put(row: Key, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def close(row: Key, state: KeyState, *, now: datetime, reason: str) -> None:
    put(row, state=state.value, closed_at=now, closed_reason=reason[:60])


def drift(situation: Situation, row: Key, differing: tuple[str, ...], *, now: datetime) -> None:
    what = ",".join(differing)
    if gone_of(differing):
        close(row, KeyState.GONE, now=now, reason=what)
    else:
        put(row, drifted=what[:60])
    happened(situation, KeyDrifted(marker=row.marker, what=what), now=now)


def gone_of(differing: tuple[str, ...]) -> bool:
    """Whether what differs means that the key opens nothing any more."""
    return bool(core.OPENS_NOTHING & set(differing))


def happened(situation: Situation, event: Event, *, now: datetime) -> None:
    record(event, actor=CLOCK, now=now, booking=situation.booking)
