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
    "message_link": (_("New address of the guest's page"), _("To the guest, when you renew the link and have it sent.")),
    "message_code": (_("Code for another number"), _("To the guest, when he asks for another mobile number on his page.")),
    "message_key_trouble": (
        _("Key not confirmed"),
        _("To owners, managers and staff of the branch, 24 hours, 2 hours and 30 minutes before it has to open."),
    ),
    "message_key_stays": (
        _("Key not taken back"),
        _("To owners, managers and staff of the branch, when a key that ought to be gone may still open the doors of the next booking."),
    ),
    "message_key_changed": (
        _("Key changed in the exivo app"),
        _(
            "To owners, managers and staff of the branch, when a key was deleted there while its booking runs or "
            "twice in a day, or there are two for one booking."
        ),
    ),
    "message_account_trouble": (
        _("exivo needs you"),
        _("To the owners, once, when exivo refuses key, secret or Site-ID, or does not tell all keys for half an hour."),
    ),
}

# Short ones, sent by SMS where the organisation wants it: to whoever gave a mobile number.
_SHORT = _("To the guest's mobile number, where you have this SMS sent. Up to 160 characters cost one SMS.")
TEMPLATES |= {
    "sms_received": (_("SMS: request received"), _SHORT),
    "sms_confirmed": (_("SMS: booking confirmed"), _SHORT),
    "sms_moved": (_("SMS: booking moved"), _SHORT),
    "sms_cancelled": (_("SMS: booking cancelled"), _SHORT),
    "sms_declined": (_("SMS: request declined"), _SHORT),
    "sms_reminder": (_("SMS: reminder"), _SHORT),
    "sms_key_ready": (_("SMS: key ready"), _SHORT),
}

PLACEHOLDERS = {
    "guest": _("name of the guest"),
    "service": _("name of the service"),
    "room": _("name of the room"),
    "branch": _("name of the branch"),
    "address": _("address of the branch"),
    "day": _("day of the booking"),
    "date": _("day of the booking, in figures"),
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
    "code": _("the code of six digits"),
    "code_minutes": _("how many minutes the code counts"),
    "reason": _("reason that was given; may be empty"),
    "problem": _("why the key is not confirmed; may be empty"),
    "next_attempt": _("when Einlass tries again; may be empty"),
    "next_booking": _("reference and start of the next booking"),
    "other_key_until": _("until when another key on the guest's phone may open, which is not ours; mostly empty"),
    "since": _("since when it is so"),
    "answer": _("what exivo answered last; may be empty"),
    "advice": _("what to do about it; may be empty"),
    "next_time": _("when the next booking begins"),
    "organisation": _("your name"),
    "phone": _("your phone number"),
}
