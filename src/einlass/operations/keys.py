# SPDX-License-Identifier: Apache-2.0
"""Doing what the plan says, for one booking at a time: intent, commit, call, commit. The plan itself is `core/keys.py`."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from einlass.core import keys as core
from einlass.core.bookings import Status
from einlass.core.events import CLOCK, Event, KeyDrifted, KeyReady, KeyRevoked, KeyTrouble, KeyTroubleOver
from einlass.core.grants import GRANTING, Entitlement, grant_for
from einlass.core.keys import KeyState, SeenKey
from einlass.core.locks import LockSystemState
from einlass.locks.port import (
    KeyOrder,
    LockDriver,
    LockFailure,
    LockNeedsOperator,
    LockOutcomeUnknown,
    LockRefused,
    LockUnavailable,
)
from einlass.models import Access, Booking, Key, LockSystem, VendorCall
from einlass.models.fields import text_in
from einlass.models.sealed import CannotUnseal
from einlass.operations.events import record
from einlass.operations.lock_systems import confirm_site, driver_of, note_failure, note_success
from einlass.operations.wakeups import Wakeup, wake
from einlass.queries.bookings import with_facts

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
# A lease is renewed when a third of it is gone: one answer of at most 15 s always fits into the rest.
RENEW_AFTER_SECONDS = 10.0
# More steps than any honest way to a settled booking takes; the rest goes on in the next round.
MOST_STEPS = 20
MOST_ROUNDS = 5
REFUSED_AGAIN = timedelta(minutes=15)
REREAD_AFTER = timedelta(seconds=3)
# Crockford's letters: without I, L, O and U.
MARKER_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Somebody else has this booking by now: what we know is old, and nothing more may be written by us (F22)."""


@dataclass(slots=True)
class Claim:
    """The right to work at one booking, as long as the fence is ours."""

    booking: int
    fence: int
    clock: Clock
    renewed: float

    def renew(self) -> None:
        """Before every call to the vendor. Raises LeaseLost."""
        if time.monotonic() - self.renewed >= RENEW_AFTER_SECONDS:
            self.hold()

    def hold(self) -> None:
        """Extend the lease; inside a transaction this also keeps every other worker out until it commits. Raises LeaseLost."""
        held = Access.objects.filter(booking_id=self.booking, fence=self.fence).update(lease_until=self.clock() + LEASE)
        if not held:
            raise LeaseLost
        self.renewed = time.monotonic()


@dataclass(frozen=True, slots=True)
class Situation:
    """One look at a booking: what it ought to have, and the rows of what it has."""

    booking: Booking
    access: Access
    entitlement: Entitlement
    rows: tuple[Key, ...]

    def row(self, held: core.HeldKey) -> Key:
        return next(row for row in self.rows if row.pk == held.id)


def reconcile(booking_id: int, *, clock: Clock) -> None:
    """Bring the vendor to what the booking ought to have, as far as it goes now; leaves a next attempt and a reason otherwise.

    One worker per booking at a time. May die at any instant: what was begun is found again (F18, F19).
    """
    # A change that came while we worked found the lease taken, so its wake-up was spent on nothing: look again.
    for _ in range(MOST_ROUNDS):
        claim = _claim(booking_id, clock=clock)
        if claim is None:
            return
        try:
            _work(claim)
        except LeaseLost:
            log.warning("lease_lost", booking=booking_id)
            return
        finally:
            Access.objects.filter(booking_id=booking_id, fence=claim.fence).update(lease_until=None)


def _claim(booking_id: int, *, clock: Clock) -> Claim | None:
    """Take the booking by one conditional update; None where it is not due or somebody is at it."""
    now = clock()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    due = Access.objects.filter(free, booking_id=booking_id, next_check_at__lte=now)
    if not due.update(lease_until=now + LEASE, fence=F("fence") + 1):
        return None
    fence = Access.objects.values_list("fence", flat=True).get(booking_id=booking_id)
    return Claim(booking=booking_id, fence=fence, clock=clock, renewed=time.monotonic())


