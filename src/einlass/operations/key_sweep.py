# SPDX-License-Identifier: Apache-2.0
"""Comparing a site with the vendor's list: what was deleted, changed or doubled behind our back. What is done about it: `keys.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from einlass.core.comparing import NOTES_VERSION, is_compared
from einlass.core.events import CLOCK, BackupRestored, KeyDrifted, SiteCompared
from einlass.core.keys import LIST_LAG, OPEN, READ_LAG, KeyState, Listing, SeenKey, differences
from einlass.core.locks import LockSystemState
from einlass.locks.port import LockFailure
from einlass.models import Access, Branch, EventRecord, Key, LockSystem
from einlass.operations.access import make_due
from einlass.operations.brake import count_again, engage_brake
from einlass.operations.events import record
from einlass.operations.key_overlaps import note_overlaps
from einlass.operations.key_rows import adopt, gone_of, reopen, take_in
from einlass.operations.lock_systems import confirm_site, driver_of, note_failure, note_success
from einlass.operations.strays import believed_alive, note_strays
from einlass.operations.vendor_calls import traced
from einlass.queries.keys import open_keys_of_site

log = structlog.get_logger()

SWEEP_LEASE = timedelta(minutes=5)
CLOSED_STATES = sorted(state.value for state in KeyState if state not in OPEN)
# For so long after its end a key is watched for whether it really ended by itself.
OVERDUE_FOR = timedelta(days=1)
# What may differ of a key that still opens something, and may be as it was again.
CHANGED_BACK = frozenset({"doors", "phone", "window"})


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep of a site found."""

    branch: str
    keys: int = 0
    drifted: int = 0
    taken_in: int = 0
    not_ours: int = 0
    unknown: int = 0
    complete: bool = False
    braked: bool = False
    reason: str = ""


def sweep_site(branch_id: int, *, clock: Callable[[], datetime]) -> Swept | None:
    """Read the site's doors and keys and make due what differs. None where another worker is at it, or there is nothing to ask.

    An incomplete listing changes nothing (I11); keys without our marker are counted and left alone (I5).
    """
    now = clock()
    branch = _claimed(branch_id, now=now)
    if branch is None or branch.lock_system is None:
        return None
    try:
        if confirm_site(branch, now=now).code != "confirmed":
            return Swept(branch.key, reason=branch.site_problem)
        listing = _listed(branch, clock=clock)
    except LockFailure as failure:
        note_failure(branch.lock_system, failure, now=clock())
        _note_incomplete(branch, failure.detail, now=now)
        return Swept(branch.key, reason=failure.detail)
    finally:
        Branch.objects.filter(pk=branch_id).update(sweep_lease_until=None)
    if not listing.complete:
        log.warning("sweep_incomplete", branch=branch.key, reason=listing.reason)
        _note_incomplete(branch, listing.reason, now=now)
        return Swept(branch.key, keys=len(listing.keys), reason=listing.reason)
    Branch.objects.filter(pk=branch_id).update(keys_swept_at=clock(), list_incomplete_since=None, list_detail="")
    return _compare(branch, listing, now=clock())


def _note_incomplete(branch: Branch, reason: str, *, now: datetime) -> None:
    """Since when the site tells less than all of its keys: told to the owners when it lasts (F15)."""
    same_site = Branch.objects.filter(pk=branch.pk, site_id=branch.site_id)
    same_site.update(list_detail=reason[:300])
    same_site.filter(list_incomplete_since__isnull=True).update(list_incomplete_since=now)


def _claimed(branch_id: int, *, now: datetime) -> Branch | None:
    """The branch, if its account answers, its site is confirmed and nobody else sweeps it."""
    free = Q(sweep_lease_until__isnull=True) | Q(sweep_lease_until__lte=now)
    # Not joined, for the reason that stands at `claim_booking`.
    working = LockSystem.objects.filter(enabled=True, state=LockSystemState.WORKING.value)
    ready = Branch.objects.filter(free, pk=branch_id, lock_system__in=working, site_confirmed_at__isnull=False)
    if not ready.update(sweep_lease_until=now + SWEEP_LEASE):
        return None
    return Branch.objects.select_related("lock_system").get(pk=branch_id)


