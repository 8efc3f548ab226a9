# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a field of the settings, in words. The codes: `core/errors.py:SETTING_ERRORS`; answers of guests: `refusals.py`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SETTING_SENTENCES = {
    "not_accepted": _("This was not accepted: %(sentence)s"),
    "too_small": _("Please give at least %(limit)s."),
    "too_large": _("Please give at most %(limit)s."),
    "not_a_url": _("Please give an address that starts with https:// or http://."),
    "not_a_colour": _("Please give a colour as # and six signs of 0-9 and a-f, such as #1f5fbf."),
    "not_an_origin": _("%(value)s: please give the address of a website without a path, such as https://www.example.org."),
    "not_digits": _("Please give digits only, such as 100200."),
    "unknown_zone": _("We do not know this time zone. Example: Europe/Zurich"),
    "unknown_country": _("We do not know this country. Write its two letters, such as CH, DE or AT."),
    "unknown_holidays": _("We do not know this region. Write a country or a country and its part, such as AT or CH-BE."),
    "not_a_span": _("Please write opening times as 07:00-22:00, several with a comma between them."),
    "spans_overlap": _("These opening times overlap."),
    "twice": _("%(value)s stands here twice."),
    "not_minutes": _("Please give minutes, several with a comma between them: 60, 120."),
    "unknown_site": _("exivo does not know this Site-ID. Nothing was changed at the branch."),
    "site_mismatch": _("exivo answers for another site. Nothing was changed at the branch."),
    "credentials_rejected": _("The API key or the API secret is not right. Please check both in the exivo app."),
    "other_encryption_keys": _(
        "This machine has other encryption keys than the database, so it can store no secret. Nothing was changed. "
        "Start Einlass with the right keys, or on the machine that has them."
    ),
    "not_active": _("exivo refuses this site. Perhaps its Connection service is not active; dormakaba switches it on."),
    "unreachable": _("exivo cannot be reached. Bookings go on."),
    "keys_left": _("Keys of this branch are still at exivo. Set its doors to not used first, then they are taken back."),
    "door_elsewhere": _("Another branch with the same Site-ID uses this door already. A door belongs to one branch."),
    "gateway": _("A gateway is no door. It connects the locks with exivo and cannot be chosen."),
    "unknown_type": _("exivo names no type. It stays locked until somebody allows it."),
    "door_not_listed": _("exivo does not list this door at the branch."),
    "door_not_chosen": _("This door is not used at the branch."),
    "last_room": _("It is the only room of a service: %(names)s. Give that service another room first, or remove it."),
    "template_unknown_placeholder": _("There is no placeholder {{ %(name)s }} here (line %(line)s). There are: %(names)s."),
    "template_syntax": _("Something is not closed or not written completely (line %(line)s): %(name)s"),
    "template_not_allowed": _("Only placeholders and conditions can be used here (line %(line)s)."),
    "template_too_long": _("This text is too long."),
    "template_too_complex": _("This text has too many conditions within one another."),
    "options_missing": _("Please give the options to choose from."),
    "picture_unreadable": _("This is not a picture that we can read. Please take a JPEG, PNG or WebP file."),
    "picture_too_large": _("This picture is too large: at most %(limit)s."),
    "default_language_missing": _("The first language has to be one of the languages offered."),
    "email_taken": _("There is an account for this address already."),
    "last_owner": _("Somebody has to be able to do everything: make another owner first."),
    "branches_missing": _("Please choose at least one branch. Staff see only the branches that they are given."),
}
