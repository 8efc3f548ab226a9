# SPDX-License-Identifier: Apache-2.0
"""Which services are offered, what they ask, and why one cannot be booked. Free times are in `availability.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Prefetch, Q, QuerySet

from einlass.core.grants import DoorFacts, opened_doors
from einlass.core.questions import is_bookable_with_doors
from einlass.models import Branch, Door, Organisation, Question, Room, Service, ServiceRoom


def organisation() -> Organisation:
    """The operator; defaults where nothing was configured yet."""
    return Organisation.objects.select_related("logo").defer("logo__data").first() or Organisation(languages=["de", "en"])


def offered_services() -> QuerySet[Service]:
    """Every active service of an active branch, in the operator's order, with what a page needs."""
    return (
        Service.objects.filter(active=True, branch__active=True)
        .select_related("branch", "branch__lock_system", "picture")
        .defer("picture__data")
        .prefetch_related("rooms", "doors", "rooms__doors", "branch__doors")
        .order_by("branch__position", "branch_id", "position", "id")
    )


def branch_on_offer(key: str) -> Branch | None:
    """The branch of this key, as long as it is in use."""
    return Branch.objects.filter(key=key, active=True).first()


def services_of(branches: QuerySet[Branch]) -> QuerySet[Service]:
    """Every service of these branches, active or not, in the operator's order, with what a form of the staff needs."""
    return (
        Service.objects.filter(branch__in=branches)
        .select_related("branch", "branch__lock_system")
        .prefetch_related("rooms", "doors", "rooms__doors", "branch__doors")
        .order_by("branch__position", "branch_id", "position", "id")
    )


def service_by_key(key: str) -> Service | None:
    return offered_services().filter(key=key).first()


def service_with_times(key: str) -> Service | None:
    """The service on offer, with its branch, for whoever asks only when it is free."""
    return Service.objects.filter(key=key, active=True, branch__active=True).select_related("branch").first()


def questions_of(service: Service) -> list[Question]:
    """The active questions of the service, in order: those of its own and those for every service."""
    questions = Question.objects.filter(active=True).filter(Q(services=service) | Q(services__isnull=True))
    return list(questions.distinct().order_by("position", "id"))


def questions_by_service(services: list[Service]) -> dict[int, list[Question]]:
    """The same for many services in two queries."""
    of = Prefetch("services", queryset=Service.objects.only("id"))
    questions = list(Question.objects.filter(active=True).prefetch_related(of).order_by("position", "id"))
    named = {q.pk: {s.pk for s in q.services.all()} for q in questions}
    return {s.pk: [q for q in questions if not named[q.pk] or s.pk in named[q.pk]] for s in services}


def doors_of(service: Service) -> tuple[DoorFacts, ...]:
    """Every door that a booking of this service may open, in whichever of its rooms (R7)."""
    doors: list[Door] = [*service.doors.all(), *(d for room in service.rooms.all() for d in room.doors.all())]
    named = {door.component for door in doors}
    return opened_doors((door.facts() for door in service.branch.doors.all()), named=named)


def doors_by_room(branch: Branch, rooms: Iterable[Room], *, service_doors: Collection[str]) -> list[tuple[Room, tuple[DoorFacts, ...]]]:
    """What a booking would open in each of the rooms, for a service that names these doors (R7). Read rooms with their doors."""
    doors = [door.facts() for door in branch.doors.all()]
    return [(room, opened_doors(doors, named={*service_doors, *(door.component for door in room.doors.all())})) for room in rooms]


def configured_services() -> QuerySet[Service]:
    """Every service, offered or not, branch by branch in the operator's order, with all that decides about its doors."""
    links = Prefetch("serviceroom_set", queryset=ServiceRoom.objects.select_related("room"))
    return (
        Service.objects.select_related("branch", "branch__lock_system", "picture")
        .prefetch_related("rooms", "doors", "rooms__doors", "branch__doors", links)
        .order_by("branch__position", "branch_id", "position", "id")
    )


def services_with_doors() -> list[Service]:
    """Every service that has doors in any of its rooms, also one that is not offered or whose integration is off just now."""
    return [service for service in configured_services().defer("picture__data") if doors_of(service)]


def without_mobile_number() -> list[Service]:
    """R8: the services on offer that cannot be booked, because nobody is asked for the number that becomes the key."""
    services = list(offered_services())
    questions = questions_by_service(services)
    return [service for service in services if needs_mobile_number(service, questions[service.pk])]


def opens_doors(service: Service) -> bool:
    """Whether a booking of it opens any door; never while the integration is off (R1)."""
    system = service.branch.lock_system
    return bool(system and system.grants and doors_of(service))


def needs_mobile_number(service: Service, questions: list[Question]) -> bool:
    """R8: it opens doors, but no active, required question asks for the mobile number, so it cannot be booked."""
    return opens_doors(service) and not is_bookable_with_doors(tuple(q.facts() for q in questions))
