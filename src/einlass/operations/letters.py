# SPDX-License-Identifier: Apache-2.0
"""A mail to a guest that somebody asked for just now, from its template. What follows from events by itself: `guest_messages.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from einlass.models import Booking
from einlass.operations.message_values import booking_values, language_of, letter
from einlass.operations.messages import queue
from einlass.queries.services import organisation
from einlass.queries.templates import wording


def write_letter(kind: str, booking: Booking, extra: Mapping[str, str], *, now: datetime, useful_until: datetime | None = None) -> None:
    """Write it into the outbox, in the caller's transaction. `extra` are the values that no booking has."""
    operator = organisation()
    language = language_of(booking, operator)
    values = {**booking_values(booking, operator, language=language), **extra}
    made = letter(kind, wording(kind, language=language, operator=operator), values, language=language, operator=operator)
    queue(
        kind=kind,
        to=booking.email,
        language=language,
        subject=made.subject,
        text=made.text,
        html=made.html,
        booking=booking,
        useful_until=useful_until,
        now=now,
    )
