# SPDX-License-Identifier: Apache-2.0
"""Whether the parts of a configuration file fit together and fit what the database has. What the vendor says: `config_vendor.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from einlass.core import templates
from einlass.core.grants import Admissible, DoorUse, admissible
from einlass.core.hours import overlap
from einlass.models import Branch, Door, Key, LockSystem, MessageTemplate, Organisation, Question, Room, Service
from einlass.operations import config_schema as schema
from einlass.operations.config_yaml import Document, Path
from einlass.queries.keys import OPEN_STATES

CHOSEN = frozenset({DoorUse.ALWAYS.value, DoorUse.SERVICES.value})

FORBIDDEN = {
    Admissible.GATEWAY: "is a gateway, which is no door and cannot be chosen: write use: none",
    Admissible.UNKNOWN_TYPE: "has no readable type: if it is a door, write allow_unknown: true",
}


@dataclass(slots=True)
class Known:
    """What the database has, by key, read once before anything is decided."""

    branches: dict[str, Branch] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    templates: dict[str, MessageTemplate] = field(default_factory=dict)
    lock_systems: dict[str, LockSystem] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Known:
        return cls(
            branches={row.key: row for row in Branch.objects.select_related("lock_system").prefetch_related("doors")},
            rooms={row.key: row for row in Room.objects.select_related("branch")},
            services={row.key: row for row in Service.objects.select_related("branch")},
            questions={row.key: row for row in Question.objects.all()},
            templates={row.key: row for row in MessageTemplate.objects.all()},
            lock_systems={row.key: row for row in LockSystem.objects.all()},
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """One file under check: its values, where they stand, what there is already. Faults are noted in the document."""

    file: schema.ConfigFile
    document: Document
    known: Known

    def raw(self, path: Path) -> Any:
        """What the file says at a path, right or wrong."""
        at: Any = self.document.data
        for part in path:
            at = at.get(part) if isinstance(at, dict) else at[part] if isinstance(at, list) and isinstance(part, int) else None
        return at

    def named(self, *path: str | int, by: str = "key") -> set[str]:
        """The keys of a list of the file, those of wrong items too: a wrong item is complained of once, not by all who name it."""
        items = self.raw(path)
        return {str(item.get(by)) for item in items if isinstance(item, dict)} if isinstance(items, list) else set()

    def site_of(self, branch: schema.Branch) -> str:
        return branch.site_id if "site_id" in branch.model_fields_set else self._old(branch).site_id

    def system_of(self, branch: schema.Branch) -> str:
        if "lock_system" in branch.model_fields_set:
            return branch.lock_system or ""
        system = self._old(branch).lock_system
        return system.key if system else ""

    def place_of(self, branch: schema.Branch) -> tuple[str, str]:
        """The lock system and the site of the branch as they will be."""
        return self.system_of(branch), self.site_of(branch)

    def forbid(self, door: schema.Door, *, kind: str, old: Iterable[Door]) -> None:
        """Note the fault of a chosen door that may not be one (R5). A permission given before counts when the file says nothing."""
        before = any(row.allow_unknown for row in old if row.component == door.component)
        allowed = door.allow_unknown if "allow_unknown" in door.model_fields_set else before
        verdict = admissible(kind=kind, allow_unknown=allowed)
        if sentence := FORBIDDEN.get(verdict):
            self.document.fault(door.at("component"), sentence, code=verdict.value)

    def _old(self, branch: schema.Branch) -> Branch:
        return self.known.branches.get(branch.key) or Branch()

    def uses(self, branch_key: str) -> dict[str, str]:
        """Every door of a branch as it will be: component → use; "?" where the file's own line is wrong."""
        item = next((branch for branch in self.file.branches if branch.key == branch_key), None)
        old = self.known.branches.get(branch_key)
        same_site = old is not None and (item is None or self.site_of(item) == old.site_id)
        uses = {door.component: door.use for door in old.doors.all()} if old is not None and same_site else {}
        if item is not None:
            kept = dict(uses)
            uses |= dict.fromkeys(self.named(*item.at("doors"), by="component"), "?")
            uses |= {door.component: self._use_of(door, kept.get(door.component)) for door in item.doors}
        return uses

    def _use_of(self, door: schema.Door, old: str | None) -> str:
        if "use" in door.model_fields_set:
            return door.use
        return "?" if "use" in (self.raw(door.at()) or ()) else old or DoorUse.NONE.value