def _work(claim: Claim) -> None:
    listing: core.Listing | None = None
    for _ in range(MOST_STEPS):
        situation = _look(claim)
        held_up = _held_up(situation, now=claim.clock())
        grant = situation.entitlement.grant
        step = core.plan(grant, [row.facts() for row in situation.rows], listing=listing, now=claim.clock())
        match step:
            case core.Settled():
                return _settle(claim, situation)
            case core.Wait(until, reason):
                return _wait(claim, situation, until=until, problem=reason)
            case core.Expire() | core.Adopt() | core.TakeIn() | core.Abandon():
                _write_down(claim, situation, step)
                continue
        if held_up is not None or _braked(situation, step):
            return _wait(claim, situation, until=_until(held_up, now=claim.clock()), problem=_why(held_up))
        try:
            if isinstance(step, core.Observe):
                listing = _observe(claim, situation)
            elif (until := _ask(claim, situation, step)) is not None:
                return _wait(claim, situation, until=until, problem="")
        except LockFailure as failure:
            if not _mended(situation, step, failure, now=claim.clock()):
                return _failed(claim, situation, step, failure)
    log.warning("key_round_too_long", booking=claim.booking)
    return _wait(claim, _look(claim), until=claim.clock() + core.READ_LAG, problem="")


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Why the vendor may not be asked for this booking now, and when it is looked at again."""

    problem: str
    until: datetime


def _look(claim: Claim) -> Situation:
    """Read everything anew, and raise the generation when phone, doors or window changed since the last look."""
    with transaction.atomic():
        claim.hold()
        booking = with_facts(Booking.objects.filter(pk=claim.booking)).get()
        entitlement = grant_for(booking.facts())
        access = Access.objects.get(booking_id=claim.booking)
        digest = core.digest_of(entitlement.grant)
        if digest != access.digest:
            access.digest = digest
            access.generation += 1
            access.save(update_fields=["digest", "generation"])
    return Situation(booking, access, entitlement, tuple(booking.keys.all()))


def _held_up(situation: Situation, *, now: datetime) -> HeldUp | None:
    """Gates before any call: integration off (R1), site not confirmed (R3, F40), an account that is away (F05, F06, F39)."""
    branch = situation.booking.branch
    system = branch.lock_system
    if system is None or not system.enabled:
        return HeldUp("", now + REFUSED_AGAIN)
    # A site in doubt takes nothing back either: its keys are left as they are until somebody mended it.
    if not branch.site_is_confirmed:
        return HeldUp("site_unconfirmed", now + core.FAR_AT_MOST)
    if system.not_before is not None and system.not_before > now:
        problems = {LockSystemState.THROTTLED.value: "throttled", LockSystemState.CREDENTIALS_REJECTED.value: "credentials_rejected"}
        return HeldUp(problems.get(system.state, "vendor_unreachable"), system.not_before)
    return None


def _until(held_up: HeldUp | None, *, now: datetime) -> datetime:
    return held_up.until if held_up else now + core.FAR_AT_MOST


def _why(held_up: HeldUp | None) -> str:
    return held_up.problem if held_up else "held_by_brake"


def _braked(situation: Situation, step: core.Step) -> bool:
    """F46: while a site's brake is on, only revocations that the booking itself explains go ahead."""
    if not isinstance(step, core.Revoke) or situation.booking.branch.brake_since is None:
        return False
    booking = situation.booking
    grant = situation.entitlement.grant
    explained_by_its_end = Status(booking.status) not in GRANTING
    explained_by_its_move = grant is not None and (grant.window, grant.phone) != (step.key.window, step.key.phone)
    return not (explained_by_its_end or explained_by_its_move)


