# SPDX-License-Identifier: Apache-2.0
"""Doing what the plan says, for one booking at a time: intent, commit, call, commit. The plan itself is `core/keys.py`."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from einlass.core import key_steps as steps
from einlass.core import keys as core
from einlass.core.events import KeyReady, KeyTrouble, KeyTroubleOver
from einlass.core.grants import SITE_IN_DOUBT, Grant, digest_of, grant_for, key_window
from einlass.core.keys import KeyState
from einlass.core.locks import clocks_differ
from einlass.locks.port import LockFailure, LockNeedsOperator, LockOutcomeUnknown, LockRefused, LockUnavailable
from einlass.models import Access, Booking, Key
from einlass.operations.access import QUOTA
from einlass.operations.claims import Claim, Clock, LeaseLost, claim_booking, come_back_after_lease, look_again
from einlass.operations.key_calls import amend, issue, listen, observe, read_back, revoke
from einlass.operations.key_exposure import tell_exposure
from einlass.operations.key_gates import HeldUp, asked_system, elsewhere, hindrance, is_double, to_be_told
from einlass.operations.key_rows import Situation, adopt, close, happened, put, reopen, take_in
from einlass.operations.lock_systems import capabilities_of, confirm_site, note_failure
from einlass.operations.wakeups import Wakeup, wake
from einlass.queries.bookings import with_facts
from einlass.queries.keys import MAY_OPEN

log = structlog.get_logger()

# More steps than any honest way to a settled booking takes; the rest goes on in the next round.
MOST_STEPS = 20
MOST_ROUNDS = 5
# A start that a vendor refused as past becomes this much later than now, by the vendor's clock.
START_LATER = timedelta(seconds=5)
CLOCK_SKEW, OVERLAP = "clock_skew", "overlap_unmanaged"
REFUSED_AGAIN = timedelta(minutes=15)
# A number that the vendor does not take waits for another one, by the guest or the staff; this is the net under it.
PHONE_AGAIN = timedelta(days=1)


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


@dataclass(slots=True)
class Learnt:
    """What came out in this round: lists, places that say no and so hold up nothing elsewhere, and whether a change was refused."""

    listings: dict[core.Place | None, core.Listing] = field(default_factory=dict)
    silent: dict[core.Place, HeldUp] = field(default_factory=dict)
    amends_refused: bool = False


def _work(claim: Claim) -> None:
    learnt = Learnt()
    for _ in range(MOST_STEPS):
        situation = _look(claim)
        match _planned(claim, situation, learnt):
            case steps.Settled():
                return _rest(claim, situation, learnt)
            case steps.Wait(until, reason):
                return _wait(claim, situation, until=until, problem=reason)
            case steps.Expire() | steps.Adopt() | steps.TakeIn() | steps.Reopen() | steps.Abandon() as certain:
                _write_down(claim, situation, certain)
            case step:
                if not _with_the_vendor(claim, situation, step, learnt):
                    return None
    log.warning("key_round_too_long", booking=claim.booking)
    return _wait(claim, _look(claim), until=claim.clock() + core.READ_LAG, problem="")


def _planned(claim: Claim, situation: Situation, learnt: Learnt) -> steps.Step:
    keys = [row.facts() for row in situation.rows]
    off = {row.facts().place for row in situation.rows if not row.lock_system.enabled}
    can = capabilities_of(situation.booking.branch.lock_system, clock=claim.clock)
    if learnt.amends_refused:
        can = replace(can, amends=False)
    observed = list(learnt.listings.values())
    return core.plan(situation.entitlement.grant, keys, listings=observed, now=claim.clock(), off=off | learnt.silent.keys(), can=can)


def _with_the_vendor(claim: Claim, situation: Situation, step: steps.Step, learnt: Learnt) -> bool:
    """One step that needs the vendor, past the gates. Whether the round goes on; whatever stops it leaves a reason and a next attempt."""
    now = claim.clock()
    held_up = hindrance(situation, step, now=now)
    if held_up is not None:
        if _passed_over(situation, step, held_up, learnt):
            return True
        _wait(claim, situation, until=held_up.until, problem=to_be_told(situation, step, held_up.problem), detail=held_up.detail)
        return False
    if situation.access.problem != core.DUPLICATE and is_double(situation, step):
        _tell(claim, situation, core.DUPLICATE)
    try:
        again_at = _ask(claim, situation, step, learnt)
    except LockFailure as failure:
        if _mended(situation, step, failure, learnt, now=claim.clock()):
            return True
        _failed(claim, situation, step, failure)
        return False
    if again_at is not None:
        _wait(claim, situation, until=again_at, problem=to_be_told(situation, step, ""))
    return again_at is None


def _tell(claim: Claim, situation: Situation, problem: str) -> None:
    """Also where it is over in the same breath, so that people hear of it."""
    access = situation.access
    with transaction.atomic():
        claim.hold()
        _name_problem(situation, problem, detail=access.problem_text, now=claim.clock())
        access.save(update_fields=["problem", "problem_since", "problem_text"])


def _passed_over(situation: Situation, step: steps.Step, held_up: HeldUp, learnt: Learnt) -> bool:
    """An account that the branch has left and that is away holds up nothing that the next one is asked for."""
    place = elsewhere(situation, step)
    if place is None or asked_system(situation, step) == situation.booking.branch.lock_system:
        return False
    learnt.silent[place] = held_up
    return True


def _rest(claim: Claim, situation: Situation, learnt: Learnt) -> None:
    """Nothing to do: because all is right, or because what the booking ought to have cannot be granted yet."""
    problem = situation.entitlement.problem
    coming = key_window(situation.booking.facts()).end > claim.clock()
    if problem and situation.entitlement.grant is None and coming:
        detail = situation.booking.branch.site_detail if problem in SITE_IN_DOUBT else ""
        _wait(claim, situation, until=claim.clock() + core.FAR_AT_MOST, problem=problem, detail=detail)
    else:
        _settle(claim, situation, left=min(learnt.silent.values(), key=lambda held_up: held_up.until, default=None))


def _look(claim: Claim) -> Situation:
    """Read everything anew, and raise the generation when phone, doors or window changed since the last look."""
    with transaction.atomic():
        claim.hold()
        booking = with_facts(Booking.objects.filter(pk=claim.booking)).get()
        entitlement = grant_for(booking.facts())
        access = Access.objects.get(booking_id=claim.booking)
        digest = digest_of(entitlement.grant)
        # A site in doubt changes nothing about what the booking ought to have.
        if digest != access.digest and entitlement.problem not in SITE_IN_DOUBT:
            access.digest = digest
            # A door that the vendor does not list just now needs no other key: the one that was read back stays the one (I6).
            access.generation += 0 if _is_served(booking, entitlement.grant) else 1
            access.save(update_fields=["digest", "generation"])
    return Situation(booking, access, entitlement, tuple(booking.keys.select_related("lock_system")))


def _is_served(booking: Booking, grant: Grant | None) -> bool:
    held = (key.facts() for key in booking.keys.all())
    return grant is not None and any(key.state is KeyState.LIVE and key.serves(grant) for key in held)


def _write_down(claim: Claim, situation: Situation, step: steps.Step) -> None:
    """Steps that need no vendor: what we learnt becomes a row."""
    now = claim.clock()
    with transaction.atomic():
        claim.hold()
        match step:
            case steps.Expire(key):
                tell_exposure(situation, situation.row(key), now=now)
                close(situation.row(key), KeyState.EXPIRED, now=now, reason="window_over")
            case steps.Abandon(key, reason):
                close(situation.row(key), KeyState.ABANDONED, now=now, reason=reason)
            case steps.Adopt(key, seen):
                adopt(situation.row(key), seen)
            case steps.TakeIn(like, seen):
                take_in(situation.row(like), seen, now=now)
            case steps.Reopen(key, seen):
                reopen(situation.row(key), seen, now=now)


def _ask(claim: Claim, situation: Situation, step: steps.Step, learnt: Learnt) -> datetime | None:
    """One step with the vendor; an instant where the same has to be asked once more, because a vendor may lag behind itself."""
    match step:
        case steps.Observe(key):
            listing = observe(claim, situation.row(key))
            learnt.listings[listing.place] = listing
        case steps.Listen(key):
            listen(claim, situation.row(key))
        case steps.Amend(key, grant):
            return amend(claim, situation, grant, situation.row(key))
        case steps.Issue(grant, row):
            issue(claim, situation, grant, row)
        case steps.ReadBack(key):
            return read_back(claim, situation, situation.row(key))
        case steps.Revoke(key, reason):
            return revoke(claim, situation, situation.row(key), reason=reason)
    return None


def _mended(situation: Situation, step: steps.Step, failure: LockFailure, learnt: Learnt, *, now: datetime) -> bool:
    """Whether there is another way to what the booking ought to have."""
    place = elsewhere(situation, step)
    if place is not None and isinstance(failure, LockNeedsOperator | LockRefused):
        # A site that the branch has left and that says no may never be asked again: it is told, and holds up nothing.
        asked = asked_system(situation, step)
        if asked is not None:
            note_failure(asked, failure, now=now)
        problem = "failed_to_revoke" if isinstance(step, steps.Revoke) else "outcome_unknown"
        learnt.silent[place] = HeldUp(problem, now + core.FAR_AT_MOST, detail=failure.detail)
        return True
    match step:
        case steps.Issue() if isinstance(failure, LockRefused) and not failure.full:
            return _clamped(situation, now=now) or _doors_differ(situation, now=now)
        case steps.Amend(key, grant) if isinstance(failure, LockRefused):
            if not failure.full and _doors_differ(situation, now=now):
                return True
            # Whoever may be inside keeps the key that he has; to anybody else another one is given.
            learnt.amends_refused = not (now in key.window and now in grant.window)
            return learnt.amends_refused
    return False


def _doors_differ(situation: Situation, *, now: datetime) -> bool:
    """A refused key may be refused because of a door: read the doors anew, and the next look leaves out what may not be
    granted (F37, F38). The vendor does not say which door it was, so any refusal is worth the look."""
    before = situation.entitlement.grant.doors if situation.entitlement.grant else frozenset()
    if confirm_site(situation.booking.branch, now=now).code != "confirmed":
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


def _failed(claim: Claim, situation: Situation, step: steps.Step, failure: LockFailure) -> None:
    """Name the problem and leave a next attempt: every failure has an exit."""
    now = claim.clock()
    asked = asked_system(situation, step)
    if asked is not None:
        note_failure(asked, failure, now=now)
    attempts = situation.access.attempts + 1
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    # A key that has to go may open something much sooner than the booking, which was moved away from it (F30).
    soonest = min([situation.booking.start, *(row.valid_from for row in situation.rows if KeyState(row.state) in core.AT_VENDOR)])
    until = core.retry_at(attempts=attempts, start=soonest, now=now, jitter=jitter)
    problem = to_be_told(situation, step, _problem_of(failure, step))
    if isinstance(failure, LockRefused) and isinstance(step, steps.Issue | steps.Amend):
        # A refused key is not tried again blindly: each try may text the guest (F25).
        until = now + (PHONE_AGAIN if failure.phone else REFUSED_AGAIN)
        until = min(until, _room_at(step.grant, failure.full, now=now) or until)
    if isinstance(failure, LockNeedsOperator) and failure.what == "site":
        branch = situation.booking.branch
        said_yes = confirm_site(branch, now=now).code == "confirmed"
        # Where it says yes to the site and no to this alone, asking at once would get the same answer (F39).
        until, problem = (now + REFUSED_AGAIN if said_yes else until), branch.site_doubt or problem
    if isinstance(failure, LockUnavailable) and failure.retry_after is not None:
        until = max(until, now + timedelta(seconds=failure.retry_after))
    if asked is not None:
        # Before that nobody asks this account (F05, F06, F39).
        asked.refresh_from_db(fields=["not_before"])
        until = max(until, asked.not_before or until)
    _wait(claim, situation, until=until, problem=problem, detail=failure.detail, attempts=attempts)


def _room_at(grant: Grant, full: frozenset[str], *, now: datetime) -> datetime | None:
    """When one of our keys makes room at these doors (F41); what it is that a vendor deletes then, its driver knows."""
    held = Key.objects.filter(lock_system=grant.lock_system, site_id=grant.site_id, state__in=MAY_OPEN, valid_until__gt=now)
    ends = held.order_by("valid_until").values_list("valid_until", "doors") if full else ()
    return next((end for end, doors in ends if full & set(doors)), None)


def _problem_of(failure: LockFailure, step: steps.Step) -> str:
    match failure:
        case LockUnavailable():
            return "throttled" if failure.throttled else "vendor_unreachable"
        case LockOutcomeUnknown():
            return "outcome_unknown"
        case LockNeedsOperator():
            return "credentials_rejected" if failure.what == "credentials" else "site_unconfirmed"
        case _ if isinstance(step, steps.Revoke):
            return "failed_to_expire" if step.key.drifted == core.OVERDUE else "failed_to_revoke"
        case LockRefused() if failure.full:
            return QUOTA
        case _:
            return "phone_unusable" if isinstance(failure, LockRefused) and failure.phone else "refused"


def _settle(claim: Claim, situation: Situation, *, left: HeldUp | None = None) -> None:
    """All is as it ought to be: say so once per generation, and come back when the window is over. `left` is what could not be done at
    a place that the booking has left."""
    now = claim.clock()
    access = situation.access
    open_rows = [row for row in situation.rows if KeyState(row.state) in core.OPEN]
    grant = situation.entitlement.grant
    live = grant is not None and any(held.state is KeyState.LIVE and held.serves(grant) for held in (row.facts() for row in open_rows))
    coming = key_window(situation.booking.facts()).end > now
    problem, detail = _beside(situation, left, now=now) if coming else ("", "")
    over = access.problem if not problem else ""
    with transaction.atomic():
        claim.hold()
        if live and access.ready_generation != access.generation:
            access.ready_generation = access.generation
            happened(situation, KeyReady(generation=access.generation), now=now)
        if over:
            happened(situation, KeyTroubleOver(problem=over), now=now)
        _name_problem(situation, problem, detail=detail, now=now)
        access.attempts, access.checked_at = 0, now
        access.save(update_fields=["ready_generation", "problem", "problem_since", "problem_text", "attempts", "checked_at"])
        until, reason = _next_look(situation, problem, left, now=now)
        _later(claim, situation, until=until, reason=reason)


def _beside(situation: Situation, left: HeldUp | None, *, now: datetime) -> tuple[str, str]:
    """What is to be told of a booking with which nothing more can be done, and the last words about it. A key of somebody else is left
    alone, and said as long as it may open (F14)."""
    access = situation.access
    problem = situation.entitlement.problem or _clock_problem(situation, now=now)
    if not problem and left is not None:
        return left.problem, left.detail
    overlaps = not problem and access.unmanaged_until is not None and access.unmanaged_until > now
    return (OVERLAP, access.unmanaged_name) if overlaps else (problem, "")


def _next_look(situation: Situation, problem: str, left: HeldUp | None, *, now: datetime) -> tuple[datetime | None, str]:
    """When something of a settled booking may have changed by itself, and what."""
    looks = [(row.valid_until, "window_over") for row in situation.rows if KeyState(row.state) in core.OPEN]
    unheard = [key for row in situation.rows if (key := row.facts()).unheard(now)]
    looks += [(min(key.opens_until or now, (key.read_at or now) + core.LISTEN_AGAIN), "phone_not_synchronised") for key in unheard]
    if problem in {CLOCK_SKEW, OVERLAP}:
        looks.append((now + core.FAR_AT_MOST, problem))
    if left is not None:
        looks.append((left.until, left.problem))
    return min(looks, default=(None, ""))


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
