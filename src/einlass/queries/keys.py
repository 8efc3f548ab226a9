# SPDX-License-Identifier: Apache-2.0
"""The truth about a booking's key, for people and programs; and which key work is due. Nothing here asks a vendor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from einlass.core.access import AccessState, access_state, may_open_until
from einlass.core.grants import (
    GRANTING,
    SITE_IN_DOUBT,
    BookingFacts,
    Grant,
    chosen_doors,
    grant_for,
    in_walking_order,
    key_window,
    opens_doors,
)
from einlass.core.keys import AT_VENDOR, OPEN, HeldKey, KeyState
from einlass.core.locks import LockSystemState, site_asked_again
from einlass.core.windows import Window
from einlass.models import Access, Booking, Branch, Key, LockSystem

# How long a wake-up that was handed over may take before the sweep takes it for lost.
HANDED_OVER_FOR = timedelta(seconds=90)
OPEN_STATES = sorted(state.value for state in OPEN)


@dataclass(frozen=True, slots=True)
class Problem:
    """What hinders a key: a stable code, since when, when it is tried again, and the vendor's last words, redacted, for staff only."""

    code: str
    since: datetime
    next_attempt_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class AccessView:
    """What is told about the key of a booking. `doors` are (component, name) in the order of the way to the room; times are UTC."""

    state: AccessState
    valid_from: datetime | None
    valid_until: datetime | None
    doors: tuple[tuple[str, str], ...]
    problem: Problem | None
    checked_at: datetime | None
    # Until when a key that was taken back may open all the same, because a phone has not synchronised (F33).
    opens_until: datetime | None = None
    # Until when a key that is not ours opens doors of this booking with the guest's phone; None where none is known (F14).
    others_until: datetime | None = None


def access_of(booking: Booking, *, now: datetime) -> AccessView:
    """The view of one booking; read it with `queries.bookings.with_facts` where many are shown."""
    facts = booking.facts()
    entitlement = grant_for(facts)
    keys = [key.facts() for key in booking.keys.all()]
    system = booking.branch.lock_system
    closing = system is not None and system.closing_since is not None
    grant = entitlement.grant or (None if closing else _left_to_run_out(facts, keys) or _left_in_doubt(facts, keys, entitlement.problem))
    expected = key_window(facts) if opens_doors(facts) and facts.status in GRANTING else None
    work: Access | None = getattr(booking, "access", None)
    code = (work.problem if work else "") or entitlement.problem
    since = (work.problem_since if work and work.problem else None) or (_since(code, booking) if code else None)
    state = access_state(grant=grant, expected=expected, keys=keys, problem=code, problem_since=since, now=now)
    window = expected or (grant.window if grant else None) or next((key.window for key in reversed(keys) if key.vendor_id), None)
    others_until = _others_until(work, window, now=now)
    problem = None
    if code and since and (state not in {AccessState.NONE, AccessState.CLOSED} or others_until):
        problem = Problem(code, since, _tried_again_at(code, booking.branch, work, now=now), work.problem_text if work else "")
    return AccessView(
        state=state,
        valid_from=window.start if window else None,
        valid_until=window.end if window else None,
        doors=_named_doors(facts, keys, granted=grant.doors if grant else None),
        problem=problem,
        checked_at=work.checked_at if work else None,
        opens_until=may_open_until(keys, state=state, now=now),
        others_until=others_until,
    )


def _tried_again_at(code: str, branch: Branch, work: Access | None, *, now: datetime) -> datetime | None:
    """None where nothing is tried: before a person has decided (F14, F46), or before something else is found, with the next look only
    when the key has ended (F37)."""
    if code in SITE_IN_DOUBT:
        return site_asked_again_at(branch, now=now)
    if work is None or work.reason == "window_over" or code in {"held_by_brake", "overlap_unmanaged"}:
        return None
    return work.next_check_at


def _others_until(work: Access | None, window: Window | None, *, now: datetime) -> datetime | None:
    until = work.unmanaged_until if work else None
    return until if until is not None and until > now and window is not None and window.end > now else None


