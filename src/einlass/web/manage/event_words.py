# SPDX-License-Identifier: Apache-2.0
"""What happened, one sentence for each kind of event. Who did it and what it changed stand beside it, see `audit.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.models import EventRecord
from einlass.web.key_problems import problem_sentence

SENTENCES = {
    "booking.requested": _("Booking %(booking)s was asked for."),
    "booking.confirmed": _("Booking %(booking)s was confirmed."),
    "booking.moved": _("Booking %(booking)s was moved."),
    "booking.cancelled": _("Booking %(booking)s was cancelled."),
    "booking.declined": _("Booking %(booking)s was declined."),
    "booking.completed": _("Booking %(booking)s is over."),
    "booking.no_show": _("Nobody came to booking %(booking)s."),
    "booking.answers_changed": _("Answers of booking %(booking)s were corrected: %(questions)s."),
    "booking.number_asked": _("Another number was asked for, a code was sent: booking %(booking)s."),
    "booking.link_renewed": _("The guest's page of booking %(booking)s has a new address."),
    "key.reissue_asked": _("A new key was asked for: booking %(booking)s."),
    "key.ready": _("The key is ready: booking %(booking)s."),
    "key.revoked": _("A key was taken back: booking %(booking)s."),
    "key.drifted": _("A key was changed or deleted in the exivo app: booking %(booking)s."),
    "key.exposed": _("A key that ought to have been gone may have opened: booking %(booking)s."),
    "key.trouble": _("A key is in trouble: booking %(booking)s. %(problem)s"),
    "key.trouble_over": _("What hindered the key is over: booking %(booking)s."),
    "site.confirmed": _("exivo confirmed the site of %(branch)s: %(site)s."),
    "site.compared": _("The site of %(branch)s was compared with exivo as a whole: %(keys)s keys."),
    "doors.changed": _("Doors of %(branch)s are different at exivo."),
    "brake.engaged": _("%(planned)s keys of %(branch)s would be taken back. Einlass waits for a person."),
    "brake.released": _("The keys of %(branch)s that waited may be taken back."),
    "brake.kept": _("The keys of %(branch)s that wait stay as they are: %(keys)s."),
    "brake.ended": _("No key of %(branch)s waits for a decision any more."),
    "backup.restored": _("A backup was put back. It holds everything up to %(taken_at)s."),
    "stray_key.found": _("exivo has a key of Einlass that no booking of %(branch)s knows: %(marker)s."),
    "stray_key.decided": _("The key %(marker)s, which no booking knows: %(decision)s."),
    "stray_key.ended": _("The key %(marker)s, which no booking knew: %(how)s."),
    "configuration.applied": _("A configuration file was applied."),
    "settings.changed": _("Settings were saved."),
    "settings.doors_changed": _("Settings on which doors and keys depend were saved."),
    "door.opening_asked": _("Door %(name)s was to be opened."),
    "door.opening_ended": _("Opening door %(name)s: %(state)s."),
    "guest.exported": _("Data of guests were looked at or taken out: %(bookings)s."),
    "guest.erasure_asked": _("The guest's data of booking %(booking)s are to be erased."),
    "guest.erased": _("The guest's data of booking %(booking)s were erased."),
    "message.sent": _("A message was sent: booking %(booking)s."),
    "message.failed": _("A message could not be sent: booking %(booking)s."),
    "message.bounced": _("A message came back: booking %(booking)s."),
    "user.created": _("An account was made: %(email)s."),
    "user.changed": _("The account %(email)s was changed."),
    "user.secured": _("The sign-in of %(email)s was changed: %(what)s."),
    "token.created": _("The token %(name)s was made."),
    "token.revoked": _("The token %(name)s was revoked."),
}
OPENING_WORDS = {
    "opened": _("exivo has opened it"),
    "refused": _("exivo refused"),
    "unknown": _("the answer was lost"),
    "dropped": _("given up, it was too late"),
}
SECURED_WORDS = {
    "password": _("password"),
    "totp_on": _("code from an app on"),
    "totp_off": _("code from an app off"),
    "passkey_added": _("passkey added"),
    "passkey_removed": _("passkey removed"),
    "recovery_codes": _("new recovery codes"),
    "factors_removed": _("all second factors removed"),
}
STRAY_WORDS = {
    "revoke": _("to be taken back"),
    "kept": _("to be left alone"),
    "revoked": _("taken back"),
    "gone": _("opens nothing any more"),
    "known": _("belongs to a booking after all"),
}
WORDS = {"state": OPENING_WORDS, "decision": STRAY_WORDS, "how": STRAY_WORDS, "what": SECURED_WORDS}
LEFT_OUT = "–"


class _Values(dict[str, Any]):
    """What an event does not say is a dash."""

    def __missing__(self, key: str) -> str:
        return LEFT_OUT


def sentence_of(row: EventRecord, *, branch: str, questions: Mapping[str, str]) -> str:
    """The event in words; a kind that has no sentence is told by its name. `branch` is the branch's name, `questions` are labels by key."""
    values = _Values({name: _word(name, value, questions=questions) for name, value in row.data.items()})
    values |= {"booking": row.booking.reference if row.booking else LEFT_OUT, "branch": branch or LEFT_OUT}
    found = SENTENCES.get(row.kind)
    return (str(found) % values).strip() if found else row.kind


def _word(name: str, value: Any, *, questions: Mapping[str, str]) -> str:
    match name, value:
        case "questions", list():
            return ", ".join(questions.get(str(key)) or str(key) for key in value)
        case "problem", str():
            return problem_sentence(value)
        case "state" | "decision" | "how" | "what", str():
            return str(WORDS[name].get(value, value))
        case _, list():
            return ", ".join(str(item) for item in value)
    return str(value)


def reason_of(row: EventRecord) -> str:
    """What somebody wrote as a reason."""
    written = str(row.data.get("reason", ""))
    if row.kind == "booking.declined" and written == "expired":
        return gettext("Nobody approved it in time.")
    return written if row.kind in {"booking.cancelled", "booking.declined"} else ""


def moved_of(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Start before and after a booking was moved, as ISO 8601."""
    return (str(data["old_start"]), str(data["new_start"])) if {"old_start", "new_start"} <= set(data) else None
