# SPDX-License-Identifier: Apache-2.0
"""Keys that may have opened although they ought to have been gone: told as an incident, with the time (F32, F43). Taking them back:
`keys.py`."""

from __future__ import annotations

from datetime import datetime

from einlass.core import keys as core
from einlass.core.events import KeyExposed
from einlass.core.grants import GRANTING, key_window
from einlass.core.keys import KeyState
from einlass.models import EventRecord, Key
from einlass.operations.key_rows import Situation, happened

# What makes a key that was right one that has to go.
CHANGES = (
    "booking.cancelled",
    "booking.declined",
    "booking.moved",
    "booking.answers_changed",
    "guest.erasure_asked",
    "key.reissue_asked",
    "key.drifted",
)


def tell_exposure(situation: Situation, row: Key, *, now: datetime) -> None:
    """Within the transaction that closes the row, before it does. Nothing where the key was right until its end, or opened nothing."""
    since = _since(situation, row)
    until = max(now, row.valid_until) if row.drifted == core.OVERDUE else row.valid_until
    if since is not None and since < until:
        happened(situation, KeyExposed(marker=row.marker, since=since.isoformat(), until=until.isoformat()), now=now)


def _since(situation: Situation, row: Key) -> datetime | None:
    """Since when the key ought to have been gone and could have opened; None where it was right, or its owner let it run out (R1)."""
    if row.drifted == core.OVERDUE:
        return row.valid_until
    if KeyState(row.state) is KeyState.WANTED or not row.lock_system.enabled or _is_right(situation, row):
        return None
    changed = EventRecord.objects.filter(booking=situation.booking, kind__in=CHANGES).order_by("-id").values_list("at", flat=True).first()
    known = [at for at in (row.revoke_sent_at, changed) if at is not None]
    return max(row.valid_from, min(known)) if known else None


def _is_right(situation: Situation, row: Key) -> bool:
    facts = situation.booking.facts()
    booked = key_window(facts)
    # A key that was made late may begin later than it was booked.
    as_booked = booked.start <= row.valid_from and (booked.end, facts.phone) == (row.valid_until, row.phone)
    return facts.status in GRANTING and as_booked and not row.drifted