def site_asked_again_at(branch: Branch, *, now: datetime) -> datetime | None:
    """The key waits for its site, and the site for the worker's next look: not for the next look at the booking (R3). None where nobody
    asks, because key and secret are missing."""
    system = branch.lock_system
    if system is None or not (system.enabled and system.api_key and system.sealed_secret):
        return None
    away = system.not_before if system.state != LockSystemState.WORKING.value else None
    return site_asked_again(not_before=away, problem=branch.site_problem, checked_at=branch.site_checked_at, now=now)


def _left_to_run_out(facts: BookingFacts, keys: list[HeldKey]) -> Grant | None:
    """With the integration switched off nobody takes a key back (R1): the one that is there still opens its doors, and is told so."""
    if facts.lock_system_enabled or facts.status not in GRANTING:
        return None
    live = [key for key in keys if key.state is KeyState.LIVE]
    return next((Grant(key.lock_system, key.site_id, key.phone, key.doors, key.window) for key in reversed(live)), None)


def _left_in_doubt(facts: BookingFacts, keys: list[HeldKey], problem: str) -> Grant | None:
    """While a site is in doubt nothing is changed there (F40): a key that was read back as it is booked is there still, and is not said
    to be changed."""
    if problem not in SITE_IN_DOUBT:
        return None
    booked = (facts.lock_system, facts.site_id, facts.phone, key_window(facts))
    live = [key for key in keys if key.state is KeyState.LIVE and not key.drifted]
    same = [key for key in live if (key.lock_system, key.site_id, key.phone, key.window) == booked]
    return next((Grant(key.lock_system, key.site_id, key.phone, key.doors, key.window) for key in same), None)


def _since(code: str, booking: Booking) -> datetime:
    """Of what no worker has named yet: since there is a booking, or since its site is in doubt."""
    site = booking.branch.site_problem_since if code in SITE_IN_DOUBT else None
    return max(booking.created_at, site or booking.created_at)


def _named_doors(facts: BookingFacts, keys: list[HeldKey], *, granted: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """The doors that the booking opens; where it no longer has a grant, those that its last key opened."""
    if granted is None:
        chosen = frozenset(door.component for door in chosen_doors(facts)) if facts.status in GRANTING else frozenset()
        granted = chosen or next((key.doors for key in reversed(keys) if key.vendor_id), frozenset())
    return tuple((door.component, door.name or door.component) for door in in_walking_order(facts) if door.component in granted)


def _held_elsewhere(booking: str) -> Exists:
    """Whether the booking has a key at a lock system that is switched on, though its branch may have left that one."""
    return Exists(Key.objects.filter(booking=OuterRef(booking), lock_system__enabled=True, state__in=OPEN_STATES))


def concerned(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Those of which a lock system may be asked something: their branch's is switched on, or one where they still have a key (R1)."""
    return bookings.filter(Q(branch__lock_system__enabled=True) | _held_elsewhere("pk"))


def due_work(*, now: datetime) -> QuerySet[Access]:
    """Key work that is due, at which nobody is and which nobody was told of lately; most urgent first, and of those the
    soonest start (F06). Of lock systems that are switched off nothing is due (R1)."""
    due = Access.objects.filter(Q(booking__branch__lock_system__enabled=True) | _held_elsewhere("booking_id"), next_check_at__lte=now)
    # A lease that ran out was not given back: its holder died, and so did the wake-up that he was working at.
    told = Q(handed_at__gt=now - HANDED_OVER_FOR, lease_until__isnull=True)
    free = due.exclude(lease_until__gt=now).exclude(told)
    return free.order_by("urgency", "booking__start", "next_check_at").select_related("booking__branch")


# What may open a door: at the vendor, or perhaps there.
MAY_OPEN = sorted(state.value for state in AT_VENDOR | {KeyState.SENDING})


def keys_of_account(system: LockSystem, *, now: datetime) -> QuerySet[Key]:
    """The keys of an account that open a door, or may: what remains when it is switched off (R1)."""
    return Key.objects.filter(lock_system=system, state__in=MAY_OPEN, valid_until__gt=now)


def open_keys_of_site(branch_id: int) -> QuerySet[Key]:
    """Every key of the branch's site that is not finished."""
    return Key.objects.filter(branch_id=branch_id, state__in=OPEN_STATES, site_id=F("branch__site_id"))
