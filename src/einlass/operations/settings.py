# SPDX-License-Identifier: Apache-2.0
"""What the settings pages save: parts of a configuration file, merged by the same code as `einlass apply`. Nothing a page may write
goes another way, so that both end in the same configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor, DoorSettingsChanged, Event, SettingsChanged
from einlass.models import Branch
from einlass.operations.config_check import Checked, Known, check
from einlass.operations.config_errors import validated
from einlass.operations.config_export import Exported, differences, digest_of, exported
from einlass.operations.config_pictures import Pictures, read_pictures
from einlass.operations.config_remove import Removal, remove_named
from einlass.operations.config_types import SLUG
from einlass.operations.config_vendor import Secrets, ask, read_secrets
from einlass.operations.config_write import Changes, one_at_a_time, write, write_answers
from einlass.operations.config_yaml import NAMED_BY, ConfigError, document_of
from einlass.operations.events import record
from einlass.operations.lock_systems import SiteAnswer

# Areas of the configuration on which no door, window or key hangs.
WITHOUT_DOORS = frozenset({"organisation", "questions", "templates"})

# They stand in the addresses of the settings pages, where a key would else lead somewhere else.
WORDS_OF_ADDRESSES = frozenset({"new", "order", "preview", "standard", "require-mobile", "read", "remove"})


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving changed, as {field, old, new}, and what a person ought to know although all is saved."""

    values: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


def part_at(whole: Exported, subject: str) -> Any:
    """The part that a subject names, such as `branches.bern.rooms.aare` or `organisation`; None where there is none."""
    at: Any = whole
    for name in subject.split("."):
        if isinstance(at, list):
            at = next((item for item in at if any(str(item.get(by)) == name for by in NAMED_BY)), None)
        else:
            at = at.get(name) if isinstance(at, Mapping) else None
    return at


def save(part: Mapping[str, Any], *, subject: str, seen: str | None = None, ask_vendor: bool = False, now: datetime, actor: Actor) -> Saved:
    """Merge a part of a configuration file. `seen` is the digest of what the page showed: another one means that somebody else
    saved meanwhile, and then nothing is changed. `ask_vendor` lets exivo confirm the sites in the part, within 10 s.

    Raises Refusal: changed_meanwhile; invalid with the fields below the subject. Records SettingsChanged or DoorSettingsChanged.
    """
    document = document_of(part, source="settings")
    checked = Checked(validated(document), document, Known.read())
    check(checked)
    secrets, pictures = read_secrets(checked), read_pictures(checked)
    answers, warnings = ask(checked, secrets, now=now) if ask_vendor and not document.errors else ({}, [])
    _refuse_faulty(document.errors, subject)
    with transaction.atomic():
        values = _changed(subject, seen, lambda: _write(checked, secrets, pictures, answers, now=now, actor=actor))
        if values:
            record(_event(subject, values), actor=actor, now=now, branch=_branch_of(subject), subject=subject)
    return Saved(tuple(values), tuple(warnings))


def remove(*, subject: str, seen: str | None = None, now: datetime, actor: Actor) -> Removal:
    """Take away what was never booked, switch off what bookings that are over name: a branch, a room, a service or a question.

    Returns "removed" or "switched_off". Raises Refusal: changed_meanwhile; in_use with the references of coming bookings.
    """
    with transaction.atomic():
        changes, done = Changes(), list[Removal]()
        branch = _branch_of(subject)

        def take() -> list[str]:
            done.append(remove_named(subject, changes=changes, now=now))
            return []

        values = _changed(subject, seen, take)
        if values:
            kept = branch if branch and Branch.objects.filter(pk=branch.pk).exists() else None
            record(_event(subject, values), actor=actor, now=now, branch=kept, subject=subject)
    return done[0]


def _write(
    checked: Checked, secrets: Secrets, pictures: Pictures, answers: dict[str, SiteAnswer], *, now: datetime, actor: Actor
) -> list[str]:
    """Returns what changed that an export does not show: secrets."""
    changes = Changes()
    write(checked.file, secrets=secrets, pictures=pictures, changes=changes)
    write_answers(answers, changes=changes, now=now, actor=actor)
    return [line.removesuffix(" changed") for line in changes.lines if line.endswith("api_secret changed")]


def _changed(subject: str, seen: str | None, do: Callable[[], list[str]]) -> list[dict[str, Any]]:
    """Everything that `do` changes, unless somebody else changed the subject since it was shown."""
    one_at_a_time()
    before = exported()
    if seen is not None and seen != digest_of(part_at(before, subject)):
        raise Refusal("changed_meanwhile")
    unshown = do()
    return [*differences(before, exported()), *({"field": name, "old": "…", "new": "…"} for name in unshown)]


def _event(subject: str, values: list[dict[str, Any]]) -> Event:
    return SettingsChanged(values) if subject.partition(".")[0] in WITHOUT_DOORS else DoorSettingsChanged(values)


def _branch_of(subject: str) -> Branch | None:
    area, _, rest = subject.partition(".")
    key = rest.partition(".")[0]
    if area == "branches":
        return Branch.objects.filter(key=key).first()
    return Branch.objects.filter(services__key=key).first() if area == "services" else None


def _refuse_faulty(errors: list[ConfigError], subject: str) -> None:
    if errors:
        raise Refusal("invalid", fields=tuple(_field_errors(errors, subject)))


def _field_errors(errors: list[ConfigError], subject: str) -> Iterator[FieldError]:
    """The field below the subject, or below one of its items; "" for what is not about a single field."""
    for error in sorted(set(errors)):
        below = error.path.removeprefix(f"{subject}.") if error.path.startswith(f"{subject}.") else ""
        yield FieldError(below, error.code or "not_accepted", error.values if error.code else {"sentence": error.sentence})


def key_for(name: str, *, taken: Callable[[str], bool], otherwise: str) -> str:
    """A short name for something that a person only gave a name to: `seminarraum-aare`, with a number where it is taken."""
    base = slugify(name.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("Ä", "ae").replace("Ö", "oe").replace("Ü", "ue"))[
        :50
    ]
    base = base if SLUG.fullmatch(base) else otherwise
    keys = (base if n == 1 else f"{base}-{n}" for n in range(1, 10_000))
    return next(key for key in keys if key not in WORDS_OF_ADDRESSES and not taken(key))
