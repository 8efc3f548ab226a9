# SPDX-License-Identifier: Apache-2.0
"""From step 2 to step 3: the time that was chosen is kept for ten minutes. What was typed already comes along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.errors import Refusal
from einlass.operations import holds
from einlass.web.addresses import client_of
from einlass.web.booking.choices import Choice, address, choice_in
from einlass.web.booking.holds import remember
from einlass.web.booking.offers import bookable_service
from einlass.web.booking.times import duration_of
from einlass.web.booking.when import place_of, refused, without_start
from einlass.web.booking.who import details, details_address
from einlass.web.fields import typed_in


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, service_key: str) -> HttpResponse:
    service, questions = bookable_service(service_key)
    choice = choice_in({**request.GET.dict(), **request.POST.dict()})
    place = place_of(request, service)
    if request.method != "POST":
        return redirect(address(place.base, duration=choice.duration, day=choice.day, start=choice.start, hold=place.token))
    if choice.start is None:
        return without_start(request, place, choice)
    wanted = Choice(duration=duration_of(service, choice), start=choice.start)
    try:
        held = holds.hold(
            service,
            start=choice.start,
            duration=duration_of(service, choice),
            language=request.LANGUAGE_CODE,
            now=place.now,
            replacing=place.token or "",
            visitor=client_of(request),
        )
    except Refusal as refusal:
        return refused(request, place, wanted, refusal)
    place = place.holding(held)
    if typed_in(request.POST):
        answer = details(request, place, questions, wanted)
    else:
        answer = redirect(details_address(place, wanted))
        answer.status_code = 303
    remember(answer, held, now=place.now)
    return answer
