# SPDX-License-Identifier: Apache-2.0
"""Writing down what happened, and the one table that says what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from einlass.core import events
from einlass.core.events import Actor, Event
from einlass.core.windows import Window
from einlass.models import Booking, Branch, EventRecord
from einlass.operations import access
from einlass.operations.guest_messages import tell_guest
from einlass.operations.key_news import tell_staff
from einlass.queries.neighbours import whose_margins_end_at


class Follower(Enum):
    """What can follow from an event. Webhooks join with their outbox."""

    KEYS = "keys"
    # The keys of the bookings beside it, whose margins may end at it.
    NEIGHBOURS = "neighbours"
    MESSAGES = "messages"
    # The staff, by mail; decided by what exactly happened.
    STAFF = "staff"


NOTHING: frozenset[Follower] = frozenset()
KEYS = frozenset({Follower.KEYS})
NEIGHBOURS = frozenset({Follower.KEYS, Follower.NEIGHBOURS})
MESSAGES = frozenset({Follower.MESSAGES})
STAFF = frozenset({Follower.STAFF})

# Every class of core/events.py stands here, held by a test; what is not here does not follow.
FOLLOWS: dict[type[Event], frozenset[Follower]] = {
    events.BookingRequested: MESSAGES,
    events.BookingConfirmed: NEIGHBOURS | MESSAGES,
    events.BookingMoved: NEIGHBOURS | MESSAGES,
    events.BookingCancelled: NEIGHBOURS | MESSAGES,
    events.BookingDeclined: KEYS | MESSAGES,
    events.BookingCompleted: NOTHING,
    events.BookingNoShow: NOTHING,
    events.BookingAnswersChanged: NEIGHBOURS,
    events.NumberChangeAsked: NOTHING,
    events.BookingLinkRenewed: NOTHING,
    events.KeyReissueAsked: KEYS,
    events.KeyReady: MESSAGES,
    events.KeyRevoked: NOTHING,
    events.KeyDrifted: KEYS | STAFF,
    events.KeyExposed: NOTHING,
    events.KeyTrouble: STAFF,
    events.KeyTroubleOver: NOTHING,
    events.SiteConfirmed: KEYS,
    events.DoorsChanged: KEYS,
    events.BrakeEngaged: NOTHING,
    events.BrakeReleased: KEYS,
    events.BrakeKept: NOTHING,
    events.BrakeEnded: NOTHING,
    events.BackupRestored: KEYS,
    events.SiteCompared: KEYS,
    events.StrayKeyFound: NOTHING,
    events.StrayKeyDecided: NOTHING,
    events.StrayKeyEnded: NOTHING,
    events.ConfigurationApplied: KEYS,
    events.SettingsChanged: NOTHING,
    events.DoorSettingsChanged: KEYS,
    events.DoorOpeningAsked: NOTHING,
    events.DoorOpeningEnded: NOTHING,
    events.GuestDataShown: NOTHING,
    events.GuestErasureAsked: KEYS,
    events.GuestErased: NOTHING,
    events.MessageSent: NOTHING,
    events.MessageFailed: NOTHING,
    events.MessageBounced: NOTHING,
    events.UserCreated: NOTHING,
    events.UserChanged: NOTHING,
    events.UserSecured: NOTHING,
    events.TokenCreated: NOTHING,
    events.TokenRevoked: NOTHING,
}


def record(
    event: Event, *, actor: Actor, now: datetime, booking: Booking | None = None, branch: Branch | None = None, subject: str = ""
) -> EventRecord:
    """Write the event and make due what follows, in the caller's transaction. Without a booking the branch's, else every
    branch's coming bookings are looked at: what is right already costs one comparison."""
    row = EventRecord.objects.create(
        at=now,
        kind=event.kind,
        subject=subject,
        booking=booking,
        branch=branch or (booking.branch if booking else None),
        actor_kind=actor.kind.value,
        actor_name=actor.name,
        data=event.data(),
    )
    if Follower.KEYS in FOLLOWS[type(event)]:
        if booking is not None:
            access.make_due_together([booking, *_beside(event, booking, now=now)], now=now, reason=event.kind)
        else:
            access.make_coming_due(branch=branch, now=now, reason=event.kind)
    if Follower.MESSAGES in FOLLOWS[type(event)] and booking is not None:
        tell_guest(event, booking, now=now)
    if Follower.STAFF in FOLLOWS[type(event)] and booking is not None:
        tell_staff(event, booking, now=now)
    return row


def _beside(event: Event, booking: Booking, *, now: datetime) -> Iterable[Booking]:
    """Where it comes to, and where it was until now."""
    if Follower.NEIGHBOURS not in FOLLOWS[type(event)]:
        return ()
    windows = [booking.window]
    if isinstance(event, events.BookingMoved):
        windows.append(Window(datetime.fromisoformat(event.old_start), datetime.fromisoformat(event.old_end)))
    return whose_margins_end_at(booking, windows, now=now)
