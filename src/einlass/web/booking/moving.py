# SPDX-License-Identifier: Apache-2.0
"""Moving a booking: the free times with itself left out, then old and new side by side, then one button (R13)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from einlass.core.errors import Refusal
from einlass.core.events import GUEST
from einlass.core.hours import local_date
from einlass.models import Booking
from einlass.operations.bookings import reschedule
from einlass.web import formats, refusals
from einlass.web.booking.choices import Choice, address, choice_in
from einlass.web.booking.offers import offer_of, service_of
from einlass.web.booking.own import OwnBooking, booking_of, own_booking, private
from einlass.web.booking.times import Place, is_free, nearest, times
from einlass.web.booking.when import render_times
from einlass.web.context import operator_of


@require_safe
def when(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    place = _place(request, booking)
    page = own_booking(request, booking, now=place.now)
    if not _may_move(page):
        return _too_late(request, page)
    choice = _around(booking, choice_in(request.GET), zone=place.zone)
    context = {"times": times(place, choice), "booking": page, "moving": True, "form_method": "get"}
    return private(render_times(request, context))


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    place = _place(request, booking)
    page = own_booking(request, booking, now=place.now)
    if not _may_move(page):
        return _too_late(request, page)
    wanted = choice_in({**request.GET.dict(), **request.POST.dict()})
    if wanted.start is None:
        return redirect(address(place.base, duration=wanted.duration, day=wanted.day))
    duration = wanted.duration or booking.window.minutes
    if request.method == "POST":
        return _move(request, booking, place, page, start=wanted.start, duration=duration)
    if not is_free(place, start=wanted.start, duration=duration):
        return _refused(request, place, page, Refusal("slot_taken"), start=wanted.start, duration=duration)
    return private(render(request, "booking/move.html", _old_and_new(place, page, start=wanted.start, duration=duration)))


def _move(request: HttpRequest, booking: Booking, place: Place, page: OwnBooking, *, start: datetime, duration: int) -> HttpResponse:
    try:
        reschedule(booking, start=start, duration=duration, actor=GUEST, now=place.now)
    except Refusal as refusal:
        return _refused(request, place, page, refusal, start=start, duration=duration)
    done = redirect("booking_own", link_token=booking.link_token)
    done.status_code = 303
    return done


def _place(request: HttpRequest, booking: Booking) -> Place:
    service = service_of(booking)
    return Place(
        service=service,
        offer=offer_of(service, language=request.LANGUAGE_CODE, default=operator_of(request).default_language),
        base=reverse("booking_move", args=[booking.link_token]),
        following=reverse("booking_move_confirm", args=[booking.link_token]),
        now=timezone.now(),
        moving=booking,
    )


def _around(booking: Booking, choice: Choice, *, zone: str) -> Choice:
    """What was chosen; before anything was, the length and the day that are booked."""
    anything = choice.month or choice.day or choice.start
    day = choice.day if anything else local_date(booking.start, zone)
    return Choice(choice.duration or booking.window.minutes, choice.month, day, choice.start)


def _may_move(page: OwnBooking) -> bool:
    return page.is_live and not page.has_ended and page.deadlines.may_move


def _too_late(request: HttpRequest, page: OwnBooking) -> HttpResponse:
    return private(render(request, "booking/too_late.html", {"booking": page}, status=422))


def _refused(request: HttpRequest, place: Place, page: OwnBooking, refusal: Refusal, *, start: datetime, duration: int) -> HttpResponse:
    context = {
        "times": times(place, Choice(duration=duration, day=local_date(start, place.zone))),
        "booking": page,
        "moving": True,
        "form_method": "get",
        "refusal": refusals.sentence(refusal),
        "refusal_title": refusals.title(refusal),
        "taken_at": formats.clock(start, place.zone) if refusal.code == "slot_taken" else "",
        "nearest": nearest(place, start=start, duration=duration),
    }
    return private(render_times(request, context, status=refusals.STATUS[refusal.code]))


def _old_and_new(place: Place, page: OwnBooking, *, start: datetime, duration: int) -> dict[str, object]:
    end = start + timedelta(minutes=duration)
    return {
        "booking": page,
        "offer": place.offer,
        "new_day": formats.day_with_year(local_date(start, place.zone)),
        "new_span": formats.span(start, end, place.zone),
        "choice": Choice(duration=duration, start=start),
        "action": address(place.following, duration=duration, start=start),
        "back": address(place.base, duration=duration, day=local_date(start, place.zone), start=start),
    }
