# SPDX-License-Identifier: Apache-2.0
"""What happened to a booking, a sentence for each kind of event, and what exivo was asked. The order and the days are `timeline.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.web.key_problems import problem_sentence

# Every kind of core/events.py that can belong to a booking, held by a test. `%(…)s` are filled by `timeline.py`.
SENTENCES = {
    "booking.requested": _("Asked for: %(span)s. It waits for approval."),
    "booking.confirmed": _("Booked for %(span)s"),
    "booking.moved": _("Moved from %(old)s to %(new)s"),
    "booking.cancelled": _("Cancelled"),
    "booking.declined": _("Declined"),
    "booking.completed": _("The booking is over"),
    "booking.no_show": _("Nobody came"),
    "booking.answers_changed": _("Answers corrected: %(questions)s"),
    "booking.number_asked": _("Another number was asked for. A code was sent"),
    "booking.link_renewed": _("The guest's page has a new address. The old one leads nowhere"),
    "key.reissue_asked": _("A new key was asked for"),
    "key.ready": _("Key ready: read at exivo, all as it should be"),
    "key.revoked": _("Key taken back: %(reason)s"),
    "key.drifted": _("The key was changed in the exivo app: %(what)s"),
    "key.exposed": _("A key that ought to have been gone may have opened: %(exposed)s"),
    "key.trouble": _("Key in trouble. %(problem)s"),
    "key.trouble_over": _("What hindered the key is over"),
    "door.opening_asked": _("%(name)s: to be opened now"),
    "door.opening_ended": _("%(name)s: %(state)s"),
    "guest.exported": _("The guest's data were looked at or taken out"),
    "guest.erasure_asked": _("The guest's data are to be erased"),
    "guest.erased": _("The guest's data were erased"),
    "message.sent": _("Message sent: %(message)s"),
    "message.failed": _("Message could not be sent: %(message)s"),
    "message.bounced": _("Message came back undelivered: %(message)s"),
}
# After a request the same event means that somebody approved it.
APPROVED = _("Confirmed")
# These belong to a branch, the settings or an account, never to a booking.
OTHERS = frozenset({"site", "doors", "brake", "backup", "stray_key", "configuration", "settings", "user", "token"})
AT_VENDOR = frozenset({"key.revoked", "key.drifted", "door.opening_ended"})
REASONS = {
    "no_grant": _("the booking has ended"),
    "replaced": _("another one takes its place"),
    "duplicate": _("it was there twice"),
    "drifted": _("it was changed in the exivo app"),
    "reissued": _("somebody asked for a new one"),
    "overdue": _("it was still valid after its end"),
}
DIFFERENCES = {
    "deleted": _("deleted"),
    "revoked": _("taken back"),
    "expired": _("expired"),
    "doors": _("other doors"),
    "phone": _("another number"),
    "window": _("other times"),
    "returned": _("valid again after it was gone"),
    "overdue": _("still valid after its end"),
    "as_before": _("as booked again"),
}
OPENED = {
    "opened": _("exivo accepted the opening"),
    "refused": _("could not be opened"),
    "unknown": _("the answer of exivo was lost, it may be open"),
    "dropped": _("given up, it was too late"),
}
MESSAGES = {
    "message_received": _("request received"),
    "message_confirmed": _("confirmation"),
    "message_moved": _("change"),
    "message_cancelled": _("cancellation"),
    "message_declined": _("request declined"),
    "message_reminder": _("reminder"),
    "message_key_ready": _("key ready"),
    "message_key_trouble": _("key in trouble"),
    "message_key_stays": _("key not taken back"),
    "message_key_changed": _("key changed in the exivo app"),
    "sms_received": _("request received, by SMS"),
    "sms_confirmed": _("confirmation, by SMS"),
    "sms_moved": _("change, by SMS"),
    "sms_cancelled": _("cancellation, by SMS"),
    "sms_declined": _("request declined, by SMS"),
    "sms_reminder": _("reminder, by SMS"),
    "sms_key_ready": _("key ready, by SMS"),
    "message_link": _("new address of the page"),
    "message_code": _("code for another number"),
}
WORDS = {"reason": REASONS, "what": DIFFERENCES, "state": OPENED, "message": MESSAGES}
CALLS = {
    "issue": _("make the key"),
    "amend": _("change the key"),
    "read": _("read the key"),
    "list": _("list all keys"),
    "revoke": _("take the key back"),
    "open": _("open a door"),
}
OUTCOMES = {
    "ok": _("done"),
    "": _("not answered yet"),
    "unknown": _("answer lost"),
    "refused": _("refused"),
    "throttled": _("asked to wait"),
    "unavailable": _("no answer"),
    "lease_lost": _("not sent"),
    "not_sent": _("not sent"),
    "failed": _("failed"),
}


def words_of(data: Mapping[str, Any], *, labels: Mapping[str, str]) -> dict[str, str]:
    """What an event carries, in words; `labels` are those of the questions."""
    return {name: _word(name, value, labels) for name, value in data.items()}


def _word(name: str, value: Any, labels: Mapping[str, str]) -> str:
    """Lists and comma lists word by word; what has no word is told as it is."""
    if name == "problem":
        return problem_sentence(str(value))
    known: Mapping[str, Any] = labels if name == "questions" else WORDS.get(name, {})
    parts = value if isinstance(value, list) else str(value).split(",") if name == "what" else [value]
    return ", ".join(str(known.get(str(part), part)) for part in parts)


def call_word(kind: str) -> str:
    return str(CALLS.get(kind, kind))


def message_word(kind: str) -> str:
    """What a message is: confirmation, reminder, key ready by SMS."""
    return str(MESSAGES.get(kind, kind))


def outcome_word(outcome: str) -> str:
    """How a call ended; an account that a person has to mend has an outcome of its own."""
    if outcome.startswith("needs_operator"):
        return gettext("refused: key, secret or site")
    return str(OUTCOMES.get(outcome, outcome))
