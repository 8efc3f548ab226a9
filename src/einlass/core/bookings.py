# SPDX-License-Identifier: Apache-2.0
"""The states of a booking, who may move it to what, and the deadlines. No tables, no doors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    HELD = "held"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    LAPSED = "lapsed"


# The states that take the room; the database refuses two of them over one blocked time.
BLOCKING = frozenset({Status.HELD, Status.PENDING, Status.CONFIRMED})

# How long a time is kept for a visitor who types his details.
HOLD = timedelta(minutes=10)
# No service lasts longer, and no buffer or margin. So whatever reaches into a time began not long before it, and whoever looks for that
# says so: among a million bookings the database then reads a month instead of all that ever were.
LONGEST = timedelta(days=31)
LONGEST_BUFFER = timedelta(days=1)
LONGEST_MARGIN = timedelta(days=1)


class Actor(StrEnum):
    """Who does something. Only the guest is bound by deadlines, also when a program acts for him."""

    GUEST = "guest"
    STAFF = "staff"
    API = "api"
    CLOCK = "clock"


class Action(StrEnum):
    """What can be done to a booking that exists."""

    REQUEST = "request"
    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    MOVE = "move"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    LAPSE = "lapse"


# Completed and no-show may be exchanged: the clock completes a booking before anybody says that nobody came.
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.HELD: frozenset({Status.PENDING, Status.CONFIRMED, Status.CANCELLED, Status.LAPSED}),
        Status.PENDING: frozenset({Status.CONFIRMED, Status.DECLINED, Status.CANCELLED}),
        Status.CONFIRMED: frozenset({Status.CANCELLED, Status.COMPLETED, Status.NO_SHOW}),
        Status.COMPLETED: frozenset({Status.NO_SHOW}),
        Status.NO_SHOW: frozenset({Status.COMPLETED}),
        Status.CANCELLED: frozenset(),
        Status.DECLINED: frozenset(),
        Status.LAPSED: frozenset(),
    }
)
FINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)

# The state an action leads to; MOVE is not in it, because a moved booking stays what it was.
LEADS_TO: Mapping[Action, Status] = MappingProxyType(
    {
        Action.REQUEST: Status.PENDING,
        Action.CONFIRM: Status.CONFIRMED,
        Action.DECLINE: Status.DECLINED,
        Action.CANCEL: Status.CANCELLED,
        Action.COMPLETE: Status.COMPLETED,
        Action.NO_SHOW: Status.NO_SHOW,
        Action.LAPSE: Status.LAPSED,
    }
)

_ANYBODY = frozenset(Actor)
_PEOPLE = frozenset({Actor.GUEST, Actor.STAFF, Actor.API})
_OPERATOR = frozenset({Actor.STAFF, Actor.API})
ACTORS: Mapping[Action, frozenset[Actor]] = MappingProxyType(
    {
        Action.REQUEST: _PEOPLE,
        Action.CONFIRM: _PEOPLE,
        Action.DECLINE: _OPERATOR | {Actor.CLOCK},
        Action.CANCEL: _ANYBODY,
        Action.MOVE: _PEOPLE,
        Action.COMPLETE: _OPERATOR | {Actor.CLOCK},
        Action.NO_SHOW: _OPERATOR | {Actor.CLOCK},
        Action.LAPSE: frozenset({Actor.CLOCK}),
    }
)

# The word for a state outside: a hold that ran out is nothing that a program has to know about.
SHOWN: Mapping[Status, Status] = MappingProxyType({status: status for status in Status} | {Status.LAPSED: Status.CANCELLED})


def may_become(old: Status, new: Status) -> bool:
    """Whether a booking in state `old` may be set to `new`; never to the state that it has."""
    return new in TRANSITIONS[old]


def allowed(action: Action, *, status: Status, actor: Actor) -> bool:
    """Whether `actor` may do this to a booking in this state; deadlines come on top, see `in_time`.

    A guest confirms only what he holds: approving a booking that waits is the operator's business.
    """
    if actor not in ACTORS[action]:
        return False
    if action is Action.MOVE:
        return status in BLOCKING
    if action is Action.CONFIRM and actor is Actor.GUEST and status is Status.PENDING:
        return False
    return may_become(status, LEADS_TO[action])


def deadline(start: datetime, *, until_minutes: int) -> datetime:
    """The last instant (UTC) at which a guest may cancel or move: `until_minutes` of elapsed time before the start, never after it."""
    begin = start.astimezone(UTC)
    try:
        return begin - timedelta(minutes=max(until_minutes, 0))
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def within_deadline(start: datetime, *, until_minutes: int, now: datetime) -> bool:
    """Whether a guest may still cancel or move; the deadline itself is still in time ("until 14:00")."""
    return now <= deadline(start, until_minutes=until_minutes)


def in_time(*, start: datetime, until_minutes: int, actor: Actor, now: datetime) -> bool:
    """The same for anybody: staff may always, also while the booking runs; so may a token of the staff and the clock."""
    return actor is not Actor.GUEST or within_deadline(start, until_minutes=until_minutes, now=now)


def hold_expired(held_until: datetime, now: datetime) -> bool:
    """Whether a hold is over: from `held_until` on the room is free for others."""
    return held_until.astimezone(UTC) <= now


def shown(status: Status) -> Status:
    """The state as pages, the API and webhooks name it."""
    return SHOWN[status]
