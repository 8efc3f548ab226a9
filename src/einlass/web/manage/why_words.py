# SPDX-License-Identifier: Apache-2.0
"""The words of "Why does the door not open?": a cause and what it means, and a line for each check. What is found: `core/diagnosis.py`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from einlass.core.diagnosis import Finding, Verdict
from einlass.web.key_problems import problem_sentence
from einlass.web.manage.key_advice import advice_on

PROBLEM = "problem_"
QUESTIONS = {"time": _("Time"), "door": _("Door"), "key": _("Key"), "phone": _("Guest's phone"), "lock": _("Lock")}
VERDICTS = {Verdict.OK: _("in order"), Verdict.NO: _("not in order"), Verdict.UNKNOWN: _("not known")}

# Per code: the cause in one sentence, what follows from it. Held by a test to be all that can be a cause.
CAUSES: dict[str, tuple[Any, Any]] = {
    "too_early": (_("%(by)s too early."), _("From %(from)s on the phone opens by itself.")),
    "too_late": (_("%(by)s too late."), _("The key was valid until %(until)s.")),
    "not_confirmed": (_("The booking is not confirmed yet."), _("Its key comes with the confirmation.")),
    "booking_ended": (_("The booking was ended early."), _("Its key has been taken back, or is on its way back.")),
    "not_of_booking": (_("%(door)s is not a door of this booking."), _("It opens: %(doors)s.")),
    "not_used": (_("%(door)s is not used with bookings."), _("Which doors are used is chosen with the branch.")),
    "gateway": (_("%(door)s is a gateway."), _("A gateway is not a door. It connects the locks with exivo.")),
    "unknown_type": (_("%(door)s has no readable type."), _("It stays locked until somebody allows it with the branch.")),
    "missing": (_("exivo no longer lists %(door)s."), _("Look at the doors of the branch.")),
    "off": (_("The integration is switched off."), _("No key is made, and nobody is asked.")),
    "site_unconfirmed": (_("exivo has not confirmed the branch's Site-ID."), _("Until then no key is made for this branch.")),
    "site_mismatch": (_("The branch's Site-ID belongs to another site."), _("Until then no key is made for this branch.")),
    "preparing": (_("The key is still being made."), _("It opens as soon as it was read back from exivo.")),
    "changing": (_("The key is being changed."), _("The new one opens as soon as it was read back from exivo.")),
    "revoking": (_("The key is being taken back."), ""),
    "closed": (_("The key has been taken back."), ""),
    "none": (_("There is no key for this booking."), ""),
    "trouble": (_("The key is in trouble."), ""),
    "no_number": (_("The booking has no mobile number."), _("Without a number there is no key.")),
    "not_mobile": (_("The number of the booking is not a mobile number."), _("The key needs one.")),
    "silent": (_("The lock %(door)s is not answering."), _("Somebody has to look at the lock: battery, radio, gateway.")),
}
NOTHING_FOUND = (
    _("Nothing speaks against it: the door ought to open."),
    _("What the phone does is not reported. Is it the phone with this number, is the app open, is Bluetooth on?"),
)
CHECKS = {
    "in_time": _("%(moment)s lies within %(window)s"),
    "too_early": _("%(moment)s lies before %(window)s"),
    "too_late": _("%(moment)s lies after %(window)s"),
    "not_confirmed": _("waits for approval"),
    "booking_ended": _("the booking has ended"),
    "always": _("%(door)s belongs to this booking"),
    "service": _("%(door)s belongs to this booking"),
    "room": _("%(door)s belongs to this booking"),
    "not_of_booking": _("%(door)s does not belong to it"),
    "not_used": _("%(door)s is not used"),
    "gateway": _("%(door)s is a gateway"),
    "unknown_type": _("%(door)s has no readable type"),
    "missing": _("exivo no longer lists %(door)s"),
    "as_it_should_be": _("ready, doors and times as they should be"),
    "off": _("the integration is switched off"),
    "site_unconfirmed": _("Site-ID not confirmed"),
    "site_mismatch": _("Site-ID of another site"),
    "over_by_now": _("over by now; how it was then is not kept"),
    "preparing": _("being prepared"),
    "changing": _("being changed"),
    "revoking": _("being taken back"),
    "closed": _("taken back"),
    "none": _("there is none"),
    "trouble": _("in trouble"),
    "as_in_the_key": _("%(phone)s, as in the key"),
    "not_read": _("%(phone)s, not read in a key yet"),
    "no_number": _("no number given"),
    "not_mobile": _("%(phone)s is not a mobile number"),
    "answers": _("answers"),
    "opened_lately": _("opened %(opened)s"),
    "silent": _("not answering"),
    "not_reported": _("not reported"),
    "account_unreachable": _("not known: exivo is not answering"),
    "account_throttled": _("not known: exivo asks us to wait"),
    "account_credentials_rejected": _("not known: exivo refuses key or secret"),
}
# Where a check knows it from, beside the time at which it was read.
SOURCES = {
    "always": _("opens always"),
    "service": _("by the service"),
    "room": _("by the room"),
    "not_of_booking": _("doors of the booking"),
    "not_used": _("doors of the branch"),
    "no_number": _("answers of the booking"),
    "not_mobile": _("answers of the booking"),
    "not_confirmed": _("state of the booking"),
    "booking_ended": _("state of the booking"),
    "opened_lately": _("door log of exivo"),
    "off": _("settings"),
    "site_unconfirmed": _("settings"),
    "site_mismatch": _("settings"),
}


def cause_in_words(cause: Finding | None, values: dict[str, str]) -> tuple[str, str]:
    """One sentence with the cause, and what follows from it."""
    if cause is None:
        return str(NOTHING_FOUND[0]), str(NOTHING_FOUND[1])
    if cause.code.startswith(PROBLEM):
        code = cause.code.removeprefix(PROBLEM)
        return problem_sentence(code), advice_on(code)
    sentence, follows = CAUSES[cause.code]
    return str(sentence) % values, str(follows) % values


def check_in_words(finding: Finding, values: dict[str, str]) -> str:
    if finding.code.startswith(PROBLEM):
        return problem_sentence(finding.code.removeprefix(PROBLEM))
    return str(CHECKS[finding.code]) % values
