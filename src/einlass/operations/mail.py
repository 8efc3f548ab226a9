# SPDX-License-Identifier: Apache-2.0
"""Sending what waits in the outbox: claim, send, write the result. Never within a request or a transaction; the outbox: `messages.py`."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import formataddr
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet

from einlass.core.events import CLOCK, MessageFailed, MessageSent
from einlass.core.messages import retry_at
from einlass.locks.redaction import redacted
from einlass.models import Message, Organisation
from einlass.operations.events import record
from einlass.queries.messages import NOT_CONFIGURED, RECIPIENT_REFUSED
from einlass.queries.services import organisation

log = structlog.get_logger()

# Longer than any conversation with a mail server that keeps to the time limit of each answer (EMAIL_TIMEOUT).
CLAIM = timedelta(minutes=5)


def send_due(*, clock: Callable[[], datetime], at_most: int = 100) -> int:
    """Send what is due, the oldest first, over one connection. Returns how many the mail server accepted.

    A worker that dies between the server's yes and its own note leaves a message that is sent once more; both have the same Message-ID.
    """
    due = list(_free(now=clock()).order_by("next_attempt_at", "id").values_list("pk", flat=True)[:at_most])
    if not due:
        return 0
    operator, connection, sent = organisation(), get_connection(), 0
    try:
        for pk in due:
            message = _claim(pk, now=clock())
            if message is None:
                continue
            error = _handed_over(message, connection, operator)
            _write_result(message, error, now=clock())
            sent += not error
            if _server_is_away(error):
                # The others need not wait for that one by one.
                break
    finally:
        connection.close()
    return sent


def _server_is_away(error: str) -> bool:
    """Not where the answer was about this message or its address: a status of the server, or a message that it does not take."""
    about_one = (RECIPIENT_REFUSED, NOT_CONFIGURED, "SMTPDataError", "ValueError")
    return bool(error) and not error[0].isdigit() and not error.startswith(about_one)


def _free(*, now: datetime) -> QuerySet[Message]:
    nobody_at_it = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return Message.objects.filter(nobody_at_it, next_attempt_at__lte=now)


def _claim(pk: int, *, now: datetime) -> Message | None:
    """Take the message by one conditional update; None where another worker was faster."""
    taken = _free(now=now).filter(pk=pk).update(claimed_until=now + CLAIM, attempts=F("attempts") + 1)
    # Its booking may be erased at this moment, and the message with it.
    return Message.objects.select_related("booking").filter(pk=pk).first() if taken else None


def _handed_over(message: Message, connection: BaseEmailBackend, operator: Organisation) -> str:
    """Empty when the mail server accepted the message, else why not."""
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=_sender(operator),
        to=[message.to_address],
        reply_to=[operator.email] if operator.email else None,
        connection=connection,
        headers={
            "Message-ID": f"<{message.pk}.{int(message.created_at.timestamp())}@{_host()}>",
            "Content-Language": message.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    try:
        # Opened by hand, it stays open for the next message.
        connection.open()
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        return _refusal_of(error)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        connection.close()
        return redacted(f"{type(error).__name__}: {error}", secrets=[settings.EMAIL_HOST_PASSWORD])
    return "" if settings.MAIL_CONFIGURED else NOT_CONFIGURED


def _refusal_of(error: smtplib.SMTPRecipientsRefused) -> str:
    """A final no (5xx) is about the address. Anything else may be another answer in an hour."""
    code, words = next(iter(error.recipients.values()))
    said = redacted(f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}")
    return f"{RECIPIENT_REFUSED}: {said}" if code >= 500 else said


def _sender(operator: Organisation) -> str:
    return formataddr((operator.name, settings.MAIL_FROM or operator.email or f"einlass@{_host()}"))


def _host() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def _write_result(message: Message, error: str, *, now: datetime) -> None:
    """Sent, given up, or when it is tried again. `claimed_until` keeps when this attempt ended."""
    final = error.startswith((RECIPIENT_REFUSED, NOT_CONFIGURED))
    again = None if not error or final else retry_at(attempts=message.attempts, created_at=message.created_at, now=now)
    with transaction.atomic():
        # Erased meanwhile, or claimed anew after we took too long: then there is nothing of ours to write.
        ours = Message.objects.filter(pk=message.pk, claimed_until=message.claimed_until)
        written = ours.update(
            claimed_until=now,
            next_attempt_at=again,
            error=error[:300],
            sent_at=None if error else now,
            failed_at=now if error and again is None else None,
        )
        if written and again is None:
            _tell(message, error, now=now)
            if message.booking_id is None:
                # An invitation or a new password: its link is a key to the house, and nobody reads it here again.
                Message.objects.filter(pk=message.pk).update(text="", html="")
    if error:
        log.warning("message_not_sent", message=message.pk, kind=message.kind, error=error, again=again is not None)


def _tell(message: Message, error: str, *, now: datetime) -> None:
    """In the history of the booking, and a failure also where there is none."""
    if error:
        record(MessageFailed(message=message.kind), actor=CLOCK, now=now, booking=message.booking)
    elif message.booking is not None:
        record(MessageSent(message=message.kind), actor=CLOCK, now=now, booking=message.booking)
