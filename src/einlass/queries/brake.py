# SPDX-License-Identifier: Apache-2.0
"""The keys that a site's brake holds back (F46), for the person who decides about them. Why one is held: `core/brake.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from einlass.core import brake as core
from einlass.core.events import BrakeEngaged, BrakeKept
from einlass.core.grants import grant_for
from einlass.core.keys import AT_VENDOR
from einlass.models import Booking, Branch, EventRecord
from einlass.queries.bookings import with_facts

AT_VENDOR_STATES = sorted(state.value for state in AT_VENDOR)


@dataclass(frozen=True, slots=True)
class Held:
    """One key that waits, with its booking."""

    booking: Booking
    held: core.HeldBack


@dataclass(frozen=True, slots=True)
class Story:
    """How it came to this: the comparison that stopped, and who has left the keys as they are since."""

    engaged: EventRecord | None
    kept: EventRecord | None


def held_keys(branch: Branch, *, now: datetime) -> list[Held]:
    """All of them, the soonest booking first; empty where no brake is on. A fixed number of queries."""
    system = branch.lock_system
    if branch.brake_since is None or system is None or not system.enabled or system.closing_since is not None:
        return []
    # What differs was marked by the sweep; what goes because of a door was named by the worker who found the brake on.
    waiting = Q(keys__state__in=AT_VENDOR_STATES) & (~Q(keys__drifted="") | Q(access__problem="held_by_brake"))
    numbers = Booking.objects.filter(waiting, branch=branch).values("pk")
    return [
        Held(booking, held)
        for booking in with_facts(Booking.objects.filter(pk__in=numbers)).order_by("start", "pk")
        for held in _held(booking, now=now)
    ]


def _held(booking: Booking, *, now: datetime) -> tuple[core.HeldBack, ...]:
    facts = booking.facts()
    return core.held_back(facts, grant_for(facts).grant, [key.facts() for key in booking.keys.all()], now=now)


def digest_of(branch: Branch, held: Sequence[Held]) -> str:
    """Tells whether these are the keys that a person has looked at, of the same brake."""
    since = branch.brake_since.isoformat() if branch.brake_since else ""
    parts = [since, *sorted(f"{each.held.key.id} {each.held.outcome}" for each in held)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def story_of(branch: Branch) -> Story:
    since = EventRecord.objects.filter(branch=branch, at__gte=branch.brake_since).order_by("-at", "-pk")
    return Story(since.filter(kind=BrakeEngaged.kind).last(), since.filter(kind=BrakeKept.kind).first())
