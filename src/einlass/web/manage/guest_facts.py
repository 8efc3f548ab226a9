# SPDX-License-Identifier: Apache-2.0
"""What a guest answered, as the staff read it and as a form shows it again. Questions as fields: `web/fields.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext

from einlass.core.phones import PhoneRefused, national, parse_phone
from einlass.models import Question
from einlass.web import formats
from einlass.web.fields import COUNTRY_PREFIX, LABELS, PREFIX, Field, Reading, fields_of

PHONES = frozenset({"mobile", "phone"})


@dataclass(frozen=True, slots=True)
class GuestFact:
    """One answer under the label of its question; `link` where it can be called or written to."""

    label: str
    text: str
    link: str = ""


def guest_facts(answers: Mapping[str, Any], questions: list[Question], reading: Reading) -> tuple[GuestFact, ...]:
    """Every answer in the operator's order; one whose question is gone stands last, under its key."""
    fields = fields_of(questions, typed={}, reading=reading)
    known = [_fact(field, answers[field.key]) for field in fields if field.key in answers]
    asked = {field.key for field in fields}
    return (*known, *(GuestFact(_label(key), _plain(value)) for key, value in answers.items() if key not in asked))


def labels_of(questions: list[Question], reading: Reading) -> dict[str, str]:
    return {field.key: field.label for field in fields_of(questions, typed={}, reading=reading)}


def typed_from(answers: Mapping[str, Any], questions: list[Question], *, country: str) -> dict[str, list[str]]:
    """The answers as the form would have been typed: a number as people of the branch's country write it."""
    typed: dict[str, list[str]] = {}
    for question in questions:
        value = answers.get(question.key)
        if value is None:
            continue
        if question.kind == "mobile":
            typed[COUNTRY_PREFIX + question.key] = [country]
        typed[PREFIX + question.key] = _as_typed(value, question.kind, country=country)
    return typed


def _as_typed(value: Any, kind: str, *, country: str) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if kind in PHONES:
        return [_short(str(value), country=country)]
    return [str(value)]


def _short(number: str, *, country: str) -> str:
    """Without the country code where it is read as the same number again."""
    short = national(number)
    try:
        return short if parse_phone(short, country=country) == number else number
    except PhoneRefused:
        return number


def _fact(field: Field, value: Any) -> GuestFact:
    if field.widget in PHONES:
        return GuestFact(field.label, national(str(value)), f"tel:{value}")
    if field.widget == "email":
        return GuestFact(field.label, str(value), f"mailto:{value}")
    options = dict(field.options)
    if field.widget in {"choice", "several"}:
        chosen = value if isinstance(value, list) else [value]
        return GuestFact(field.label, ", ".join(options.get(str(item), str(item)) for item in chosen))
    return GuestFact(field.label, _day(value) if field.widget == "date" else _plain(value))


def _day(value: Any) -> str:
    try:
        return formats.day_with_year(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _label(key: str) -> str:
    return str(LABELS.get(key, key.replace("_", " ").capitalize()))
