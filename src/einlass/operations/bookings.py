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
from einlass.core.errors import FieldError, Refusal
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
from einlass.core.questions import validate
from einlass.core.slots import blocked_window, free_rooms, rules_for, why_not_offered
from einlass.core.windows import Window
from einlass.models import Booking, Question, Room, Service
from einlass.operations.events import record
from einlass.operations.limits import refuse_many_open
from einlass.queries.availability import rooms_for, taken_windows
from einlass.queries.bookings import booking_of_form, with_facts
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


def book(wish: Wish, *, actor: Actor, now: datetime) -> Booking:
    """Book, or ask for approval where the service wants it; the staff approve by booking, and no notice binds them.

    Raises Refusal: service_not_bookable (R8), invalid, not_offered, slot_taken, busy; too_many for guests on the page.
    Records BookingConfirmed or BookingRequested.
    """
    once = _once_of(wish)
    if once and (made := booking_of_form(once)):
        return made
    questions = questions_of(wish.service)
    if not wish.service.active or needs_mobile_number(wish.service, questions):
        raise Refusal("service_not_bookable")
    _refuse_unoffered(wish.service, start=wish.start, duration=wish.duration, actor=actor, now=now)
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
            _take_room(booking, window=wish.window, persons=persons, wanted=wish.room)
            record(BookingConfirmed() if status is Status.CONFIRMED else BookingRequested(), actor=actor, now=now, booking=booking)
    except IntegrityError:
        # The same form came twice at the same moment, and the other one was written first.
        made = booking_of_form(once) if once else None
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
        _refuse_unoffered(booking.service, start=start, duration=minutes, actor=actor, now=asked_at)
        old = booking.window
        old_room = booking.room.key
        booking.sequence += 1
        questions = questions_of(booking.service)
        _take_room(booking, window=wanted, persons=persons_in(booking.answers, questions), wanted=room)
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


def _refuse_unoffered(service: Service, *, start: datetime, duration: int, actor: Actor, now: datetime) -> None:
    reason = why_not_offered(rules_for(service.rules(), actor=actor.kind), service.branch.hours(), start=start, duration=duration, now=now)
    if reason:
        raise Refusal("not_offered", fields=(FieldError("duration" if reason == "duration" else "start", reason),))


def _take_room(booking: Booking, *, window: Window, persons: int, wanted: Room | None = None) -> None:
    """Give the booking the first free room of its service, or the one that is wanted, and write it. Raises Refusal slot_taken.

    The rooms' rows are locked in the order of their ids, so that two wishes for several rooms cannot wait for one another;
    after that the check cannot be overtaken. The database's own refusal of an overlap remains the last word.
    """
    rooms = {room.pk: room for room in rooms_for(booking.service, persons=persons)}
    if not rooms:
        raise Refusal("invalid" if persons else "not_offered", fields=(FieldError("persons", "too_many_persons"),) if persons else ())
    if wanted is not None and wanted.pk not in rooms:
        raise _not_this_room(booking.service, wanted)
    if wanted is not None:
        rooms = {wanted.pk: rooms[wanted.pk]}
    held = Room.objects.select_for_update(no_key=True).filter(pk__in=rooms).order_by("pk").values_list("pk", "active")
    # Somebody may have taken a room out of use while we waited for it.
    still = {pk for pk, active in held if active}
    rooms = {pk: room for pk, room in rooms.items() if pk in still}
    if not rooms or not Service.objects.filter(pk=booking.service_id).exists():
        raise Refusal("slot_taken")
    rules = booking.service.rules()
    blocked = blocked_window(rules, window)
    taken = taken_windows(list(rooms), start=blocked.start, end=blocked.end, leave_out=booking if booking.pk else None)
    preferred = sorted(rooms, key=lambda pk: pk != booking.room_id)
    free = free_rooms(rules, rooms=preferred, taken=taken, window=window)
    if not free:
        raise Refusal("slot_taken")
    booking.room = rooms[free[0]]
    booking.start, booking.end = window.start, window.end
    booking.blocked_from, booking.blocked_until = blocked.start, blocked.end
    try:
        with transaction.atomic():
            booking.save()
    except IntegrityError as error:
        if "no_overlap" not in str(error):
            raise
        raise Refusal("slot_taken") from error


def _not_this_room(service: Service, room: Room) -> Refusal:
    """Why the service cannot be held in this room: it is not one of its own, or too small for so many people."""
    ours = room.active and service.rooms.filter(pk=room.pk).exists()
    return Refusal("invalid", fields=(FieldError("room", "room_too_small" if ours else "not_a_choice"),))


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
    """Raises Refusal not_allowed_now for a booking that is over or was ended early."""
    movable = booking.status in {Status.HELD.value, Status.PENDING.value, Status.CONFIRMED.value}
    if not movable or booking.end <= now:
        raise Refusal("not_allowed_now", values={"status": booking.status})


def _refuse_late(booking: Booking, *, until_minutes: int, actor: Actor, now: datetime) -> None:
    if actor.kind is ActorKind.GUEST and not within_deadline(booking.start, until_minutes=until_minutes, now=now):
        raise Refusal("deadline_passed")
