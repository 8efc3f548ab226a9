# SPDX-License-Identifier: Apache-2.0
"""Sending what waits in the outbox: claim, hand over, write the result. Never within a request or a transaction. How a message is handed
over: `mail.py`, `sms.py`; how it is written: `messages.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from einlass.core.events import CLOCK, MessageFailed, MessageSent
from einlass.core.messages import MAIL, NEWS, OVERTAKEN_BY_NEWS, SMS, TOO_LATE, NotTaken, is_too_late, retry_at
from einlass.models import Message
from einlass.operations.events import record
from einlass.operations.mail import MailCarrier
from einlass.operations.sms import SmsCarrier

log = structlog.get_logger()

# Longer than any conversation with a server that keeps to the time limit of each answer (15 s). A gateway answers once, within that time as
# a whole, and knows an SMS again for three minutes: what a dead worker left must be tried again before they are over.
CLAIM: Mapping[str, timedelta] = {MAIL: timedelta(minutes=5), SMS: timedelta(minutes=1)}


class Carrier(Protocol):
    """Takes messages of one channel to a server."""

    def hand_over(self, message: Message) -> NotTaken | None:
        """None when the server accepted it, else why not."""

    def close(self) -> None: ...


CARRIERS: Mapping[str, Callable[[], Carrier]] = {MAIL: MailCarrier, SMS: SmsCarrier}


def send_due(*, clock: Callable[[], datetime], at_most: int = 100) -> int:
    """Send what is due, the oldest first, each channel by itself. Returns how many were accepted.

    A worker that dies between the server's yes and its own note leaves a message that is sent once more: a mail with the same
    Message-ID, an SMS that the gateway knows again.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a message is not handed over inside a transaction: others would wait for a server of somebody else")
    return sum(_send_by(channel, clock=clock, at_most=at_most) for channel in CARRIERS)


def _send_by(channel: str, *, clock: Callable[[], datetime], at_most: int) -> int:
    due = _free(now=clock()).filter(channel=channel).order_by("next_attempt_at", "id")
    keys = list(due.values_list("pk", flat=True)[:at_most])
    if not keys:
        return 0
    carrier, sent = CARRIERS[channel](), 0
    try:
        for pk in keys:
            message = _claim(pk, lease=CLAIM[channel], now=clock())
            if message is None:
                continue
            problem = _too_late(message, now=clock()) or carrier.hand_over(message)
            _write_result(message, problem, now=clock())
            sent += problem is None
            if problem and problem.away:
                # The others need not wait for that one by one.
                break
    finally:
        carrier.close()
    return sent


def _free(*, now: datetime) -> QuerySet[Message]:
    nobody_at_it = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return Message.objects.filter(nobody_at_it, next_attempt_at__lte=now)


def _claim(pk: int, *, lease: timedelta, now: datetime) -> Message | None:
    """Take the message by one conditional update; None where another worker was faster."""
    taken = _free(now=now).filter(pk=pk).update(claimed_until=now + lease, attempts=F("attempts") + 1)
    # Its booking may be erased at this moment, and the message with it.
    return Message.objects.select_related("booking").filter(pk=pk).first() if taken else None


def _too_late(message: Message, *, now: datetime) -> NotTaken | None:
    """A reminder of what has begun, or was cancelled meanwhile, is no reminder: it is given up, with what hindered it before."""
    if not is_too_late(message.useful_until, now) and not _is_overtaken(message):
        return None
    return NotTaken(f"{TOO_LATE}: {message.error}" if message.error else TOO_LATE, final=True)


def _is_overtaken(message: Message) -> bool:
    """What goes at the first attempt keeps its order. What was held up is no news once a later message says how the booking stands now."""
    if message.attempts == 1 or message.kind not in OVERTAKEN_BY_NEWS or message.booking is None:
        return False
    return message.booking.messages.filter(channel=message.channel, kind__in=NEWS, pk__gt=message.pk).exists()


def _next_attempt(message: Message, problem: NotTaken, *, now: datetime) -> tuple[NotTaken, datetime | None]:
    """When it is tried again, and why not where it is not."""
    if problem.final:
        return problem, None
    again = retry_at(attempts=message.attempts, created_at=message.created_at, now=now)
    if again is not None and is_too_late(message.useful_until, again):
        return NotTaken(f"{TOO_LATE}: {problem.error}", final=True), None
    return problem, again


def _write_result(message: Message, problem: NotTaken | None, *, now: datetime) -> None:
    """Sent, given up, or when it is tried again. `claimed_until` keeps when this attempt ended."""
    again = None
    if problem is not None:
        problem, again = _next_attempt(message, problem, now=now)
    error = problem.error[:300] if problem else ""
    with transaction.atomic():
        # Erased meanwhile, or claimed anew after we took too long: then there is nothing of ours to write.
        ours = Message.objects.filter(pk=message.pk, claimed_until=message.claimed_until)
        # It may have come back before we wrote down that it was accepted.
        ours.filter(bounced_at__isnull=True).update(error=error)
        written = ours.update(
            claimed_until=now,
            next_attempt_at=again,
            sent_at=None if problem else now,
            failed_at=now if problem and again is None else None,
        )
        if written and again is None:
            _tell(message, problem, now=now)
            if message.booking_id is None:
                # An invitation or a new password: its link is a key to the house, and nobody reads it here again.
                Message.objects.filter(pk=message.pk).update(text="", html="")
    if problem:
        log.warning("message_not_sent", message=message.pk, kind=message.kind, error=error, again=again is not None)


def _tell(message: Message, problem: NotTaken | None, *, now: datetime) -> None:
    """In the history of the booking, and a failure also where there is none."""
    if problem:
        record(MessageFailed(message=message.kind), actor=CLOCK, now=now, booking=message.booking)
    elif message.booking is not None:
        record(MessageSent(message=message.kind), actor=CLOCK, now=now, booking=message.booking)
