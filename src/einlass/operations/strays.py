# SPDX-License-Identifier: Apache-2.0
"""Keys with a mark of ours of which we know nothing (F21): noted by the sweep, decided by a person, taken back by a worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

import structlog
from django.db import transaction
from django.db.models import F, QuerySet

from einlass.core.bookings import LONGEST_MARGIN
from einlass.core.comparing import NOTES_VERSION, is_compared
from einlass.core.events import CLOCK, Actor, StrayKeyDecided, StrayKeyEnded, StrayKeyFound
from einlass.core.grants import GRANTING, Grant, digest_of, grant_for
from einlass.core.keys import KeyState, Listing, SeenKey, retry_at
from einlass.locks.port import LockFailure
from einlass.models import Access, Booking, Branch, Key, LockSystem, StrayKey, VendorCall
from einlass.models.sealed import CannotUnseal
from einlass.operations.access import make_due
from einlass.operations.events import record
from einlass.operations.lock_systems import driver_of, note_failure, note_success
from einlass.operations.vendor_calls import Requests, outcome_of
from einlass.queries.bookings import with_facts

log = structlog.get_logger()

Decision = Literal["revoke", "kept"]
WAITING, REVOKE, KEPT = "", "revoke", "kept"
# As long as one look at it may take, with its two calls: then another worker may take it.
CLAIMED_FOR = timedelta(minutes=1)

Clock = Callable[[], datetime]


def believed_alive(branch: Branch) -> frozenset[str]:
    """A list has to speak of these as well before it says anything by what it lacks."""
    return frozenset(_open(branch).values_list("vendor_id", flat=True))


def note_strays(branch: Branch, listing: Listing, *, now: datetime) -> int:
    """Write down what a complete list shows with a mark that we do not know, and end what it no longer shows. Returns how many are new.

    Right after a backup was put back, a key that is exactly what a booking ought to have becomes that booking's own: it was made since.
    Records StrayKeyFound and StrayKeyEnded.
    """
    alive = {key.id: key for key in listing.keys if key.marker and key.alive(now)}
    known = _known(alive.values())
    _end(branch, alive=frozenset(alive), known=known, now=now)
    unknown = [key for key in alive.values() if key.id not in known]
    if not is_compared(branch.compared_by):
        unknown = _taken_up(branch, unknown, now=now)
    return sum(_note_one(branch, key, now=now) for key in unknown)


def decide(branch: Branch, keys: Collection[int], decision: Decision, *, actor: Actor, now: datetime) -> int:
    """A person says what becomes of keys that wait. Returns of how many; others may have been faster. Records StrayKeyDecided."""
    with transaction.atomic():
        waiting = list(StrayKey.objects.select_for_update().filter(branch=branch, pk__in=keys, decision=WAITING))
        for stray in waiting:
            stray.decision, stray.decided_at, stray.attempts = decision, now, 0
            stray.next_check_at = now if decision == REVOKE else None
            stray.save(update_fields=["decision", "decided_at", "attempts", "next_check_at"])
            record(StrayKeyDecided(marker=stray.marker, decision=decision), actor=actor, now=now, branch=branch)
    return len(waiting)


def take_back_due(*, clock: Clock, at_most: int = 50) -> int:
    """Take back what a person decided about, one after the other. Returns how many were tried.

    Nothing while the site is in doubt, its brake is on, or it was not compared as a whole.
    """
    due = StrayKey.objects.filter(
        decision=REVOKE,
        next_check_at__lte=clock(),
        site_id=F("branch__site_id"),
        branch__site_confirmed_at__isnull=False,
        branch__compared_by=NOTES_VERSION,
        branch__brake_since__isnull=True,
        branch__lock_system__enabled=True,
    )
    return sum(_take_back(stray, clock=clock) for stray in due.select_related("branch__lock_system").order_by("next_check_at")[:at_most])


def _open(branch: Branch) -> QuerySet[StrayKey]:
    return StrayKey.objects.filter(branch=branch, site_id=branch.site_id, decision__in=[WAITING, REVOKE, KEPT])


def _known(keys: Collection[SeenKey]) -> frozenset[str]:
    """Those that a row of ours stands for, of whichever branch: two may share a site."""
    by_id = set(Key.objects.filter(vendor_id__in=[key.id for key in keys]).values_list("vendor_id", flat=True))
    by_marker = set(Key.objects.filter(marker__in=[key.marker for key in keys]).values_list("marker", flat=True))
    return frozenset(key.id for key in keys if key.id in by_id or key.marker in by_marker)


def _end(branch: Branch, *, alive: frozenset[str], known: frozenset[str], now: datetime) -> None:
    for stray in _open(branch):
        if stray.vendor_id in known:
            _close(stray, "known", now=now)
        elif stray.vendor_id not in alive:
            _close(stray, "gone", now=now)


def _close(stray: StrayKey, how: str, *, now: datetime) -> None:
    with transaction.atomic():
        ours = StrayKey.objects.filter(pk=stray.pk, decision=stray.decision)
        if ours.update(decision=how, next_check_at=None):
            record(StrayKeyEnded(marker=stray.marker, how=how), actor=CLOCK, now=now, branch=stray.branch)


def _note_one(branch: Branch, key: SeenKey, *, now: datetime) -> int:
    with transaction.atomic():
        stray, made = StrayKey.objects.get_or_create(
            branch=branch,
            vendor_id=key.id,
            defaults={
                "site_id": branch.site_id,
                "marker": key.marker,
                "label": key.name.removesuffix(key.marker).rstrip(" ·")[:200],
                "doors": sorted(key.doors),
                "valid_from": key.window.start if key.window else None,
                "valid_until": key.window.end if key.window else None,
                "found_at": now,
            },
        )
        if not made and stray.decision in {WAITING, REVOKE, KEPT}:
            return 0
        if not made:
            # It ended, or was ours, and is there again: a person looks at it anew.
            StrayKey.objects.filter(pk=stray.pk).update(decision=WAITING, decided_at=None, site_id=branch.site_id, found_at=now)
        record(StrayKeyFound(marker=key.marker), actor=CLOCK, now=now, branch=branch)
    log.warning("stray_key", branch=branch.key, marker=key.marker)
    return 1


def _taken_up(branch: Branch, unknown: list[SeenKey], *, now: datetime) -> list[SeenKey]:
    """Give bookings without a key the one that was made for them since the backup; those that are left."""
    wanting = _wanting(branch, phones={key.phone for key in unknown}, now=now)
    left = []
    for key in unknown:
        fitting = next((found for found in wanting if _is(key, found[1])), None)
        if fitting is None:
            left.append(key)
            continue
        wanting.remove(fitting)
        _take_up(*fitting, key, now=now)
    return left


def _wanting(branch: Branch, *, phones: Collection[str], now: datetime) -> list[tuple[Booking, Grant]]:
    granting = [status.value for status in GRANTING]
    coming = Booking.objects.filter(branch=branch, mobile__in=phones, status__in=granting, end__gt=now - LONGEST_MARGIN)
    found = []
    for booking in with_facts(coming):
        grant = grant_for(booking.facts()).grant
        if grant is not None and not any(row.facts().serves(grant) for row in booking.keys.all()):
            found.append((booking, grant))
    return found


def _is(key: SeenKey, grant: Grant) -> bool:
    return (key.phone, key.doors, key.window) == (grant.phone, grant.doors, grant.window)


def _take_up(booking: Booking, grant: Grant, key: SeenKey, *, now: datetime) -> None:
    with transaction.atomic():
        # The access row first, in the order of the workers.
        work, _ = Access.objects.select_for_update().get_or_create(booking=booking)
        if work.digest != digest_of(grant):
            work.digest, work.generation = digest_of(grant), work.generation + 1
            work.save(update_fields=["digest", "generation"])
        Key.objects.create(
            booking=booking,
            branch=booking.branch,
            lock_system_id=grant.lock_system,
            site_id=grant.site_id,
            generation=work.generation,
            marker=key.marker,
            vendor_id=key.id,
            phone=grant.phone,
            doors=sorted(grant.doors),
            valid_from=grant.window.start,
            valid_until=grant.window.end,
            state=KeyState.ISSUED.value,
            created_at=now,
        )
        make_due(booking, now=now, reason="taken_up")


def _take_back(stray: StrayKey, *, clock: Clock) -> int:
    system = stray.branch.lock_system
    assert system is not None
    if system.not_before is not None and system.not_before > clock():
        StrayKey.objects.filter(pk=stray.pk).update(next_check_at=system.not_before)
        return 0
    # By one conditional update: of two workers one takes it.
    ours = StrayKey.objects.filter(pk=stray.pk, decision=REVOKE, next_check_at=stray.next_check_at)
    if not ours.update(next_check_at=clock() + CLAIMED_FOR):
        return 0
    try:
        gone = _revoked(stray, system, clock=clock)
    except LockFailure as failure:
        note_failure(system, failure, now=clock())
        gone = False
    except CannotUnseal:
        gone = False
    if gone:
        _close(stray, "revoked", now=clock())
    else:
        attempts = stray.attempts + 1
        again = retry_at(attempts=attempts, start=stray.valid_from or clock(), now=clock(), jitter=0)
        StrayKey.objects.filter(pk=stray.pk, decision=REVOKE).update(attempts=attempts, next_check_at=again)
    return 1


def _revoked(stray: StrayKey, system: LockSystem, *, clock: Clock) -> bool:
    """Asked for, and read that it is so (F42)."""
    with _call(stray, system, "revoke", clock=clock) as requests:
        driver_of(system, clock=clock, before_call=requests).revoke(stray.site_id, stray.vendor_id)
    with _call(stray, system, "read", clock=clock) as requests:
        seen = driver_of(system, clock=clock, before_call=requests).read(stray.site_id, stray.vendor_id)
    return seen is None or not seen.alive(clock())


@contextmanager
def _call(stray: StrayKey, system: LockSystem, kind: str, *, clock: Clock) -> Iterator[Requests]:
    """I9: the intent is written before the call, and how it ended after it."""
    call = VendorCall.objects.create(lock_system=system, site_id=stray.site_id, kind=kind, started_at=clock())
    requests, outcome, detail = Requests(), "ok", ""
    try:
        yield requests
    except LockFailure as failure:
        outcome, detail = outcome_of(failure), failure.detail[:300]
        raise
    finally:
        VendorCall.objects.filter(pk=call.pk).update(ended_at=clock(), outcome=outcome, detail=detail, requests=requests.count)
    note_success(system, now=clock())
