# SPDX-License-Identifier: Apache-2.0
"""What a valid answer to a booking question is. Sentences for the errors are in `web/refusals.py`; numbers are read in `phones.py`."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from einlass.core import phones
from einlass.core.errors import FieldError

KINDS = ("text", "long_text", "number", "choice", "several", "yes_no", "date", "email", "phone", "mobile", "persons")
# Questions that every new installation asks; lists, keys and messages take the guest's name and address from them.
STANDARD_KEYS = ("first_name", "last_name", "email", "mobile")

# Every code of a FieldError of this file, with the names of the values that it carries.
ERROR_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "required": (),
        "unknown_question": (),
        "not_text": (),
        "too_long": ("limit",),
        "not_a_number": (),
        "not_a_number_positive": (),
        "too_many_persons": (),
        "not_a_choice": (),
        "not_yes_or_no": (),
        "not_a_date": (),
        "not_an_email": (),
        **dict.fromkeys(phones.ERROR_CODES, ("number", "example")),
    }
)
ERROR_CODES = tuple(ERROR_VALUES)

TEXT_LIMIT = 200
LONG_TEXT_LIMIT = 4000
EMAIL_LIMIT = 254
NUMBER_LIMIT = 10**15  # beyond it a float and a spreadsheet no longer hold every whole number
PERSONS_LIMIT = 100_000

Clean = str | int | float | bool | list[str]
Answers = dict[str, Clean]


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """An active question of a service. `country` is for numbers without a country code; "" means the branch's."""

    key: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()
    country: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of question")


class _Wrong(Exception):
    """An answer was not accepted. Never leaves this file."""

    def __init__(self, code: str, values: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.values = values or {}


def validate(questions: Iterable[QuestionFacts], answers: Mapping[str, object], *, country: str) -> tuple[Answers, tuple[FieldError, ...]]:
    """The answers as they are kept, and an error for each that was not accepted; raises for no JSON value.

    `country` is the branch's. What was left empty is left out of the answers. Required means answered: "no" is an answer.
    """
    cleaned: Answers = {}
    errors: list[FieldError] = []
    asked = tuple(questions)
    for question in asked:
        try:
            answer = _answer(question, answers.get(question.key), country=question.country or country)
        except _Wrong as wrong:
            errors.append(FieldError(question.key, wrong.code, wrong.values))
        else:
            if answer is not None:
                cleaned[question.key] = answer
    known = {question.key for question in asked}
    errors += [FieldError(_one_line(str(key))[:60], "unknown_question") for key in answers if key not in known]
    return cleaned, tuple(errors)


def mobile_question(questions: Iterable[QuestionFacts]) -> QuestionFacts | None:
    """The required question for the mobile number that becomes the key (R10), or None."""
    return next((question for question in questions if question.kind == "mobile" and question.required), None)


def is_bookable_with_doors(questions: Iterable[QuestionFacts]) -> bool:
    """R8: a service that opens doors can only be booked where the mobile number is an active, required question."""
    return mobile_question(questions) is not None


def _answer(question: QuestionFacts, value: object, *, country: str) -> Clean | None:
    if value is None or value == [] or (isinstance(value, str) and not _lines(value)):
        if question.required:
            raise _Wrong("required")
        return None
    match question.kind:
        case "choice":
            return _choice(value, question.options)
        case "several":
            return _several(value, question.options)
        case "phone":
            return _phone(value, country, phones.parse_phone)
        case "mobile":
            return _phone(value, country, phones.parse_mobile)
        case _:
            return _PLAIN[question.kind](value)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong("not_text")
    return value


def _text(value: object) -> str:
    return _limited(_one_line(_string(value)), TEXT_LIMIT)


def _long_text(value: object) -> str:
    return _limited(_lines(_string(value)), LONG_TEXT_LIMIT)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _Wrong("too_long", {"limit": str(limit)})
    return text


def _lines(text: str) -> str:
    """Without what nobody can see: control signs, halves of signs, and those that turn the direction of writing. Lines stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in text if sign in "\n\t" or not _unwanted(sign))
    return unicodedata.normalize("NFC", kept).strip()


def _one_line(text: str) -> str:
    return " ".join(_lines(text).split())


def _unwanted(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs"} or "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"


def _number(value: object) -> int | float:
    number = _read_number(value)
    if number is None or not math.isfinite(number) or abs(number) > NUMBER_LIMIT:
        raise _Wrong("not_a_number")
    return int(number) if number == int(number) else number


def _read_number(value: object) -> int | float | None:
    """12, 12.5, "12", "12,5" and "1'200"; True is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        plain = re.sub("['\u2019 \u00a0\u202f]", "", unicodedata.normalize("NFKC", value)).replace(",", ".")
        return float(plain) if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", plain) else None
    # An integer beyond the limit is refused as it is: making it a float could overflow.
    return math.inf if isinstance(value, int) and abs(value) > NUMBER_LIMIT else value


def _persons(value: object) -> int:
    number = _number(value)
    if not isinstance(number, int) or number < 1:
        raise _Wrong("not_a_number_positive")
    if number > PERSONS_LIMIT:
        raise _Wrong("too_many_persons")
    return number


def _choice(value: object, options: tuple[str, ...]) -> str:
    chosen = value.strip() if isinstance(value, str) else None
    if chosen is None or chosen not in options:
        raise _Wrong("not_a_choice")
    return chosen


def _several(value: object, options: tuple[str, ...]) -> list[str]:
    """Each chosen option once, in the order of the options; one alone may come without a list."""
    chosen = {_choice(item, options) for item in (value if isinstance(value, list | tuple) else [value])}
    return [option for option in dict.fromkeys(options) if option in chosen]


_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


def _yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word not in _YES | _NO:
        raise _Wrong("not_yes_or_no")
    return word in _YES


def _date(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    try:
        # The standard library reads more than the calendar date ("2027-W01-1"); people and forms write only this.
        return date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "").isoformat()
    except ValueError:
        raise _Wrong("not_a_date") from None


_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _email(value: object) -> str:
    """An address that a letter can be sent to: plausible, not proven. The domain is kept in small letters."""
    text = _string(value).strip()
    if len(text) > EMAIL_LIMIT:
        raise _Wrong("too_long", {"limit": str(EMAIL_LIMIT)})
    local, _, domain = text.rpartition("@")
    labels = _ascii(domain).split(".")
    plausible = len(local) <= 64 and _LOCAL_PART.fullmatch(local) and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    if not plausible or labels[-1].isdecimal():
        raise _Wrong("not_an_email")
    return f"{local}@{domain.lower()}"


def is_mail_address(text: str) -> bool:
    """Whether it is one that an answer may be."""
    try:
        return bool(_email(text))
    except _Wrong:
        return False


def _ascii(domain: str) -> str:
    """The domain as the network knows it; "" where it cannot be."""
    try:
        return domain.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _phone(value: object, country: str, parse: Callable[..., str]) -> str:
    try:
        return parse(_string(value), country=country)
    except phones.PhoneRefused as refused:
        raise _Wrong(refused.code, refused.values) from None


_PLAIN: Mapping[str, Callable[[object], Clean]] = MappingProxyType(
    {
        "text": _text,
        "long_text": _long_text,
        "number": _number,
        "yes_no": _yes_no,
        "date": _date,
        "email": _email,
        "persons": _persons,
    }
)
