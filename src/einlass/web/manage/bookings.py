# SPDX-License-Identifier: Apache-2.0
"""The staff's list of bookings with the state of their keys. Who sees which is `queries/scope.py`."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from einlass.core.roles import May
from einlass.models import Booking, Room
from einlass.queries.bookings import matching
from einlass.queries.scope import visible_bookings, visible_branches
from einlass.queries.services import services_of
from einlass.web.manage.booking import reader_of
from einlass.web.manage.desk import show, staff_of, staff_page
from einlass.web.manage.filters import Filters, Offered, filters_in, selects
from einlass.web.manage.rows import days_of

PER_PAGE = 50


@staff_page(May.LOOK)
def listed(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request, now=timezone.now())
    offered = offered_to(request)
    filters = filters_in(request.GET, offered=offered, reader=reader)
    page = Paginator(found_by(request, filters), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "days": days_of(page.object_list, reader=reader),
        "page": page,
        "filters": filters,
        "selects": selects(offered, filters=filters, reader=reader),
    }
    return show(request, "manage/bookings.html", context, at="bookings")


def offered_to(request: HttpRequest) -> Offered:
    """What the person may filter by."""
    branches = visible_branches(staff_of(request))
    services = services_of(branches).prefetch_related(None)
    rooms = Room.objects.filter(branch__in=branches).order_by("branch__position", "branch_id", "position", "id")
    return Offered(tuple(branches), tuple(services), tuple(rooms))


def found_by(request: HttpRequest, filters: Filters) -> QuerySet[Booking]:
    """The bookings that the person sees and that fit."""
    return matching(visible_bookings(staff_of(request)), filters.wanted())
