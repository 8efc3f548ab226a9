# SPDX-License-Identifier: Apache-2.0
"""Booking, moving, cancelling, deciding: each one transaction. Which times are offered is `core/slots.py`; keys follow from the events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from einlass.core.bookings import Actor as ActorKind
from einlass.core.bookings import Status, may_become, within_deadline
from einlass.core.errors import Refusal
from einlass.core.events import (
    CLOCK,
    GUEST,
    Actor,
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingDeclined,
    BookingMoved,
    BookingNoShow,
    BookingRequested,
)
from einlass.core.limits import Deed
from einlass.core.questions import validate
from einlass.core.windows import Window
from einlass.models import Booking, Question, Room, Service
from einlass.operations.events import record
from einlass.operations.limits import count_visitor, refuse_many_open
from einlass.operations.rooms import refuse_unoffered, take_room
from einlass.queries.bookings import booking_of_form, has_another_link, with_facts
from einlass.queries.services import needs_mobile_number, questions_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be booked: a service from `start`, for `duration` minutes, with the answers to its questions.

    `once` is a random word of the form that was sent: the same wish from the same form is one booking, however often it comes.
    With `room` it is this one of the service's rooms or none.
    """

    service: Service
    start: datetime
    duration: int
    answers: Mapping[str, object]
    language: str = ""
    once: str = ""
    room: Room | None = None

    @property
    def window(self) -> Window:
        return Window(self.start, self.start + timedelta(minutes=self.duration))


def book(wish: Wish, *, actor: Actor, now: datetime, hold: str = "", visitor: str = "") -> Booking:
    """Book, or ask for approval where the service wants it; the staff approve by booking, and no notice binds them.

    `hold` is the token of the time that was kept for this guest; where it ran out meanwhile, the time is booked like any other.
    `visitor` is the address of a guest on the page, by which bookings that come about are counted.
    Raises Refusal: service_not_bookable (R8), invalid, not_offered, slot_taken, busy; too_many for guests on the page.
    Records BookingConfirmed or BookingRequested.
    """
    once = _once_of(wish)
    if made := _made_before(once, actor=actor):
        return made
    questions = questions_of(wish.service)
    if not wish.service.active or needs_mobile_number(wish.service, questions):
        raise Refusal("service_not_bookable")
    refuse_unoffered(wish.service, start=wish.start, duration=wish.duration, actor=actor, now=now)
    answers = _validated(wish, questions)
    status = Status.PENDING if wish.service.approval and actor.kind is not ActorKind.STAFF else Status.CONFIRMED
    booking = Booking(
        service=wish.service,
        branch=wish.service.branch,
        status=status.value,
        language=wish.language,
        created_at=now,
        answers=answers,
        **guest_of(answers, questions),
        once=once,
    )
    persons = persons_in(answers, questions)
    try:
        with transaction.atomic():
            if actor == GUEST:
                refuse_many_open(booking.mobile, now=now)
                count_visitor(Deed.BOOKING, visitor, now=now)
            take_room(booking, window=wish.window, persons=persons, now=now, wanted=wish.room, hold=hold)
            record(BookingConfirmed() if status is Status.CONFIRMED else BookingRequested(), actor=actor, now=now, booking=booking)
    except (IntegrityError, Refusal):
        # The same form came twice at the same moment, and the other one was written first: what it took is in the way of this one.
        made = _made_before(once, actor=actor)
        if made is None:
            raise
        return made
    return booking


