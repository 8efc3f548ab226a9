# SPDX-License-Identifier: Apache-2.0
"""What becomes of a message: when it is tried again, when it is given up, how that is called. How it is sent: `operations/outbox.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAIL, SMS = "mail", "sms"

# What may also go by SMS, by the key of its template: a short text with the link to the guest's own page.
SMS_MESSAGES = ("sms_received", "sms_confirmed", "sms_moved", "sms_cancelled", "sms_declined", "sms_reminder", "sms_key_ready")

# What tells a guest how his booking stands now. Whatever waited to be sent since before it, and these as well, is no longer true.
_NEWS = ("received", "confirmed", "moved", "cancelled", "declined")
NEWS = frozenset(f"{way}_{about}" for way in ("message", "sms") for about in _NEWS)
OVERTAKEN_BY_NEWS = NEWS | {f"{way}_{about}" for way in ("message", "sms") for about in ("reminder", "key_ready")} | {"message_key_trouble"}

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=2)

# What the error of a message begins with where it is not the server that is in trouble.
RECIPIENT_REFUSED = "recipient_refused"
NOT_CONFIGURED = "not_configured"
TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why a message was not accepted. `final` ones are not tried again; where the server is `away`, it would take no other one either."""

    error: str
    final: bool = False
    away: bool = False


class MessageState(StrEnum):
    """What became of a message so far."""

    WAITING = "waiting"
    RETRYING = "retrying"
    SENT = "sent"
    RETURNED = "returned"
    REFUSED = "refused"
    TOO_LATE = "too_late"
    NOT_CONFIGURED = "not_configured"
    GIVEN_UP = "given_up"


_FINAL = {
    RECIPIENT_REFUSED: MessageState.REFUSED,
    TOO_LATE: MessageState.TOO_LATE,
    NOT_CONFIGURED: MessageState.NOT_CONFIGURED,
}


def state_of(*, sent: bool, failed: bool, returned: bool, error: str) -> MessageState:
    """`error` is that of the last attempt; what came back was accepted before."""
    if returned:
        return MessageState.RETURNED
    if sent:
        return MessageState.SENT
    if failed:
        return _FINAL.get(error.partition(":")[0], MessageState.GIVEN_UP)
    return MessageState.RETRYING if error else MessageState.WAITING


def retry_at(*, attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """The next attempt after `attempts` that failed: a minute, doubling to an hour; None once the message is two days old."""
    if now - created_at >= GIVEN_UP_AFTER:
        return None
    # The exponent is bounded, or the thousandth attempt would be further away than a date can be.
    doublings = min(max(1, attempts), 16) - 1
    return now + min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


def is_too_late(useful_until: datetime | None, at: datetime) -> bool:
    """Whether it would say nothing useful any more at this moment."""
    return useful_until is not None and at >= useful_until
