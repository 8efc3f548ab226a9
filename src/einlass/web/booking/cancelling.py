# SPDX-License-Identifier: Apache-2.0
"""Cancelling a booking: asked once, then done, and its key is taken back (R12)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from einlass.core.access import AccessState
from einlass.core.errors import Refusal
from einlass.core.events import GUEST
from einlass.models import Booking
from einlass.operations import bookings
from einlass.queries.keys import access_of
from einlass.web.booking.own import booking_of, own_booking, private


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    now = timezone.now()
    if request.method == "POST":
        return _cancel(request, booking)
    page = own_booking(request, booking, now=now)
    if not (page.is_live and not page.has_ended and page.deadlines.may_cancel):
        return private(render(request, "booking/too_late.html", {"booking": page, "cancelling": True}, status=422))
    has_key = access_of(booking, now=now).state is not AccessState.NONE
    return private(render(request, "booking/cancel.html", {"booking": page, "has_key": has_key}))


def _cancel(request: HttpRequest, booking: Booking) -> HttpResponse:
    now = timezone.now()
    try:
        bookings.cancel(booking, actor=GUEST, now=now)
    except Refusal:
        page = own_booking(request, booking, now=now)
        return private(render(request, "booking/too_late.html", {"booking": page, "cancelling": True}, status=422))
    done = redirect("booking_own", link_token=booking.link_token)
    done.status_code = 303
    return done
