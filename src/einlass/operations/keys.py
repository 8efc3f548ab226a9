# SPDX-License-Identifier: Apache-2.0
"""Doing what the plan says, for one booking at a time: intent, commit, call, commit. The plan itself is `core/keys.py`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from einlass.core import keys as core
from einlass.core.brake import is_explained
from einlass.core.comparing import is_compared
from einlass.core.events import KeyReady, KeyTrouble, KeyTroubleOver
from einlass.core.grants import Grant, grant_for, key_window
from einlass.core.keys import KeyState
from einlass.core.locks import LockSystemState, clocks_differ
from einlass.locks.port import LockFailure, LockNeedsOperator, LockOutcomeUnknown, LockRefused, LockUnavailable
from einlass.models import Access, Booking, Key, LockSystem
from einlass.operations.claims import Claim, Clock, LeaseLost, claim_booking, come_back_after_lease, look_again
from einlass.operations.key_calls import issue, observe, read_back, revoke
from einlass.operations.key_exposure import tell_exposure
from einlass.operations.key_rows import Situation, adopt, close, happened, put, take_in
from einlass.operations.lock_systems import confirm_site, note_failure
from einlass.operations.wakeups import Wakeup, wake
from einlass.queries.bookings import with_facts

log = structlog.get_logger()

# More steps than any honest way to a settled booking takes; the rest goes on in the next round.
MOST_STEPS = 20
MOST_ROUNDS = 5
MOST_UNDONE_A_DAY = 2
# A start that a vendor refused as past becomes this much later than now, by the vendor's clock.
START_LATER = timedelta(seconds=5)
CLOCK_SKEW = "clock_skew"
REFUSED_AGAIN = timedelta(minutes=15)
# A number that the vendor does not take waits for another one, by the guest or the staff; this is the net under it.
PHONE_AGAIN = timedelta(days=1)
# The sweep itself makes all that waited for it due; this is only the net below.
COMPARED_WITHIN = timedelta(minutes=1)


def reconcile(booking_id: int, *, clock: Clock) -> None:
    """Bring the vendor to what the booking ought to have, as far as it goes now; leaves a next attempt and a reason otherwise.

    One worker per booking at a time. May die at any instant: what was begun is found again (F18, F19).
    """
    # A change that came while we worked found the lease taken, so its wake-up was spent on nothing: look again.
    for _ in range(MOST_ROUNDS):
        claim = claim_booking(booking_id, clock=clock)
        if claim is None:
            come_back_after_lease(booking_id, now=clock())
            return
        try:
            _work(claim)
        except LeaseLost:
            log.warning("lease_lost", booking=booking_id)
            look_again(booking_id, now=clock())
            return
        finally:
            Access.objects.filter(booking_id=booking_id, fence=claim.fence).update(lease_until=None)


def _work(claim: Claim) -> None:
    listings: dict[core.Place | None, core.Listing] = {}
    for _ in range(MOST_STEPS):
        situation = _look(claim)
        keys = [row.facts() for row in situation.rows]
        off = {row.lock_system_id for row in situation.rows if not row.lock_system.enabled}
        match core.plan(situation.entitlement.grant, keys, listings=list(listings.values()), now=claim.clock(), off=off):
            case core.Settled():
                return _rest(claim, situation)
            case core.Wait(until, reason):
                return _wait(claim, situation, until=until, problem=reason)
            case core.Expire() | core.Adopt() | core.TakeIn() | core.Abandon() as learnt:
                _write_down(claim, situation, learnt)
            case step:
                went = _with_the_vendor(claim, situation, step)
                if went.stopped:
                    return None
                if went.listing is not None:
                    listings[went.listing.place] = went.listing
    log.warning("key_round_too_long", booking=claim.booking)
    return _wait(claim, _look(claim), until=claim.clock() + core.READ_LAG, problem="")


@dataclass(frozen=True, slots=True)
class Went:
    """How a step with the vendor went: on to the next one, perhaps with a listing, or no further in this round."""

    stopped: bool = False
    listing: core.Listing | None = None


def _with_the_vendor(claim: Claim, situation: Situation, step: core.Step) -> Went:
    """One step that needs the vendor, past the gates. Whatever stops it leaves a reason and a next attempt."""
    now = claim.clock()
    gates = (_held_up, _uncompared, _braked, _undone_too_often)
    held_up = next((found for gate in gates if (found := gate(situation, step, now=now))), None)
    if held_up is not None:
        _wait(claim, situation, until=held_up.until, problem=held_up.problem)
        return Went(stopped=True)
    try:
        if isinstance(step, core.Observe):
            return Went(listing=observe(claim, situation.row(step.key)))
        again_at = _ask(claim, situation, step)
    except LockFailure as failure:
        if _mended(situation, step, failure, now=claim.clock()):
            return Went()
        _failed(claim, situation, step, failure)
        return Went(stopped=True)
    if again_at is not None:
        _wait(claim, situation, until=again_at, problem="")
    return Went(stopped=again_at is not None)


def _rest(claim: Claim, situation: Situation) -> None:
    """Nothing to do: because all is right, or because what the booking ought to have cannot be granted yet."""
    problem = situation.entitlement.problem
    coming = key_window(situation.booking.facts()).end > claim.clock()
    if problem and situation.entitlement.grant is None and coming:
        _wait(claim, situation, until=claim.clock() + core.FAR_AT_MOST, problem=problem)
    else:
        _settle(claim, situation)


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
        # A site in doubt changes nothing about what the booking ought to have.
        if digest != access.digest and entitlement.problem != "site_unconfirmed":
            access.digest = digest
            # A door that the vendor does not list just now needs no other key: the one that was read back stays the one (I6).
            access.generation += 0 if _is_served(booking, entitlement.grant) else 1
            access.save(update_fields=["digest", "generation"])
    return Situation(booking, access, entitlement, tuple(booking.keys.select_related("lock_system")))


def _is_served(booking: Booking, grant: Grant | None) -> bool:
    held = (key.facts() for key in booking.keys.all())
    return grant is not None and any(key.state is KeyState.LIVE and key.serves(grant) for key in held)


def _asked(situation: Situation, step: core.Step) -> LockSystem | None:
    """Which lock system a step would ask: that of the key it is about, which the branch may have left; else the branch's."""
    match step:
        case core.Revoke(key, _) | core.ReadBack(key) | core.Observe(key):
            return situation.row(key).lock_system
    return situation.booking.branch.lock_system


