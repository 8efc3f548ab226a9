# SPDX-License-Identifier: Apache-2.0
"""Merging a checked configuration file into the tables, inside the caller's transaction. Removing what it leaves out: `config_prune.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import models

from einlass.conf.secrets import fingerprint
from einlass.core.events import Actor
from einlass.models import Branch, Door, Installation, LockSystem, MessageTemplate, Organisation, Question, Room, Service, ServiceRoom
from einlass.operations import config_schema as schema
from einlass.operations.config_fields import given
from einlass.operations.config_pictures import Pictures
from einlass.operations.config_texts import label_of
from einlass.operations.config_vendor import Secrets
from einlass.operations.lock_systems import SiteAnswer, credentials_changed, seal_secret, secret_differs, write_site_answer
from einlass.operations.pictures import forget_unused, keep

# Values that say more than "changed" and give nobody away.
TELLING = (bool, int)
# What `credentials_changed` sets.
CREDENTIAL_STATE = (
    "state",
    "state_detail",
    "state_since",
    "not_before",
    "accepted_at",
    "failures",
    "tested_at",
    "tested_code",
    "tested_seconds",
)
FOREIGN = frozenset({"lock_system_id"})
# What the vendor said of a site. Of another site, or asked by another account, nothing is known yet.
SITE_UNKNOWN: Mapping[str, Any] = MappingProxyType(
    {
        "site_confirmed_at": None,
        "site_checked_at": None,
        "site_problem": "",
        "site_problem_since": None,
        "site_detail": "",
        "list_incomplete_since": None,
        "list_detail": "",
    }
)
SITE_STATE = (*SITE_UNKNOWN, "site_name")


@dataclass(slots=True)
class Changes:
    """What was changed, in words for people and for the event. Names fields, never a secret, a number or an address."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.lines.append(line)

    def changed(self, name: str, *, new: bool) -> None:
        """A field that is not simply a column changed; of a row that is new nobody needs to know the fields."""
        if not new:
            self.note(f"{name} changed")

    def assign(self, row: models.Model, name: str, columns: dict[str, Any], *, new: bool = False, unsaid: Iterable[str] = ()) -> None:
        """Set what differs and save only that: workers write to the same rows. A row that is new is noted as a whole.

        `unsaid` are columns that were set already and are saved along with any change.
        """
        different = {column: value for column, value in columns.items() if getattr(row, column) != value}
        for column, value in different.items():
            if not new:
                self.note(_changed(f"{name}.{column.removesuffix('_id') if column in FOREIGN else column}", getattr(row, column), value))
            setattr(row, column, value)
        if new:
            self.note(f"{name} added")
            row.save()
        elif different:
            row.save(update_fields=[*different, *unsaid])


def _changed(name: str, old: object, new: object) -> str:
    telling = (
        isinstance(old, TELLING) and isinstance(new, TELLING) and not name.endswith(tuple(f".{c.removesuffix('_id')}" for c in FOREIGN))
    )
    return f"{name} changed from {_said(old)} to {_said(new)}" if telling else f"{name} changed"


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def one_at_a_time() -> None:
    """Whoever changes settings waits for whoever else does, so that what both have read is still so when they write."""
    # Whoever comes first says which keys belong to this database, see `conf/startup.py:keys_belong_here`.
    Installation.objects.get_or_create(id=1, defaults={"key_fingerprint": fingerprint(settings.ENCRYPTION_KEYS)})
    Installation.objects.select_for_update().get(id=1)


def write(file: schema.ConfigFile, *, secrets: Secrets, pictures: Pictures, changes: Changes) -> None:
    """Everything but what the vendor said."""
    if file.organisation is not None:
        _organisation(file.organisation, pictures, changes)
    for item in file.lock_systems:
        _lock_system(item, secrets, changes)
    for branch in file.branches:
        _branch(branch, changes)
    _order(Branch.objects.all(), [item.key for item in file.branches], "branches", changes)
    for service in file.services:
        _service(service, pictures, changes)
    _order(Service.objects.all(), [item.key for item in file.services], "services", changes)
    for question in file.questions:
        _question(question, changes)
    _order(Question.objects.all(), [item.key for item in file.questions], "questions", changes)
    for template in file.templates:
        row = MessageTemplate.objects.filter(key=template.key).first() or MessageTemplate(key=template.key)
        new = row.pk is None
        changes.assign(row, f"templates.{template.key}", given(template, new=new), new=new)