def check(checked: Checked) -> None:
    """Note every fault of the file that can be seen without asking anybody."""
    _organisation(checked)
    for part in ("lock_systems", "branches", "services", "questions", "templates"):
        items: list[Any] = getattr(checked.file, part)
        _unique(checked, ((item.key, item.at("key")) for item in items))
        _complete(checked, items, getattr(checked.known, part))
    _unique(checked, ((room.key, room.at("key")) for branch in checked.file.branches for room in branch.rooms))
    for branch in checked.file.branches:
        _branch(checked, branch)
    _components_of_one_site(checked)
    for service in checked.file.services:
        _service(checked, service)
    for question in checked.file.questions:
        _question(checked, question)
    for template in checked.file.templates:
        _template(checked, template)


def _unique(checked: Checked, keys: Iterable[tuple[str, Path]]) -> None:
    seen: dict[str, Path] = {}
    for key, path in keys:
        if key in seen:
            checked.document.fault(path, f"stands twice; the first is on line {checked.document.line(seen[key])}")
        seen.setdefault(key, path)


def _complete(checked: Checked, items: Iterable[Any], known: Mapping[str, object]) -> None:
    """What is new has to be whole; what is there already may be given in part."""
    for item in items:
        for name in item.needed if item.key not in known else ():
            if name not in item.model_fields_set and name not in (checked.raw(item.at()) or ()):
                checked.document.fault(item.at(name), "is missing")


def _organisation(checked: Checked) -> None:
    given = checked.file.organisation
    if given is None:
        return
    old = Organisation.objects.first() or Organisation(languages=["de", "en"])
    languages = given.languages if "languages" in given.model_fields_set else old.languages
    default = given.default_language if "default_language" in given.model_fields_set else old.default_language
    if default not in languages:
        checked.document.fault(given.at("default_language"), f"{default} is not among the languages {', '.join(languages)}")


def _branch(checked: Checked, branch: schema.Branch) -> None:
    document = checked.document
    systems = set(checked.known.lock_systems) | checked.named("lock_systems")
    if branch.lock_system and branch.lock_system not in systems:
        document.fault(branch.at("lock_system"), _no_such(branch.lock_system, "lock system", systems))
    _refuse_leaving_keys(checked, branch)
    _unique(checked, ((door.component, door.at("component")) for door in branch.doors))
    _unique(checked, ((day.date.isoformat(), day.at("date")) for day in branch.exceptions))
    _hours(checked, branch)
    _kinds(checked, branch)
    _complete(checked, branch.rooms, checked.known.rooms)
    uses = checked.uses(branch.key)
    for room in branch.rooms:
        old = checked.known.rooms.get(room.key)
        if old is not None and old.branch.key != branch.key:
            document.fault(room.at("key"), f"is a room of {old.branch.key} already, and rooms do not move: give this one another key")
        _doors(checked, room, room.doors, uses, branch.key)


def _hours(checked: Checked, branch: schema.Branch) -> None:
    days = [(branch.opening_hours.at(day), getattr(branch.opening_hours, day)) for day in schema.Week.model_fields]
    for path, spans in (*days, *((day.at("hours"), day.hours) for day in branch.exceptions)):
        if overlap(spans):
            checked.document.fault(path, "has opening times that overlap", code="spans_overlap")


def _refuse_leaving_keys(checked: Checked, branch: schema.Branch) -> None:
    """R12: keys of a branch that belongs to no account any more could not be taken back by anybody."""
    old = checked.known.branches.get(branch.key)
    if old is None or old.lock_system is None or checked.system_of(branch):
        return
    if Key.objects.filter(branch=old, state__in=OPEN_STATES).exists():
        sentence = "there are keys of its bookings at exivo: set its doors to use: none first, then they are taken back"
        checked.document.fault(branch.at("lock_system"), sentence, code="keys_left")


def _kinds(checked: Checked, branch: schema.Branch) -> None:
    """R5 with what was read from the vendor before; what it says now is looked at in `config_vendor.py`."""
    old = checked.known.branches.get(branch.key)
    if old is None or old.site_id != checked.site_of(branch):
        return
    kinds = {door.component: door.kind for door in old.doors.all() if door.read_at}
    uses = checked.uses(branch.key)
    for door in branch.doors if kinds else ():
        if door.component in kinds and uses[door.component] in CHOSEN:
            checked.forbid(door, kind=kinds[door.component], old=old.doors.all())


def _doors(checked: Checked, item: schema.Part, components: list[str], uses: Mapping[str, str], branch_key: str) -> None:
    for n, component in enumerate(components):
        use = uses.get(component)
        if use is None:
            checked.document.fault(item.at("doors", n), f"is not listed among the doors of branch {branch_key}", code="door_not_listed")
        elif use == DoorUse.NONE.value:
            sentence = f"is not used at branch {branch_key}: write use: services there"
            checked.document.fault(item.at("doors", n), sentence, code="door_not_chosen")