def _listed(branch: Branch, *, clock: Callable[[], datetime]) -> Listing:
    """The vendor's list, with one call row (I9). Raises LockFailure."""
    system = branch.lock_system
    assert system is not None
    held = open_keys_of_site(branch.pk).exclude(vendor_id="")
    known = frozenset(held.filter(valid_until__gt=clock()).values_list("vendor_id", flat=True)) | believed_alive(branch)
    with traced(system, "list", site_id=branch.site_id, clock=clock) as requests:
        listing = driver_of(system, clock=clock, before_call=requests).listing(branch.site_id, known=known, now=clock())
    note_success(system, now=clock())
    return listing


def _compare(branch: Branch, listing: Listing, *, now: datetime) -> Swept:
    rows = {row.vendor_id: row for row in open_keys_of_site(branch.pk).exclude(vendor_id="").select_related("booking__branch")}
    seen = {key.id: key for key in listing.keys}
    drifted = [(row, _difference(row, seen.get(row.vendor_id), listing)) for row in rows.values() if _settled(row, listing)]
    drifted = [(row, what) for row, what in drifted if what]
    strays = _strays(branch, listing, now=now)
    returned = _returned(branch, listing, now=now)
    ours = {key.id for key in listing.keys if key.id in rows} | {key.id for _, key in strays}
    not_ours = sum(1 for key in listing.keys if key.id not in ours and key.alive(now) and not key.marker)
    to_revoke = sum(1 for _, what in drifted if not gone_of(what)) + len(strays) + len(returned)
    braked = engage_brake(branch, revocations=to_revoke, live=len(rows), now=now)
    for row, what in drifted:
        _mark(row, what, now=now)
    for row, key in strays:
        _take(row, key, now=now)
    for row, key in returned:
        _reopen(row, key, now=now)
    unknown = note_strays(branch, listing, now=now)
    note_overlaps(branch, listing, now=now)
    _note_compared(branch, listing, now=now)
    if braked:
        _note_as_before(rows.values(), seen, now=now)
        count_again(branch, now=now)
    changed = len(drifted) + len(returned)
    return Swept(branch.key, len(listing.keys), changed, len(strays), not_ours, unknown, complete=True, braked=braked)


def _note_compared(branch: Branch, listing: Listing, *, now: datetime) -> None:
    """The site was compared as a whole: what waited for it goes on (F54). What a worker had under way when a backup was put back may
    have been heard of over there only a little later, so a list from so soon after it does not count."""
    too_soon = EventRecord.objects.filter(kind=BackupRestored.kind, at__gt=listing.taken_at - READ_LAG)
    if is_compared(branch.compared_by) or too_soon.exists():
        return
    with transaction.atomic():
        Branch.objects.filter(pk=branch.pk, site_id=branch.site_id).update(compared_by=NOTES_VERSION)
        record(SiteCompared(keys=len(listing.keys)), actor=CLOCK, now=now, branch=branch)
    log.info("site_compared", branch=branch.key, keys=len(listing.keys))


def _settled(row: Key, listing: Listing) -> bool:
    """Whether the listing is late enough to speak about the row (F16): written before it began, and not being changed."""
    changed = max((at for at in (row.sent_at, row.read_at) if at), default=row.created_at)
    return KeyState(row.state) is KeyState.LIVE and changed + READ_LAG <= listing.taken_at and not row.drifted


def _difference(row: Key, seen: SeenKey | None, listing: Listing) -> tuple[str, ...]:
    if seen is not None:
        return differences(row.facts(), seen)
    return ("deleted",) if row.vendor_id in listing.absent else ()


