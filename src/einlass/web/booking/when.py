# SPDX-License-Identifier: Apache-2.0
"""Step 2, when: free days and starts of a service. A POST carries along what was typed already, after a time was taken meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from einlass.models import Service
from einlass.web.booking.choices import choice_in
from einlass.web.booking.offers import bookable_service, offer_of
from einlass.web.booking.times import Place, times
from einlass.web.context import operator_of
from einlass.web.fields import typed_in


@require_http_methods(["GET", "HEAD", "POST"])
def when(request: HttpRequest, service_key: str) -> HttpResponse:
    service, _ = bookable_service(service_key)
    page = times(place_of(request, service), choice_in(request.GET), kept=typed_in(request.POST))
    return render_times(request, {"times": page, "step": 2, "form_method": "post" if page.kept else "get"})


def place_of(request: HttpRequest, service: Service) -> Place:
    """Where a guest books this service."""
    return Place(
        service=service,
        offer=offer_of(service, language=request.LANGUAGE_CODE, default=operator_of(request).default_language),
        base=reverse("booking_when", args=[service.key]),
        following=reverse("booking_who", args=[service.key]),
        now=timezone.now(),
    )


def render_times(request: HttpRequest, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """The whole page, or the part of it that htmx asks for."""
    part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"
    response = render(request, "booking/_times.html" if part else "booking/when.html", {**context, "part": part}, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-History-Restore-Request"))
    response.headers["Cache-Control"] = "private, no-cache"
    return response
