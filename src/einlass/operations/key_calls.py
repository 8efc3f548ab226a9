# SPDX-License-Identifier: Apache-2.0
"""The four things that are asked of a vendor for a booking, each as intent, commit, call, commit. What is asked is decided in `keys.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from einlass.core import keys as core
from einlass.core.events import KeyRevoked
from einlass.core.grants import Grant
from einlass.core.keys import KeyState, SeenKey
from einlass.locks.port import (
    AmendingDriver,
    KeyOrder,
    LockDriver,
    LockFailure,
    LockOutcomeUnknown,
    LockRefused,
)
from einlass.models import Key, LockSystem, VendorCall
from einlass.models.fields import text_in
from einlass.models.sealed import CannotUnseal
from einlass.operations.access import make_due_for_room
from einlass.operations.callbacks import callback_address
from einlass.operations.claims import Claim, LeaseLost
from einlass.operations.key_exposure import tell_exposure
from einlass.operations.key_rows import Situation, close, drift, happened, new_row, put
from einlass.operations.lock_systems import NotAsked, driver_of, note_success
from einlass.operations.vendor_calls import outcome_of

# A vendor may show what it just accepted a little later: it is read again after this, until the grace for it is over.
REREAD_AFTER = timedelta(seconds=3)
# What a vendor says of a key that it does not know.
GONE = 404


def issue(claim: Claim, situation: Situation, grant: Grant, held: core.HeldKey | None) -> None:
    """Write the intent, commit, call, write the result. A lost answer leaves the row in SENDING, which only a listing settles."""
    now = claim.clock()
    system = system_of_branch(situation)
    driver = _driver(claim, system)
    with transaction.atomic():
        claim.hold()
        row = situation.row(held) if held else new_row(situation, grant, now=now)
        notify = system.install_notification and not _was_told(situation, grant.phone, besides=row)
        row.generation = situation.access.generation
        # A row that was refused because of a door that is gone is asked for without it (F37).
        row.doors = sorted(grant.doors)
        if held is None:
            row.state, row.sent_at = KeyState.SENDING.value, now
            row.save()
        elif not _begin(row, now=now):
            # A sweep has found it at the vendor since we looked, so it needs no second call.
            raise LeaseLost
        call = _intent(claim, system, row, "issue", now=now)
    with _result(claim, call, system, not_applied=lambda: put(row, state=KeyState.WANTED.value)):
        seen = driver.issue(row.site_id, _order(situation, row, notify=notify))
        # Also when the lease was lost meanwhile: that the vendor has it is a fact, whoever plans next (F22, F28).
        put(row, vendor_id=seen.id, state=KeyState.ISSUED.value)


def amend(claim: Claim, situation: Situation, grant: Grant, row: Key) -> datetime | None:
    """Change a key where it is (F29). Until the answer is there the row stands for all that the key may open, before and after; without
    one the same is asked again, which does no harm."""
    now = claim.clock()
    system = system_of_branch(situation)
    driver = _driver(claim, system)
    if not isinstance(driver, AmendingDriver):
        raise LockRefused("this driver changes no key")
    before = {name: getattr(row, name) for name in ("state", "doors", "valid_from", "valid_until")}
    order = replace(_order(situation, row, notify=False), doors=grant.doors, window=grant.window)
    with transaction.atomic():
        claim.hold()
        doors = sorted(grant.doors.union(row.doors))
        start, end = min(row.valid_from, grant.window.start), max(row.valid_until, grant.window.end)
        put(row, state=KeyState.AMENDING.value, doors=doors, valid_from=start, valid_until=end)
        call = _intent(claim, system, row, "amend", now=now)

    def unchanged() -> None:
        claim.hold()
        put(row, **before)

    try:
        with _result(claim, call, system, not_applied=unchanged):
            driver.amend(row.site_id, row.vendor_id, order)
    except LockRefused as refusal:
        if refusal.status != GONE:
            raise
        return read_back(claim, situation, row)
    _amended(claim, situation, row, grant, at=now)
    return None


def _amended(claim: Claim, situation: Situation, row: Key, grant: Grant, *, at: datetime) -> None:
    """The vendor has changed it; whether it is as it ought to be is read alone (I6)."""
    window = grant.window
    changed = {"doors": sorted(grant.doors), "valid_from": window.start, "valid_until": window.end}
    try:
        with transaction.atomic():
            claim.hold()
            put(row, state=KeyState.ISSUED.value, sent_at=at, generation=situation.access.generation, **changed)
    except LeaseLost:
        # Somebody else may have changed it as well since then, and nobody knows what came last: it is changed once more (F22).
        overtaken = Key.objects.filter(pk=row.pk, state__in=[KeyState.ISSUED.value, KeyState.LIVE.value])
        overtaken.update(state=KeyState.AMENDING.value)
        raise


def _begin(row: Key, *, now: datetime) -> bool:
    """Write the intent of a row that was never sent; False where it is no longer as we read it."""
    unsent = Key.objects.filter(pk=row.pk, state=KeyState.WANTED.value, vendor_id="")
    begun = unsent.update(state=KeyState.SENDING.value, sent_at=now, generation=row.generation, doors=row.doors)
    row.state, row.sent_at = KeyState.SENDING.value, now
    return bool(begun)


def read_back(claim: Claim, situation: Situation, row: Key) -> datetime | None:
    """Only what was read back alone, and is equal, is live (I6)."""
    system = _system_of(row)
    seen = _reading(claim, system, row)
    now = claim.clock()
    differing = core.differences(row.facts(), seen) if seen else ("deleted",)
    lagging = row.sent_at is not None and now < row.sent_at + core.READ_LAG
    if differing and lagging:
        return now + REREAD_AFTER
    with transaction.atomic():
        claim.hold()
        if not differing:
            put(row, state=KeyState.LIVE.value, read_at=now)
            return None
        drift(situation, row, differing, now=now)
    return None


def revoke(claim: Claim, situation: Situation, row: Key, *, reason: str) -> datetime | None:
    """Take it back and read that it is: a vendor that says yes and keeps it valid is found out (F42)."""
    now = claim.clock()
    system = _system_of(row)
    driver = _driver(claim, system)
    with transaction.atomic():
        claim.hold()
        row.state = KeyState.REVOKING.value
        row.revoke_sent_at = row.revoke_sent_at or now
        row.save(update_fields=["state", "revoke_sent_at"])
        call = _intent(claim, system, row, "revoke", now=now)
    with _result(claim, call, system, not_applied=lambda: None):
        driver.revoke(row.site_id, row.vendor_id)
    seen = _reading(claim, system, row)
    if seen is not None and _opens_still(row, seen, now=claim.clock()):
        return _still_alive(claim, situation, row)
    with transaction.atomic():
        claim.hold()
        if row.drifted == core.OVERDUE:
            tell_exposure(situation, row, now=claim.clock())
        if seen is not None and seen.opens_until is not None:
            put(row, opens_until=seen.opens_until, read_at=claim.clock())
        close(row, KeyState.REVOKED, now=claim.clock(), reason=reason)
        happened(situation, KeyRevoked(marker=row.marker, reason=reason), now=claim.clock())
    if driver.capabilities.slots_limited:
        make_due_for_room(system, row.site_id, now=claim.clock())
    return None


def listen(claim: Claim, row: Key) -> None:
    """F33: whether a phone still carries the key that was taken back. Whoever has heard, or whom the vendor no longer knows, has none."""
    seen = _reading(claim, _system_of(row), row)
    with transaction.atomic():
        claim.hold()
        put(row, opens_until=seen.opens_until if seen else None, read_at=claim.clock())


def _opens_still(row: Key, seen: SeenKey, *, now: datetime) -> bool:
    """Of a key that did not end with its time, only the vendor's own word counts (F43)."""
    return not (seen.revoked or seen.expired) if row.drifted == core.OVERDUE else seen.alive(now)


