# SPDX-License-Identifier: Apache-2.0
"""When a message that could not be sent is tried again. How it is sent: `operations/mail.py`."""

from __future__ import annotations

from datetime import datetime, timedelta

# What may also go by SMS, by the key of its template: a short text with the link to the guest's own page.
SMS_MESSAGES = ("sms_received", "sms_confirmed", "sms_moved", "sms_cancelled", "sms_declined", "sms_reminder", "sms_key_ready")

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=2)


def retry_at(*, attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """The next attempt after `attempts` that failed: a minute, doubling to an hour; None once the message is two days old."""
    if now - created_at >= GIVEN_UP_AFTER:
        return None
    # The exponent is bounded, or the thousandth attempt would be further away than a date can be.
    doublings = min(max(1, attempts), 16) - 1
    return now + min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))
