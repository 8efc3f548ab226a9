# SPDX-License-Identifier: Apache-2.0
"""Removing what a configuration file leaves out (`--prune`). When something may go: `config_remove.py`."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from einlass.core.grants import DoorUse
from einlass.models import Booking, Branch, Door, Key, LockSystem, MessageTemplate, Question, Room, Service
from einlass.operations import config_schema as schema
from einlass.operations.config_remove import coming_bookings, named_beside_bookings, named_references, take_away
from einlass.operations.config_write import Changes
from einlass.operations.config_yaml import Document, Path


def prune(file: schema.ConfigFile, *, document: Document, changes: Changes, now: datetime) -> None:
    """Remove what the file leaves out, after it was written. What past bookings name is switched off instead, since they stay.

    Notes a fault for what coming bookings depend on; the caller then takes everything back.
    """
    coming = coming_bookings(now=now)
    for service in Service.objects.exclude(key__in=[item.key for item in file.services]):
        if _free(coming.filter(service=service), ("services",), f"service {service.key}", document):
            take_away(service, f"services.{service.key}", keep=Booking.objects.filter(service=service).exists(), changes=changes)
    _rooms_and_doors(file, coming=coming, document=document, changes=changes)
    for branch in Branch.objects.exclude(key__in=[item.key for item in file.branches]):
        if _free(coming.filter(branch=branch), ("branches",), f"branch {branch.key}", document):
            used = Booking.objects.filter(branch=branch).exists() or named_beside_bookings(branch)
            take_away(branch, f"branches.{branch.key}", keep=used, changes=changes)
    for question in Question.objects.exclude(key__in=[item.key for item in file.questions]):
        answered = Booking.objects.filter(answers__has_key=question.key).exists()
        take_away(question, f"questions.{question.key}", keep=answered, changes=changes)
    for template in MessageTemplate.objects.exclude(key__in=[item.key for item in file.templates]):
        if not template.text and not template.subject:
            continue  # somebody confirmed the default text, which is no part of a file
        take_away(template, f"templates.{template.key}", keep=False, changes=changes)
    _lock_systems(file, coming=coming, document=document, changes=changes)


def _rooms_and_doors(file: schema.ConfigFile, *, coming: models.QuerySet[Booking], document: Document, changes: Changes) -> None:
    kept_rooms = {room.key for branch in file.branches for room in branch.rooms}
    for room in Room.objects.exclude(key__in=kept_rooms).select_related("branch"):
        at = _part_of(file, room.branch, "rooms")
        if _free(coming.filter(room=room), at, f"room {room.key}", document):
            name = f"branches.{room.branch.key}.rooms.{room.key}"
            take_away(room, name, keep=Booking.objects.filter(room=room).exists(), changes=changes)
    kept_doors = {(branch.key, door.component) for branch in file.branches for door in branch.doors}
    for door in Door.objects.exclude(use=DoorUse.NONE.value).select_related("branch"):
        if (door.branch.key, door.component) in kept_doors:
            continue
        at = _part_of(file, door.branch, "doors")
        if _free(_opening(door, coming), at, f"door {door.component}", document):
            # The component is still there: it is the vendor's. Only the choice is taken back.
            door.use = DoorUse.NONE.value
            door.save(update_fields=["use"])
            changes.note(f"branches.{door.branch.key}.doors.{door.component}.use changed to none")


def _opening(door: Door, coming: models.QuerySet[Booking]) -> models.QuerySet[Booking]:
    here = coming.filter(branch_id=door.branch_id)
    if door.use == DoorUse.ALWAYS.value:
        return here
    return here.filter(Q(service__doors=door) | Q(room__doors=door)).distinct()


def _lock_systems(file: schema.ConfigFile, *, coming: models.QuerySet[Booking], document: Document, changes: Changes) -> None:
    for system in LockSystem.objects.exclude(key__in=[item.key for item in file.lock_systems]):
        if _free(coming.filter(branch__lock_system=system), ("lock_systems",), f"lock system {system.key}", document):
            name = f"lock_systems.{system.key}"
            if Branch.objects.filter(lock_system=system).exists() or Key.objects.filter(lock_system=system).exists():
                changes.assign(system, name, {} if system.closing_since else {"enabled": False})
            else:
                take_away(system, name, keep=False, changes=changes)


def _part_of(file: schema.ConfigFile, branch: Branch, name: str) -> Path:
    item = next((item for item in file.branches if item.key == branch.key), None)
    return item.at(name) if item else ("branches",)


def _free(bookings: models.QuerySet[Booking], at: Path, what: str, document: Document) -> bool:
    references = named_references(bookings)
    if references:
        named = ", ".join(references).replace(", …", " and more")
        document.fault(at, f"{what} is missing from the file, but coming bookings depend on it: {named}")
    return not references
