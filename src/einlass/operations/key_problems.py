# SPDX-License-Identifier: Apache-2.0
"""What hinders a key, in words for staff and programs; guests are told less. The codes: `core/access.py`."""

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


def problem_sentence(code: str) -> str:
    """The sentence in the language that is active."""
    return str(SENTENCES.get(code, code))