def write_answers(answers: dict[str, SiteAnswer], *, changes: Changes, now: datetime, actor: Actor) -> None:
    """What the vendor said about the sites, after their branches and doors are there."""
    for branch in Branch.objects.filter(key__in=answers).select_related("lock_system"):
        answer = answers[branch.key]
        confirmed, doors = branch.site_is_confirmed, branch.doors.count()
        write_site_answer(branch, answer, now=now, actor=actor)
        if answer.code == "confirmed" and not confirmed:
            changes.note(f"branches.{branch.key}.site_id confirmed by exivo as {answer.name}")
        if more := branch.doors.count() - doors:
            changes.note(f"branches.{branch.key}.doors: {more} new from exivo")


def _organisation(item: schema.Organisation, pictures: Pictures, changes: Changes) -> None:
    old = Organisation.objects.select_related("logo").first()
    row, new = old or Organisation(), old is None
    changes.assign(row, "organisation", given(item, new=new), new=new)
    _set_picture(row, "logo", "organisation", pictures, changes, new=new)


def _lock_system(item: schema.LockSystem, secrets: Secrets, changes: Changes) -> None:
    row = LockSystem.objects.filter(key=item.key).first() or LockSystem(key=item.key)
    name, new = f"lock_systems.{item.key}", row.pk is None
    columns = given(item, new=new)
    if row.closing_since is not None and columns.get("enabled"):
        columns["closing_since"] = None
    elif row.closing_since is not None:
        # It is being switched off already, keys first (R1); a file that says off says nothing new.
        columns.pop("enabled", None)
    changes.assign(row, name, columns, new=new)
    api_key, secret = secrets.of(item.key, "api_key"), secrets.of(item.key, "api_secret")
    if api_key is not None and api_key != row.api_key:
        row.api_key = api_key
        credentials_changed(row)
        row.save(update_fields=["api_key", *CREDENTIAL_STATE])
        _doubt_sites(row)
        changes.changed(f"{name}.api_key", new=new)
    if secret is not None and secret_differs(row, secret):
        seal_secret(row, secret)
        row.save(update_fields=["sealed_secret", "secret_last4", *CREDENTIAL_STATE])
        changes.changed(f"{name}.api_secret", new=new)


def _doubt_sites(system: LockSystem) -> None:
    """F40: whether another account has the same sites is not known until the vendor says so."""
    Branch.objects.filter(lock_system=system).update(**SITE_UNKNOWN)


def _branch(item: schema.Branch, changes: Changes) -> None:
    row = Branch.objects.filter(key=item.key).first() or Branch(key=item.key, position=Branch.objects.count())
    name, new = f"branches.{item.key}", row.pk is None
    columns = given(item, new=new)
    if new or "opening_hours" in item.model_fields_set:
        columns["opening_hours"] = {day: spans for day, spans in given(item.opening_hours, new=False).items() if spans}
    if new or "exceptions" in item.model_fields_set:
        columns["exceptions"] = [{"date": day.date.isoformat(), "hours": day.hours} for day in item.exceptions]
    if new or "lock_system" in item.model_fields_set:
        columns["lock_system_id"] = LockSystem.objects.get(key=item.lock_system).pk if item.lock_system else None
    other_site = not new and columns.get("site_id", row.site_id) != row.site_id
    if other_site or (not new and columns.get("lock_system_id", row.lock_system_id) != row.lock_system_id):
        for column, value in SITE_UNKNOWN.items():
            setattr(row, column, value)
        row.site_name = ""
    changes.assign(row, name, columns, new=new, unsaid=SITE_STATE)
    if other_site:
        _forget_doors(row, keep={door.component for door in item.doors}, changes=changes)
    _branch_doors(row, item.doors, changes)
    for room in item.rooms:
        _room(row, room, changes)
    _order(Room.objects.filter(branch=row), [room.key for room in item.rooms], f"{name}.rooms", changes)


def _forget_doors(branch: Branch, *, keep: set[str], changes: Changes) -> None:
    """The components of the former site: they are not at the new one, and what they were is not known any more."""
    gone = branch.doors.exclude(component__in=keep)
    for door in gone:
        changes.note(f"branches.{branch.key}.doors.{door.component} removed with the former site")
    gone.delete()
    unread: dict[str, Any] = dict.fromkeys(("read_at", "missing_since", "ready", "silent_since"))
    branch.doors.update(kind="", name="", news="", former_name="", **unread)


