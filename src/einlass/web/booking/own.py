# SPDX-License-Identifier: Apache-2.0
"""The guest's own page under its unguessable link, and the part of it that tells the state of the key. Right after booking it is step 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from einlass.core.bookings import Status
from einlass.core.hours import local_date
from einlass.core.texts import in_language
from einlass.models import Booking, Organisation
from einlass.operations.addresses import own_page
from einlass.queries.bookings import booking_by_link
from einlass.queries.keys import access_of
from einlass.queries.numbers import number_question
from einlass.web import formats
from einlass.web.booking.app_code import app_code
from einlass.web.booking.choices import iso
from einlass.web.booking.deadlines import Deadlines, deadlines_of
from einlass.web.booking.history import history
from einlass.web.booking.key_card import KeyCard, key_card
from einlass.web.booking.offers import room_for_one
from einlass.web.context import operator_of

LIVE = frozenset({Status.HELD.value, Status.PENDING.value, Status.CONFIRMED.value})


@dataclass(frozen=True, slots=True)
class OwnBooking:
    """Everything on the page but the key."""

    reference: str
    token: str
    service: str
    branch: str
    place: tuple[str, ...]
    directions: str
    room: str
    room_for: str
    day: str
    span: str
    zone_note: str
    news: str
    version: str
    is_live: bool
    has_ended: bool
    is_waiting: bool
    deadlines: Deadlines
    phone: str
    dial: str

    @property
    def is_coming(self) -> bool:
        """Neither over nor ended early."""
        return self.is_live and not self.has_ended


@require_safe
def own(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    now = timezone.now()
    page = own_booking(request, booking, now=now)
    new = request.GET.get("new") == "1" and page.is_coming
    context = {
        **_key_part(booking, page, now=now),
        "history": history(booking, now=now),
        "number_changed": request.GET.get("number") == "changed" and page.is_coming,
        "step": 4 if new else 0,
        "told": _told(booking) if new else None,
        "address": own_page(booking),
    }
    return private(render(request, "booking/own.html", context))


@require_safe
def key(request: HttpRequest, link_token: str) -> HttpResponse:
    """The key card alone; nothing (204) when it is still as the page shows it. Where the booking itself is another one by now, the
    whole page has to come anew."""
    booking = booking_of(link_token)
    now = timezone.now()
    page = own_booking(request, booking, now=now)
    if request.GET.get("of", page.version) != page.version:
        return private(HttpResponse(status=204, headers={"HX-Refresh": "true"}))
    card = _card(booking, now=now)
    if (card.digest if card else "") == request.GET.get("seen"):
        return private(HttpResponse(status=204))
    return private(render(request, "booking/_key.html", _key_part(booking, page, now=now)))


def booking_of(link_token: str) -> Booking:
    """The booking of this link. Raises Http404."""
    booking = booking_by_link(link_token)
    if booking is None:
        raise Http404
    return booking


def private(response: HttpResponse) -> HttpResponse:
    """Whoever has the address has the booking: it is neither kept, nor listed, nor told to other pages."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    # Stores, directions and whatever else a page leads to do not learn its address.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def own_booking(request: HttpRequest, booking: Booking, *, now: datetime) -> OwnBooking:
    """The booking in the language of the page."""
    operator = operator_of(request)
    branch, zone = booking.branch, booking.branch.time_zone
    language, default = request.LANGUAGE_CODE, operator.default_language
    branch_name = in_language(branch.name, language=language, default=default) or branch.key
    phone, dial = phone_of(operator, booking)
    return OwnBooking(
        reference=booking.reference,
        token=booking.link_token,
        service=in_language(booking.service.name, language=language, default=default) or booking.service.key,
        branch=branch_name,
        place=tuple(line for line in (", ".join(part for part in (branch_name, booking.room.floor) if part), branch.address) if line),
        directions=branch.directions_url if branch.directions_url.startswith(("http://", "https://")) else "",
        room=in_language(booking.room.name, language=language, default=default) or booking.room.key,
        room_for=room_for_one(booking.room),
        day=formats.day_with_year(local_date(booking.start, zone)),
        span=formats.span(booking.start, booking.end, zone),
        zone_note=gettext("time in %(town)s") % {"town": formats.town_of(branch, name=branch_name)},
        news=_news(booking),
        version=f"{booking.sequence}.{booking.status}",
        is_live=booking.status in LIVE,
        has_ended=booking.end <= now,
        is_waiting=booking.status == Status.PENDING.value and booking.end > now,
        deadlines=deadlines_of(booking.service, start=booking.start, now=now),
        phone=phone,
        dial=dial,
    )


def phone_of(operator: Organisation, booking: Booking) -> tuple[str, str]:
    """The number that helps this guest, as written and as dialled."""
    phone = booking.branch.phone or operator.phone
    return phone, formats.dialled(phone, country=booking.branch.country) if phone else ""


def _news(booking: Booking) -> str:
    """What the state of the booking means, where it is not simply confirmed."""
    match Status(booking.status):
        case Status.PENDING:
            return gettext("Your request has arrived. The room is kept for you until we have answered.")
        case Status.HELD:
            return gettext("The room is held for you for a moment.")
        case Status.CANCELLED | Status.LAPSED:
            return gettext("This booking has been cancelled. The room is free again.")
        case Status.DECLINED:
            return gettext("We could not accept this request. The room is free again.")
        case _:
            return ""


def _key_part(booking: Booking, page: OwnBooking, *, now: datetime) -> dict[str, object]:
    """What the card is drawn from, on the page and alone."""
    card = _card(booking, now=now)
    return {
        "booking": page,
        "card": card,
        "app_code": app_code(booking) if card and not card.is_over else "",
        "may_change_number": page.is_coming and number_question(booking) is not None,
    }


def _told(booking: Booking) -> dict[str, str]:
    """What a page that shows this one within itself learns of a new booking. Nothing of the guest, and not his address here."""
    return {"reference": booking.reference, "service": booking.service.key, "start": iso(booking.start), "end": iso(booking.end)}


def _card(booking: Booking, *, now: datetime) -> KeyCard | None:
    return key_card(booking, access_of(booking, now=now), now=now)
