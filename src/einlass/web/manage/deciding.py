# SPDX-License-Identifier: Apache-2.0
"""Confirming, declining, cancelling a booking, saying that nobody came: asks once, then does it. What may be done: `core/bookings.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.core.roles import May
from einlass.models import Booking
from einlass.operations.bookings import cancel, confirm, decline, no_show
from einlass.web import refusals
from einlass.web.manage.booking import booking_for, crumbs_to, reader_of
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.rows import row_of


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to decide: its question, what follows from it, the word on its button, what is said afterwards."""

    do: Callable[..., Booking]
    question: Any
    follows: Any
    button: Any
    done: Any
    asks_reason: bool = False


DEEDS: Mapping[str, Deed] = {
    "confirm": Deed(
        confirm,
        _("Confirm the booking?"),
        _("The booking counts from now on, and its key is asked for at once."),
        _("Confirm the booking"),
        _("The booking is confirmed."),
    ),
    "decline": Deed(
        decline,
        _("Decline the booking?"),
        _("The room is free for others then."),
        _("Decline the booking"),
        _("The booking is declined. The room is free again."),
        asks_reason=True,
    ),
    "cancel": Deed(
        cancel,
        _("Cancel the booking?"),
        _("The room is free for others then, and the key is taken back at once."),
        _("Cancel the booking"),
        _("The booking is cancelled. Its key is being taken back."),
        asks_reason=True,
    ),
    "no_show": Deed(
        no_show,
        _("Did nobody come?"),
        _("The booking is marked so. Its key stays valid until its time is over, in case somebody comes after all."),
        _("Nobody came"),
        _("Noted: nobody came."),
    ),
}


@staff_page(May.WORK, FORM)
def decide(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask once, then do it; cancelling takes the key back (R12)."""
    now = timezone.now()
    booking = booking_for(request, reference)
    deed = DEEDS.get(action)
    if deed is None:
        raise Http404
    here = reverse("manage_booking", args=[booking.reference])
    if request.method != "POST":
        return _asked(request, booking, deed, now=now)
    try:
        _do(deed, booking, actor=actor_of(request), now=now, reason=request.POST.get("reason", "").strip())
    except Refusal as refusal:
        words = {"refusal_title": refusals.title(refusal), "refusal": refusals.sentence(refusal)}
        return _asked(request, booking, deed, now=now, words=words, status=refusals.STATUS[refusal.code])
    messages.success(request, str(deed.done))
    return redirect(here)


def _asked(
    request: HttpRequest,
    booking: Booking,
    deed: Deed,
    *,
    now: datetime,
    words: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    row = row_of(booking, reader=reader_of(request, now=now))
    context = {"row": row, "deed": deed, **(words or {})}
    return show(request, "manage/decide.html", context, at="bookings", crumbs=crumbs_to(booking, str(deed.button)), status=status)


def _do(deed: Deed, booking: Booking, *, actor: Actor, now: datetime, reason: str) -> None:
    if deed.asks_reason:
        deed.do(booking, actor=actor, now=now, reason=reason)
    else:
        deed.do(booking, actor=actor, now=now)