def _still_alive(claim: Claim, situation: Situation, row: Key) -> datetime:
    now = claim.clock()
    if row.revoke_sent_at and now >= row.revoke_sent_at + core.READ_LAG:
        raise LockRefused("accepted the revocation, but the key is still valid")
    return now + REREAD_AFTER


def observe(claim: Claim, row: Key) -> core.Listing:
    """List the site at which the key was asked for, which need not be the branch's any more."""
    system = _system_of(row)
    alive = Key.objects.filter(lock_system=system, site_id=row.site_id, state__in=[s.value for s in core.AT_VENDOR])
    known = frozenset(alive.exclude(vendor_id="").filter(valid_until__gt=claim.clock()).values_list("vendor_id", flat=True))
    call = _intent(claim, system, None, "list", now=claim.clock(), site_id=row.site_id)
    with _result(claim, call, system, not_applied=lambda: None):
        listing = _driver(claim, system).listing(row.site_id, known=known, now=claim.clock())
    return replace(listing, place=row.facts().place)


def _reading(claim: Claim, system: LockSystem, row: Key) -> SeenKey | None:
    call = _intent(claim, system, row, "read", now=claim.clock())
    with _result(claim, call, system, not_applied=lambda: None):
        return _driver(claim, system).read(row.site_id, row.vendor_id)


