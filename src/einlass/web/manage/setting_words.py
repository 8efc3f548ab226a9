# SPDX-License-Identifier: Apache-2.0
"""Fields of the configuration and their values in words, for the log of changes. A field that nobody named here is told by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.messages import SMS_MESSAGES
from einlass.core.texts import in_language
from einlass.models import Branch, Door, Question, Room, Service
from einlass.operations.config_export import TEXTS
from einlass.operations.config_yaml import NAMED_BY
from einlass.web.context import NAMES
from einlass.web.manage.template_words import TEMPLATES

NOTHING = "–"
HIDDEN = "…"
UNTOLD = frozenset({"api_secret", "picture", "logo"})
EMPTY: tuple[Any, ...] = (None, "", [], {})
# Longer values are shown line by line, only what differs.
LONG = 80
AREAS = {
    "organisation": _("Organisation"),
    "lock_systems": _("Integration"),
    "branches": _("Branch"),
    "rooms": _("Room"),
    "doors": _("Door"),
    "services": _("Service"),
    "questions": _("Booking question"),
    "templates": _("Template"),
    "exceptions": _("Exception"),
}
FIELDS = {
    "name": _("Name"),
    "languages": _("Languages"),
    "default_language": _("First language"),
    "address": _("Address"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "privacy_url": _("Address of the privacy page"),
    "imprint_url": _("Address of the imprint"),
    "keep_personal_days": _("Days after which personal data go"),
    "door_log_days": _("Days for which the door log is kept"),
    "logo": _("Logo"),
    "accent_colour": _("Accent colour"),
    "most_open_bookings": _("Most coming bookings"),
    "sms_messages": _("Also by SMS"),
    "embed_origins": _("Websites that may show the booking page"),
    "enabled": _("Switched on"),
    "api_key": _("API key"),
    "api_secret": _("API secret"),
    "mobile_app.name": _("Name of the app"),
    "mobile_app.id": _("Id of the app"),
    "install_notification": _("exivo sends the guest a text message"),
    "calls_per_second": _("Calls per second"),
    "calls_at_once": _("Calls at once"),
    "takes_keys_back": _("Keys are taken back"),
    "directions_url": _("Address of the directions"),
    "time_zone": _("Time zone"),
    "country": _("Country"),
    "holidays": _("Public holidays"),
    "lock_system": _("Integration"),
    "site_id": _("Site-ID"),
    "access.early_minutes": _("Minutes before the start"),
    "access.late_minutes": _("Minutes after the end"),
    "access.remake_running": _("Key deleted while the booking runs is made again"),
    "access.shrink_margins": _("Margins end at the neighbour's booking"),
    "opening_hours.mon": _("Opening hours, Monday"),
    "opening_hours.tue": _("Opening hours, Tuesday"),
    "opening_hours.wed": _("Opening hours, Wednesday"),
    "opening_hours.thu": _("Opening hours, Thursday"),
    "opening_hours.fri": _("Opening hours, Friday"),
    "opening_hours.sat": _("Opening hours, Saturday"),
    "opening_hours.sun": _("Opening hours, Sunday"),
    "exceptions": _("Exceptions"),
    "date": _("Date"),
    "hours": _("Opening hours"),
    "component": _("Component"),
    "use": _("Use"),
    "allow_unknown": _("Allowed although it has no type"),
    "capacity": _("Places"),
    "floor": _("Floor"),
    "doors": _("Doors"),
    "rooms": _("Rooms"),
    "active": _("Active"),
    "branch": _("Branch"),
    "description": _("Description"),
    "price": _("Price"),
    "picture": _("Picture"),
    "durations": _("Durations in minutes"),
    "step": _("Step in minutes"),
    "buffer.before": _("Buffer before, in minutes"),
    "buffer.after": _("Buffer after, in minutes"),
    "notice_minutes": _("Earliest notice in minutes"),
    "horizon_days": _("Furthest horizon in days"),
    "cancel_until_minutes": _("Cancelling until, minutes before the start"),
    "reschedule_until_minutes": _("Moving until, minutes before the start"),
    "approval": _("Approval by staff"),
    "kind": _("Kind"),
    "label": _("Question"),
    "hint": _("Hint"),
    "options": _("Options"),
    "required": _("Required"),
    "services": _("Services"),
    "subject": _("Subject"),
    "text": _("Text"),
    "key": _("Short name"),
    "vendor": _("Vendor"),
    # of accounts
    "role": _("Role"),
    "branches": _("Branches"),
    "is_active": _("Active"),
}
WORDS = {
    ("use", "none"): _("not used"),
    ("use", "always"): _("always opens"),
    ("use", "services"): _("for services"),
    **{("sms_messages", key): TEMPLATES[key.replace("sms_", "message_")][0] for key in SMS_MESSAGES},
    ("role", "owner"): _("Owner"),
    ("role", "manager"): _("Manager"),
    ("role", "staff"): _("Staff"),
    ("role", "read_only"): _("Read only"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change: what, before, after. `parts` are the words of a long text that differ: (removed, added)."""

    label: str
    before: str
    after: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What the things of the configuration are called now, by area and key; read once a page."""

    of: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, *, language: str, default: str) -> Names:
        named: list[tuple[str, str, Any]] = [("doors", key, name) for key, name in Door.objects.values_list("component", "name")]
        for area, model in (("branches", Branch), ("rooms", Room), ("services", Service)):
            named += [(area, key, name) for key, name in model.objects.values_list("key", "name")]
        named += [("questions", key, label) for key, label in Question.objects.values_list("key", "label")]
        return cls({(area, key): in_language(name, language=language, default=default) for area, key, name in named})

    def within(self, area: str) -> dict[str, str]:
        """The names of one area by key."""
        return {key: name for (found, key), name in self.of.items() if found == area}

    def called(self, area: str, key: str) -> str:
        return self.of.get((area, key)) or key


def changes_of(values: Sequence[Mapping[str, Any]], *, names: Names, default: str) -> Iterator[Change]:
    """The lines of {field, old, new}; what came or went as a whole is told field by field."""
    for value in values:
        yield from _changes(str(value["field"]), value.get("old"), value.get("new"), names=names, default=default)


def _changes(path: str, old: Any, new: Any, *, names: Names, default: str) -> Iterator[Change]:
    field = path.rpartition(".")[2]
    before, after = _inside(old), _inside(new)
    if field in UNTOLD:
        yield Change(label_of(path, names=names), HIDDEN if old else NOTHING, HIDDEN if new else NOTHING)
    elif field in TEXTS and (isinstance(old, Mapping) or isinstance(new, Mapping)):
        yield from _by_language(path, old, new, names=names, default=default)
    elif before is None and after is None:
        yield _change(label_of(path, names=names), field, old, new, names=names)
    else:
        before, after = before or {}, after or {}
        for name in dict.fromkeys([*before, *after]):
            was, is_now = before.get(name), after.get(name)
            if was != is_now and (was not in EMPTY or is_now not in EMPTY):
                yield from _changes(f"{path}.{name}", was, is_now, names=names, default=default)


def _inside(value: Any) -> Mapping[str, Any] | None:
    """The fields of a part, or the items of a list by what they are told apart by; None for plain values."""
    if isinstance(value, Mapping):
        return value
    keyed = isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value)
    return {str(next((item[by] for by in NAMED_BY if by in item), n)): item for n, item in enumerate(value)} if keyed else None


def _by_language(path: str, old: Any, new: Any, *, names: Names, default: str) -> Iterator[Change]:
    before, after = (value if isinstance(value, Mapping) else {default: value or ""} for value in (old, new))
    for code in dict.fromkeys([*before, *after]):
        if before.get(code, "") != after.get(code, ""):
            label = f"{label_of(path, names=names)}, {NAMES.get(code, code)}"
            yield _change(label, path.rpartition(".")[2], before.get(code, ""), after.get(code, ""), names=names)


def _change(label: str, field: str, old: Any, new: Any, *, names: Names) -> Change:
    before, after = (_words(field, value, names=names) for value in (old, new))
    if max(len(before), len(after)) <= LONG and "\n" not in before + after:
        return Change(label, before or NOTHING, after or NOTHING)
    return Change(label, "", "", tuple(_parts(before, after)))


def _parts(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The lines that differ between two long texts."""
    old, new = before.splitlines(), after.splitlines()
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield "\n".join(old[a:b]), "\n".join(new[c:d])


