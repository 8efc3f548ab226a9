# SPDX-License-Identifier: Apache-2.0
"""Renewing the link to the guest's own page: asks once, then the old one leads nowhere. What is done: `operations/links.py`."""

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
from einlass.operations.links import renew_and_send_link, renew_link
from einlass.web import refusals
from einlass.web.manage.booking import booking_for, crumbs_to, reader_of
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.rows import row_of


@staff_page(May.WORK, FORM)
def renew(request: HttpRequest, reference: str) -> HttpResponse:
    booking, now = booking_for(request, reference), timezone.now()
    if request.method != "POST":
        return _asked(request, booking, now=now)
    send = "send" in request.POST
    try:
        (renew_and_send_link if send else renew_link)(booking, actor=actor_of(request), now=now)
    except Refusal as refusal:
        return _asked(request, booking, now=now, refusal=refusal)
    sent = gettext("The link is renewed and on its way to the guest. The old one leads nowhere.")
    messages.success(request, sent if send else gettext("The link is renewed. The old one leads nowhere."))
    return redirect("manage_booking", booking.reference)


def _asked(request: HttpRequest, booking: Booking, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    if refusal is None and booking.erased_at is not None:
        refusal = Refusal("not_allowed_now")
    context = {
        "row": row_of(booking, reader=reader_of(request, now=now)),
        "email": booking.email,
        "refusal_title": refusals.title(refusal) if refusal else "",
        "refusal": refusals.sentence(refusal) if refusal else "",
    }
    status = refusals.STATUS[refusal.code] if refusal and request.method == "POST" else 200
    crumbs = crumbs_to(booking, gettext("Renew the link"))
    return show(request, "manage/relink.html", context, at="bookings", crumbs=crumbs, status=status)
