# SPDX-License-Identifier: Apache-2.0
"""Step 3, who: the booking questions, and the booking itself. Nothing typed is lost, whatever is refused."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.errors import Refusal
from einlass.core.events import GUEST
from einlass.core.hours import local_date
from einlass.core.windows import Window
from einlass.models import Question
from einlass.operations.bookings import Wish, book
from einlass.web import formats, refusals
from einlass.web.booking.choices import Choice, address, choice_in
from einlass.web.booking.deadlines import Deadlines, deadlines_of
from einlass.web.booking.offers import bookable_service, door_hours
from einlass.web.booking.times import Place, duration_of, is_free, nearest, times
from einlass.web.booking.when import place_of, render_times
from einlass.web.context import operator_of
from einlass.web.door_information import door_information
from einlass.web.fields import Reading, answers_in, fields_of, typed_in


@dataclass(frozen=True, slots=True)
class Summary:
    """What is about to be booked."""

    day: str
    span: str
    doors: str
    deadlines: Deadlines


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest, service_key: str) -> HttpResponse:
    service, questions = bookable_service(service_key)
    choice = choice_in({**request.GET.dict(), **request.POST.dict()})
    place = place_of(request, service)
    if choice.start is None:
        return _without_start(request, place, choice)
    wanted = Choice(duration=duration_of(service, choice), start=choice.start)
    if request.method != "POST" or "again" in request.POST:
        return _form(request, place, questions, wanted)
    return _book(request, place, questions, wanted)


def _form(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice) -> HttpResponse:
    start, duration = _settled(wanted)
    if not is_free(place, start=start, duration=duration):
        return _refused(request, place, wanted, Refusal("slot_taken"))
    return _render(request, place, questions, wanted, refusal=None)


def _book(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice) -> HttpResponse:
    start, duration = _settled(wanted)
    answers = answers_in(questions, typed_in(request.POST), country=place.service.branch.country)
    once = request.POST.get("once", "")[:64]
    wish = Wish(place.service, start, duration, answers, language=request.LANGUAGE_CODE, once=once)
    try:
        booking = book(wish, actor=GUEST, now=place.now)
    except Refusal as refusal:
        if refusal.code == "invalid":
            return _render(request, place, questions, wanted, refusal=refusal)
        return _refused(request, place, wanted, refusal)
    done = redirect(address(reverse("booking_own", args=[booking.link_token]), new=1))
    done.status_code = 303
    return done


def _without_start(request: HttpRequest, place: Place, choice: Choice) -> HttpResponse:
    page = times(place, choice, kept=typed_in(request.POST))
    method = "post" if page.kept else "get"
    return render_times(request, {"times": page, "step": 2, "form_method": method, "none_chosen": True}, status=422)


def _refused(request: HttpRequest, place: Place, wanted: Choice, refusal: Refusal) -> HttpResponse:
    """Back to the free times, with the sentence and, where somebody was faster, the nearest three."""
    start, duration = _settled(wanted)
    page = times(place, Choice(duration=duration, day=local_date(start, place.zone)), kept=typed_in(request.POST))
    context = {
        "times": page,
        "step": 2,
        "form_method": "post" if page.kept else "get",
        "refusal": refusals.sentence(refusal),
        "refusal_title": refusals.title(refusal),
        "taken_at": formats.clock(start, place.zone) if refusal.code == "slot_taken" else "",
        "nearest": nearest(place, start=start, duration=duration),
    }
    return render_times(request, context, status=refusals.STATUS[refusal.code])


def _render(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice, *, refusal: Refusal | None) -> HttpResponse:
    start, duration = _settled(wanted)
    operator = operator_of(request)
    reading = Reading(language=request.LANGUAGE_CODE, default=operator.default_language, country=place.service.branch.country)
    errors = refusal.fields if refusal else ()
    context = {
        "offer": place.offer,
        "step": 3,
        "fields": fields_of(questions, typed=typed_in(request.POST), errors=errors, reading=reading),
        "summary": _summary(place, start=start, duration=duration),
        "information": door_information(place.service, reading) if place.offer.opens_doors else None,
        "choice": wanted,
        "action": address(place.following, duration=duration, start=start),
        "back": address(place.base, duration=duration, day=local_date(start, place.zone), start=start),
        "errors": len(errors),
        "once": request.POST.get("once", "")[:64] or secrets.token_urlsafe(12),
    }
    return render(request, "booking/who.html", context, status=422 if refusal else 200)


def _summary(place: Place, *, start: datetime, duration: int) -> Summary:
    booked = Window(start, start + timedelta(minutes=duration))
    doors = door_hours(place.service.branch, booked)
    return Summary(
        day=formats.day_with_year(local_date(booked.start, place.zone)),
        span=formats.span(booked.start, booked.end, place.zone),
        doors=formats.span(doors.start, doors.end, place.zone) if place.offer.opens_doors else "",
        deadlines=deadlines_of(place.service, start=booked.start, now=place.now),
    )


def _settled(wanted: Choice) -> tuple[datetime, int]:
    assert wanted.start is not None
    assert wanted.duration is not None
    return wanted.start, wanted.duration