def _components_of_one_site(checked: Checked) -> None:
    """One door cannot belong to two branches: their settings would contradict one another."""
    seen: dict[tuple[str, str, str], str] = {}
    in_file = {branch.key for branch in checked.file.branches}
    for old in checked.known.branches.values():
        if old.key not in in_file and old.lock_system:
            seen |= {(old.lock_system.key, old.site_id, d.component): old.key for d in old.doors.all() if d.use in CHOSEN}
    for branch in checked.file.branches:
        place, uses = checked.place_of(branch), checked.uses(branch.key)
        for door in branch.doors if all(place) else ():
            chosen = uses[door.component] in CHOSEN
            owner = seen.setdefault((*place, door.component), branch.key) if chosen else branch.key
            if owner != branch.key:
                checked.document.fault(
                    door.at("component"), f"is used at branch {owner} already, which has the same site", code="door_elsewhere"
                )


def _service(checked: Checked, service: schema.Service) -> None:
    document, old = checked.document, checked.known.services.get(service.key)
    branches = set(checked.known.branches) | checked.named("branches")
    branch = service.branch or (old.branch.key if old else "")
    if service.branch and service.branch not in branches:
        document.fault(service.at("branch"), _no_such(service.branch, "branch", branches))
        return
    if old is not None and branch != old.branch.key:
        document.fault(service.at("branch"), f"is {old.branch.key} already, and services do not move: give this one another key")
    rooms = _rooms_of(checked, branch)
    for n, room in enumerate(service.rooms if branch else ()):
        if room not in rooms:
            document.fault(service.at("rooms", n), f"is no room of branch {branch}: there are {', '.join(sorted(rooms)) or 'none'}")
    if branch:
        _doors(checked, service, service.doors, checked.uses(branch), branch)


def _rooms_of(checked: Checked, branch_key: str) -> set[str]:
    rooms = {room.key for room in checked.known.rooms.values() if room.branch.key == branch_key}
    for item in checked.raw(("branches",)) or ():
        if isinstance(item, dict) and item.get("key") == branch_key:
            rooms |= {str(room.get("key")) for room in item.get("rooms") or () if isinstance(room, dict)}
    return rooms


def _question(checked: Checked, question: schema.Question) -> None:
    services = set(checked.known.services) | checked.named("services")
    for n, service in enumerate(question.services):
        if service not in services:
            checked.document.fault(question.at("services", n), _no_such(service, "service", services))
    old = checked.known.questions.get(question.key)
    kind = question.kind if "kind" in question.model_fields_set or old is None else old.kind
    options = question.options if "options" in question.model_fields_set or old is None else old.options
    if kind in {"choice", "several"} and not options:
        sentence = "is missing: a question of this kind needs options to choose from"
        checked.document.fault(question.at("options"), sentence, code="options_missing")
    keys = Counter(option["key"] if isinstance(option, dict) else option for option in question.options)
    if twice := [key for key, count in keys.items() if count > 1]:
        checked.document.fault(question.at("options"), f"names {twice[0]!r} twice")


def _template(checked: Checked, template: schema.Template) -> None:
    """Refused here rather than on the page of a guest."""
    allowed = templates.PLACEHOLDERS[template.key]
    for field_name, texts in (("subject", template.subject), ("text", template.text)):
        for language, text in texts.items() if isinstance(texts, dict) else [("", texts)]:
            try:
                templates.check(text, allowed=allowed)
            except templates.TemplateRefused as refused:
                where = template.at(field_name, language) if language else template.at(field_name)
                values = {"name": refused.name, "line": str(refused.line), "names": ", ".join(sorted(allowed))}
                checked.document.fault(where, _why_refused(refused, allowed), code=f"template_{refused.code}", values=values)


def _why_refused(refused: templates.TemplateRefused, allowed: Iterable[str]) -> str:
    line = f" (line {refused.line} of the text)" if refused.line else ""
    if refused.code == "unknown_placeholder":
        return f"there is no placeholder {refused.name}{line}: there are {', '.join(sorted(allowed))}"
    return f"cannot be used as a template{line}: {refused.code.replace('_', ' ')}{' ' + refused.name if refused.name else ''}"


def _no_such(key: str, noun: str, there_are: Iterable[str]) -> str:
    return f"there is no {noun} {key}: there are {', '.join(sorted(there_are)) or 'none'}"