def _write_down(claim: Claim, situation: Situation, step: core.Step) -> None:
    """Steps that need no vendor: what we learnt becomes a row."""
    now = claim.clock()
    with transaction.atomic():
        claim.hold()
        match step:
            case core.Expire(key):
                _close(situation.row(key), KeyState.EXPIRED, now=now, reason="window_over")
            case core.Abandon(key, reason):
                _close(situation.row(key), KeyState.ABANDONED, now=now, reason=reason)
            case core.Adopt(key, seen):
                adopt(situation.row(key), seen)
            case core.TakeIn(like, seen):
                take_in(situation.row(like), seen, now=now)


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
            "phone": seen.phone or like.phone,
            "doors": sorted(seen.doors),
            "valid_from": window.start if window else like.valid_from,
            "valid_until": window.end if window else like.valid_until,
            "state": KeyState.ISSUED.value,
            "drifted": "doubled",
            "created_at": now,
        },
    )
    return made


def _ask(claim: Claim, situation: Situation, step: core.Step) -> datetime | None:
    """One step with the vendor; an instant where the same has to be asked once more, because a vendor may lag behind itself."""
    match step:
        case core.Issue(grant, row):
            _issue(claim, situation, grant, row)
        case core.ReadBack(key):
            return _read_back(claim, situation, situation.row(key))
        case core.Revoke(key, reason):
            return _revoke(claim, situation, situation.row(key), reason=reason)
    return None


def _issue(claim: Claim, situation: Situation, grant: core.Grant, held: core.HeldKey | None) -> None:
    """Write the intent, commit, call, write the result. A lost answer leaves the row in SENDING, which only a listing settles."""
    now = claim.clock()
    system = _system(situation)
    driver = _driver(claim, system)
    with transaction.atomic():
        claim.hold()
        row = situation.row(held) if held else _new_row(situation, grant, now=now)
        notify = system.install_notification and not _was_told(situation, grant.phone, besides=row)
        row.state, row.sent_at = KeyState.SENDING.value, now
        row.generation = situation.access.generation
        row.save()
        call = _intent(claim, system, row, "issue", now=now)
    with _result(claim, call, system, not_applied=lambda: _set(row, state=KeyState.WANTED.value)):
        seen = driver.issue(row.site_id, _order(situation, row, notify=notify))
        # Also when the lease was lost meanwhile: that the vendor has it is a fact, whoever plans next (F22, F28).
        _set(row, vendor_id=seen.id, state=KeyState.ISSUED.value)


def _read_back(claim: Claim, situation: Situation, row: Key) -> datetime | None:
    """Only what was read back alone, and is equal, is live (I6)."""
    system = _system(situation)
    seen = _reading(claim, system, row)
    now = claim.clock()
    differing = core.differences(row.facts(), seen) if seen else ("deleted",)
    lagging = row.sent_at is not None and now < row.sent_at + core.READ_LAG
    if differing and lagging:
        return now + REREAD_AFTER
    with transaction.atomic():
        claim.hold()
        if not differing:
            _set(row, state=KeyState.LIVE.value, read_at=now)
            return None
        _drift(situation, row, differing, now=now)
    return None


def _drift(situation: Situation, row: Key, differing: tuple[str, ...], *, now: datetime) -> None:
    what = ",".join(differing)
    if gone_of(differing):
        _close(row, KeyState.GONE, now=now, reason=what)
    else:
        _set(row, drifted=what[:60])
    _happened(situation, KeyDrifted(marker=row.marker, what=what), now=now)


def gone_of(differing: tuple[str, ...]) -> bool:
    """Whether what differs means that the key opens nothing any more."""
    return bool({"deleted", "revoked", "expired"} & set(differing))


def _revoke(claim: Claim, situation: Situation, row: Key, *, reason: str) -> datetime | None:
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
    if seen is not None and seen.alive(claim.clock()):
        return _still_alive(claim, situation, row)
    with transaction.atomic():
        claim.hold()
        _close(row, KeyState.REVOKED, now=claim.clock(), reason=reason)
        _happened(situation, KeyRevoked(marker=row.marker, reason=reason), now=claim.clock())
    return None


def _still_alive(claim: Claim, situation: Situation, row: Key) -> datetime:
    now = claim.clock()
    if row.revoke_sent_at and now >= row.revoke_sent_at + core.READ_LAG:
        raise LockRefused("accepted the revocation, but the key is still valid")
    return now + REREAD_AFTER