def _branch_doors(branch: Branch, items: Sequence[schema.Door], changes: Changes) -> None:
    for item in items:
        row = branch.doors.filter(component=item.component).first() or Door(
            branch=branch, component=item.component, position=branch.doors.count()
        )
        new = row.pk is None
        changes.assign(row, f"branches.{branch.key}.doors.{item.component}", given(item, new=new), new=new)
    _order(branch.doors.all(), [item.component for item in items], f"branches.{branch.key}.doors", changes, by="component")


def _room(branch: Branch, item: schema.Room, changes: Changes) -> None:
    row = Room.objects.filter(key=item.key).first() or Room(key=item.key, branch=branch, position=branch.rooms.count())
    name, new = f"branches.{branch.key}.rooms.{item.key}", row.pk is None
    changes.assign(row, name, given(item, new=new), new=new)
    if new or "doors" in item.model_fields_set:
        _set_doors(row, branch, item.doors, name, changes, new=new)


def _set_doors(row: Room | Service, branch: Branch, components: list[str], name: str, changes: Changes, *, new: bool) -> None:
    wanted = {door.pk for door in branch.doors.filter(component__in=components)}
    if {door.pk for door in row.doors.all()} != wanted:
        row.doors.set(wanted)
        changes.changed(f"{name}.doors", new=new)


def _service(item: schema.Service, pictures: Pictures, changes: Changes) -> None:
    row = Service.objects.filter(key=item.key).select_related("branch").first()
    new = row is None
    if row is None:
        branch = Branch.objects.get(key=item.branch)
        row = Service(key=item.key, branch=branch, position=Service.objects.count())
    name = f"services.{item.key}"
    changes.assign(row, name, given(item, new=new), new=new)
    if new or "rooms" in item.model_fields_set:
        _set_rooms(row, item.rooms, name, changes, new=new)
    if new or "doors" in item.model_fields_set:
        _set_doors(row, row.branch, item.doors, name, changes, new=new)
    _set_picture(row, "picture", name, pictures, changes, new=new)


def _set_picture(row: Service | Organisation, field: str, name: str, pictures: Pictures, changes: Changes, *, new: bool) -> None:
    if f"{name}.{field}" not in pictures:
        return
    made, old = pictures[f"{name}.{field}"], getattr(row, field)
    if (made.digest if made else None) == (old.digest if old else None):
        return
    setattr(row, field, keep(made) if made else None)
    row.save(update_fields=[field])
    forget_unused()
    changes.changed(f"{name}.{field}", new=new)


def _set_rooms(row: Service, keys: list[str], name: str, changes: Changes, *, new: bool) -> None:
    links = ServiceRoom.objects.filter(service=row)
    if list(links.values_list("room__key", flat=True)) == keys:
        return
    links.delete()
    rooms = {room.key: room for room in Room.objects.filter(key__in=keys)}
    ServiceRoom.objects.bulk_create([ServiceRoom(service=row, room=rooms[key], position=n) for n, key in enumerate(keys)])
    changes.changed(f"{name}.rooms", new=new)


def _question(item: schema.Question, changes: Changes) -> None:
    row = Question.objects.filter(key=item.key).first() or Question(key=item.key, position=Question.objects.count())
    name, new = f"questions.{item.key}", row.pk is None
    columns = given(item, new=new)
    if new and "label" not in item.model_fields_set:
        columns["label"] = label_of(item.key, kind=item.kind)
    changes.assign(row, name, columns, new=new)
    if new or "services" in item.model_fields_set:
        wanted = set(Service.objects.filter(key__in=item.services).values_list("pk", flat=True))
        if set(row.services.values_list("pk", flat=True)) != wanted:
            row.services.set(wanted)
            changes.changed(f"{name}.services", new=new)


def _order(rows: models.QuerySet[Any], keys: list[str], name: str, changes: Changes, *, by: str = "key") -> None:
    """The order of the file; what the file leaves out keeps its place behind the one it follows now."""
    current = [getattr(row, by) for row in rows]
    named = set(keys)
    wanted = list(dict.fromkeys(keys))
    for at, key in enumerate(current):
        if key not in named:
            behind = next((other for other in reversed(current[:at]) if other in wanted), None)
            wanted.insert(wanted.index(behind) + 1 if behind else 0, key)
    if wanted == current:
        return
    for position, key in enumerate(wanted):
        rows.filter(**{by: key}).update(position=position)
    if not any(line == f"{name}.{key} added" for key in wanted for line in changes.lines):
        changes.note(f"{name}: order changed")
