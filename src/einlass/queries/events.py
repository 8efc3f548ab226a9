# SPDX-License-Identifier: Apache-2.0
"""The log of what happened, as it is looked through: newest first, narrowed by who, what, where and when. Words for it are web."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import ConfigurationApplied
from einlass.models import EventRecord

PEOPLE = ActorKind.STAFF.value
EVERYBODY = "all"
# Parts of the configuration file; a file that was applied belongs to each part of which it changed something.
SETTINGS = ("organisation", "lock_systems", "branches", "services", "questions", "templates")
# What no part of the configuration file is, by the kinds of its events.
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "team": ("user.",),
        "tokens": ("token.",),
        "privacy": ("guest.",),
        "bookings": ("booking.",),
        "keys": ("key.", "brake.", "site.", "doors."),
        "doors": ("door.",),
        "messages": ("message.",),
    }
)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the log is narrowed to; empty means everything. `who` is a kind of actor, EVERYBODY, or the name of one of the staff.

    `before` is the id of the last event of the page before: the log is read from the newest on, however long it is.
    """

    who: str = PEOPLE
    area: str = ""
    branch: str = ""
    start: datetime | None = None
    end: datetime | None = None
    text: str = ""
    before: int | None = None


def log_of_events(wanted: EventFilter) -> QuerySet[EventRecord]:
    """The events that fit, newest first."""
    rows = EventRecord.objects.select_related("booking", "branch").order_by("-id")
    if wanted.who in set(ActorKind):
        rows = rows.filter(actor_kind=wanted.who)
    elif wanted.who != EVERYBODY:
        rows = rows.filter(actor_kind=PEOPLE, actor_name=wanted.who)
    if wanted.branch:
        rows = rows.filter(branch__key=wanted.branch)
    if wanted.start:
        rows = rows.filter(at__gte=wanted.start)
    if wanted.end:
        rows = rows.filter(at__lt=wanted.end)
    if wanted.before is not None:
        rows = rows.filter(id__lt=wanted.before)
    if wanted.area or wanted.text.strip():
        rows = rows.annotate(words=Cast("data", TextField()))
    return _saying(_of_area(rows, wanted.area), wanted.text.strip())


def _of_area(rows: QuerySet[EventRecord], area: str) -> QuerySet[EventRecord]:
    if area in SETTINGS:
        here = Q(subject=area) | Q(subject__startswith=f"{area}.")
        return rows.filter(here | Q(kind=ConfigurationApplied.kind, words__contains=f'"{area}.'))
    found = Q()
    for beginning in KINDS.get(area, ()):
        found |= Q(kind__startswith=beginning)
    return rows.filter(found)


def _saying(rows: QuerySet[EventRecord], text: str) -> QuerySet[EventRecord]:
    """Text in the name, the subject, the reference, or in what changed; SQLite keeps JSON with escapes."""
    if not text:
        return rows
    found = Q(actor_name__icontains=text) | Q(subject__icontains=text) | Q(booking__reference__iexact=text)
    return rows.filter(found | Q(words__icontains=text) | Q(words__icontains=json.dumps(text)[1:-1]))
