# SPDX-License-Identifier: Apache-2.0
"""Rows as the API tells them: texts in the language of the request, times on the wall of the branch with their offset."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from einlass.core.bookings import Status, shown
from einlass.core.hours import to_local
from einlass.core.texts import Text
from einlass.models import Booking, Branch, Question, Service
from einlass.models.fields import text_in
from einlass.operations.addresses import address_of, own_page
from einlass.queries.keys import Problem, access_of
from einlass.queries.services import opens_doors
from einlass.web.key_problems import problem_sentence


def _local(instant: datetime, zone: str) -> str:
    return to_local(instant, zone).isoformat()


def _text(text: Text) -> str:
    return text_in(text, get_language() or "en")


def booking_out(booking: Booking, *, now: datetime) -> dict[str, Any]:
    """One booking; read it with `queries.bookings.with_facts`, then this asks the database nothing."""
    zone = booking.branch.time_zone
    return {
        "reference": booking.reference,
        "status": shown(Status(booking.status)).value,
        "service": booking.service.key,
        "branch": booking.branch.key,
        "room": booking.room.key,
        "start": _local(booking.start, zone),
        "end": _local(booking.end, zone),
        "time_zone": zone,
        "answers": booking.answers,
        # What a hold is called is the visitor's alone.
        "manage_url": "" if booking.status == Status.HELD.value else own_page(booking),
        "access": _access(booking, zone, now=now),
    }


def _access(booking: Booking, zone: str, *, now: datetime) -> dict[str, Any]:
    view = access_of(booking, now=now)
    return {
        "state": view.state.value,
        "valid_from": _local(view.valid_from, zone) if view.valid_from else None,
        "valid_until": _local(view.valid_until, zone) if view.valid_until else None,
        "may_open_until": _local(view.opens_until, zone) if view.opens_until else None,
        "doors": [{"id": component, "name": name} for component, name in view.doors],
        "problem": _problem(view.problem, zone) if view.problem else None,
    }


def _problem(problem: Problem, zone: str) -> dict[str, Any]:
    again = problem.next_attempt_at
    return {
        "code": problem.code,
        "since": _local(problem.since, zone),
        "next_attempt_at": _local(again, zone) if again else None,
        "text": problem_sentence(problem.code),
    }


def service_out(service: Service, questions: list[Question]) -> dict[str, Any]:
    """One service with what it asks."""
    return {
        "key": service.key,
        "name": _text(service.name) or service.key,
        "description": _text(service.description),
        "price": _text(service.price),
        "picture": address_of("picture", service.picture.digest) if service.picture else None,
        "branch": _branch(service.branch),
        "durations": service.durations,
        "step": service.step,
        "approval": service.approval,
        "opens_doors": opens_doors(service),
        "questions": [_question(question) for question in questions],
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {"key": branch.key, "name": _text(branch.name) or branch.key, "address": branch.address, "time_zone": branch.time_zone}


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind,
        "label": _text(question.label) or question.key,
        "hint": _text(question.hint),
        "required": question.required,
        "options": [_option(option) for option in question.options],
    }


def _option(option: str | dict[str, Any]) -> dict[str, str]:
    if isinstance(option, str):
        return {"key": option, "label": option}
    return {"key": option["key"], "label": _text(option.get("label", "")) or option["key"]}
