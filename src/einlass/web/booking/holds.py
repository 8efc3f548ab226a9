# SPDX-License-Identifier: Apache-2.0
"""A visitor's hold as his browser names it: in the address, in the form, in a cookie of ten minutes. Making one: `holding.py`."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from einlass.models import Booking, Service
from einlass.queries.bookings import hold_of
from einlass.web import formats

# The name of the parameter, of the field and of the cookie.
HOLD = "hold"


def hold_in(request: HttpRequest, service: Service, *, now: datetime) -> Booking | None:
    """The visitor's hold of this service, unless it ran out. The cookie helps where a browser went back to an older address."""
    named = (request.POST.get(HOLD, ""), request.GET.get(HOLD, ""), request.COOKIES.get(HOLD, ""))
    return hold_of([token[:64] for token in named], service=service, now=now)


def names_a_hold(request: HttpRequest) -> bool:
    """Whether the page came from a hold, live or not."""
    return bool(request.POST.get(HOLD) or request.GET.get(HOLD))


def remember(response: HttpResponse, held: Booking, *, now: datetime) -> None:
    """Let the browser's way back know the hold. In an embedded page, which sets no cookie, a script keeps it: `hold.js`."""
    assert held.held_until is not None
    seconds = int((held.held_until - now).total_seconds())
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(HOLD, held.link_token, max_age=seconds, path=_path(held.service), httponly=True, samesite="Lax", secure=secure)


def forget(response: HttpResponse, request: HttpRequest, service: Service) -> None:
    """The hold has become a booking."""
    if HOLD in request.COOKIES:
        response.delete_cookie(HOLD, path=_path(service), samesite="Lax")


def sentence_of(held: Booking) -> str:
    """Until when the time is kept."""
    assert held.held_until is not None
    until = formats.clock(held.held_until, held.service.branch.time_zone)
    return gettext("We keep this time free for you until %(time)s.") % {"time": until}


def _path(service: Service) -> str:
    return reverse("booking_when", args=[service.key])
