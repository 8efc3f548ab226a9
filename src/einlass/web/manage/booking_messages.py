# SPDX-License-Identifier: Apache-2.0
"""What became of each message about a booking, in words. What the states mean: `core/messages.py`; what is written when: the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.messages import SMS, MessageState, state_of
from einlass.models import Message
from einlass.web import formats
from einlass.web.manage.timeline_words import message_word

WORDS = {
    MessageState.WAITING: _("waits to be sent"),
    MessageState.RETRYING: _("not accepted yet"),
    MessageState.SENT: _("sent"),
    MessageState.RETURNED: _("came back"),
    MessageState.REFUSED: _("refused"),
    MessageState.TOO_LATE: _("given up"),
    MessageState.NOT_CONFIGURED: _("not sent"),
    MessageState.GIVEN_UP: _("given up"),
}
# Somebody has to reach the guest in another way.
LOST = frozenset({MessageState.RETURNED, MessageState.REFUSED, MessageState.TOO_LATE, MessageState.GIVEN_UP})
REASONS = {
    MessageState.RETURNED: _("It was accepted and came back later. Call the guest, and correct the address."),
    MessageState.REFUSED: _("The server does not know this address. Call the guest, and correct it."),
    MessageState.TOO_LATE: _("It could not be sent in time. Later it would only confuse."),
    MessageState.GIVEN_UP: _("It was tried for two days."),
    MessageState.NOT_CONFIGURED: _("No mail server is set."),
}
OF_CHANNEL = {
    (MessageState.REFUSED, SMS): _("The gateway does not take this number. Call the guest, and correct it."),
    (MessageState.NOT_CONFIGURED, SMS): _("No SMS gateway is set."),
}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message: what it is, to whom, its state, when that was, why, and the server's own words (staff may read them)."""

    what: str
    to: str
    word: str
    is_lost: bool
    time: str
    why: str
    said: str


def messages_in_words(messages: Iterable[Message], zone: str, *, now: datetime) -> list[MessageLine]:
    """In the order in which they come."""
    return [_line(message, zone, now=now) for message in messages]


def _line(message: Message, zone: str, *, now: datetime) -> MessageLine:
    sent, failed, bounced = message.sent_at, message.failed_at, message.bounced_at
    state = state_of(sent=bool(sent), failed=bool(failed), returned=bool(bounced), error=message.error)
    prefix, colon, rest = message.error.partition(": ")
    said = (
        rest if colon and prefix in {"recipient_refused", "too_late"} else "" if prefix in {"too_late", "not_configured"} else message.error
    )
    return MessageLine(
        what=message_word(message.kind),
        to=message.to_address,
        word=str(WORDS[state]),
        is_lost=state in LOST,
        time=formats.recent(bounced or sent or failed or message.created_at, zone, now=now),
        why=_why(message, state, zone, now=now),
        said=said,
    )


def _why(message: Message, state: MessageState, zone: str, *, now: datetime) -> str:
    if state is MessageState.RETRYING and message.next_attempt_at and message.next_attempt_at > now:
        return gettext("Next attempt %(time)s.") % {"time": formats.recent(message.next_attempt_at, zone, now=now)}
    return str(OF_CHANNEL.get((state, message.channel)) or REASONS.get(state) or "")
