# SPDX-License-Identifier: Apache-2.0
"""When a part of the configuration may go: never while coming bookings depend on it; switched off, not deleted, where bookings that are
over name it. Whoever wants it gone: `settings.py:remove` for one, `config_prune.py` for what a file leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet

from einlass.core.bookings import BLOCKING, LONGEST_MARGIN
from einlass.core.errors import FieldError, Refusal
from einlass.models import ApiToken, Booking, Branch, Key, Question, Room, Service
from einlass.operations.config_write import Changes
from einlass.queries.bookings import real

Removal = Literal["removed", "switched_off"]
# How many bookings a sentence names.
NAMED = 5


def coming_bookings(*, now: datetime) -> QuerySet[Booking]:
    """Those whose room is taken or whose key may still open something. What is only held for a visitor hinders nobody; he is told."""
    return real(Booking.objects.filter(status__in=[status.value for status in BLOCKING], end__gt=now - LONGEST_MARGIN))


def named_references(bookings: QuerySet[Booking]) -> tuple[str, ...]:
    """The first few of them, soonest first; an ellipsis says that there are more."""
    references = list(bookings.order_by("start").values_list("reference", flat=True)[: NAMED + 1])
    return (*references[:NAMED], "…") if len(references) > NAMED else tuple(references)


def take_away(row: Any, name: str, *, keep: bool, changes: Changes) -> Removal:
    """Delete the row, or switch it off where bookings that are over still name it."""
    if keep:
        changes.assign(row, name, {"active": False})
        return "switched_off"
    if isinstance(row, Service):
        _retire_own_questions(row, changes=changes)
    row.delete()
    changes.note(f"{name} removed")
    return "removed"


def _retire_own_questions(service: Service, *, changes: Changes) -> None:
    """A question that names this service alone would be asked for every one, once the service is gone."""
    for question in Question.objects.filter(services=service, active=True).prefetch_related("services"):
        if len(question.services.all()) == 1:
            changes.assign(question, f"questions.{question.key}", {"active": False})


def named_beside_bookings(branch: Branch) -> bool:
    """A key, or a token that is bound to it: without its only branch a token would see all of them."""
    return Key.objects.filter(branch=branch).exists() or ApiToken.objects.filter(branches=branch).exists()


@dataclass(frozen=True, slots=True)
class _Kind:
    """How rows of an area are found by their key, which bookings are theirs, and which rooms have to stand still meanwhile."""

    rows: Callable[[], QuerySet[Any]]
    bookings: Callable[[Any], QuerySet[Booking]]
    rooms: Callable[[Any], QuerySet[Room]]
    # What the guests answered may go with the question only once nobody answered it: no coming booking depends on it.
    depends: bool = True


KINDS: Mapping[str, _Kind] = {
    "branches": _Kind(Branch.objects.all, lambda row: Booking.objects.filter(branch=row), lambda row: Room.objects.filter(branch=row)),
    "rooms": _Kind(Room.objects.all, lambda row: Booking.objects.filter(room=row), lambda row: Room.objects.filter(pk=row.pk)),
    "services": _Kind(Service.objects.all, lambda row: Booking.objects.filter(service=row), lambda row: Room.objects.filter(services=row)),
    "questions": _Kind(
        Question.objects.all,
        lambda row: Booking.objects.filter(answers__has_key=row.key),
        lambda row: Room.objects.none(),
        depends=False,
    ),
}


def remove_named(subject: str, *, changes: Changes, now: datetime) -> Removal:
    """Take away what a subject names, such as `branches.bern.rooms.aare`, in the caller's transaction.

    Raises Refusal: changed_meanwhile where it is gone already; in_use with the references of coming bookings; invalid with
    `last_room` for a room without which a service had none.
    """
    *_, area, key = subject.split(".")
    kind = KINDS[area]
    row = kind.rows().filter(key=key).first()
    if row is None:
        raise Refusal("changed_meanwhile")
    _hold_rooms(kind.rooms(row))
    if kind.depends and (references := named_references(kind.bookings(row) & coming_bookings(now=now))):
        raise Refusal("in_use", values={"references": ", ".join(references)})
    keep = kind.bookings(row).exists() or (isinstance(row, Branch) and named_beside_bookings(row))
    if isinstance(row, Room) and not keep:
        _refuse_last_room(row)
    return take_away(row, subject, keep=keep, changes=changes)


def _hold_rooms(rooms: QuerySet[Room]) -> None:
    """Whoever books at this moment waits, and finds the room gone; see `bookings.py:book`."""
    list(Room.objects.select_for_update().filter(pk__in=list(rooms.values_list("pk", flat=True))).order_by("pk").values_list("pk"))


def _refuse_last_room(room: Room) -> None:
    """A service without any room could not be written into a file, nor booked."""
    without = [service.key for service in room.services.prefetch_related("rooms") if len(service.rooms.all()) == 1]
    if without:
        raise Refusal("invalid", fields=(FieldError("", "last_room", {"names": ", ".join(without)}),))