def label_of(path: str, *, names: Names) -> str:
    """`branches.bern.rooms.aare.capacity` as: Branch Bern, Room Aare, Places."""
    words, rest = [], path.split(".")
    while len(rest) > 1 and rest[0] in AREAS and ".".join(rest) not in FIELDS:
        if rest[0] == "organisation":
            words.append(str(AREAS[rest.pop(0)]))
        else:
            area, key = rest.pop(0), rest.pop(0)
            words.append(f"{AREAS[area]} {names.called(area, key)}")
    if rest:
        # A list of its own is told by the word for many, such as the order of all branches.
        words.append(str(FIELDS.get(".".join(rest), ".".join(rest))))
    return ", ".join(words)


def _item(field: str, item: Any, *, names: Names) -> str:
    known = isinstance(item, str) and (field, item) not in WORDS
    return names.called(field, item) if known else _words(field, item, names=names)


def _words(field: str, value: Any, *, names: Names) -> str:
    match value:
        case None | "" | []:
            return ""
        case bool():
            return gettext("yes") if value else gettext("no")
        case list():
            return ", ".join(_item(field, item, names=names) for item in value)
        case Mapping():
            return ", ".join(_words(name, inner, names=names) for name, inner in value.items())
        case _:
            return str(WORDS.get((field, str(value)), value))
