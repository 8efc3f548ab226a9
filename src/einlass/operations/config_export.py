# SPDX-License-Identifier: Apache-2.0
"""The configuration as `einlass apply` reads it: for `einlass export`, for what a settings page shows, and to tell what a change
changed. Secrets are never in it. Merging such parts into the tables: `config_write.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch

from einlass.core.grants import DoorUse
from einlass.core.texts import canonical
from einlass.models import Branch, Door, LockSystem, MessageTemplate, Organisation, Picture, Question, Room, Service, ServiceRoom
from einlass.operations import config_schema as schema
from einlass.operations.config_yaml import NAMED_BY

Exported = dict[str, Any]
# What stands in the place of a secret, so that the file can be applied as soon as the variable is set.
VARIABLE = "{key}_SECRET"
TEXTS = frozenset({"name", "description", "price", "label", "hint", "text", "subject"})
# Telephone numbers are told as changed, not told whole (I10); pictures are too long to be told.
UNTOLD = frozenset({"phone", "picture", "logo"})


def exported() -> Exported:
    """The whole configuration, every field named. Applied to an empty installation it gives the same again, secrets aside."""
    return {
        "organisation": organisation_part(),
        "lock_systems": [lock_system_part(row) for row in LockSystem.objects.order_by("pk")],
        "branches": [branch_part(row) for row in _branches()],
        "services": [service_part(row) for row in _services()],
        "questions": [question_part(row) for row in Question.objects.prefetch_related("services")],
        "templates": [template_part(row) for row in MessageTemplate.objects.order_by("key") if row.text or row.subject],
    }


def organisation_part() -> Exported:
    row = Organisation.objects.select_related("logo").defer("logo__data").first() or Organisation(languages=["de", "en"])
    return _columns(schema.Organisation, row) | {"logo": picture_part(row.logo)}


def lock_system_part(row: LockSystem) -> Exported:
    part = _columns(schema.LockSystem, row) | {"api_key": row.api_key, "enabled": row.grants}
    if row.sealed_secret:
        part["api_secret"] = {"env": VARIABLE.format(key=_variable(row.key))}
    return part


def _variable(key: str) -> str:
    """A key as part of a variable's name, which begins with no digit."""
    name = key.replace("-", "_").upper()
    return f"_{name}" if name[0].isdigit() else name


def branch_part(row: Branch) -> Exported:
    """Read with `doors`, `rooms__doors` and `lock_system`, or it asks the database for each."""
    named = [door for door in row.doors.all() if door.use != DoorUse.NONE.value or door.allow_unknown]
    return _columns(schema.Branch, row) | {
        "lock_system": row.lock_system.key if row.lock_system else None,
        "opening_hours": {day: row.opening_hours.get(day, []) for day in schema.Week.model_fields},
        "exceptions": [{"date": str(day["date"]), "hours": list(day["hours"])} for day in row.exceptions],
        "doors": [door_part(door) for door in named],
        "rooms": [room_part(room) for room in row.rooms.all()],
    }


def door_part(row: Door) -> Exported:
    return _columns(schema.Door, row)


def room_part(row: Room) -> Exported:
    return _columns(schema.Room, row) | {"doors": [door.component for door in row.doors.all()]}


def service_part(row: Service) -> Exported:
    rooms = [link.room.key for link in row.serviceroom_set.all()]
    return _columns(schema.Service, row) | {
        "branch": row.branch.key,
        "rooms": rooms,
        "doors": [door.component for door in row.doors.all()],
        "picture": picture_part(row.picture),
    }


def picture_part(row: Picture | None) -> Exported | None:
    """By its digest: this is read for every page that saves something, and a picture is long. In a file it stands whole."""
    return {"digest": row.digest} if row else None


def question_part(row: Question) -> Exported:
    return _columns(schema.Question, row) | {"services": sorted(service.key for service in row.services.all())}


def template_part(row: MessageTemplate) -> Exported:
    return _columns(schema.Template, row)


def digest_of(part: Any) -> str:
    """Tells whether a part is still as somebody saw it, whoever changed it meanwhile."""
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()[:24]


def differences(old: Any, new: Any, *, name: str = "") -> Iterator[dict[str, Any]]:
    """{field, old, new} for everything that differs, named as in the messages of `einlass apply`; telephone numbers are not told."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not _is_one_value(name):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), name=f"{name}.{key}" if name else str(key))
    elif _is_keyed(old) and _is_keyed(new):
        yield from _differences_of_lists(old, new, name=name)
    else:
        told = name.rpartition(".")[2] not in UNTOLD
        yield {"field": name, "old": old if told else _untold(old), "new": new if told else _untold(new)}


def _differences_of_lists(old: list[Any], new: list[Any], *, name: str) -> Iterator[dict[str, Any]]:
    before, after = _by_key(old), _by_key(new)
    for key in dict.fromkeys([*before, *after]):
        if key not in before or key not in after:
            yield {"field": f"{name}.{key}", "old": _whole(before.get(key)), "new": _whole(after.get(key))}
        else:
            yield from differences(before[key], after[key], name=f"{name}.{key}")
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        yield {"field": name, "old": list(before), "new": list(after)}


def _whole(item: Any) -> Any:
    """An item that came or went, without the numbers in it."""
    if isinstance(item, Mapping):
        return {key: _untold(value) if key in UNTOLD else _whole(value) for key, value in item.items()}
    return [_whole(one) for one in item] if isinstance(item, list) else item


def _untold(value: Any) -> Any:
    """Enough to tell one from another."""
    last = digest_of(value)[:6] if isinstance(value, Mapping) else str(value)[-2:]
    return f"…{last}" if value else value


def _by_key(items: Iterable[Any]) -> dict[str, Any]:
    return {str(next(item[by] for by in NAMED_BY if by in item)): item for item in items}


def _is_keyed(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, Mapping) and any(by in item for by in NAMED_BY) for item in items)


def _is_one_value(name: str) -> bool:
    """Texts in their languages and pictures: told as one, although they have fields."""
    return name.rpartition(".")[2] in TEXTS | UNTOLD


def _columns(kind: type[schema.Part], row: Any, *, prefix: str = "") -> Exported:
    """What `given` of `config_fields.py` does, the other way round."""
    part: Exported = {}
    for name, field in kind.model_fields.items():
        if name in kind.related:
            continue
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, schema.Part):
            part[name] = _columns(inner, row, prefix=inner.prefix)
        else:
            value = getattr(row, prefix + name)
            part[name] = canonical(value) if name in TEXTS else value
    return part


def _branches() -> Iterable[Branch]:
    return Branch.objects.select_related("lock_system").prefetch_related("doors", "rooms__doors")


def _services() -> Iterable[Service]:
    links = Prefetch("serviceroom_set", queryset=ServiceRoom.objects.select_related("room"))
    return Service.objects.select_related("branch", "picture").defer("picture__data").prefetch_related(links, "doors")