def reschedule(
    booking: Booking, *, start: datetime, duration: int | None, actor: Actor, now: datetime, room: Room | None = None
) -> Booking:
    """Move to another start, perhaps another room of the service; `duration` in minutes, None keeps it (R13).

    Without `room` the one that the booking has is kept where it is free; with it, it is this one or none.
    Raises Refusal: not_allowed_now, deadline_passed, invalid, not_offered, slot_taken (then all is as it was). Records BookingMoved.
    """
    with transaction.atomic():
        booking = locked(booking)
        refuse_ended(booking, now=now)
        _refuse_late(booking, until_minutes=booking.service.reschedule_until_minutes, actor=actor, now=now)
        minutes = duration if duration is not None else booking.window.minutes
        wanted = Window(start, start + timedelta(minutes=minutes)) if minutes > 0 else booking.window
        if wanted == booking.window and minutes > 0 and (room is None or room.pk == booking.room_id):
            return booking
        # Who keeps his start and only prolongs or shortens is not late for it, also while the booking runs.
        notice = timedelta(minutes=booking.service.notice_minutes)
        asked_at = min(now, start - notice) if start == booking.start else now
        refuse_unoffered(booking.service, start=start, duration=minutes, actor=actor, now=asked_at)
        old = booking.window
        old_room = booking.room.key
        booking.sequence += 1
        questions = questions_of(booking.service)
        take_room(booking, window=wanted, persons=persons_in(booking.answers, questions), now=now, wanted=room)
        moved = BookingMoved(
            old_start=old.start.isoformat(),
            old_end=old.end.isoformat(),
            old_room=old_room,
            new_start=wanted.start.isoformat(),
            new_end=wanted.end.isoformat(),
            new_room=booking.room.key,
        )
        record(moved, actor=actor, now=now, booking=booking)
    return booking


def cancel(booking: Booking, *, actor: Actor, now: datetime, reason: str = "") -> Booking:
    """End the booking early; its key is taken back (R12). Twice is the same as once.

    Raises Refusal: deadline_passed for guests, not_allowed_now for a booking that is over. Records BookingCancelled.
    """
    with transaction.atomic():
        booking = locked(booking)
        if booking.status == Status.CANCELLED.value:
            return booking
        refuse_ended(booking, now=now)
        _refuse_late(booking, until_minutes=booking.service.cancel_until_minutes, actor=actor, now=now)
        _become(booking, Status.CANCELLED, now=now, reason=reason)
        record(BookingCancelled(reason=reason), actor=actor, now=now, booking=booking)
    return booking


