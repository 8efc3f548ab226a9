# SPDX-License-Identifier: Apache-2.0
"""The wish of a guest for another mobile number that waits for its code, and the question that asks for the number."""

from __future__ import annotations

from datetime import datetime

from einlass.models import Booking, NumberChange, Question
from einlass.queries.services import questions_of

TRIES = 5


def number_question(booking: Booking) -> Question | None:
    """The question whose answer is the number of the key: the first one for a mobile number that the booking answers."""
    asked = [question for question in questions_of(booking.service) if question.kind == "mobile"]
    return next((question for question in asked if booking.answers.get(question.key)), asked[0] if asked else None)


def running_change(booking: Booking, *, now: datetime) -> NumberChange | None:
    """What waits for its code: neither too old nor tried too often."""
    return NumberChange.objects.filter(booking=booking, valid_until__gt=now, tries__lt=TRIES).first()
