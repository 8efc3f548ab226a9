# SPDX-License-Identifier: Apache-2.0
"""Handing a message to the mail server, its calendar file with it. When: `outbox.py`; what comes back: `bounces.py`."""

from __future__ import annotations

import smtplib
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from einlass.core.messages import NOT_CONFIGURED, RECIPIENT_REFUSED, NotTaken
from einlass.locks.redaction import redacted
from einlass.models import Message, Organisation
from einlass.operations.message_ids import message_id
from einlass.operations.message_values import sender_address
from einlass.queries.services import organisation

CALENDAR_NAME = "invite.ics"


class MailCarrier:
    """One connection to the mail server, for as many messages as are due."""

    def __init__(self) -> None:
        self._operator = organisation()
        self._connection = get_connection()

    def hand_over(self, message: Message) -> NotTaken | None:
        """None when the mail server accepted the message, else why not."""
        mail = _mail(message, self._operator)
        mail.connection = self._connection
        try:
            # Opened by hand, it stays open for the next message.
            self._connection.open()
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal_of(error)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._connection.close()
            said = redacted(f"{type(error).__name__}: {error}", secrets=[settings.EMAIL_HOST_PASSWORD])
            # What the server says of a text, or what no mail can be made of, is about this one message.
            return NotTaken(said, away=not isinstance(error, smtplib.SMTPDataError | ValueError))
        return None if settings.MAIL_CONFIGURED else NotTaken(NOT_CONFIGURED, final=True)

    def close(self) -> None:
        self._connection.close()


def _mail(message: Message, operator: Organisation) -> EmailMultiAlternatives:
    sender = formataddr((operator.name, sender_address(operator)))
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        # The envelope's sender is whom a mail comes back to.
        from_email=settings.MAIL_BOUNCES_TO or sender,
        to=[message.to_address],
        reply_to=[operator.email] if operator.email else None,
        headers={
            "From": sender,
            "Message-ID": message_id(message),
            "Content-Language": message.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        _attach_calendar(mail, message)
    return mail


def _attach_calendar(mail: EmailMultiAlternatives, message: Message) -> None:
    """Twice, as Google's own calendar sends it: decision 0012 says which program needs which."""
    mail.attach_alternative(message.calendar, f"text/calendar; method={message.calendar_method}")
    mail.attach(CALENDAR_NAME, message.calendar.encode(), "application/ics")


def _refusal_of(error: smtplib.SMTPRecipientsRefused) -> NotTaken:
    """A final no (5xx) is about the address. Anything else may be another answer in an hour."""
    code, words = next(iter(error.recipients.values()))
    said = redacted(f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}")
    return NotTaken(f"{RECIPIENT_REFUSED}: {said}", final=True) if code >= 500 else NotTaken(said)
