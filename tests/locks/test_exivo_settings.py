# SPDX-License-Identifier: Apache-2.0
"""What an operator may enter for exivo (R2)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from einlass.locks.exivo.settings import ERROR_CODES, FIELDS, ExivoSettings, looks_like_an_id

GOOD = ExivoSettings(
    api_key="a0000000-0000-4000-8000-000000000001",
    api_secret="a0000000-0000-4000-8000-0000000000ff",
    mobile_app_id="100200",
)


def test_good_settings_have_neither_problems_nor_hints() -> None:
    assert (GOOD.problems(), GOOD.hints()) == ((), ())


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("api_key", "", "required"),
        ("api_key", "  ", "required"),
        ("api_key", "x" * 201, "too_long"),
        ("api_key", "key with space", "not_printable"),
        ("api_key", "key\n", "not_printable"),
        ("api_key", "user:key", "not_allowed"),
        ("api_secret", "", "required"),
        ("api_secret", "a\tb", "not_printable"),
        ("mobile_app_name", "", "required"),
        ("mobile_app_name", "x" * 101, "too_long"),
        ("mobile_app_name", "a\x00b", "not_printable"),
        ("mobile_app_id", "", "required"),
        ("mobile_app_id", "1" * 41, "too_long"),
        ("mobile_app_id", "0x12", "not_digits"),
        ("mobile_app_id", "١٢٣", "not_digits"),
        ("mobile_app_id", "100 200", "not_digits"),
    ],
)
def test_wrong_value_is_named(field: str, value: str, code: str) -> None:
    changes: dict[str, Any] = {field: value}

    (problem,) = replace(GOOD, **changes).problems()

    assert (problem.field, problem.code) == (field, code)
    assert code in ERROR_CODES


def test_secret_may_hold_a_colon() -> None:
    assert replace(GOOD, api_secret="a:b").problems() == ()


def test_key_of_another_form_is_a_hint_only() -> None:
    unusual = replace(GOOD, api_key="my-key", api_secret="")

    assert [(hint.field, hint.code) for hint in unusual.hints()] == [("api_key", "not_a_uuid")]
    assert [problem.field for problem in unusual.problems()] == ["api_secret"]


def test_ids_are_recognised() -> None:
    assert looks_like_an_id(" A0000000-0000-4000-8000-000000000001 ")
    assert not looks_like_an_id("a0000000-0000-4000-8000-00000000001")


def test_settings_do_not_show_themselves() -> None:
    assert GOOD.api_secret not in repr(GOOD)
    assert [field.name for field in FIELDS if field.secret] == ["api_secret"]


def test_every_rule_of_the_quality_scale_is_done_or_has_a_reason() -> None:
    scale = tomllib.loads(files("einlass.locks.exivo").joinpath("quality.toml").read_text(encoding="utf-8"))

    assert list(scale["rules"]) == ["bronze", "silver", "gold", "platinum"]
    for rules in scale["rules"].values():
        for rule, state in rules.items():
            assert state in ("done", "todo") or (state["state"] == "exempt" and state["reason"]), rule
