# SPDX-License-Identifier: Apache-2.0
"""Correcting the answers of a booking. What a valid answer is stands in `core/questions.py`; the key follows the number (F24)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor, BookingAnswersChanged
from einlass.core.questions import validate
from einlass.models import Booking, NumberChange, Question
from einlass.operations.bookings import guest_of, locked, persons_in, refuse_ended
from einlass.operations.events import record
from einlass.queries.services import questions_of


def answers_digest(booking: Booking) -> str:
    """Tells whether somebody else has corrected the answers since they were shown."""
    return hashlib.sha256(json.dumps(booking.answers, sort_keys=True, default=str).encode()).hexdigest()[:32]


def change_answers(booking: Booking, answers: Mapping[str, object], *, actor: Actor, now: datetime, seen: str) -> Booking:
    """Take these answers in place of those to the same questions; what is no longer asked is kept. `seen` is the digest of what was shown.

    Raises Refusal: not_allowed_now, changed_meanwhile, invalid (with fields). Records BookingAnswersChanged where anything changed.
    """
    with transaction.atomic():
        booking = locked(booking)
        refuse_ended(booking, now=now)
        if seen != answers_digest(booking):
            raise Refusal("changed_meanwhile")
        return _take(booking, answers, questions_of(booking.service), actor=actor, now=now)


def change_answer(booking: Booking, question: Question, answer: object, *, actor: Actor, now: datetime) -> Booking:
    """Take one answer and leave all others as they are, also those that would be asked otherwise today.

    Raises Refusal: not_allowed_now, invalid (with fields). Records BookingAnswersChanged where it changed anything.
    """
    with transaction.atomic():
        booking = locked(booking)
        refuse_ended(booking, now=now)
        return _take(booking, {question.key: answer}, [question], actor=actor, now=now)


def _take(booking: Booking, answers: Mapping[str, object], questions: list[Question], *, actor: Actor, now: datetime) -> Booking:
    cleaned = _validated(booking, answers, questions)
    asked = [question.key for question in questions]
    changed = [key for key in asked if booking.answers.get(key) != cleaned.get(key)]
    if not changed:
        return booking
    kept = {key: value for key, value in booking.answers.items() if key not in asked}
    mail_before = booking.email
    _write(booking, kept | cleaned, questions)
    if booking.email != mail_before:
        # A code that went to the address that is no longer his proves nothing; he may have another one sent.
        NumberChange.objects.filter(booking=booking, valid_until__gt=now).update(valid_until=now)
    record(BookingAnswersChanged(questions=changed), actor=actor, now=now, booking=booking)
    return booking


def _validated(booking: Booking, answers: Mapping[str, object], questions: list[Question]) -> dict[str, object]:
    cleaned, errors = validate(tuple(q.facts() for q in questions), answers, country=booking.branch.country)
    room, persons = booking.room, persons_in(cleaned, questions)
    if not errors and room.capacity is not None and persons > room.capacity:
        errors = tuple(FieldError(q.key, "room_too_small") for q in questions if q.kind == "persons" and cleaned.get(q.key) == persons)
    if errors:
        raise Refusal("invalid", fields=errors)
    return dict(cleaned)


def _write(booking: Booking, answers: dict[str, object], questions: list[Question]) -> None:
    booking.answers = answers
    booking.sequence += 1
    guest = guest_of(answers, questions)
    kinds = {question.kind for question in questions}
    # Where nobody is asked for it any more, what is known stays: without a number the key would go.
    booking.guest_name = guest["guest_name"] or booking.guest_name
    booking.email = guest["email"] if "email" in kinds else booking.email
    booking.mobile = guest["mobile"] if "mobile" in kinds else booking.mobile
    booking.save(update_fields=["answers", "sequence", "guest_name", "email", "mobile"])
    booking.forget_neighbours()
