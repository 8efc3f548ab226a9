# SPDX-License-Identifier: Apache-2.0
"""Having a key made anew: asks once, then it is work for a worker. What becomes of the present key: `operations/reissue.py`."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.errors import Refusal
from einlass.core.roles import May
from einlass.models import Booking
from einlass.operations.reissue import reissue
from einlass.queries.keys import access_of
from einlass.web import refusals
from einlass.web.manage.booking import booking_for, crumbs_to, reader_of
from einlass.web.manage.booking_key import staff_key
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.rows import row_of


@staff_page(May.WORK, FORM)
def ask_reissue(request: HttpRequest, reference: str) -> HttpResponse:
    booking, now = booking_for(request, reference), timezone.now()
    if request.method != "POST":
        return _asked(request, booking, now=now)
    try:
        reissue(booking, actor=actor_of(request), now=now)
    except Refusal as refusal:
        return _asked(request, booking, now=now, refusal=refusal)
    messages.success(request, gettext("A new key is being made. This page shows when it is ready."))
    return redirect("manage_booking", booking.reference)


def _asked(request: HttpRequest, booking: Booking, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    card = staff_key(booking, access_of(booking, now=now), now=now)
    if refusal is None and not card.may_reissue:
        refusal = Refusal("nothing_to_reissue")
    context = {
        "row": row_of(booking, reader=reader_of(request, now=now)),
        "key": card,
        "refusal_title": refusals.title(refusal) if refusal else "",
        "refusal": refusals.sentence(refusal) if refusal else "",
    }
    status = refusals.STATUS[refusal.code] if refusal and request.method == "POST" else 200
    crumbs = crumbs_to(booking, gettext("Make the key anew"))
    return show(request, "manage/reissue.html", context, at="bookings", crumbs=crumbs, status=status)
