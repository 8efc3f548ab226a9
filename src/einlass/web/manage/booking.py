# SPDX-License-Identifier: Apache-2.0
"""One booking as the staff see it: facts, what can be done, its key, its history. What is done is done by the pages beside it."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.roles import May
from einlass.models import Booking
from einlass.queries.bookings import with_facts
from einlass.queries.scope import visible_bookings
from einlass.web.context import operator_of
from einlass.web.manage.desk import Crumb, allowed, show, staff_of, staff_page
from einlass.web.manage.rows import Reader, row_of


@staff_page(May.LOOK)
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    found, now = booking_for(request, reference), timezone.now()
    context = {"row": row_of(found, reader=reader_of(request, now=now))}
    return show(request, "manage/booking.html", context, at="bookings", crumbs=crumbs_to(found))


def booking_for(request: HttpRequest, reference: str) -> Booking:
    """The booking, if its branch is one of the person's. Raises Http404."""
    found = with_facts(visible_bookings(staff_of(request)).filter(reference=reference.upper())).first() if "\0" not in reference else None
    if found is None:
        raise Http404
    return found


def reader_of(request: HttpRequest, *, now: datetime) -> Reader:
    """Whoever is signed in, as rows are put for him."""
    default = operator_of(request).default_language
    return Reader(language=request.LANGUAGE_CODE, default=default, now=now, may_act=allowed(request, May.WORK))


def crumbs_to(found: Booking, *further: str) -> tuple[Crumb, ...]:
    """The path to the booking, or to a page below it."""
    here = reverse("manage_booking", args=[found.reference]) if further else ""
    return (Crumb(gettext("Bookings"), reverse("manage_bookings")), Crumb(found.reference, here), *(Crumb(word) for word in further))
