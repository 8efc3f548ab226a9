# SPDX-License-Identifier: Apache-2.0
"""The staff's list of bookings with the state of their keys, narrowed by filters. Who sees which is `queries/scope.py`."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from einlass.core.roles import May
from einlass.models import Booking, User
from einlass.queries.bookings import BookingFilter, matching
from einlass.queries.scope import visible_bookings, visible_branches
from einlass.web.context import operator_of
from einlass.web.manage.desk import allowed, show, staff_of, staff_page
from einlass.web.manage.filters import Filters, choices, filters_in
from einlass.web.manage.rows import Reader, days_of

PER_PAGE = 50


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


def _found(user: User, filters: Filters) -> QuerySet[Booking]:
    wanted = BookingFilter(start=filters.start, branch=filters.branch, status=filters.status, text=filters.text)
    return matching(visible_bookings(user), wanted)


def _reader(request: HttpRequest, now: datetime) -> Reader:
    default = operator_of(request).default_language
    return Reader(language=request.LANGUAGE_CODE, default=default, now=now, may_act=allowed(request, May.WORK))
