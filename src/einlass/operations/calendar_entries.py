# SPDX-License-Identifier: Apache-2.0
"""What stands in the calendar entry of a booking, fetched or sent with a message. Its form: `core/calendar_files.py`."""

from __future__ import annotations

from datetime import datetime

from einlass.core.bookings import Status
from einlass.core.calendar_files import Entry, Method, Party, calendar_file
from einlass.core.default_short_texts import CALENDAR_TEXTS
from einlass.core.templates import render_text
from einlass.models import Booking, Organisation
from einlass.operations.addresses import host, own_page
from einlass.operations.message_values import booking_values, sender_address

SAID = ("link", "doors", "key_from", "key_until", "app")


def calendar_of(booking: Booking, operator: Organisation, *, method: Method, language: str, now: datetime) -> str:
    """The file as the booking is now; read the booking with `queries.bookings.with_facts`."""
    return calendar_file(_entry(booking, operator, language=language, now=now), method=method)


def _entry(booking: Booking, operator: Organisation, *, language: str, now: datetime) -> Entry:
    said = booking_values(booking, operator, language=language)
    place = (said["room"], booking.room.floor, said["branch"], said["address"])
    return Entry(
        # The same in every file of a booking, wherever it was made: of the host of a request two would be two entries.
        uid=f"{booking.reference}@{host()}",
        sequence=booking.sequence,
        stamp=now,
        status=Status(booking.status),
        start=booking.start,
        end=booking.end,
        zone=booking.branch.time_zone,
        summary=", ".join(part for part in (said["service"], said["branch"]) if part),
        location=", ".join(dict.fromkeys(part for part in place if part)),
        description=_description(booking, said, language=language),
        url=own_page(booking),
        organizer=Party(operator.name, sender_address(operator)),
        attendee=Party(booking.guest_name, booking.email),
    )


def _description(booking: Booking, said: dict[str, str], *, language: str) -> str:
    """The doors only of a booking that counts: no other one has a key (R17)."""
    counts = Status(booking.status) is Status.CONFIRMED
    values = {name: said[name] for name in SAID} | ({} if counts else {"doors": ""})
    return render_text(CALENDAR_TEXTS.get(language, CALENDAR_TEXTS["en"]), values)
