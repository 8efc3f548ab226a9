# SPDX-License-Identifier: Apache-2.0
"""The staff's list of bookings with the state of their keys, and what can be done to one. Who sees which is `queries/scope.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.core.roles import May
from einlass.models import Booking, User
from einlass.operations.bookings import cancel, confirm, decline
from einlass.queries.bookings import BookingFilter, matching, with_facts
from einlass.queries.scope import visible_bookings, visible_branches
from einlass.web import refusals
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, actor_of, allowed, show, staff_of, staff_page
from einlass.web.manage.filters import Filters, choices, filters_in
from einlass.web.manage.rows import Reader, days_of, row_of

PER_PAGE = 50
Deed = Callable[..., Booking]
DEEDS: Mapping[str, Deed] = {"confirm": confirm, "decline": decline, "cancel": cancel}


@staff_page(May.LOOK)
def listed(request: HttpRequest) -> HttpResponse:
    user, now = staff_of(request), timezone.now()
    branches = list(visible_branches(user))
    filters = filters_in(request.GET, branches=branches, now=now)
    page = Paginator(_found(user, filters), PER_PAGE).get_page(request.GET.get("page"))
    reader = _reader(request, now)
    context = {
        "days": days_of(page.object_list, reader=reader),
        "page": page,
        "filters": filters,
        "choices": choices(branches, filters=filters, reader=reader),
        "may_act": reader.may_act,
    }
    return show(request, "manage/bookings.html", context, at="bookings")


@staff_page(May.WORK, FORM)
def decide(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask once, then confirm, decline or cancel; cancelling takes the key back (R12)."""
    user, now = staff_of(request), timezone.now()
    booking = with_facts(visible_bookings(user).filter(reference=reference)).first()
    if booking is None or action not in DEEDS:
        raise Http404
    context = {"row": row_of(booking, reader=_reader(request, now)), "action": action}
    if request.method != "POST":
        return show(request, "manage/decide.html", context, at="bookings")
    try:
        _do(action, booking, actor=actor_of(request), now=now, reason=request.POST.get("reason", "").strip())
    except Refusal as refusal:
        words = {"refusal_title": refusals.title(refusal), "refusal": refusals.sentence(refusal)}
        return show(request, "manage/decide.html", {**context, **words}, at="bookings", status=refusals.STATUS[refusal.code])
    return redirect("manage_bookings")


def _found(user: User, filters: Filters) -> QuerySet[Booking]:
    wanted = BookingFilter(start=filters.start, branch=filters.branch, status=filters.status, text=filters.text)
    return matching(visible_bookings(user), wanted)


def _do(action: str, booking: Booking, *, actor: Actor, now: datetime, reason: str) -> None:
    if action == "confirm":
        confirm(booking, actor=actor, now=now)
    else:
        DEEDS[action](booking, actor=actor, now=now, reason=reason)


def _reader(request: HttpRequest, now: datetime) -> Reader:
    default = operator_of(request).default_language
    return Reader(language=request.LANGUAGE_CODE, default=default, now=now, may_act=allowed(request, May.WORK))
