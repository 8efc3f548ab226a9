# SPDX-License-Identifier: Apache-2.0
"""Whether mail works, as told by the outbox. How it is sent: `operations/mail.py`."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Max

from einlass.models import Message

# What `Message.error` begins with where it is not the mail server that is in trouble.
RECIPIENT_REFUSED = "recipient_refused"
NOT_CONFIGURED = "not_configured"


def mail_trouble() -> str:
    """Empty while mail works, `not_configured` without a mail server, `failing` when nothing was accepted since an attempt failed.

    A guest's address that does not exist is no trouble of ours.
    """
    if not settings.MAIL_CONFIGURED:
        return NOT_CONFIGURED
    failed = Message.objects.filter(sent_at__isnull=True, claimed_until__isnull=False).exclude(error="")
    failed = failed.exclude(error__startswith=RECIPIENT_REFUSED).exclude(error=NOT_CONFIGURED)
    last_sent = Message.objects.aggregate(at=Max("sent_at"))["at"]
    if last_sent is not None:
        failed = failed.filter(claimed_until__gt=last_sent)
    return "failing" if failed.exists() else ""