def _held_up(situation: Situation, step: core.Step, *, now: datetime) -> HeldUp | None:
    """Gates before any call: integration off (R1), site not confirmed (R3, F40), an account that is away (F05, F06, F39)."""
    branch = situation.booking.branch
    system = _asked(situation, step)
    if system is None or not system.enabled:
        return HeldUp("", now + REFUSED_AGAIN)
    # A site in doubt takes nothing back either: its keys are left as they are until somebody mended it.
    if branch.lock_system is not None and branch.lock_system.enabled and not branch.site_is_confirmed:
        return HeldUp("site_unconfirmed", now + core.FAR_AT_MOST)
    if system.not_before is not None and system.not_before > now:
        problems = {LockSystemState.THROTTLED.value: "throttled", LockSystemState.CREDENTIALS_REJECTED.value: "credentials_rejected"}
        return HeldUp(problems.get(system.state, "vendor_unreachable"), system.not_before)
    return None


def _uncompared(situation: Situation, step: core.Step, *, now: datetime) -> HeldUp | None:
    """F54, F21: after an upgrade or a restored backup the site is only looked at until it was compared as a whole."""
    branch = situation.booking.branch
    if isinstance(step, core.Observe | core.ReadBack) or not branch.site_is_confirmed or is_compared(branch.compared_by):
        return None
    return HeldUp("not_compared", now + COMPARED_WITHIN)


def _braked(situation: Situation, step: core.Step, *, now: datetime) -> HeldUp | None:
    """F46: while a site's brake is on, only revocations that the booking itself or a person explains go ahead."""
    if not isinstance(step, core.Revoke) or is_explained(step.key, situation.booking.facts()) or _is_closing(situation, step.key):
        return None
    if situation.booking.branch.brake_since is not None:
        return HeldUp("held_by_brake", now + core.FAR_AT_MOST)
    # I11: that the vendor lists none of the doors just now takes no key back; the key could not be given again.
    if situation.entitlement.grant is None and situation.entitlement.problem == "door_missing":
        return HeldUp("door_missing", now + core.FAR_AT_MOST)
    return None


