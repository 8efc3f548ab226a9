# SPDX-License-Identifier: Apache-2.0
"""The link to the guest's own page, taken away from whoever has it. What the page shows is web."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from einlass.core.calendar_files import with_word_replaced
from einlass.core.errors import Refusal
from einlass.core.events import Actor, BookingLinkRenewed
from einlass.models import Booking, Message
from einlass.models.bookings import new_link_token
from einlass.operations.bookings import locked
from einlass.operations.events import record
from einlass.operations.letters import write_letter

KIND = "message_link"


def renew_link(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    """Give the guest's page another address; the old one leads nowhere at once. Keys are untouched.

    Raises Refusal not_allowed_now where the guest's data are gone, and his page with them. Records BookingLinkRenewed.
    """
    with transaction.atomic():
        return _renewed(booking, actor=actor, now=now)


def renew_and_send_link(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    """The same, and tell the guest the new address by mail. Raises Refusal no_mail_address besides; then nothing was renewed."""
    with transaction.atomic():
        booking = _renewed(booking, actor=actor, now=now)
        if not booking.email:
            raise Refusal("no_mail_address")
        write_letter(KIND, booking, {}, now=now)
    return booking


def _renewed(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    booking = locked(booking)
    if booking.erased_at is not None:
        raise Refusal("not_allowed_now", values={"status": booking.status})
    old, booking.link_token = booking.link_token, new_link_token()
    _mend_unsent(booking, old=old)
    record(BookingLinkRenewed(), actor=actor, now=now, booking=booking)
    # Last: a new link token locks the row for everybody who writes an event about it, such as the sender of its messages.
    booking.save(update_fields=["link_token"])
    return booking


def _mend_unsent(booking: Booking, *, old: str) -> None:
    """What still waits in the outbox for the guest names the new address. Sent to another address it would tell it to the wrong one."""
    his = [address for address in (booking.email, booking.mobile) if address]
    for message in Message.objects.filter(booking=booking, to_address__in=his, sent_at__isnull=True, failed_at__isnull=True):
        message.text, message.html = message.text.replace(old, booking.link_token), message.html.replace(old, booking.link_token)
        message.calendar = with_word_replaced(message.calendar, old, booking.link_token)
        message.save(update_fields=["text", "html", "calendar"])