def _strays(branch: Branch, listing: Listing, *, now: datetime) -> list[tuple[Key, SeenKey]]:
    """Living keys with a marker of ours whose id no row has: applied late, or doubled (F04, F10, F31)."""
    alive = [key for key in listing.keys if key.marker and key.alive(now)]
    named = set(_asked_for_here(branch).filter(vendor_id__in=[key.id for key in alive]).values_list("vendor_id", flat=True))
    unnamed = {key.marker: key for key in alive if key.id not in named}
    rows = _asked_for_here(branch).filter(marker__in=unnamed).select_related("booking__branch").order_by("-id")
    # A row that is being sent right now is its worker's business.
    sending = KeyState.SENDING.value
    settled = {row.marker: row for row in rows if row.state != sending or (row.sent_at and row.sent_at + READ_LAG <= now)}
    return [(row, unnamed[marker]) for marker, row in settled.items()]


def _returned(branch: Branch, listing: Listing, *, now: datetime) -> list[tuple[Key, SeenKey]]:
    """Rows that are closed and whose key opens all the same: alive over there, however long ago it was closed, or not ended with its time
    (F43). A list may lag behind what was just taken back (F16)."""
    seen = {key.id: key for key in listing.keys if key.marker and (key.alive(now) or key.overdue(now))}
    closed = _asked_for_here(branch).filter(vendor_id__in=list(seen), state__in=CLOSED_STATES)
    rows = closed.filter(closed_at__lte=listing.taken_at - LIST_LAG).select_related("booking__branch")
    lately = [row for row in rows if seen[row.vendor_id].alive(now) or (row.closed_at and row.closed_at > now - OVERDUE_FOR)]
    return [(row, seen[row.vendor_id]) for row in lately]


def _asked_for_here(branch: Branch) -> QuerySet[Key]:
    """All rows of the site, also of a branch that has left it since: who else would look there?"""
    return Key.objects.filter(lock_system=branch.lock_system_id, site_id=branch.site_id)


def _mark(row: Key, what: tuple[str, ...], *, now: datetime) -> None:
    """Write down a drift, if the row still is as it was when the list was read; the booking is looked at at once."""
    text = ",".join(what)
    unchanged = Key.objects.filter(pk=row.pk, state=KeyState.LIVE.value, drifted="")
    with transaction.atomic():
        _lock_work(row)
        if gone_of(what):
            written = unchanged.update(state=KeyState.GONE.value, closed_at=now, closed_reason=text[:60])
        else:
            written = unchanged.update(drifted=text[:60])
        if written:
            record(KeyDrifted(marker=row.marker, what=text), actor=CLOCK, now=now, booking=row.booking)


def _note_as_before(rows: Iterable[Key], seen: Mapping[str, SeenKey], *, now: datetime) -> None:
    """While a brake leaves changed keys alone somebody may change them back over there: then nobody need decide about them."""
    for row in rows:
        key, facts = seen.get(row.vendor_id), row.facts()
        changed = KeyState(row.state) is KeyState.LIVE and set(row.drifted.split(",")) <= CHANGED_BACK
        if not changed or key is None or differences(facts, key):
            continue
        with transaction.atomic():
            _lock_work(row)
            if Key.objects.filter(pk=row.pk, state=KeyState.LIVE.value, drifted=row.drifted).update(drifted=""):
                record(KeyDrifted(marker=row.marker, what="as_before"), actor=CLOCK, now=now, booking=row.booking)


def _take(row: Key, seen: SeenKey, *, now: datetime) -> None:
    with transaction.atomic():
        _lock_work(row)
        if adopt(row, seen) if not row.vendor_id else take_in(row, seen, now=now):
            make_due(row.booking, now=now, reason="stray")


def _reopen(row: Key, seen: SeenKey, *, now: datetime) -> None:
    with transaction.atomic():
        _lock_work(row)
        reopen(row, seen, now=now)


def _lock_work(row: Key) -> None:
    """The access row first and the key row after it, in the order of the workers, so that neither waits for the other for ever."""
    list(Access.objects.select_for_update().filter(booking_id=row.booking_id).values_list("pk"))
