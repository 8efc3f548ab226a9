# SPDX-License-Identifier: Apache-2.0
"""What is kept of what happened to one booking: its events and the calls to the vendor, newest first. Words for it are web."""

from __future__ import annotations

from dataclasses import dataclass

from einlass.models import Booking, EventRecord, Question, Room, VendorCall

# A key in trouble for days is asked for over and over; older lines are in the log of changes.
MOST_EVENTS = 300
MOST_CALLS = 200


@dataclass(frozen=True, slots=True)
class History:
    """`rooms` are those that the booking was moved between, by their key."""

    events: tuple[EventRecord, ...]
    calls: tuple[VendorCall, ...]
    rooms: tuple[Room, ...]


def history_of(booking: Booking) -> History:
    """Three queries, however much happened."""
    events = tuple(EventRecord.objects.filter(booking=booking).order_by("-id")[:MOST_EVENTS])
    calls = tuple(VendorCall.objects.filter(booking=booking).order_by("-started_at", "-id")[:MOST_CALLS])
    rooms = Room.objects.filter(branch_id=booking.branch_id, key__in={str(e.data["new_room"]) for e in events if "new_room" in e.data})
    return History(events, calls, tuple(rooms))


# What a guest reads of it on his own page; how his key fares in between stands on its card.
GUEST_KINDS = (
    "booking.requested",
    "booking.confirmed",
    "booking.moved",
    "booking.cancelled",
    "booking.declined",
    "booking.answers_changed",
    "booking.link_renewed",
    "key.ready",
)
MOST_TOLD = 12


@dataclass(frozen=True, slots=True)
class Told:
    """`number_questions` are the keys of the questions for a mobile number."""

    events: tuple[EventRecord, ...]
    number_questions: frozenset[str]


def told_to_guest(booking: Booking) -> Told:
    """Two queries, however much happened."""
    events = EventRecord.objects.filter(booking=booking, kind__in=GUEST_KINDS).order_by("-id")[:MOST_TOLD]
    return Told(tuple(events), frozenset(Question.objects.filter(kind="mobile").values_list("key", flat=True)))


def questions_answered(booking: Booking) -> list[Question]:
    """The questions that the booking answers, in the operator's order, also those that nobody is asked any more."""
    return list(Question.objects.filter(key__in=list(booking.answers)).order_by("position", "id"))
