# SPDX-License-Identifier: Apache-2.0
"""What is missing before a door can open: each prerequisite, right or wrong. Whether the process itself can run: `installation.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from einlass.conf.secrets import fingerprint
from einlass.core.grants import Admissible, DoorUse
from einlass.core.locks import LockSystemState
from einlass.models import Branch, Installation, LockSystem
from einlass.queries.installation import worker_age_seconds
from einlass.queries.services import needs_mobile_number, offered_services, opens_doors, questions_by_service

WORKER_ALIVE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Check:
    """One prerequisite. `code` is stable, `subject` names what it is about by its key, `values` fill the sentence.

    A `warning` hinders no door: somebody ought to know of it, and that is all.
    """

    code: str
    ok: bool
    subject: str = ""
    values: dict[str, str] = field(default_factory=dict)
    warning: bool = False


def readiness(*, now: datetime) -> tuple[Check, ...]:
    """Every check that applies; what only concerns doors is left out while the integration is off (R1)."""
    return (*_installation(now), *_lock_systems(), *_branches(), *_services())


def is_ready(checks: tuple[Check, ...]) -> bool:
    """Whether nothing is wrong; what only wants to be known does not count."""
    return all(check.ok or check.warning for check in checks)


def missing(*, now: datetime) -> int:
    """How many prerequisites are not met, for the red mark in the navigation."""
    return sum(1 for check in readiness(now=now) if not check.ok and not check.warning)


def _installation(now: datetime) -> Iterator[Check]:
    row = Installation.objects.first()
    fits = row is None or not row.key_fingerprint or row.key_fingerprint == fingerprint(settings.ENCRYPTION_KEYS)
    yield Check("encryption_keys_fit", fits)
    age = worker_age_seconds(now=now)
    alive = age is not None and age <= WORKER_ALIVE_SECONDS
    yield Check("worker_alive", alive, values={"seconds": "" if age is None else str(round(age))})


def _lock_systems() -> Iterator[Check]:
    for system in LockSystem.objects.filter(enabled=True).order_by("pk"):
        given = bool(system.api_key and system.sealed_secret)
        yield Check("credentials_given", given, system.key)
        rejected = system.state == LockSystemState.CREDENTIALS_REJECTED.value
        site_says_no = system.branches.filter(site_problem="credentials_rejected").exists()
        yield Check("credentials_accepted", given and not rejected and not site_says_no, system.key)
        away = system.state in {LockSystemState.UNREACHABLE.value, LockSystemState.THROTTLED.value}
        yield Check("lock_system_answers", not away, system.key, {"detail": system.state_detail if away else ""})


def _branches() -> Iterator[Check]:
    branches = Branch.objects.filter(active=True, lock_system__enabled=True).prefetch_related("doors")
    for branch in branches:
        problem = branch.site_problem or ("" if branch.site_id else "no_site_id")
        yield Check("site_confirmed", branch.site_is_confirmed, branch.key, {"problem": problem})
        chosen = [door for door in branch.doors.all() if door.use != DoorUse.NONE.value]
        yield Check("doors_chosen", bool(chosen), branch.key)
        for code, kind in (("no_gateway_chosen", Admissible.GATEWAY), ("no_unknown_type_chosen", Admissible.UNKNOWN_TYPE)):
            # What the vendor was not asked for yet has no type either: that is the site's trouble.
            wrong = [str(door) for door in chosen if door.read_at and door.admissible is kind]
            yield Check(code, not wrong, branch.key, {"doors": ", ".join(wrong)})
        missing = [str(door) for door in chosen if door.missing_since]
        yield Check("chosen_doors_exist", not missing, branch.key, {"doors": ", ".join(missing)})


def _services() -> Iterator[Check]:
    services = list(offered_services())
    questions = questions_by_service(services)
    for service in services:
        if opens_doors(service):
            yield Check("mobile_question", not needs_mobile_number(service, questions[service.pk]), service.key)
