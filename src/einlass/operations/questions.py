# SPDX-License-Identifier: Apache-2.0
"""Booking questions that nobody has to type: the standard ones, and the mobile number where doors need it (R8). All others are
parts of the configuration like any setting, see `settings.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from einlass.core.events import Actor
from einlass.core.questions import STANDARD_KEYS, mobile_question
from einlass.models import Question, Service
from einlass.operations.config_write import one_at_a_time
from einlass.operations.settings import Saved, key_for, save
from einlass.queries.services import questions_by_service, services_with_doors

KIND_OF = {"email": "email", "mobile": "mobile"}
SUBJECT = "questions"


def add_standard_questions(*, actor: Actor, now: datetime) -> Saved:
    """First name, last name, e-mail and mobile number, all required. Does nothing where there are questions already."""
    with transaction.atomic():
        one_at_a_time()
        if Question.objects.exists():
            return Saved()
        items = [{"key": key, "kind": KIND_OF.get(key, "text"), "required": True} for key in STANDARD_KEYS]
        return save({"questions": items}, subject=SUBJECT, now=now, actor=actor)


def require_mobile_number(*, actor: Actor, now: datetime) -> Saved:
    """R8: every service that opens doors asks an active, required question for the mobile number. Does nothing where it is so."""
    with transaction.atomic():
        one_at_a_time()
        items = _with_mobile_number(list(Question.objects.prefetch_related("services")))
        return save({"questions": items}, subject=SUBJECT, now=now, actor=actor) if items else Saved()


def _with_mobile_number(questions: list[Question]) -> list[dict[str, Any]]:
    """The parts of the questions as they ought to be, in their order; nothing where they are so already."""
    services = services_with_doors()
    old = _best(questions)
    asked = questions_by_service(services)
    lacking = [service for service in services if not mobile_question(q.facts() for q in asked[service.pk])]
    if old is None:
        return _with_a_new_one(questions, services)
    if not lacking and old.active and old.required:
        return []
    names = sorted({service.key for service in old.services.all()} | {service.key for service in lacking})
    only = {"services": names} if old.services.all() else {}
    return [{"key": old.key, "active": True, "required": True, **only}]


def _best(questions: Iterable[Question]) -> Question | None:
    """The question to mend: one that is asked already, before one that is switched off."""
    mobile = [question for question in questions if question.kind == "mobile"]
    return min(mobile, key=lambda question: (not question.active, not question.required, question.position), default=None)


def _with_a_new_one(questions: list[Question], services: list[Service]) -> list[dict[str, Any]]:
    """Behind the e-mail address. Where some services open no door, only the others ask: nobody gives a number for nothing."""
    taken = {question.key for question in questions}
    key = key_for("mobile", taken=lambda made: made in taken, otherwise="mobile")
    some = services and Service.objects.count() > len(services)
    only = {"services": sorted(service.key for service in services)} if some else {}
    items: list[dict[str, Any]] = [{"key": question.key} for question in questions]
    behind = next((n for n, question in enumerate(questions) if question.kind == "email"), len(items) - 1)
    items.insert(behind + 1, {"key": key, "kind": "mobile", "required": True, **only})
    return items
