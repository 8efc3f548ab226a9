# SPDX-License-Identifier: Apache-2.0
"""Mail that came back: which message it was, and that its booking says so. What stands in one: `core/bounces.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from einlass.core.bounces import Returned, read_returned
from einlass.core.events import CLOCK, MessageBounced
from einlass.gateways.mailbox import MailboxError, unread
from einlass.locks.redaction import redacted
from einlass.models import Message
from einlass.operations.events import record
from einlass.operations.message_ids import messages_named

log = structlog.get_logger()

MOST_AT_ONCE = 50


def take_back(content: bytes, *, now: datetime) -> int:
    """Write down that the messages which this mail returns did not arrive. Twice is the same as once. Records MessageBounced.

    Returns how many were ours: none where it is no failure, or names nothing that we sent.
    """
    returned = read_returned(content)
    if returned is None:
        return 0
    ours = Message.objects.filter(pk__in=messages_named(returned.original)).select_related("booking")
    return sum(_bounced(message, returned, now=now) for message in ours)


def read_mailbox(*, clock: Callable[[], datetime]) -> int:
    """Look through the mailbox that mail comes back to, if one is set. Returns how many messages came back."""
    mailbox = settings.BOUNCES_MAILBOX
    if mailbox is None:
        return 0
    found = 0
    try:
        for content in unread(mailbox, at_most=MOST_AT_ONCE):
            found += take_back(content, now=clock())
    except MailboxError as error:
        log.warning("mailbox_not_read", error=redacted(str(error), secrets=[mailbox.password, mailbox.user]))
    return found


def _bounced(message: Message, returned: Returned, *, now: datetime) -> bool:
    said = redacted(returned.words, secrets=[message.to_address])
    words = said if returned.status in said else f"{returned.status} {said}"
    with transaction.atomic():
        # By one conditional update: the same mail may lie in the mailbox and come through the pipe.
        if not Message.objects.filter(pk=message.pk, bounced_at__isnull=True).update(bounced_at=now, error=words.strip()[:300]):
            return False
        record(MessageBounced(message=message.kind, status=returned.status), actor=CLOCK, now=now, booking=message.booking)
    return True