def _intent(claim: Claim, system: LockSystem, row: Key | None, kind: str, *, now: datetime, site_id: str = "") -> VendorCall:
    """I9: one row for every call. For a change it is part of the committed intent; without an outcome it may have happened."""
    return VendorCall.objects.create(
        lock_system=system,
        site_id=row.site_id if row else site_id,
        booking_id=claim.booking,
        key=row,
        kind=kind,
        fence=claim.fence,
        started_at=now,
    )


@contextmanager
def _result(claim: Claim, call: VendorCall, system: LockSystem, *, not_applied: Callable[[], None]) -> Iterator[None]:
    """Write down how a call ended, and keep count of how the account answers. `not_applied` undoes the intent where that is certain."""
    outcome, detail, before = "ok", "", claim.requests
    try:
        yield
    except LockFailure as failure:
        outcome, detail = outcome_of(failure), failure.detail[:300]
        if not isinstance(failure, LockOutcomeUnknown):
            not_applied()
        raise
    except LeaseLost:
        # Stopped before anything was sent: the hook runs before each call.
        outcome = "lease_lost"
        not_applied()
        raise
    finally:
        VendorCall.objects.filter(pk=call.pk).update(
            ended_at=claim.clock(), outcome=outcome, detail=detail, requests=claim.requests - before
        )
    note_success(system, now=claim.clock())


def system_of_branch(situation: Situation) -> LockSystem:
    system = situation.booking.branch.lock_system
    if system is None:
        raise NotAsked("the branch has no lock system")
    return system


def _system_of(row: Key) -> LockSystem:
    if not row.lock_system.enabled:
        raise NotAsked("the lock system of this key is switched off")
    return row.lock_system


def _driver(claim: Claim, system: LockSystem) -> LockDriver:
    try:
        return driver_of(system, clock=claim.clock, before_call=claim.renew)
    except CannotUnseal as error:
        raise NotAsked("this machine has other encryption keys") from error


def _was_told(situation: Situation, phone: str, *, besides: Key) -> bool:
    """F52: the vendor texts a guest once per number and booking; a replacement comes in silence, unless a person asked for it (F26)."""
    others = [row for row in situation.rows if row.pk != besides.pk and not core.was_reissued(row.drifted)]
    return any(row.phone == phone and row.vendor_id for row in others)


def _order(situation: Situation, row: Key, *, notify: bool) -> KeyOrder:
    booking = situation.booking
    allowed = frozenset(door.component for door in booking.branch.doors.all() if door.allow_unknown)
    return KeyOrder(
        marker=row.marker,
        label=f"{text_in(booking.room.name, booking.language)} · {row.marker}",
        phone=row.phone,
        doors=frozenset(row.doors),
        window=row.facts().window,
        notify=notify,
        allow_unknown=allowed,
        callback=callback_address(row.marker),
    )
