# SPDX-License-Identifier: Apache-2.0
"""The table of a branch's components: state, choice or the reason why there is none, what is new. Choosing: `branch_forms.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.forms.boundfield import BoundField
from django.utils.translation import gettext, ngettext

from einlass.core.grants import Admissible, DoorUse
from einlass.models import Branch, Door
from einlass.queries.doors import Concerned, concerned_by
from einlass.web.formats import recent
from einlass.web.manage.branch_forms import DOOR, USES, BranchForm


@dataclass(frozen=True, slots=True)
class DoorRow:
    """One component. `choice` stands where it may be chosen; `kept` is the choice that still counts where it may not be changed."""

    component: str
    name: str
    state: str
    silent: bool
    missing: str
    news: str
    former_name: str
    choice: BoundField | None
    errors: tuple[str, ...]
    gateway: bool
    kept: str
    may_be_allowed: bool
    was_allowed: bool
    concerned: Concerned | None
    concerned_words: str


def door_rows(branch: Branch, doors: Sequence[Door], form: BranchForm, *, now: datetime) -> list[DoorRow]:
    news = any(door.missing_since or door.news for door in doors)
    concerned = concerned_by(branch, now=now) if news else {}
    return [_row(door, form, concerned, zone=branch.time_zone, now=now) for door in doors]


def _row(door: Door, form: BranchForm, concerned: Mapping[int, Concerned], *, zone: str, now: datetime) -> DoorRow:
    field = form[DOOR + door.component]
    may_choose = door.admissible is Admissible.YES
    told = concerned.get(door.pk) if door.missing_since or door.news else None
    return DoorRow(
        component=door.component,
        name=door.name or door.component,
        state=_state(door, zone=zone, now=now),
        silent=door.silent_since is not None,
        missing=recent(door.missing_since, zone, now=now) if door.missing_since else "",
        news=door.news,
        former_name=door.former_name,
        choice=field if may_choose else None,
        errors=tuple(str(error) for error in field.errors),
        gateway=door.admissible is Admissible.GATEWAY,
        kept="" if may_choose or door.use == DoorUse.NONE.value else str(dict(USES)[door.use]),
        may_be_allowed=door.admissible is Admissible.UNKNOWN_TYPE,
        was_allowed=may_choose and door.allow_unknown and not door.kind.strip(),
        concerned=told,
        concerned_words=_concerned_words(told),
    )


def _concerned_words(concerned: Concerned | None) -> str:
    if concerned is None:
        return ""
    return ngettext("%(count)s coming booking opens it:", "%(count)s coming bookings open it:", concerned.count) % {
        "count": concerned.count
    }


def _state(door: Door, *, zone: str, now: datetime) -> str:
    if door.missing_since:
        return gettext("not listed any more")
    if door.silent_since:
        return gettext("does not answer since %(moment)s") % {"moment": recent(door.silent_since, zone, now=now)}
    return gettext("answers") if door.ready else gettext("not reported")
