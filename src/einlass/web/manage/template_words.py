# SPDX-License-Identifier: Apache-2.0
"""What each template is for, and what each placeholder stands for, in words. The names themselves: `core/templates.py:PLACEHOLDERS`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

INFORMATION = "exivo_booking_page"

# In the order of the list: name, and when guests or staff get to read it.
TEMPLATES = {
    INFORMATION: (
        _("exivo information on the booking page"),
        _("Stands on the booking page below the contact details whenever a service opens doors."),
    ),
    "message_received": (_("Request received"), _("To the guest, when his request waits for your approval.")),
    "message_confirmed": (_("Booking confirmed"), _("To the guest, as soon as his booking counts.")),
    "message_moved": (_("Booking moved"), _("To the guest, when his booking has another time.")),
    "message_cancelled": (_("Booking cancelled"), _("To the guest, when his booking is cancelled, by whomever.")),
    "message_declined": (_("Request declined"), _("To the guest, when you decline his request or its time is over.")),
    "message_reminder": (_("Reminder"), _("To the guest, 24 hours before the start, unless he booked later than that.")),
    "message_key_ready": (_("Key ready"), _("To the guest, when exivo has confirmed his key.")),
    "message_key_trouble": (
        _("Key not confirmed"),
        _("To owners, managers and staff of the branch, 24 hours, 2 hours and 30 minutes before it has to open."),
    ),
}

PLACEHOLDERS = {
    "guest": _("name of the guest"),
    "service": _("name of the service"),
    "room": _("name of the room"),
    "branch": _("name of the branch"),
    "address": _("address of the branch"),
    "day": _("day of the booking"),
    "time": _("start of the booking"),
    "until": _("end of the booking"),
    "old_day": _("day before it was moved"),
    "old_time": _("start before it was moved"),
    "reference": _("reference of the booking"),
    "link": _("address of the booking's page"),
    "doors": _("the doors that the booking opens; empty where it opens none"),
    "key_from": _("when the key begins to open"),
    "key_until": _("when the key stops opening"),
    "early_minutes": _("minutes that the key opens before the start"),
    "late_minutes": _("minutes that the key opens after the end"),
    "app": _("the app that holds the key"),
    "reason": _("reason that was given; may be empty"),
    "problem": _("why the key is not confirmed; may be empty"),
    "next_attempt": _("when Einlass tries again; may be empty"),
    "organisation": _("your name"),
    "phone": _("your phone number"),
}
