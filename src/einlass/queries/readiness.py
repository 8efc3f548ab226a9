# SPDX-License-Identifier: Apache-2.0
"""What is missing before a door can open: each prerequisite, right or wrong. Whether the process itself can run: `installation.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from einlass.conf.secrets import fingerprint
from einlass.core.comparing import is_compared
from einlass.core.grants import Admissible, DoorUse
from einlass.core.locks import CLOCKS_MAY_DIFFER, LIST_INCOMPLETE_FOR, LockSystemState
from einlass.models import Branch, Installation, LockSystem, Service, Worker
from einlass.queries.messages import mail_trouble, sms_trouble
from einlass.queries.neighbours import overlapping_minutes
from einlass.queries.services import needs_mobile_number, offered_services, opens_doors, organisation, questions_by_service
from einlass.queries.strays import undecided_by_branch

WORKER_ALIVE_SECONDS = 60
CLOCKS_MAY_DIFFER_SECONDS = int(CLOCKS_MAY_DIFFER.total_seconds())


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


# What each check is about, and so what its `subject` is the key of. Every code stands here.
ABOUT_INSTALLATION = ("encryption_keys_fit", "worker_alive", "machine_clocks_agree", "mail_works", "sms_works")
ABOUT_ACCOUNT = (
    "credentials_given",
    "mobile_app_given",
    "credentials_accepted",
    "lock_system_answers",
    "vendor_clock_agrees",
    "branch_attached",
)
ABOUT_BRANCH = (
    "site_confirmed",
    "site_lists_doors",
    "site_compared",
    "keys_listed",
    "doors_chosen",
    "no_gateway_chosen",
    "no_unknown_type_chosen",
    "chosen_doors_exist",
    "no_brake",
    "no_stray_keys",
    "neighbours_apart",
)
ABOUT_SERVICE = ("mobile_question",)
CODES = (*ABOUT_INSTALLATION, *ABOUT_ACCOUNT, *ABOUT_BRANCH, *ABOUT_SERVICE)


def readiness(*, now: datetime, only: frozenset[int] | None = None) -> tuple[Check, ...]:
    """Every check that applies; what only concerns doors is left out while the integration is off (R1).

    `only` leaves out what is about other branches than these, for people who see some of them. The number of queries does not
    depend on how much there is.
    """
    systems = list(LockSystem.objects.filter(enabled=True).order_by("pk").prefetch_related("branches__doors"))
    seen = [branch for system in systems if system.grants for branch in _active(system) if only is None or branch.pk in only]
    services = _services_at(seen)
    strays = undecided_by_branch(seen) if seen else {}
    return (
        *_installation(now),
        *(check for system in systems for check in _lock_system(system)),
        *(check for branch in seen for check in _branch(branch, _of(branch, services), strays=strays.get(branch.pk, 0), now=now)),
        *_services(services),
    )


def is_ready(checks: tuple[Check, ...]) -> bool:
    """Whether nothing is wrong; what only wants to be known does not count."""
    return all(check.ok or check.warning for check in checks)


def missing(*, now: datetime, only: frozenset[int] | None = None) -> int:
    """How many prerequisites are not met, for the red mark in the navigation."""
    return sum(1 for check in readiness(now=now, only=only) if not check.ok and not check.warning)


def _active(system: LockSystem) -> list[Branch]:
    return [branch for branch in system.branches.all() if branch.active]


def _services_at(branches: list[Branch]) -> list[Service]:
    """What is offered there and opens doors."""
    if not branches:
        return []
    return [service for service in offered_services().filter(branch__in=branches) if opens_doors(service)]


def _installation(now: datetime) -> Iterator[Check]:
    row = Installation.objects.first()
    fits = row is None or not row.key_fingerprint or row.key_fingerprint == fingerprint(settings.ENCRYPTION_KEYS)
    yield Check("encryption_keys_fit", fits)
    workers = list(Worker.objects.order_by("-seen_at").values_list("seen_at", "clock_skew_seconds"))
    age = (now - workers[0][0]).total_seconds() if workers else None
    alive = age is not None and age <= WORKER_ALIVE_SECONDS
    yield Check("worker_alive", alive, values={"seconds": "" if age is None else str(max(0, round(age)))})
    # A worker that was seen in the future has another clock than this machine.
    skews = [skew or 0 for at, skew in workers if (now - at).total_seconds() <= WORKER_ALIVE_SECONDS] + [min(0, round(age or 0))]
    worst = max(abs(skew) for skew in skews)
    yield Check("machine_clocks_agree", worst <= CLOCKS_MAY_DIFFER_SECONDS, values={"seconds": str(worst)})
    trouble = mail_trouble()
    # Without a mail server nothing is broken: guests find everything on their own page.
    yield Check("mail_works", not trouble, values={"trouble": trouble}, warning=trouble == "not_configured")
    operator = organisation()
    if operator.sms_messages:
        trouble = sms_trouble(operator)
        # Somebody wants SMS to be sent, and none is: no door waits for it.
        yield Check("sms_works", not trouble, values={"trouble": f"sms_{trouble}" if trouble else ""}, warning=True)


def _lock_system(system: LockSystem) -> Iterator[Check]:
    branches = _active(system)
    given = bool(system.api_key and system.sealed_secret)
    yield Check("credentials_given", given, system.key)
    yield Check("mobile_app_given", bool(system.mobile_app_id and system.mobile_app_name), system.key)
    rejected = system.state == LockSystemState.CREDENTIALS_REJECTED.value or any(
        branch.site_problem == "credentials_rejected" for branch in branches
    )
    answered = bool(system.accepted_at) or system.tested_code == "confirmed" or any(branch.site_is_confirmed for branch in branches)
    reason = "rejected" if rejected else "" if answered else "untested"
    yield Check("credentials_accepted", given and not reason, system.key, {"reason": reason})
    away = system.state in {LockSystemState.UNREACHABLE.value, LockSystemState.THROTTLED.value}
    yield Check("lock_system_answers", not away, system.key, {"detail": system.state_detail if away else ""})
    skew = system.clock_skew_seconds or 0
    yield Check("vendor_clock_agrees", abs(skew) <= CLOCKS_MAY_DIFFER_SECONDS, system.key, {"seconds": str(abs(skew))})
    if system.grants:
        yield Check("branch_attached", bool(branches), system.key)


def _of(branch: Branch, services: list[Service]) -> list[Service]:
    return [service for service in services if service.branch_id == branch.pk]


def _branch(branch: Branch, services: list[Service], *, strays: int, now: datetime) -> Iterator[Check]:
    doors = list(branch.doors.all())
    problem = branch.site_problem or ("" if branch.site_id else "no_site_id")
    yield Check("site_confirmed", branch.site_is_confirmed, branch.key, {"problem": "" if branch.site_is_confirmed else problem})
    if branch.site_is_confirmed:
        listed = [door for door in doors if door.read_at and not door.missing_since and door.admissible is not Admissible.GATEWAY]
        yield Check("site_lists_doors", bool(listed), branch.key)
        yield Check("site_compared", is_compared(branch.compared_by), branch.key)
        since = branch.list_incomplete_since
        yield Check("keys_listed", since is None or now - since < LIST_INCOMPLETE_FOR, branch.key, {"detail": branch.list_detail})
    chosen = [door for door in doors if door.use != DoorUse.NONE.value]
    yield Check("doors_chosen", bool(chosen), branch.key)
    # The database lets no gateway be chosen: one that turned into it lost its choice, which somebody has to see (F38).
    yield _no_door("no_gateway_chosen", branch, (door for door in doors if door.news == "gateway"))
    # What the vendor was not asked for yet has no type either: that is the site's trouble.
    untyped = (door for door in chosen if door.read_at and door.admissible is Admissible.UNKNOWN_TYPE)
    yield _no_door("no_unknown_type_chosen", branch, untyped)
    yield _no_door("chosen_doors_exist", branch, (door for door in chosen if door.missing_since))
    yield Check("no_brake", branch.brake_since is None, branch.key, {"keys": str(branch.brake_count)})
    yield Check("no_stray_keys", not strays, branch.key, {"keys": str(strays)})
    if services:
        yield _neighbours(branch, services)


def _no_door(code: str, branch: Branch, wrong: Iterable[object]) -> Check:
    names = ", ".join(str(door) for door in wrong)
    return Check(code, not names, branch.key, {"doors": names})


def _neighbours(branch: Branch, services: list[Service]) -> Check:
    """Two guests in a row whose keys are valid at the same time: nothing is wrong with it, if the operator knows."""
    # Where margins end at the neighbour's booking, keys meet at most in a time that is nobody's.
    margins = 0 if branch.shrink_margins else branch.early_minutes + branch.late_minutes
    overlaps = overlapping_minutes(services, margins=margins)
    values = {"services": ", ".join(overlaps), "minutes": str(max(overlaps.values(), default=0))}
    return Check("neighbours_apart", not overlaps, branch.key, values, warning=True)


def _services(services: list[Service]) -> Iterator[Check]:
    questions = questions_by_service(services) if services else {}
    for service in services:
        yield Check("mobile_question", not needs_mobile_number(service, questions[service.pk]), service.key)
