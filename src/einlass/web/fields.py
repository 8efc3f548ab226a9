# SPDX-License-Identifier: Apache-2.0
"""Booking questions as form fields: what they are called, what was typed, what is wrong. What counts as right is `core/questions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import FieldError
from einlass.core.phones import PhoneRefused, calling_codes, example_mobile, parse_mobile
from einlass.core.texts import foreign_language, in_language
from einlass.models import Question
from einlass.web.refusals import field_sentence

PREFIX = "answer-"
COUNTRY_PREFIX = "country-"
WIDGETS = {
    "email": "email",
    "mobile": "mobile",
    "phone": "phone",
    "number": "decimal",
    "persons": "number",
    "choice": "choice",
    "several": "several",
    "yes_no": "yes_no",
    "date": "date",
    "long_text": "text_area",
}
# In these countries the 0 in front is part of the number, also after the country code.
ZERO_STAYS = frozenset({"IT", "SM", "VA"})
Typed = Mapping[str, list[str]]
AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "name": "name",
    "email": "email",
    "company": "organization",
    "organisation": "organization",
}
# For questions whose label the operator left empty.
LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "name": _("Name"),
    "email": _("E-mail"),
    "mobile": _("Mobile number"),
    "persons": _("Number of people"),
    "company": _("Company"),
    "remarks": _("What should we know?"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form. `options` are (value, label); `error` is a sentence or empty.

    The languages of label and hint are named where they are not that of the page.
    """

    key: str
    name: str
    widget: str
    label: str
    label_lang: str
    hint: str
    hint_lang: str
    required: bool
    value: str
    values: tuple[str, ...]
    error: str
    options: tuple[tuple[str, str], ...]
    autocomplete: str
    country: str
    example: str
    focus: bool

    @property
    def id(self) -> str:
        return f"field-{self.key}"

    @property
    def described_by(self) -> str:
        """Ids of the sentences that belong to the field, for `aria-describedby`."""
        hint = f"{self.id}-hint" if self.hint or self.widget == "mobile" else ""
        return f"{hint} {self.id}-error".strip() if self.error else hint


@dataclass(frozen=True, slots=True)
class Reading:
    """In which language the questions are put, and in which country numbers are read."""

    language: str
    default: str
    country: str


def fields_of(questions: list[Question], *, typed: Typed, errors: tuple[FieldError, ...] = (), reading: Reading) -> tuple[Field, ...]:
    """The form, in the operator's order, with what was typed and the first sentence for each field that is wrong."""
    wrong = {error.field: error for error in reversed(errors)}
    first = next((question.key for question in questions if question.key in wrong), "")
    return tuple(_field(q, typed=typed, error=wrong.get(q.key), focus=q.key == first, reading=reading) for q in questions)


def answers_in(questions: list[Question], typed: Typed, *, country: str) -> dict[str, object]:
    """What was typed, as core reads it: several choices as a list, a mobile number with the code of its country."""
    answers: dict[str, object] = {}
    for question in questions:
        values = typed.get(PREFIX + question.key, [])
        if question.kind == "several":
            answers[question.key] = values
        elif question.kind == "mobile":
            chosen = _first(typed, COUNTRY_PREFIX + question.key)
            answers[question.key] = _international(_first(typed, PREFIX + question.key), chosen, country)
        else:
            answers[question.key] = values[0] if values else ""
    return answers


def typed_in(form: QueryDict) -> dict[str, list[str]]:
    """Everything typed into the form, to be carried along unread."""
    return {name: [str(value) for value in form.getlist(name)] for name in form if name.startswith((PREFIX, COUNTRY_PREFIX))}


def kept_in(typed: Typed) -> tuple[tuple[str, str], ...]:
    """The same as hidden fields: name and value, one for each."""
    return tuple((name, value) for name, values in typed.items() for value in values)


def _field(question: Question, *, typed: Typed, error: FieldError | None, focus: bool, reading: Reading) -> Field:
    widget = WIDGETS.get(question.kind, "text")
    return Field(
        key=question.key,
        name=PREFIX + question.key,
        widget=widget,
        label=_text(question.label, reading) or str(LABELS.get(question.key, question.key.replace("_", " ").capitalize())),
        label_lang=_foreign(question.label, reading),
        hint=_text(question.hint, reading),
        hint_lang=_foreign(question.hint, reading),
        required=question.required,
        value=_first(typed, PREFIX + question.key),
        values=tuple(typed.get(PREFIX + question.key, ())),
        error=field_sentence(error) if error else "",
        options=_options(question, reading),
        autocomplete=AUTOCOMPLETE.get(question.key, "off"),
        country=_first(typed, COUNTRY_PREFIX + question.key) or reading.country,
        example=example_mobile(reading.country) if widget == "mobile" else "",
        focus=focus,
    )


def _options(question: Question, reading: Reading) -> tuple[tuple[str, str], ...]:
    if question.kind == "mobile":
        return tuple((known.country, f"{known.country} {known.code}") for known in calling_codes())
    pairs = [(option["key"], option.get("label", "")) if isinstance(option, dict) else (option, "") for option in question.options]
    return tuple((str(key), _text(label, reading) or str(key)) for key, label in pairs)


def _text(text: str | dict[str, str], reading: Reading) -> str:
    return in_language(text, language=reading.language, default=reading.default)


def _foreign(text: str | dict[str, str], reading: Reading) -> str:
    return foreign_language(text, language=reading.language, default=reading.default)


def _first(typed: Typed, name: str) -> str:
    values = typed.get(name, [])
    return values[0].strip() if values else ""


def _international(text: str, chosen: str, country: str) -> str:
    """The number as dialled from the branch's country, so that an error speaks of the country that was chosen."""
    codes = {known.country: known.code for known in calling_codes()}
    if not text or chosen in {"", country} or chosen not in codes or text.startswith(("+", "00")):
        return text
    try:
        return parse_mobile(text, country=chosen)
    except PhoneRefused:
        return f"{codes[chosen]} {text if chosen in ZERO_STAYS else text.removeprefix('0')}"