def _observe(claim: Claim, situation: Situation) -> core.Listing:
    system = _system(situation)
    branch = situation.booking.branch
    alive = Key.objects.filter(lock_system=system, site_id=branch.site_id, state__in=[s.value for s in core.AT_VENDOR])
    known = frozenset(alive.exclude(vendor_id="").filter(valid_until__gt=claim.clock()).values_list("vendor_id", flat=True))
    call = _intent(claim, system, None, "list", now=claim.clock(), site_id=branch.site_id)
    with _result(claim, call, system, not_applied=lambda: None):
        return _driver(claim, system).listing(branch.site_id, known=known, now=claim.clock())


def _reading(claim: Claim, system: LockSystem, row: Key) -> SeenKey | None:
    call = _intent(claim, system, row, "read", now=claim.clock())
    with _result(claim, call, system, not_applied=lambda: None):
        return _driver(claim, system).read(row.site_id, row.vendor_id)


def _intent(
    claim: Claim, system: LockSystem, row: Key | None, kind: str, *, now: datetime, site_id: str = ""
) -> VendorCall:
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
    outcome, detail = "ok", ""
    try:
        yield
    except LockFailure as failure:
        outcome, detail = _outcome_of(failure), failure.detail[:300]
        if not isinstance(failure, LockOutcomeUnknown):
            not_applied()
        raise
    except LeaseLost:
        # Stopped before anything was sent: the hook runs before each call.
        outcome = "lease_lost"
        not_applied()
        raise
    finally:
        VendorCall.objects.filter(pk=call.pk).update(ended_at=claim.clock(), outcome=outcome, detail=detail)
    note_success(system, now=claim.clock())


def _outcome_of(failure: LockFailure) -> str:
    match failure:
        case LockOutcomeUnknown():
            return "unknown"
        case LockRefused():
            return "refused"
        case LockNeedsOperator():
            return f"needs_operator_{failure.what}"[:20]
        case LockUnavailable(throttled=True):
            return "throttled"
        case _:
            return "unavailable"


def _mended(situation: Situation, step: core.Step, failure: LockFailure, *, now: datetime) -> bool:
    """A refused key may be refused because of a door: read the doors anew, and the next look leaves out what may not be
    granted (F37, F38). The vendor does not say which door it was, so any refusal is worth the look."""
    if not isinstance(failure, LockRefused) or not isinstance(step, core.Issue):
        return False
    branch = situation.booking.branch
    before = situation.entitlement.grant.doors if situation.entitlement.grant else frozenset()
    if confirm_site(branch, now=now).code != "confirmed":
        return False
    after = grant_for(with_facts(Booking.objects.filter(pk=situation.booking.pk)).get().facts()).grant
    return after is None or after.doors != before


def _failed(claim: Claim, situation: Situation, step: core.Step, failure: LockFailure) -> None:
    """Name the problem and leave a next attempt: every failure has an exit."""
    now = claim.clock()
    note_failure(situation.booking.branch.lock_system or _system(situation), failure, now=now)
    attempts = situation.access.attempts + 1
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    until = core.retry_at(attempts=attempts, start=situation.booking.start, now=now, jitter=jitter)
    problem = _problem_of(failure, step)
    if isinstance(failure, LockRefused) and isinstance(step, core.Issue):
        # A refused key is not tried again blindly: each try may text the guest (F25).
        until = now + REFUSED_AGAIN
    if isinstance(failure, LockNeedsOperator) and failure.what == "site":
        confirm_site(situation.booking.branch, now=now)
    if isinstance(failure, LockUnavailable) and failure.retry_after is not None:
        until = max(until, now + timedelta(seconds=failure.retry_after))
    _wait(claim, situation, until=until, problem=problem, detail=failure.detail, attempts=attempts)


def _problem_of(failure: LockFailure, step: core.Step) -> str:
    match failure:
        case LockUnavailable(throttled=True):
            return "throttled"
        case LockUnavailable():
            return "vendor_unreachable"
        case LockOutcomeUnknown():
            return "outcome_unknown"
        case LockNeedsOperator():
            return "credentials_rejected" if failure.what == "credentials" else "site_unconfirmed"
        case _:
            return "failed_to_revoke" if isinstance(step, core.Revoke) else "refused"


