# SPDX-License-Identifier: Apache-2.0
"""The outbox: a message is written with what caused it, and sent later by a worker, see `outbox.py`."""

from __future__ import annotations

from datetime import datetime

from einlass.core.calendar_files import Method
from einlass.core.messages import MAIL
from einlass.models import Booking, Message

SUBJECT_LIMIT = 300


def queue(
    *,
    kind: str,
    to: str,
    language: str,
    subject: str = "",
    text: str,
    html: str = "",
    calendar: str = "",
    calendar_method: Method | None = None,
    once: str | None = None,
    booking: Booking | None = None,
    channel: str = MAIL,
    useful_until: datetime | None = None,
    now: datetime,
) -> None:
    """Write a message in the caller's transaction: it is sent soon if that commits, and never otherwise.

    `once` names the cause: a second message with the same word is not written. What could not be sent by `useful_until` is given up.
    """
    # bulk_create, because only it passes over a row that is there already without spoiling the caller's transaction.
    message = Message(
        kind=kind,
        to_address=to,
        language=language,
        # A subject is one line: what a guest wrote into his name adds no header.
        subject=" ".join(subject.split())[:SUBJECT_LIMIT],
        text=text,
        html=html,
        calendar=calendar,
        calendar_method=calendar_method.value if calendar_method else "",
        once=once,
        booking=booking,
        channel=channel,
        useful_until=useful_until,
        created_at=now,
        next_attempt_at=now,
    )
    Message.objects.bulk_create([message], ignore_conflicts=once is not None)


def forget(booking: Booking) -> int:
    """Delete the messages of a booking, sent or not: they hold the guest's address and what was written to him. Returns how many."""
    deleted, _ = Message.objects.filter(booking=booking).delete()
    return deleted
