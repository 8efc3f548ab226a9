# SPDX-License-Identifier: Apache-2.0
"""How far an account has been set up, in the order of the work: its branches, their doors, services, the phone question, the text.
The steps and their words: `web/manage/exivo_steps.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from einlass.core.grants import DoorUse
from einlass.core.questions import is_bookable_with_doors
from einlass.models import Branch, LockSystem, MessageTemplate, Service
from einlass.queries.keys import keys_of_account
from einlass.queries.services import doors_of, offered_services, questions_by_service

INFORMATION = "exivo_booking_page"


@dataclass(frozen=True, slots=True)
class BranchSetUp:
    """One branch of the account, with how many of its doors open always and how many for services."""

    branch: Branch
    always: int
    for_services: int


@dataclass(frozen=True, slots=True)
class SetUp:
    """Rows for the guide. `without_phone` are the services that open doors and do not require the mobile number (R8)."""

    branches: tuple[BranchSetUp, ...]
    unattached: tuple[Branch, ...]
    opening: tuple[Service, ...]
    without_doors: tuple[Service, ...]
    without_phone: tuple[Service, ...]
    information_settled: bool
    keys: int


def set_up(system: LockSystem, *, now: datetime) -> SetUp:
    """A fixed number of queries. Says the same whether the account is on or off: what is chosen stays chosen."""
    branches = [branch for branch in Branch.objects.prefetch_related("doors") if branch.active]
    own = [branch for branch in branches if branch.lock_system_id == system.pk]
    services = list(offered_services().filter(branch__lock_system=system))
    opening = [service for service in services if doors_of(service)]
    questions = questions_by_service(opening) if opening else {}
    lacking = [s for s in opening if not is_bookable_with_doors(tuple(q.facts() for q in questions[s.pk]))]
    template = MessageTemplate.objects.filter(key=INFORMATION).first()
    return SetUp(
        branches=tuple(_with_doors(branch) for branch in own),
        unattached=tuple(branch for branch in branches if branch.lock_system_id is None),
        opening=tuple(opening),
        without_doors=tuple(service for service in services if service not in opening),
        without_phone=tuple(lacking),
        information_settled=bool(template and (template.text or template.confirmed_at)),
        keys=keys_of_account(system, now=now).count(),
    )


def _with_doors(branch: Branch) -> BranchSetUp:
    uses = [door.use for door in branch.doors.all()]
    return BranchSetUp(branch, uses.count(DoorUse.ALWAYS.value), uses.count(DoorUse.SERVICES.value))
