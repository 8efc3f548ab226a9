# SPDX-License-Identifier: Apache-2.0
"""Every no of the product has a sentence, a status and a shape for programs."""

from __future__ import annotations

import pytest
from django.utils import translation

from einlass.core.access import PROBLEMS
from einlass.core.errors import NUMBER_ERRORS, REFUSAL_CODES, ROOM_ERRORS, SETTING_ERRORS, FieldError, Refusal
from einlass.core.questions import ERROR_VALUES
from einlass.core.slots import REASONS
from einlass.operations import key_problems
from einlass.web import refusals
from einlass.web.setting_sentences import SETTING_SENTENCES


def test_every_refusal_has_a_title_a_sentence_and_a_status() -> None:
    assert set(refusals.TITLES) == set(refusals.SENTENCES) == set(refusals.STATUS) == set(REFUSAL_CODES)


def test_every_field_error_has_a_sentence() -> None:
    assert set(refusals.FIELD_SENTENCES) == set(ERROR_VALUES) | set(REASONS) | set(ROOM_ERRORS) | set(NUMBER_ERRORS)
    assert set(SETTING_SENTENCES) == set(SETTING_ERRORS)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("code", sorted(set(ERROR_VALUES) | set(REASONS) | set(ROOM_ERRORS) | set(NUMBER_ERRORS) | set(SETTING_ERRORS)))
def test_field_sentence_is_whole_with_the_values_of_its_code(code: str, language: str) -> None:
    values = {name: f"<{name}>" for name in (*ERROR_VALUES.get(code, ()), *SETTING_ERRORS.get(code, ()))}

    with translation.override(language):
        sentence = refusals.field_sentence(FieldError("field", code, values))

    assert "%(" not in sentence
    assert "  " not in sentence


def test_problem_has_the_shape_of_the_api() -> None:
    refusal = Refusal("invalid", fields=(FieldError("email", "not_an_email"),))

    with translation.override("en"):
        problem = refusals.problem(refusal)

    message = "This is not a complete e-mail address. Example: name@example.org"
    assert problem == {
        "type": "about:blank",
        "title": "Something is still missing or not right",
        "status": 422,
        "code": "invalid",
        "detail": "Please look at the fields that are marked.",
        "fields": [{"field": "email", "code": "not_an_email", "message": message}],
    }


def test_taken_is_a_conflict() -> None:
    assert refusals.problem(Refusal("slot_taken"))["status"] == 409


def test_every_problem_of_a_key_has_words_for_the_staff() -> None:
    assert set(key_problems.SENTENCES) == set(PROBLEMS)
