# SPDX-License-Identifier: Apache-2.0
"""What a valid answer is."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einlass.core.errors import FieldError
from einlass.core.questions import (
    ERROR_CODES,
    ERROR_VALUES,
    KINDS,
    STANDARD_KEYS,
    QuestionFacts,
    is_bookable_with_doors,
    mobile_question,
    validate,
)

OPTIONS = ("beamer", "flipchart", "coffee")
MOBILE = QuestionFacts("mobile", "mobile", required=True)
STANDARD = (
    QuestionFacts("first_name", "text", required=True),
    QuestionFacts("last_name", "text", required=True),
    QuestionFacts("email", "email", required=True),
    MOBILE,
)


def outcome(kind: str, value: object, *, required: bool = False, country: str = "CH") -> object:
    """The cleaned answer, None when it is left out, or the error."""
    cleaned, errors = validate((QuestionFacts("q", kind, required, OPTIONS),), {"q": value}, country=country)
    assert not (cleaned and errors)
    return errors[0] if errors else cleaned.get("q")


def error(code: str, **values: str) -> FieldError:
    return FieldError("q", code, values)


def test_standard_questions_answered() -> None:
    answers = {"first_name": " Lea ", "last_name": "Müller", "email": "Lea@Example.CH", "mobile": "078 123 45 67"}

    assert validate(STANDARD, answers, country="CH") == (
        {"first_name": "Lea", "last_name": "Müller", "email": "Lea@example.ch", "mobile": "+41781234567"},
        (),
    )
    assert tuple(question.key for question in STANDARD) == STANDARD_KEYS


def test_every_error_at_once_and_in_order() -> None:
    answers = {"last_name": "  ", "email": "nobody", "mobile": "031 555 04 33", "shoe_size": 42}

    cleaned, errors = validate(STANDARD, answers, country="CH")

    assert cleaned == {}
    assert errors == (
        FieldError("first_name", "required"),
        FieldError("last_name", "required"),
        FieldError("email", "not_an_email"),
        FieldError("mobile", "phone_landline", {"number": "031 555 04 33", "example": "078 123 45 67"}),
        FieldError("shoe_size", "unknown_question"),
    )


def test_good_answers_are_kept_beside_wrong_ones() -> None:
    cleaned, errors = validate(STANDARD[:2], {"first_name": "Lea", "last_name": 7}, country="CH")

    assert cleaned == {"first_name": "Lea"}
    assert errors == (FieldError("last_name", "not_text"),)


def test_unknown_key_is_named_without_its_excesses() -> None:
    _, errors = validate((), {"a\x00b" + "c" * 100: 1}, country="CH")

    assert errors == (FieldError("ab" + "c" * 58, "unknown_question"),)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("empty", [None, "", " \t\n", "\x00", []])
def test_nothing_is_left_out_or_required(kind: str, empty: object) -> None:
    assert outcome(kind, empty) is None
    assert outcome(kind, empty, required=True) == error("required")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [{}, {"a": 1}, [[]], [{}]])
def test_structures_are_refused(kind: str, value: object) -> None:
    assert isinstance(outcome(kind, value), FieldError)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", " two\nlines\tand  spaces ", "two lines and spaces"),
        ("text", "e\u0301", "é"),
        ("text", "a\x00\x07\x1b\u202e\u2066\ud800b", "ab"),
        ("text", "👩\u200d🔬", "👩\u200d🔬"),
        ("text", "x" * 200, "x" * 200),
        ("text", "x" * 201, error("too_long", limit="200")),
        ("text", " " * 300 + "x", "x"),
        ("text", 12, error("not_text")),
        ("text", True, error("not_text")),
        ("long_text", "one\r\ntwo\rthree\n\tfour\x00 ", "one\ntwo\nthree\n\tfour"),
        ("long_text", "x" * 4000, "x" * 4000),
        ("long_text", "x" * 4001, error("too_long", limit="4000")),
        ("number", 12, 12),
        ("number", 12.0, 12),
        ("number", -12.5, -12.5),
        ("number", "12", 12),
        ("number", "+12,5", 12.5),
        ("number", "1'200", 1200),
        ("number", "１２", 12),
        ("number", "-0.5", -0.5),
        ("number", 10**15, 10**15),
        ("number", 10**15 + 1, error("not_a_number")),
        ("number", 10**400, error("not_a_number")),
        ("number", "1" * 5000, error("not_a_number")),
        ("number", float("inf"), error("not_a_number")),
        ("number", float("nan"), error("not_a_number")),
        ("number", "nan", error("not_a_number")),
        ("number", "1e3", error("not_a_number")),
        ("number", "12 Personen", error("not_a_number")),
        ("number", True, error("not_a_number")),
        ("persons", 1, 1),
        ("persons", "12", 12),
        ("persons", 12.0, 12),
        ("persons", 100_000, 100_000),
        ("persons", 100_001, error("too_many_persons")),
        ("persons", 0, error("not_a_number_positive")),
        ("persons", -3, error("not_a_number_positive")),
        ("persons", 2.5, error("not_a_number_positive")),
        ("persons", "two", error("not_a_number")),
        ("persons", False, error("not_a_number")),
        ("choice", " beamer ", "beamer"),
        ("choice", "Beamer", error("not_a_choice")),
        ("choice", 1, error("not_a_choice")),
        ("choice", ["beamer"], error("not_a_choice")),
        ("several", ["coffee", "beamer", "coffee"], ["beamer", "coffee"]),
        ("several", "flipchart", ["flipchart"]),
        ("several", ["coffee", "tea"], error("not_a_choice")),
        ("several", ["coffee", None], error("not_a_choice")),
        ("several", 5, error("not_a_choice")),
        ("yes_no", True, True),
        ("yes_no", False, False),
        ("yes_no", "on", True),
        ("yes_no", " YES ", True),
        ("yes_no", "1", True),
        ("yes_no", "true", True),
        ("yes_no", "off", False),
        ("yes_no", "no", False),
        ("yes_no", "0", False),
        ("yes_no", "false", False),
        ("yes_no", "perhaps", error("not_yes_or_no")),
        ("yes_no", 1, error("not_yes_or_no")),
        ("date", " 2027-02-28 ", "2027-02-28"),
        ("date", "2028-02-29", "2028-02-29"),
        ("date", "2027-02-29", error("not_a_date")),
        ("date", "28.02.2027", error("not_a_date")),
        ("date", "20270228", error("not_a_date")),
        ("date", "2027-W01-1", error("not_a_date")),
        ("date", "2027-02-28T10:00", error("not_a_date")),
        ("date", 20270228, error("not_a_date")),
        ("phone", "031 555 04 33", "+41315550433"),
        ("phone", 315550433, error("not_text")),
        ("mobile", "+49 1512 3456789", "+4915123456789"),
        ("mobile", ["078 123 45 67"], error("not_text")),
        ("mobile", "078 123 45 6", error("phone_too_short", number="078 123 45 6", example="078 123 45 67")),
    ],
)
def test_answer(kind: str, value: object, expected: object) -> None:
    found = outcome(kind, value)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("kind", ["yes_no", "number"])
def test_no_and_nought_are_answers(kind: str) -> None:
    assert outcome(kind, False if kind == "yes_no" else 0, required=True) == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" a@b.ch ", "a@b.ch"),
        ("Lea.Mueller+termin@Sub.Example.CH", "Lea.Mueller+termin@sub.example.ch"),
        ("o'neil_2@example.museum", "o'neil_2@example.museum"),
        ("info@Zürich-Räume.ch", "info@zürich-räume.ch"),
        (f"{'x' * 64}@example.ch", f"{'x' * 64}@example.ch"),
    ],
)
def test_email_that_is_plausible(value: str, expected: str) -> None:
    assert outcome("email", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "lea",
        "lea@",
        "@example.ch",
        "lea@example",
        "lea@example.",
        "lea@.ch",
        "lea@exa mple.ch",
        "le a@example.ch",
        "lea@@example.ch",
        "lea@a@example.ch",
        ".lea@example.ch",
        "lea.@example.ch",
        "le..a@example.ch",
        "lea@example..ch",
        "lea@-example.ch",
        "lea@example-.ch",
        "lea@127.0.0.1",
        "lea@example.ch,max@example.ch",
        "Lea <lea@example.ch>",
        "lea@example.ch\nBcc: max@example.ch",
        "lea\x00@example.ch",
        '"lea"@example.ch',
        "léa@example.ch",
        f"{'x' * 65}@example.ch",
        f"lea@{'x' * 64}.ch",
    ],
)
def test_email_that_is_none(value: str) -> None:
    assert outcome("email", value) == error("not_an_email")


def test_email_too_long_or_no_text() -> None:
    long = f"lea@{'.'.join(['x' * 49] * 5)}.ch"

    assert len(long) == 256
    assert outcome("email", long) == error("too_long", limit="254")
    assert outcome("email", long.replace("x", "", 2)) == long.replace("x", "", 2)
    assert outcome("email", 5) == error("not_text")


def test_r10_number_is_read_with_the_branch_country_unless_the_question_names_one() -> None:
    german = QuestionFacts("mobile", "mobile", required=True, country="DE")

    assert validate((MOBILE,), {"mobile": "0664 123456"}, country="AT")[0] == {"mobile": "+43664123456"}
    assert validate((german,), {"mobile": "01512 3456789"}, country="CH")[0] == {"mobile": "+4915123456789"}


@pytest.mark.parametrize(
    ("questions", "bookable"),
    [
        (STANDARD, True),
        ((), False),
        (STANDARD[:3], False),
        ((QuestionFacts("mobile", "mobile", required=False),), False),
        ((QuestionFacts("mobile", "phone", required=True),), False),
        ((QuestionFacts("handy", "mobile", required=True),), True),
    ],
)
def test_r8_doors_need_a_required_mobile_number(questions: tuple[QuestionFacts, ...], bookable: bool) -> None:
    assert is_bookable_with_doors(questions) is bookable


def test_mobile_question_is_the_first_required_one() -> None:
    optional = QuestionFacts("private", "mobile", required=False)

    assert mobile_question((optional, *STANDARD)) == MOBILE
    assert mobile_question((optional,)) is None


def test_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'colour' is no kind of question"):
        QuestionFacts("q", "colour", required=False)


def test_error_codes_are_listed_once_with_their_values() -> None:
    assert len(set(ERROR_CODES)) == len(ERROR_CODES)
    assert tuple(ERROR_VALUES) == ERROR_CODES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100)
@given(value=JSON | st.sampled_from([*OPTIONS, "078 123 45 67", "a@b.ch", "2027-01-01"]), required=st.booleans())
def test_any_json_value_is_cleaned_or_refused(value: object, *, required: bool) -> None:
    questions = tuple(QuestionFacts(kind, kind, required, OPTIONS) for kind in KINDS)

    cleaned, errors = validate(questions, {**dict.fromkeys(KINDS, value), "other": value}, country="CH")

    refused = {found.field for found in errors}
    assert refused.isdisjoint(cleaned)
    assert refused >= ({"other"} | (set(KINDS) - set(cleaned) if required else set()))
    assert all(set(found.values) == set(ERROR_VALUES[found.code]) for found in errors)
    json.dumps(cleaned, allow_nan=False).encode("utf-8")
    # What is kept is valid: the same answers a second time change nothing.
    assert validate(tuple(q for q in questions if q.key in cleaned), cleaned, country="CH") == (cleaned, ())