def _settle(claim: Claim, situation: Situation) -> None:
    """All is as it ought to be: say so once per generation, and come back when the window is over."""
    now = claim.clock()
    access = situation.access
    open_rows = [row for row in situation.rows if KeyState(row.state) in core.OPEN]
    live = any(KeyState(row.state) is KeyState.LIVE for row in open_rows)
    problem = situation.entitlement.problem
    over = access.problem if not problem else ""
    with transaction.atomic():
        claim.hold()
        if live and access.ready_generation != access.generation:
            access.ready_generation = access.generation
            _happened(situation, KeyReady(generation=access.generation), now=now)
        if over:
            _happened(situation, KeyTroubleOver(problem=over), now=now)
        _name_problem(situation, problem, detail="", now=now)
        access.attempts, access.checked_at = 0, now
        access.save(update_fields=["ready_generation", "problem", "problem_since", "problem_text", "attempts", "checked_at"])
        ends = min((row.valid_until for row in open_rows), default=None)
        _later(claim, situation, until=ends, reason="window_over" if ends else "")


def _wait(
    claim: Claim, situation: Situation, *, until: datetime, problem: str, detail: str = "", attempts: int | None = None
) -> None:
    """Nothing more can be done now: keep the reason and the next attempt with the booking (I8)."""
    now = claim.clock()
    access = situation.access
    with transaction.atomic():
        claim.hold()
        _name_problem(situation, problem, detail=detail, now=now)
        access.attempts = max(1, access.attempts) if attempts is None else attempts
        access.save(update_fields=["problem", "problem_since", "problem_text", "attempts"])
        _later(claim, situation, until=until, reason=problem or "vendor_lags")


def _name_problem(situation: Situation, problem: str, *, detail: str, now: datetime) -> None:
    access = situation.access
    if problem != access.problem:
        access.problem = problem
        access.problem_since = now if problem else None
        if problem:
            _happened(situation, KeyTrouble(problem=problem), now=now)
    access.problem_text = detail[:300]


def _later(claim: Claim, situation: Situation, *, until: datetime | None, reason: str) -> None:
    """Set the next look; a change that made the booking due since we looked is not pushed away by it."""
    as_looked_at = Access.objects.filter(booking_id=claim.booking, fence=claim.fence, changes=situation.access.changes)
    put_off = as_looked_at.update(next_check_at=until, reason=reason, handed_at=None)
    if put_off and until is not None and until - claim.clock() <= timedelta(minutes=1):
        system = str(situation.booking.branch.lock_system_id)
        wake(Wakeup(booking=claim.booking, system=system, urgency=situation.access.urgency, not_before=until))


def _happened(situation: Situation, event: Event, *, now: datetime) -> None:
    record(event, actor=CLOCK, now=now, booking=situation.booking)


def _new_row(situation: Situation, grant: core.Grant, *, now: datetime) -> Key:
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


def _was_told(situation: Situation, phone: str, *, besides: Key) -> bool:
    """F52: the vendor texts a guest once per number and booking; a replacement comes in silence."""
    return any(row.phone == phone and row.vendor_id for row in situation.rows if row.pk != besides.pk)


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
    )


def _system(situation: Situation) -> LockSystem:
    system = situation.booking.branch.lock_system
    if system is None:
        raise LockUnavailable("the branch has no lock system")
    return system


def _system_of(row: Key) -> LockSystem:
    if not row.lock_system.enabled:
        raise LockUnavailable("the lock system of this key is switched off")
    return row.lock_system


def _driver(claim: Claim, system: LockSystem) -> LockDriver:
    try:
        return driver_of(system, clock=claim.clock, before_call=claim.renew)
    except CannotUnseal as error:
        raise LockUnavailable("this machine has other encryption keys") from error


def _set(row: Key, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _close(row: Key, state: KeyState, *, now: datetime, reason: str) -> None:
    _set(row, state=state.value, closed_at=now, closed_reason=reason[:60])
