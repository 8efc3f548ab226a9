# SPDX-License-Identifier: Apache-2.0
"""Who may open which doors when: derived from a booking, never stored. Asks nobody; see `keys.py` for what to do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from einlass.core.bookings import Status
from einlass.core.windows import Window

# While the vendor has not confirmed a site nothing is changed there, and nothing that a booking ought to have changes by it (R3, F40).
SITE_UNCONFIRMED, SITE_MISMATCH = "site_unconfirmed", "site_mismatch"
SITE_IN_DOUBT = frozenset({SITE_UNCONFIRMED, SITE_MISMATCH})


class DoorUse(StrEnum):
    """What the operator chose for a component of a branch (R4)."""

    NONE = "none"
    ALWAYS = "always"
    SERVICES = "services"


class Admissible(StrEnum):
    """Whether a component may ever stand in a key (R5)."""

    YES = "yes"
    GATEWAY = "gateway"
    UNKNOWN_TYPE = "unknown_type"


def admissible(*, kind: object, allow_unknown: bool) -> Admissible:
    """R5: a gateway never; a component without a readable type only once a person allowed that one.

    `kind` is whatever the vendor or the database says, also nothing or something that is not text.
    """
    if not isinstance(kind, str) or not kind.strip():
        return Admissible.YES if allow_unknown else Admissible.UNKNOWN_TYPE
    return Admissible.GATEWAY if "gateway" in kind.casefold() else Admissible.YES


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """One component of a branch as the database knows it."""

    component: str
    name: str
    kind: str
    use: DoorUse
    allow_unknown: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """All that decides about the doors of one booking."""

    status: Status
    window: Window
    phone: str
    branch_doors: tuple[DoorFacts, ...]
    service_doors: frozenset[str]
    room_doors: frozenset[str]
    early_minutes: int
    late_minutes: int
    lock_system: int | None
    lock_system_enabled: bool
    site_id: str
    site_confirmed: bool
    # Where the branch ends margins at the neighbour's (F35): when the last booking of another guest beside this one ended before it,
    # and when the next one begins after it.
    last_ended: datetime | None = None
    next_begins: datetime | None = None
    # The vendor answered for another site than the one that was entered (F40).
    site_mismatch: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """These doors of this site, for this phone, in this window. One booking has one or none."""

    lock_system: int
    site_id: str
    phone: str
    doors: frozenset[str]
    window: Window
    # Chosen, but not listed by the vendor just now: left out of a new key, and no reason to replace one that has them (I11).
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a booking ought to have. `problem` says why doors are missing from it, or why there is none yet."""

    grant: Grant | None
    problem: str = ""


# A booking keeps its key until its window has passed: one that was marked as completed or as a no-show
# before the late margin is over must not lose the door while the guest is still inside.
GRANTING = frozenset({Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW})


def key_window(facts: BookingFacts) -> Window:
    """R11: 15 minutes (by default) before the start to 15 after the end, elapsed time. A margin ends where the neighbour's booking
    does, where the branch wants it so (F35); what a booking has of its own time is never cut."""
    widened = facts.window.widened(before_minutes=facts.early_minutes, after_minutes=facts.late_minutes)
    return widened.cut(after=facts.last_ended, before=facts.next_begins, keep=facts.window)


def chosen_doors(facts: BookingFacts) -> tuple[DoorFacts, ...]:
    """R7: the always open doors of the branch, those of the service and those of the room; no other. In the order of the way."""
    return opened_doors(in_walking_order(facts), named=facts.service_doors | facts.room_doors)


def in_walking_order(facts: BookingFacts) -> tuple[DoorFacts, ...]:
    """The doors of the branch as one meets them on the way to the room: those that everybody passes, the service's, the room's own.
    Among them the operator's order counts. Doors that the booking does not open come last."""

    def on_the_way(door: DoorFacts) -> int:
        if door.use == DoorUse.ALWAYS:
            return 0
        if door.component in facts.service_doors:
            return 1
        return 2 if door.component in facts.room_doors else 3

    return tuple(sorted(facts.branch_doors, key=on_the_way))


def opened_doors(branch_doors: Iterable[DoorFacts], *, named: Collection[str]) -> tuple[DoorFacts, ...]:
    """R7 for any doors that a service and its rooms name, also before there is a booking."""
    return tuple(door for door in branch_doors if door.use == DoorUse.ALWAYS or (door.use == DoorUse.SERVICES and door.component in named))


def opens_doors(facts: BookingFacts) -> bool:
    """Whether this booking would open a door at all, were it confirmed (R8 hangs on it)."""
    return facts.lock_system is not None and facts.lock_system_enabled and bool(chosen_doors(facts))


def grant_for(facts: BookingFacts) -> Entitlement:
    """The grant of a booking (R7, R11, R17), with the reason when it is less than the operator chose."""
    if not opens_doors(facts) or facts.status not in GRANTING or facts.lock_system is None:
        return Entitlement(None)
    if not facts.site_confirmed or not facts.site_id:
        return Entitlement(None, SITE_MISMATCH if facts.site_mismatch else SITE_UNCONFIRMED)
    if not facts.phone:
        return Entitlement(None, "phone_unusable")
    chosen = chosen_doors(facts)
    allowed = [d for d in chosen if admissible(kind=d.kind, allow_unknown=d.allow_unknown) == Admissible.YES]
    doors = frozenset(d.component for d in allowed if not d.missing)
    problem = "door_forbidden" if len(allowed) < len(chosen) else "door_missing" if len(doors) < len(allowed) else ""
    if not doors:
        return Entitlement(None, problem)
    missing = frozenset(d.component for d in allowed if d.missing)
    return Entitlement(Grant(facts.lock_system, facts.site_id, facts.phone, doors, key_window(facts), missing), problem)


def digest_of(grant: Grant | None) -> str:
    """Tells whether phone, doors or window changed since the last look; a change raises the generation."""
    if grant is None:
        return ""
    window = grant.window
    parts = [str(grant.lock_system), grant.site_id, grant.phone, *sorted(grant.doors), window.start.isoformat(), window.end.isoformat()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
