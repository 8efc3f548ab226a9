# SPDX-License-Identifier: Apache-2.0
"""A service as its pages name it, and which services a guest is offered at all."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import ngettext

from einlass.core.texts import in_language
from einlass.core.windows import Window
from einlass.models import Booking, Branch, Question, Room, Service
from einlass.queries.services import needs_mobile_number, opens_doors, questions_of, service_by_key
from einlass.web import formats


@dataclass(frozen=True, slots=True)
class Offer:
    """What the head of a page says about the service."""

    key: str
    name: str
    branch: str
    town: str
    room_for: str
    opens_doors: bool


def offer_of(service: Service, *, language: str, default: str) -> Offer:
    """The service in a language, else in the operator's first one."""
    branch = in_language(service.branch.name, language=language, default=default) or service.branch.key
    return Offer(
        key=service.key,
        name=in_language(service.name, language=language, default=default) or service.key,
        branch=branch,
        town=formats.town_of(service.branch, name=branch),
        room_for=room_for(service),
        opens_doors=opens_doors(service),
    )


def room_for(service: Service) -> str:
    """For how many people the largest of its rooms is."""
    seats = max((room.capacity or 0 for room in service.rooms.all() if room.active), default=0)
    return ngettext("up to %(count)s person", "up to %(count)s people", seats) % {"count": seats} if seats else ""


def bookable_service(key: str) -> tuple[Service, list[Question]]:
    """The service with its questions. Raises Http404 where a guest is not offered it (R8)."""
    service = service_by_key(key)
    if service is None or not service.durations:
        raise Http404
    questions = questions_of(service)
    if needs_mobile_number(service, questions):
        raise Http404
    return service, questions


def door_hours(branch: Branch, booked: Window) -> Window:
    """When the phone opens the doors for a booking of this time (R11)."""
    return booked.widened(before_minutes=branch.early_minutes, after_minutes=branch.late_minutes)


def service_of(booking: Booking) -> Service:
    """The service of a booking that moves, active or not, with what its pages need."""
    return Service.objects.select_related("branch__lock_system").get(pk=booking.service_id)


def room_for_one(room: Room) -> str:
    """For how many people this room is."""
    seats = room.capacity or 0
    return ngettext("up to %(count)s person", "up to %(count)s people", seats) % {"count": seats} if seats else ""
