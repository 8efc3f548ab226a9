# SPDX-License-Identifier: Apache-2.0
"""What the outbox tells: whether mail and SMS work, what became of a booking's messages. How it is sent: `operations/outbox.py`."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Max, Q

from einlass.core.messages import MAIL, NOT_CONFIGURED, RECIPIENT_REFUSED, SMS, TOO_LATE
from einlass.models import Booking, Message, Organisation

# What says nothing about the server: an address that does not exist, a message that waited for too long, no server at all.
NOT_THE_SERVER = Q(error__startswith=RECIPIENT_REFUSED) | Q(error__startswith=TOO_LATE) | Q(error=NOT_CONFIGURED)
# More than anybody reads of one booking.
MOST_MESSAGES = 100


def mail_trouble() -> str:
    """Empty while mail works, `not_configured` without a mail server, `failing` when nothing was accepted since an attempt failed.

    A guest's address that does not exist is no trouble of ours.
    """
    return _trouble(MAIL) if settings.MAIL_CONFIGURED else NOT_CONFIGURED


def sms_trouble(operator: Organisation) -> str:
    """The same for SMS; empty where the operator sends none."""
    if not operator.sms_messages:
        return ""
    return _trouble(SMS) if settings.SMS_CONFIGURED else NOT_CONFIGURED


def messages_of(booking: Booking) -> tuple[Message, ...]:
    """What was or is to be written to anybody about the booking, newest first."""
    return tuple(Message.objects.filter(booking=booking).order_by("-created_at", "-id")[:MOST_MESSAGES])


def _trouble(channel: str) -> str:
    ours = Message.objects.filter(channel=channel)
    failed = ours.filter(sent_at__isnull=True, claimed_until__isnull=False).exclude(error="").exclude(NOT_THE_SERVER)
    last_sent = ours.aggregate(at=Max("sent_at"))["at"]
    if last_sent is not None:
        failed = failed.filter(claimed_until__gt=last_sent)
    return "failing" if failed.exists() else ""
