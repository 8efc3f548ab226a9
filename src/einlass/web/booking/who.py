# SPDX-License-Identifier: Apache-2.0
"""Step 3, who: the booking questions, and the booking itself. Nothing typed is lost, whatever is refused or ran out."""

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
from einlass.operations.holds import hold
from einlass.web import formats, refusals
from einlass.web.addresses import client_of
from einlass.web.booking.choices import Choice, address, choice_in, iso
from einlass.web.booking.deadlines import Deadlines, deadlines_of
from einlass.web.booking.guards import STAMP, TRAP, by_a_program, shown
from einlass.web.booking.holds import forget, names_a_hold, remember, sentence_of
from einlass.web.booking.offers import bookable_service, door_hours
from einlass.web.booking.times import Place, duration_of, is_free
from einlass.web.booking.when import place_of, refused, without_start
from einlass.web.context import language_links, operator_of
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
    place = place_of(request, service)
    choice = _chosen(place, choice_in({**request.GET.dict(), **request.POST.dict()}))
    if choice.start is None:
        return without_start(request, place, choice)
    wanted = Choice(duration=duration_of(service, choice), start=choice.start)
    if request.method != "POST" or "again" in request.POST:
        return _form(request, place, questions, wanted)
    return _book(request, place, questions, wanted)


def details(
    request: HttpRequest, place: Place, questions: list[Question], wanted: Choice, *, refusal: Refusal | None = None
) -> HttpResponse:
    """The page itself, with what was typed so far."""
    start, duration = _settled(wanted)
    operator = operator_of(request)
    reading = Reading(language=request.LANGUAGE_CODE, default=operator.default_language, country=place.service.branch.country)
    errors = refusal.fields if refusal else ()
    here = details_address(place, wanted)
    context = {
        "offer": place.offer,
        "step": 3,
        "fields": fields_of(questions, typed=typed_in(request.POST), errors=errors, reading=reading),
        "summary": _summary(place, start=start, duration=duration),
        "information": door_information(place.service, reading) if place.offer.opens_doors else None,
        "choice": wanted,
        "start": iso(start),
        "action": here,
        "back": address(place.base, duration=duration, day=local_date(start, place.zone), start=start, hold=place.token),
        "errors": len(errors),
        "look_again": (refusals.title(refusal), refusals.sentence(refusal)) if refusal and not errors else None,
        "trap": TRAP,
        "stamp": STAMP,
        "shown": shown(request.POST, now=place.now),
        "once": request.POST.get("once", "")[:64] or secrets.token_urlsafe(12),
        **_hold(request, place, start=start, duration=duration),
        "language_form": "who",
        "language_links": language_links(request, at=here),
    }
    response = render(request, "booking/who.html", context, status=422 if refusal else 200)
    # It names the visitor's hold, perhaps by his cookie alone, and shows what he typed.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def details_address(place: Place, wanted: Choice) -> str:
    """Where the details of this time are asked for; it says which hold keeps the time."""
    base = reverse("booking_who", args=[place.service.key])
    return address(base, duration=wanted.duration, start=wanted.start, hold=place.token)


def _chosen(place: Place, choice: Choice) -> Choice:
    """What the address says; one that names a hold alone means the time that is held."""
    if choice.start is not None or place.held is None:
        return choice
    return Choice(duration=place.held.window.minutes, start=place.held.start)


def _form(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice) -> HttpResponse:
    start, duration = _settled(wanted)
    if not is_free(place, start=start, duration=duration):
        return refused(request, place, wanted, Refusal("slot_taken"))
    return details(request, place, questions, wanted)


def _book(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice) -> HttpResponse:
    if by_a_program(request.POST, now=place.now):
        return _once_more(request, place, questions, wanted, Refusal("look_again"))
    start, duration = _settled(wanted)
    answers = answers_in(questions, typed_in(request.POST), country=place.service.branch.country)
    once = request.POST.get("once", "")[:64]
    wish = Wish(place.service, start, duration, answers, language=request.LANGUAGE_CODE, once=once)
    try:
        booking = book(wish, actor=GUEST, now=place.now, hold=place.token or "", visitor=client_of(request))
    except Refusal as refusal:
        if refusal.code == "invalid":
            return _once_more(request, place, questions, wanted, refusal)
        return refused(request, place, wanted, refusal)
    done = redirect(address(reverse("booking_own", args=[booking.link_token]), new=1))
    done.status_code = 303
    forget(done, request, place.service)
    return done


def _once_more(request: HttpRequest, place: Place, questions: list[Question], wanted: Choice, refusal: Refusal) -> HttpResponse:
    """The form with its errors. Where the hold ran out meanwhile the time is kept anew, or said to be taken."""
    if place.held is not None or not names_a_hold(request):
        return details(request, place, questions, wanted, refusal=refusal)
    start, duration = _settled(wanted)
    try:
        held = hold(
            place.service, start=start, duration=duration, language=request.LANGUAGE_CODE, now=place.now, visitor=client_of(request)
        )
    except Refusal as no_more:
        return refused(request, place, wanted, no_more)
    answer = details(request, place.holding(held), questions, wanted, refusal=refusal)
    remember(answer, held, now=place.now)
    return answer


def _hold(request: HttpRequest, place: Place, *, start: datetime, duration: int) -> dict[str, object]:
    """What is said about the hold: until when it counts, or that it ran out."""
    kept = sentence_of(place.held) if place.held and place.keeps(start=start, duration=duration) else ""
    again = reverse("booking_hold", args=[place.service.key])
    return {"hold": place.token or "", "held": kept, "ran_out": place.held is None and names_a_hold(request), "hold_again": again}


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
