# SPDX-License-Identifier: Apache-2.0
"""Booking in the name of a guest: the same operation as a guest's own, with the staff as actor. Nothing typed is lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from einlass.core.errors import FieldError, Refusal
from einlass.core.roles import May
from einlass.models import Booking, Question, Service
from einlass.operations.bookings import Wish, book
from einlass.queries.scope import visible_branches
from einlass.queries.services import needs_mobile_number, opens_doors, questions_of, services_of
from einlass.web import refusals
from einlass.web.context import NAMES, operator_of
from einlass.web.fields import Reading, answers_in, fields_of, typed_in
from einlass.web.manage.booking import reader_of
from einlass.web.manage.chooser import Choice, Option, asked_in, choice_in, times_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, show, staff_of, staff_page
from einlass.web.manage.rows import Reader


@dataclass(frozen=True, slots=True)
class Shelf:
    """The services of one branch."""

    name: str
    services: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: everything that was chosen, and the service's questions."""

    services: tuple[Service, ...]
    choice: Choice
    questions: tuple[Question, ...]
    language: str


@sensitive_post_parameters()
@staff_page(May.WORK, FORM)
def new_booking(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request, now=timezone.now())
    asked = asked_in(request.POST if request.method == "POST" else request.GET)
    services = tuple(services_of(visible_branches(staff_of(request))))
    if not services:
        return show(request, "manage/new_booking.html", {"shelves": ()}, at="bookings", crumbs=_crumbs())
    service = _service_in(services, asked)
    choice = choice_in(asked, service, now=reader.now)
    form = Form(services, choice, tuple(questions_of(service)), _language(request, asked))
    if request.method == "POST" and "show" not in request.POST and "nearest" not in request.POST:
        return _book(request, form, reader)
    return _draw(request, form, reader)


def _crumbs() -> tuple[Crumb, ...]:
    return (Crumb(gettext("Bookings"), reverse("manage_bookings")), Crumb(gettext("New booking")))


def _service_in(services: tuple[Service, ...], asked: Mapping[str, str]) -> Service:
    """The service that was chosen, else the first one of the room or the branch that was. Raises Http404 for another's."""
    key, room, branch = asked.get("service", ""), asked.get("room", ""), asked.get("branch", "")
    if key:
        found = next((service for service in services if service.key == key), None)
        if found is None:
            raise Http404
        return found
    in_room = [service for service in services if any(r.key == room for r in service.rooms.all())]
    in_branch = [service for service in services if service.branch.key == branch]
    ordered = [*in_room, *in_branch, *services]
    return next((service for service in ordered if service.active), ordered[0])


def _language(request: HttpRequest, asked: Mapping[str, str]) -> str:
    operator = operator_of(request)
    wanted = asked.get("language", "")
    return wanted if wanted in operator.languages else operator.default_language


def _book(request: HttpRequest, form: Form, reader: Reader) -> HttpResponse:
    choice = form.choice
    if choice.start is None:
        return _draw(request, form, reader, Refusal("invalid", fields=(FieldError("start", "required"),)))
    answers = answers_in(list(form.questions), typed_in(request.POST), country=choice.service.branch.country)
    once = request.POST.get("once", "")[:64]
    wish = Wish(choice.service, choice.start, choice.duration, answers, language=form.language, once=once, room=choice.room)
    try:
        booking = book(wish, actor=actor_of(request), now=reader.now)
    except Refusal as refusal:
        return _draw(request, form, reader, refusal)
    return _done(request, booking)


def _done(request: HttpRequest, booking: Booking) -> HttpResponse:
    told = gettext("%(guest)s is booked.") % {"guest": booking.guest_name or booking.reference}
    if opens_doors(booking.service):
        key = gettext("The key is being made.")
        told = f"{told} {key}"
    messages.success(request, told)
    done = redirect("manage_booking", reference=booking.reference)
    done.status_code = 303
    return done


def _draw(request: HttpRequest, form: Form, reader: Reader, refusal: Refusal | None = None) -> HttpResponse:
    choice = form.choice
    service = choice.service
    operator = operator_of(request)
    errors = refusal.fields if refusal else ()
    reading = Reading(language=request.LANGUAGE_CODE, default=operator.default_language, country=service.branch.country)
    wrong = {error.field: refusals.field_sentence(error) for error in errors if error.field in {"start", "duration", "room"}}
    context = {
        "shelves": _shelves(form, reader),
        "service": service,
        "hindered": _hindered(form, reader),
        "times": times_of(choice, reader=reader),
        "wrong": wrong,
        "refusal_title": refusals.title(refusal) if refusal else "",
        "refusal": refusals.sentence(refusal) if refusal else "",
        "fields": fields_of(list(form.questions), typed=typed_in(request.POST), errors=errors, reading=reading),
        "languages": [Option(code, NAMES.get(code, code), code == form.language) for code in operator.languages],
        "once": request.POST.get("once", "")[:64] or secrets.token_urlsafe(12),
        "approval": service.approval,
    }
    status = refusals.STATUS[refusal.code] if refusal else 200
    return show(request, "manage/new_booking.html", context, at="bookings", crumbs=_crumbs(), status=status)


def _shelves(form: Form, reader: Reader) -> tuple[Shelf, ...]:
    """The active services by branch; the one that was asked for stands there even where it is not active."""
    chosen = form.choice.service
    offered = [service for service in form.services if service.active or service == chosen]
    return tuple(
        Shelf(
            reader.text(branch.name, branch.key),
            tuple(Option(s.key, reader.text(s.name, s.key), s == chosen) for s in services),
        )
        for branch, services in groupby(offered, key=lambda service: service.branch)
    )


def _hindered(form: Form, reader: Reader) -> str:
    """Why the service cannot be booked by anybody; empty where it can."""
    service = form.choice.service
    name = {"service": reader.text(service.name, service.key)}
    if not service.active:
        return gettext("%(service)s is switched off and cannot be booked. Choose another service, or switch it on in the settings.") % name
    if needs_mobile_number(service, list(form.questions)):
        said = gettext("%(service)s does not ask for the mobile number. Without it there is no key, so it cannot be booked at the moment.")
        return said % name
    if not form.choice.rooms or not service.durations:
        return gettext("%(service)s has no room yet, so it cannot be booked.") % name
    return ""
