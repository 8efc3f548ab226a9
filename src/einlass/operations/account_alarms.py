# SPDX-License-Identifier: Apache-2.0
"""Telling the owners of an account or a site that needs a person, once for each incident (F15, F39, F40). What single keys need:
`alarms.py`; that nothing is asked meanwhile: `lock_systems.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from einlass.core.bookings import Status
from einlass.core.locks import LIST_INCOMPLETE_FOR, SITE_REFUSED, LockSystemState, next_probe
from einlass.core.texts import in_language
from einlass.models import Booking, Branch, LockSystem, Message, Organisation
from einlass.operations.addresses import address_of
from einlass.operations.key_problems import advice_on, problem_sentence
from einlass.operations.message_values import clock, clock_after, day_of
from einlass.operations.staff_mail import owners, write_to
from einlass.queries.keys import site_asked_again_at
from einlass.queries.services import organisation

KIND = "message_account_trouble"
# What is wrong with the list of a site is the trouble of no single key.
INCOMPLETE: tuple[Promise, Promise] = (
    _("For more than half an hour exivo has not told all keys, so nothing is put right there."),
    _("Einlass looks again every ten minutes. If it stays like that, ask dormakaba."),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble that a person has to mend. `once` names it; `problem` is a code of `key_problems.py`, or "" for the list of a site."""

    once: str
    problem: str
    branches: tuple[Branch, ...]
    since: datetime
    answer: str
    next_attempt: datetime | None
    link: str


def raise_account_alarms(*, now: datetime) -> int:
    """Write the mails of what began since the last look. Returns of how many incidents."""
    return sum(_tell(incident, now=now) for incident in (*_accounts(now=now), *_sites(now=now), *_lists(now=now)))


def _accounts(*, now: datetime) -> Iterator[Incident]:
    """F39: what the account says concerns all of its branches at once."""
    rejected = LockSystem.objects.filter(enabled=True, state=LockSystemState.CREDENTIALS_REJECTED.value, state_since__isnull=False)
    for system in rejected.prefetch_related("branches"):
        assert system.state_since is not None
        yield Incident(
            once=f"account.{system.pk}.{_word(system.state_since)}",
            problem="credentials_rejected",
            branches=tuple(branch for branch in system.branches.all() if branch.active),
            since=system.state_since,
            answer=system.state_detail,
            next_attempt=next_probe(at=system.not_before, now=now),
            link=address_of("manage_lock_system", system.key),
        )


def _sites(*, now: datetime) -> Iterator[Incident]:
    """F40, and a site that the vendor does not know, or without its service."""
    refused = Branch.objects.filter(
        active=True, lock_system__enabled=True, site_confirmed_at__isnull=True, site_problem_since__isnull=False
    ).exclude(lock_system__state=LockSystemState.CREDENTIALS_REJECTED.value)
    for branch in refused.filter(site_problem__in=SITE_REFUSED).select_related("lock_system"):
        assert branch.site_problem_since is not None
        yield Incident(
            once=f"site.{branch.pk}.{_word(branch.site_problem_since)}",
            problem=branch.site_doubt,
            branches=(branch,),
            since=branch.site_problem_since,
            answer=branch.site_detail,
            next_attempt=site_asked_again_at(branch, now=now),
            link=address_of("manage_branch", branch.key),
        )


def _lists(*, now: datetime) -> Iterator[Incident]:
    """F15: an account that is away altogether is told by its keys."""
    working = Q(lock_system__enabled=True, lock_system__state=LockSystemState.WORKING.value, site_confirmed_at__isnull=False)
    lasting = Branch.objects.filter(working, active=True, list_incomplete_since__lte=now - LIST_INCOMPLETE_FOR)
    for branch in lasting:
        assert branch.list_incomplete_since is not None
        yield Incident(
            once=f"list.{branch.pk}.{_word(branch.list_incomplete_since)}",
            problem="",
            branches=(branch,),
            since=branch.list_incomplete_since,
            answer=branch.list_detail,
            next_attempt=None,
            link=address_of("manage_readiness"),
        )


def _word(since: datetime) -> str:
    return f"{since:%Y%m%dT%H%M%S}"


def _tell(incident: Incident, *, now: datetime) -> bool:
    """The word of a mail is that of its incident, so another worker at the same moment writes none twice."""
    once = f"{KIND}.{incident.once}"
    if Message.objects.filter(once__startswith=f"{once}.").exists():
        return False
    with transaction.atomic():
        operator = organisation()
        write_to(owners(), KIND, _values(incident, operator, now=now), operator=operator, once=once, now=now)
    return True


def _values(incident: Incident, operator: Organisation, *, now: datetime) -> dict[str, str]:
    language = operator.default_language
    zone = incident.branches[0].time_zone if incident.branches else "UTC"
    names = [in_language(branch.name, language=language, default=operator.default_language) or branch.key for branch in incident.branches]
    first = _first_concerned(incident.branches, now=now)
    with translation.override(language):
        problem = problem_sentence(incident.problem) if incident.problem else str(INCOMPLETE[0])
        advice = advice_on(incident.problem) if incident.problem else str(INCOMPLETE[1])
    return {
        "problem": problem,
        "advice": advice,
        "branch": ", ".join(names) or operator.name,
        "since": clock_after(incident.since, now, zone, language=language),
        "answer": incident.answer,
        "next_attempt": clock_after(incident.next_attempt, now, zone, language=language) if incident.next_attempt else "",
        "next_booking": _booked(first, language=language) if first else "",
        "link": incident.link,
        "organisation": operator.name,
    }


def _booked(booking: Booking, *, language: str) -> str:
    zone = booking.branch.time_zone
    return f"{booking.reference}, {day_of(booking.start, zone, language=language)}, {clock(booking.start, zone)}"


def _first_concerned(branches: Sequence[Branch], *, now: datetime) -> Booking | None:
    """By when it has to be mended: the first coming booking whose key is not confirmed."""
    confirmed = Q(access__ready_generation=F("access__generation"), access__problem="")
    coming = Booking.objects.filter(branch__in=branches, status=Status.CONFIRMED.value, end__gt=now, access__isnull=False)
    opening = coming.exclude(Q(access__digest="", access__problem=""))
    return opening.exclude(confirmed).select_related("branch").order_by("start", "id").first()