def confirm(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    """Approve a booking that waits; its key is asked for at once (R17). Twice is the same as once. Records BookingConfirmed."""
    with transaction.atomic():
        booking = locked(booking)
        if booking.status == Status.CONFIRMED.value:
            return booking
        _become(booking, Status.CONFIRMED, now=now)
        record(BookingConfirmed(), actor=actor, now=now, booking=booking)
    return booking


def decline(booking: Booking, *, actor: Actor, now: datetime, reason: str = "") -> Booking:
    """Turn down a booking that waits; its room is free again. Twice is the same as once. Records BookingDeclined."""
    with transaction.atomic():
        booking = locked(booking)
        if booking.status == Status.DECLINED.value:
            return booking
        _become(booking, Status.DECLINED, now=now, reason=reason)
        record(BookingDeclined(reason=reason), actor=actor, now=now, booking=booking)
    return booking


def no_show(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    """Say that nobody came, once the booking is over: until then it keeps its room, as its key still opens it. Records BookingNoShow."""
    with transaction.atomic():
        booking = locked(booking)
        if booking.status == Status.NO_SHOW.value:
            return booking
        if now < booking.end:
            raise Refusal("not_allowed_now", values={"status": booking.status})
        _become(booking, Status.NO_SHOW, now=now)
        record(BookingNoShow(), actor=actor, now=now, booking=booking)
    return booking


def complete_past(*, now: datetime, at_most: int = 500) -> int:
    """Mark bookings that are over, late margin included, as completed, and decline what nobody approved in time. Returns how many."""
    over = Booking.objects.filter(status__in=[Status.CONFIRMED.value, Status.PENDING.value], end__lte=now)
    done = 0
    for booking in over.select_related("branch")[:at_most]:
        if now < booking.end + timedelta(minutes=booking.branch.late_minutes):
            continue
        with transaction.atomic():
            booking = locked(booking)  # noqa: PLW2901 - the row as it is now, under its lock
            if booking.status == Status.CONFIRMED.value:
                _become(booking, Status.COMPLETED, now=now)
                record(BookingCompleted(), actor=CLOCK, now=now, booking=booking)
                done += 1
            elif booking.status == Status.PENDING.value:
                _become(booking, Status.DECLINED, now=now)
                record(BookingDeclined(reason="expired"), actor=CLOCK, now=now, booking=booking)
                done += 1
    return done


def _once_of(wish: Wish) -> str | None:
    """One word for this wish from this form; its column is unique, so it cannot be booked twice."""
    if not wish.once:
        return None
    facts = [wish.once, wish.service.key, wish.start.isoformat(), str(wish.duration), json.dumps(wish.answers, sort_keys=True, default=str)]
    digest = hmac.new(settings.SECRET_KEY.encode(), "\n".join(facts).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def _made_before(once: str | None, *, actor: Actor) -> Booking | None:
    """What this form has made already. Raises Refusal slot_taken where a guest lost his link since: a form leads to no new one."""
    made = booking_of_form(once) if once else None
    if made is not None and actor == GUEST and has_another_link(made):
        raise Refusal("slot_taken")
    return made


def _validated(wish: Wish, questions: list[Question]) -> dict[str, object]:
    cleaned, errors = validate(tuple(q.facts() for q in questions), wish.answers, country=wish.service.branch.country)
    if errors:
        raise Refusal("invalid", fields=errors)
    return dict(cleaned)


def guest_of(answers: Mapping[str, object], questions: list[Question]) -> dict[str, str]:
    """What lists, keys and messages need of the answers, beside them: the name, the address, the number."""
    of_kind = {q.kind: str(answers[q.key]) for q in reversed(questions) if answers.get(q.key)}
    name = " ".join(str(answers[key]) for key in ("first_name", "last_name", "name") if answers.get(key))
    return {"guest_name": name, "email": of_kind.get("email", ""), "mobile": of_kind.get("mobile", "")}


def persons_in(answers: Mapping[str, object], questions: list[Question]) -> int:
    """For how many people a room is needed; 0 where nobody was asked."""
    counts = [answers.get(q.key) for q in questions if q.kind == "persons"]
    return max((count for count in counts if isinstance(count, int)), default=0)


def locked(booking: Booking) -> Booking:
    """The booking as it is now, its row locked until the end of the transaction.

    Without the key: a worker that holds the access row writes events that point to this row, and would wait for us as we for it.
    """
    Booking.objects.select_for_update(no_key=True).filter(pk=booking.pk).values_list("pk").get()
    return with_facts(Booking.objects.filter(pk=booking.pk)).get()


def _become(booking: Booking, status: Status, *, now: datetime, reason: str = "") -> None:
    if not may_become(Status(booking.status), status):
        raise Refusal("not_allowed_now", values={"status": booking.status})
    booking.status = status.value
    booking.sequence += 1
    booking.ended_at = None if status is Status.CONFIRMED else now
    booking.ended_reason = reason[:500]
    booking.save(update_fields=["status", "sequence", "ended_at", "ended_reason"])


def refuse_ended(booking: Booking, *, now: datetime) -> None:
    """Raises Refusal not_allowed_now for a booking that is over or was ended early, and for a time that is only held."""
    movable = booking.status in {Status.PENDING.value, Status.CONFIRMED.value}
    if not movable or booking.end <= now:
        raise Refusal("not_allowed_now", values={"status": booking.status})


def _refuse_late(booking: Booking, *, until_minutes: int, actor: Actor, now: datetime) -> None:
    if actor.kind is ActorKind.GUEST and not within_deadline(booking.start, until_minutes=until_minutes, now=now):
        raise Refusal("deadline_passed")