def _is_closing(situation: Situation, key: core.HeldKey) -> bool:
    """Whether a person said that all keys of this account are to be taken back (R1)."""
    return situation.row(key).lock_system.closing_since is not None


def _undone_too_often(situation: Situation, step: core.Step, *, now: datetime) -> HeldUp | None:
    """F11, F09: a key that was undone or changed over there twice within a day is not made a third time without a person.
    What was so before somebody asked for a new key no longer counts: he agreed (F26)."""
    if not isinstance(step, core.Issue):
        return None
    counted = [row for row in situation.rows if not core.was_reissued(row.drifted)]
    undone = [row for row in counted if row.state == KeyState.GONE.value or row.drifted not in {"", "doubled"}]
    if sum(1 for row in undone if row.created_at > now - timedelta(days=1)) < MOST_UNDONE_A_DAY:
        return None
    return HeldUp("changed_outside", now + core.FAR_AT_MOST)


def _write_down(claim: Claim, situation: Situation, step: core.Step) -> None:
    """Steps that need no vendor: what we learnt becomes a row."""
    now = claim.clock()
    with transaction.atomic():
        claim.hold()
        match step:
            case core.Expire(key):
                tell_exposure(situation, situation.row(key), now=now)
                close(situation.row(key), KeyState.EXPIRED, now=now, reason="window_over")
            case core.Abandon(key, reason):
                close(situation.row(key), KeyState.ABANDONED, now=now, reason=reason)
            case core.Adopt(key, seen):
                adopt(situation.row(key), seen)
            case core.TakeIn(like, seen):
                take_in(situation.row(like), seen, now=now)


def _ask(claim: Claim, situation: Situation, step: core.Step) -> datetime | None:
    """One step with the vendor; an instant where the same has to be asked once more, because a vendor may lag behind itself."""
    match step:
        case core.Issue(grant, row):
            issue(claim, situation, grant, row)
        case core.ReadBack(key):
            return read_back(claim, situation, situation.row(key))
        case core.Revoke(key, reason):
            return revoke(claim, situation, situation.row(key), reason=reason)
    return None


def _mended(situation: Situation, step: core.Step, failure: LockFailure, *, now: datetime) -> bool:
    """A refused key may be refused because of a door: read the doors anew, and the next look leaves out what may not be
    granted (F37, F38). The vendor does not say which door it was, so any refusal is worth the look."""
    if not isinstance(failure, LockRefused) or not isinstance(step, core.Issue):
        return False
    branch = situation.booking.branch
    if _clamped(situation, now=now):
        return True
    before = situation.entitlement.grant.doors if situation.entitlement.grant else frozenset()
    if confirm_site(branch, now=now).code != "confirmed":
        return False
    after = grant_for(with_facts(Booking.objects.filter(pk=situation.booking.pk)).get().facts()).grant
    return after is None or after.doors != before


def _clamped(situation: Situation, *, now: datetime) -> bool:
    """F17, F44: perhaps the vendor takes no start that has passed by its clock. The same key is asked for once more, from now on."""
    row = Key.objects.filter(booking=situation.booking, state=KeyState.WANTED.value, valid_from__lte=now).order_by("-id").first()
    system = situation.booking.branch.lock_system
    if row is None or system is None:
        return False
    ahead = timedelta(seconds=max(0, -(system.clock_skew_seconds or 0)))
    start = now + min(core.CLAMPED_BY, ahead + START_LATER)
    if row.sent_at is None or start >= row.valid_until:
        return False
    put(row, valid_from=start)
    return True


