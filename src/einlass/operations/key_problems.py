# SPDX-License-Identifier: Apache-2.0
"""What hinders a key and what whom to do about it, in words for staff and programs; guests are told less. The codes: `core/access.py`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "vendor_unreachable": _("exivo is not answering."),
    "throttled": _("exivo asks us to wait."),
    "credentials_rejected": _("exivo refuses the API key or secret."),
    "site_unconfirmed": _("exivo has not confirmed the branch's Site-ID yet."),
    "site_mismatch": _("The branch's Site-ID belongs to another site."),
    "not_compared": _("After an upgrade or a restored backup Einlass compares the site with exivo first."),
    "outcome_unknown": _("An answer of exivo was lost. Einlass looks before it tries again."),
    "refused": _("exivo refuses this key."),
    "quota_exhausted": _("A door holds as many keys as it can."),
    "phone_unusable": _("exivo does not accept this mobile number."),
    "door_missing": _("exivo no longer knows one of the doors."),
    "door_forbidden": _("One of the doors may not be in a key."),
    "changed_outside": _("The key was changed in the exivo app."),
    "duplicate": _("There are two keys for this booking."),
    "overlap_unmanaged": _("Another key of the same phone overlaps."),
    "failed_to_revoke": _("The key could not be taken back yet."),
    "failed_to_expire": _("The key is over and still listed."),
    "held_by_brake": _("Many keys would be taken back at once. Somebody has to agree."),
    "clock_skew": _("The clocks of Einlass and exivo differ."),
}

# What the staff can do, one sentence for each.
ADVICE = {
    "vendor_unreachable": _("Nobody has to do anything: it goes on as soon as exivo answers. Who stands at the door is let in by hand."),
    "throttled": _("Nobody has to do anything: it goes on by itself."),
    "credentials_rejected": _("Enter API key and secret anew under Settings › Integrations."),
    "site_unconfirmed": _("Check the branch's Site-ID, and whether the Connection service is active for it."),
    "site_mismatch": _("Correct the branch's Site-ID."),
    "not_compared": _(
        "Nobody has to do anything: it goes on as soon as the site was compared as a whole, within minutes while exivo answers."
    ),
    "outcome_unknown": _("Nobody has to do anything: Einlass looks at exivo whether the key exists."),
    "refused": _("Look at doors and number, then have the key made anew."),
    "quota_exhausted": _(
        "Nobody has to do anything: it is tried again when one of our keys ends, and the sooner start goes first. "
        "A booking that is cancelled makes room at once."
    ),
    "phone_unusable": _("Ask the guest for a mobile number and correct it."),
    "door_missing": _("The other doors open. Look at the branch's doors: one is no longer there."),
    "door_forbidden": _("The other doors open. Take that door out, or allow the one without a type."),
    "changed_outside": _("Ask who changed it in the exivo app, then have the key made anew."),
    "duplicate": _("Nobody has to do anything: the surplus one is taken back."),
    "overlap_unmanaged": _("Ask the guest for another number, or take the other key back in the exivo app."),
    "failed_to_revoke": _("Einlass keeps trying. If it must not open, take it back in the exivo app."),
    "failed_to_expire": _("Nobody has to do anything: its time is over."),
    "held_by_brake": _("Look at what is to be taken back, then let it go ahead on the readiness page."),
    "clock_skew": _("Have the clock of this machine put right."),
}


def problem_sentence(code: str) -> str:
    """The sentence in the language that is active."""
    return str(SENTENCES.get(code, code))


def advice_on(code: str) -> str:
    """What to do, in the language that is active."""
    return str(ADVICE.get(code, ""))
