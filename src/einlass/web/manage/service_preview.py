# SPDX-License-Identifier: Apache-2.0
"""What a booking of a service would open, as its form stands now, and what is in the way of it. The rule is `core/grants.py` (R7)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from einlass.core.grants import Admissible, DoorFacts, admissible
from einlass.core.questions import is_bookable_with_doors
from einlass.core.texts import in_language
from einlass.models import Question, Service
from einlass.queries.services import doors_by_room, opens_doors
from einlass.web.manage.service_forms import ServiceForm


@dataclass(frozen=True, slots=True)
class RoomPreview:
    """One room with the doors that open with it; `trouble` are those that are left out of a key, with the reason's code."""

    name: str
    doors: tuple[str, ...]
    trouble: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole answer. The codes in `hints` have their sentences in the template."""

    rooms: tuple[RoomPreview, ...]
    hints: tuple[str, ...]
    name: str = ""

    @property
    def alike(self) -> bool:
        """Whether every room opens the same, which is then said once."""
        return len({(room.doors, room.trouble) for room in self.rooms}) == 1


def preview_of(form: ServiceForm, *, row: Service | None, language: str) -> Preview:
    """`row` is the service as it is saved; None for one that is new."""
    default = form.operator.default_language
    rooms = [form.room_rows[room] for room in form.typed_rooms]
    opened = doors_by_room(form.branch, rooms, service_doors=form.typed_doors)
    shown = tuple(_room(in_language(room.name, language=language, default=default) or room.key, doors) for room, doors in opened)
    name = in_language((form.part or {}).get("name", ""), language=language, default=default)
    return Preview(shown, _hints(form, row, doors=any(doors for _, doors in opened)), name)


def _room(name: str, doors: tuple[DoorFacts, ...]) -> RoomPreview:
    trouble = {door.component: _trouble(door) for door in doors}
    opens = tuple(door.name or door.component for door in doors if not trouble[door.component])
    return RoomPreview(
        name, opens, tuple((door.name or door.component, trouble[door.component]) for door in doors if trouble[door.component])
    )


def _trouble(door: DoorFacts) -> str:
    verdict = admissible(kind=door.kind, allow_unknown=door.allow_unknown)
    return verdict.value if verdict is not Admissible.YES else "missing" if door.missing else ""


def _hints(form: ServiceForm, row: Service | None, *, doors: bool) -> tuple[str, ...]:
    """What is in the way, worst first. While the integration is off, nothing else matters (R1)."""
    if not form.typed_rooms:
        return ("no_room",)
    if not doors:
        return ("no_doors",)
    system = form.branch.lock_system
    if system is None or not system.grants:
        return ("off",)
    site = () if form.branch.site_is_confirmed else ("unconfirmed",)
    return (*_mobile(row), *site)


def _mobile(row: Service | None) -> tuple[str, ...]:
    """R8. The first questions of all are made when the first service is saved; the repair is for what is saved already."""
    if not Question.objects.exists():
        return ()
    of_service = Q(services=row) if row else Q(pk=None)
    asked = Question.objects.filter(active=True).filter(Q(services__isnull=True) | of_service).distinct()
    facts = tuple(question.facts() for question in asked)
    if is_bookable_with_doors(facts):
        return ()
    return ("mobile",) if row and opens_doors(row) else ("mobile_after_saving",)