def _failed(claim: Claim, situation: Situation, step: core.Step, failure: LockFailure) -> None:
    """Name the problem and leave a next attempt: every failure has an exit."""
    now = claim.clock()
    asked = _asked(situation, step)
    if asked is not None:
        note_failure(asked, failure, now=now)
    attempts = situation.access.attempts + 1
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    # A key that has to go may open something much sooner than the booking, which was moved away from it (F30).
    soonest = min([situation.booking.start, *(row.valid_from for row in situation.rows if KeyState(row.state) in core.AT_VENDOR)])
    until = core.retry_at(attempts=attempts, start=soonest, now=now, jitter=jitter)
    problem = _problem_of(failure, step)
    if isinstance(failure, LockRefused) and isinstance(step, core.Issue):
        # A refused key is not tried again blindly: each try may text the guest (F25).
        until = now + (PHONE_AGAIN if failure.phone else REFUSED_AGAIN)
    if isinstance(failure, LockNeedsOperator) and failure.what == "site":
        confirm_site(situation.booking.branch, now=now)
    if isinstance(failure, LockUnavailable) and failure.retry_after is not None:
        until = max(until, now + timedelta(seconds=failure.retry_after))
    _wait(claim, situation, until=until, problem=problem, detail=failure.detail, attempts=attempts)


def _problem_of(failure: LockFailure, step: core.Step) -> str:
    match failure:
        case LockUnavailable():
            return "throttled" if failure.throttled else "vendor_unreachable"
        case LockOutcomeUnknown():
            return "outcome_unknown"
        case LockNeedsOperator():
            return "credentials_rejected" if failure.what == "credentials" else "site_unconfirmed"
        case _ if isinstance(step, core.Revoke):
            return "failed_to_expire" if step.key.drifted == core.OVERDUE else "failed_to_revoke"
        case _:
            return "phone_unusable" if isinstance(failure, LockRefused) and failure.phone else "refused"


def _settle(claim: Claim, situation: Situation) -> None:
    """All is as it ought to be: say so once per generation, and come back when the window is over."""
    now = claim.clock()
    access = situation.access
    open_rows = [row for row in situation.rows if KeyState(row.state) in core.OPEN]
    grant = situation.entitlement.grant
    live = grant is not None and any(held.state is KeyState.LIVE and held.serves(grant) for held in (row.facts() for row in open_rows))
    coming = key_window(situation.booking.facts()).end > now
    problem = (situation.entitlement.problem or _clock_problem(situation, now=now)) if coming else ""
    over = access.problem if not problem else ""
    with transaction.atomic():
        claim.hold()
        if live and access.ready_generation != access.generation:
            access.ready_generation = access.generation
            happened(situation, KeyReady(generation=access.generation), now=now)
        if over:
            happened(situation, KeyTroubleOver(problem=over), now=now)
        _name_problem(situation, problem, detail="", now=now)
        access.attempts, access.checked_at = 0, now
        access.save(update_fields=["ready_generation", "problem", "problem_since", "problem_text", "attempts", "checked_at"])
        ends = min((row.valid_until for row in open_rows), default=None)
        reason = "window_over" if ends else ""
        if problem == CLOCK_SKEW:
            ends, reason = min(now + core.FAR_AT_MOST, ends or now + core.FAR_AT_MOST), problem
        _later(claim, situation, until=ends, reason=reason)


def _clock_problem(situation: Situation, *, now: datetime) -> str:
    """F17: a key that opens within a day does so noticeably too early or too late; its window is left as it was booked."""
    grant, system = situation.entitlement.grant, situation.booking.branch.lock_system
    near = grant is not None and grant.window.start - now <= core.NEAR
    return CLOCK_SKEW if near and system is not None and clocks_differ(system.clock_skew_seconds) else ""


def _wait(claim: Claim, situation: Situation, *, until: datetime, problem: str, detail: str = "", attempts: int | None = None) -> None:
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
            happened(situation, KeyTrouble(problem=problem), now=now)
    access.problem_text = detail[:300]


def _later(claim: Claim, situation: Situation, *, until: datetime | None, reason: str) -> None:
    """Set the next look; a change that made the booking due since we looked is not pushed away by it."""
    as_looked_at = Access.objects.filter(booking_id=claim.booking, fence=claim.fence, changes=situation.access.changes)
    put_off = as_looked_at.update(next_check_at=until, reason=reason, handed_at=None)
    if put_off and until is not None and until - claim.clock() <= timedelta(minutes=1):
        system = str(situation.booking.branch.lock_system_id)
        pressing, start = situation.access.urgency, situation.booking.start
        wake(Wakeup(booking=claim.booking, system=system, urgency=pressing, not_before=until, start=start))
