# SPDX-License-Identifier: Apache-2.0
"""Step 2, when: free days and starts of a service. A POST carries along what was typed already, after a time was taken meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.errors import Refusal
from einlass.core.hours import local_date
from einlass.models import Service
from einlass.web import formats, refusals
from einlass.web.booking.choices import Choice, choice_in
from einlass.web.booking.holds import hold_in, names_a_hold
from einlass.web.booking.offers import bookable_service, offer_of
from einlass.web.booking.times import Place, Times, duration_of, nearest, times
from einlass.web.context import language_links, operator_of
from einlass.web.fields import typed_in


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def when(request: HttpRequest, service_key: str) -> HttpResponse:
    service, _ = bookable_service(service_key)
    place = place_of(request, service)
    page = times(place, _around_hold(place, choice_in(request.GET)), kept=typed_in(request.POST))
    return render_times(request, _page(request, page))


def place_of(request: HttpRequest, service: Service) -> Place:
    """Where a guest books this service, with the time that is held for him."""
    now = timezone.now()
    return Place(
        service=service,
        offer=offer_of(service, language=request.LANGUAGE_CODE, default=operator_of(request).default_language),
        base=reverse("booking_when", args=[service.key]),
        following=reverse("booking_hold", args=[service.key]),
        now=now,
        held=hold_in(request, service, now=now),
    )


def without_start(request: HttpRequest, place: Place, choice: Choice) -> HttpResponse:
    """The free times once more, because none was chosen."""
    page = times(place, choice, kept=typed_in(request.POST))
    return render_times(request, {**_page(request, page), "none_chosen": True}, status=422)


def refused(request: HttpRequest, place: Place, wanted: Choice, refusal: Refusal) -> HttpResponse:
    """Back to the free times, with the sentence and, where somebody was faster, the nearest three. What was typed comes along."""
    assert wanted.start is not None
    start, duration = wanted.start, duration_of(place.service, wanted)
    page = times(place, Choice(duration=duration, day=local_date(start, place.zone)), kept=typed_in(request.POST))
    context = {
        **_page(request, page),
        "refusal": refusals.sentence(refusal),
        "refusal_title": refusals.title(refusal),
        "taken_at": formats.clock(start, place.zone) if refusal.code == "slot_taken" else "",
        # Whoever is to come back later is not sent on to another time.
        # Who goes back after he has booked finds his own booking in the way.
        "perhaps_own": request.method != "POST" and place.held is None and names_a_hold(request),
        "nearest": nearest(place, start=start, duration=duration) if refusal.code != "too_many" else (),
    }
    return refusals.told_when(render_times(request, context, status=refusals.STATUS[refusal.code]), refusal)


def _around_hold(place: Place, choice: Choice) -> Choice:
    """What was chosen; before anything was, the time that is held."""
    if place.held is None:
        return choice
    return Choice(choice.duration or place.held.window.minutes, choice.month, choice.day, choice.start or place.held.start)


def _page(request: HttpRequest, page: Times) -> dict[str, object]:
    """With typed answers the language is changed by sending the form, so that they come along."""
    context: dict[str, object] = {"times": page, "step": 2, "form_method": "post"}
    return context | {"language_form": "times", "language_links": language_links(request, at=page.here)} if page.kept else context


def render_times(request: HttpRequest, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """The whole page, or the part of it that htmx asks for."""
    part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"
    response = render(request, "booking/_times.html" if part else "booking/when.html", {**context, "part": part}, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-History-Restore-Request"))
    # The month that is fetched ahead may wait half a minute until somebody wants to see it; holding a time looks once more.
    ahead = part and status == HTTPStatus.OK and request.headers.get("X-Ahead") == "true"
    response.headers["Cache-Control"] = "private, max-age=30" if ahead else "private, no-cache"
    return response
