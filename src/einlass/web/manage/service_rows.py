# SPDX-License-Identifier: Apache-2.0
"""The lines of the list of services: name, rooms, durations, and how many doors a booking opens at most."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from einlass.models import Service
from einlass.models.fields import text_in
from einlass.queries.services import doors_of


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service in the list."""

    key: str
    name: str
    about: str
    doors: str
    active: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """The services of one branch."""

    name: str
    key: str
    rows: tuple[ServiceRow, ...]


def service_row(service: Service, *, language: str) -> ServiceRow:
    """Read the service with its rooms and doors, or this asks the database."""
    rooms = ", ".join(text_in(room.name, language) or room.key for room in service.rooms.all())
    durations = gettext("%(minutes)s minutes") % {"minutes": ", ".join(str(minutes) for minutes in service.durations)}
    count = len(doors_of(service))
    doors = ngettext("%(count)s door", "%(count)s doors", count) % {"count": count} if count else gettext("opens no door")
    return ServiceRow(service.key, text_in(service.name, language) or service.key, f"{rooms} · {durations}", doors, service.active)
