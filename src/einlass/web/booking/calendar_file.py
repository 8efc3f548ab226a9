# SPDX-License-Identifier: Apache-2.0
"""The booking as a calendar file to be fetched. What stands in it: `operations/calendar_entries.py`; messages carry the same entry."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from einlass.core.calendar_files import Method
from einlass.operations.calendar_entries import calendar_of
from einlass.web.booking.own import booking_of, private
from einlass.web.context import operator_of


@require_safe
def calendar_file(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    content = calendar_of(booking, operator_of(request), method=Method.PUBLISH, language=request.LANGUAGE_CODE, now=timezone.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{booking.reference}.ics"'
    return private(response)
