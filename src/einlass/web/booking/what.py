# SPDX-License-Identifier: Apache-2.0
"""Step 1, what: the services as cards, by branch. One service only: straight to its free times. A POST carries along what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.hours import local_date
from einlass.core.slots import Slot, Taken, offered_days
from einlass.core.texts import foreign_language, in_language
from einlass.models import Picture, Service
from einlass.queries.availability import REACH, taken_windows
from einlass.queries.services import branch_on_offer, needs_mobile_number, offered_services, questions_by_service
from einlass.web import formats
from einlass.web.booking.choices import address
from einlass.web.booking.offers import Offer, offer_of
from einlass.web.context import language_links, operator_of
from einlass.web.fields import kept_in, typed_in

AHEAD = timedelta(days=30)
# What a link may say besides, see docs/manual.
CARRIED = ("lang", "day")


@dataclass(frozen=True, slots=True)
class Card:
    """One service on offer."""

    offer: Offer
    description: str
    description_lang: str
    price: str
    next_free: str
    address: str
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The cards of one branch."""

    branch: str
    key: str
    place: str
    cards: tuple[Card, ...]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest) -> HttpResponse:
    return _answer(request, _bookable(offered_services()))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def of_branch(request: HttpRequest, branch_key: str) -> HttpResponse:
    """The same of one branch, for links to it. Raises Http404 where there is no such branch in use."""
    branch = branch_on_offer(branch_key)
    if branch is None:
        raise Http404
    return _answer(request, _bookable(offered_services().filter(branch=branch)))


def _answer(request: HttpRequest, services: list[Service]) -> HttpResponse:
    """The cards; what the address says besides (a day, the language) and what was typed already goes on to the free times."""
    carried = {name: request.GET[name] for name in CARRIED if name in request.GET}
    if len(services) == 1:
        straight_on = redirect(address(reverse("booking_when", args=[services[0].key]), **carried))
        if request.method == "POST":
            straight_on.status_code = HTTPStatus.TEMPORARY_REDIRECT  # the browser sends the form once more, to there
        return straight_on
    kept = kept_in(typed_in(request.POST))
    context: dict[str, object] = {"shelves": _shelves(request, services, carried), "step": 1, "kept": kept}
    if kept:
        context |= {"language_form": "what", "language_links": language_links(request, at=request.path)}
    return render(request, "booking/what.html", context)


def _bookable(offered: QuerySet[Service]) -> list[Service]:
    services = list(offered)
    questions = questions_by_service(services)
    return [service for service in services if service.durations and not needs_mobile_number(service, questions[service.pk])]


def _shelves(request: HttpRequest, services: list[Service], carried: Mapping[str, str]) -> list[Shelf]:
    now = timezone.now()
    taken = _taken(services, now)
    default = operator_of(request).default_language
    shelves = []
    for branch, group in groupby(services, key=lambda service: service.branch):
        cards = tuple(
            _card(service, taken=taken, now=now, language=request.LANGUAGE_CODE, default=default, carried=carried) for service in group
        )
        shelves.append(Shelf(branch=cards[0].offer.branch, key=branch.key, place=branch.address, cards=cards))
    return shelves


def _taken(services: list[Service], now: datetime) -> Taken:
    """What is taken in all rooms for a month, in one query, however many services there are."""
    rooms = {room.pk for service in services for room in service.rooms.all() if room.active}
    return taken_windows(sorted(rooms), start=now - REACH, end=now + AHEAD + REACH, now=now)


def _card(service: Service, *, taken: Taken, now: datetime, language: str, default: str, carried: Mapping[str, str]) -> Card:
    slot = _first_free(service, taken=taken, now=now)
    return Card(
        offer=offer_of(service, language=language, default=default),
        description=in_language(service.description, language=language, default=default),
        description_lang=foreign_language(service.description, language=language, default=default),
        price=in_language(service.price, language=language, default=default),
        next_free=formats.moment(slot.start, service.branch.time_zone) if slot else "",
        address=address(reverse("booking_when", args=[service.key]), day=carried.get("day")),
        picture=service.picture,
    )


def _first_free(service: Service, *, taken: Taken, now: datetime) -> Slot | None:
    today = local_date(now, service.branch.time_zone)
    days = offered_days(
        service.rules(),
        service.branch.hours(),
        rooms=[room.pk for room in service.rooms.all() if room.active],
        taken=taken,
        duration=service.durations[0],
        first=today,
        last=today + AHEAD,
        now=now,
    )
    return next((slot for day in days for slot in day.slots), None)
