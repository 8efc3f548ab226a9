# SPDX-License-Identifier: Apache-2.0
"""Correcting a mistyped mobile number: the new one, then the code from the mail. What counts as proof: `operations/numbers.py`."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.errors import Refusal
from einlass.core.grants import opens_doors
from einlass.core.phones import mask
from einlass.models import Booking, NumberChange, Question
from einlass.operations import numbers
from einlass.queries.numbers import number_question, running_change
from einlass.web import formats, refusals
from einlass.web.addresses import client_of
from einlass.web.booking.choices import address
from einlass.web.booking.own import booking_of, own_booking, private
from einlass.web.context import operator_of
from einlass.web.fields import Reading, answers_in, fields_of, typed_in

METHODS = ["GET", "HEAD", "POST"]


@sensitive_post_parameters()
@require_http_methods(METHODS)
def number(request: HttpRequest, link_token: str) -> HttpResponse:
    booking, now = booking_of(link_token), timezone.now()
    question = _asked_in(booking)
    if not own_booking(request, booking, now=now).is_coming:
        return _too_late(request, booking, now=now)
    if request.method != "POST":
        return _form(request, booking, question, now=now)
    given = answers_in([question], typed_in(request.POST), country=booking.branch.country)
    try:
        numbers.ask(booking, str(given[question.key]), now=now, visitor=client_of(request))
    except Refusal as refusal:
        return _form(request, booking, question, now=now, refusal=refusal)
    return _go("booking_number_code", booking)


@sensitive_post_parameters()
@require_http_methods(METHODS)
def code(request: HttpRequest, link_token: str) -> HttpResponse:
    booking, now = booking_of(link_token), timezone.now()
    _asked_in(booking)
    if not own_booking(request, booking, now=now).is_coming:
        return _too_late(request, booking, now=now)
    try:
        if "again" in request.POST:
            numbers.ask_again(booking, now=now, visitor=client_of(request))
            return _go("booking_number_code", booking)
        if request.method == "POST":
            numbers.prove(booking, request.POST.get("code", "")[:40], now=now)
            done = redirect(address(reverse("booking_own", args=[booking.link_token]), number="changed"))
            done.status_code = 303
            return private(done)
    except Refusal as refusal:
        return _ask_code(request, booking, now=now, refusal=refusal)
    return _ask_code(request, booking, now=now)


def _asked_in(booking: Booking) -> Question:
    """The question for the number. Raises Http404 where nobody is asked for it."""
    question = number_question(booking)
    if question is None:
        raise Http404
    return question


def _form(request: HttpRequest, booking: Booking, question: Question, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    reading = Reading(request.LANGUAGE_CODE, operator_of(request).default_language, booking.branch.country)
    errors = refusal.fields if refusal else ()
    context = {
        "booking": own_booking(request, booking, now=now),
        "fields": fields_of([question], typed=typed_in(request.POST), errors=errors, reading=reading),
        "so_far": unbroken(mask(booking.mobile)) if booking.mobile else "",
        "mail": masked_address(booking.email),
        "replaces_key": opens_doors(booking.facts()),
    }
    return _page(request, "booking/number.html", context, refusal=refusal)


def _ask_code(request: HttpRequest, booking: Booking, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    """Where no code is waited for, the number is asked for anew, unless there is something to say first."""
    change: NumberChange | None = running_change(booking, now=now)
    if change is None and refusal is None:
        return _go("booking_number", booking)
    context = {
        "booking": own_booking(request, booking, now=now),
        "wanted": unbroken(mask(change.mobile)) if change else "",
        "until": formats.clock(change.valid_until, booking.branch.time_zone) if change else "",
        "mail": masked_address(booking.email),
        "code_field": {"id": "code", "error": refusals.field_sentence(refusal.fields[0]) if refusal and refusal.fields else ""},
    }
    return _page(request, "booking/number_code.html", context, refusal=refusal)


def _page(request: HttpRequest, template: str, context: dict[str, object], *, refusal: Refusal | None) -> HttpResponse:
    if refusal and not refusal.fields:
        context |= {"refusal_title": refusals.title(refusal), "refusal": refusals.sentence(refusal)}
    response = render(request, template, context, status=refusals.STATUS[refusal.code] if refusal else 200)
    return private(refusals.told_when(response, refusal) if refusal else response)


def _too_late(request: HttpRequest, booking: Booking, *, now: datetime) -> HttpResponse:
    context = {"booking": own_booking(request, booking, now=now)}
    return private(render(request, "booking/too_late.html", context, status=422))


def _go(name: str, booking: Booking) -> HttpResponse:
    response = redirect(name, link_token=booking.link_token)
    response.status_code = 303
    return private(response)


def masked_address(email: str) -> str:
    """Enough to know one's own: l•••@example.org."""
    name, at, host = email.rpartition("@")
    return f"{name[:1]}•••@{host}" if at else ""


def unbroken(text: str) -> str:
    """Never broken between lines."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")
