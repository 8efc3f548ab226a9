# SPDX-License-Identifier: Apache-2.0
"""The booking as a calendar file. The same UID and a growing SEQUENCE, so that a later file replaces an earlier one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from einlass.core.bookings import Status
from einlass.core.hours import to_local
from einlass.models import Booking
from einlass.web.booking.own import LIVE, OwnBooking, booking_of, own_booking, private

WORDS = {Status.PENDING: "TENTATIVE", Status.HELD: "TENTATIVE"}


@require_safe
def calendar_file(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    page = own_booking(request, booking, now=timezone.now())
    link = request.build_absolute_uri(reverse("booking_own", args=[link_token]))
    host = request.get_host().partition(":")[0]
    content = _calendar(booking, page, host=host, link=link)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{booking.reference}.ics"'
    return private(response)


def _calendar(booking: Booking, page: OwnBooking, *, host: str, link: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Einlass//Einlass//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(booking, page, host=host, link=link))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _event(booking: Booking, page: OwnBooking, *, host: str, link: str) -> Event:
    zone = booking.branch.time_zone
    event = Event()
    event.add("uid", f"{booking.reference}@{host}")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", timezone.now())
    event.add("dtstart", to_local(booking.start, zone))
    event.add("dtend", to_local(booking.end, zone))
    event.add("summary", f"{page.service}, {page.branch}")
    event.add("location", ", ".join((page.room, *page.place)))
    event.add("description", link)
    event.add("url", link)
    event.add("status", _status(booking))
    return event


def _status(booking: Booking) -> str:
    if booking.status not in LIVE and booking.status not in {Status.COMPLETED.value, Status.NO_SHOW.value}:
        return "CANCELLED"
    return WORDS.get(Status(booking.status), "CONFIRMED")
