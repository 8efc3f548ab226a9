# SPDX-License-Identifier: Apache-2.0
"""The stable words of the outer surface stand in docs/problems.md, all of them and no other."""

from __future__ import annotations

from tests.docs.tree import code_in, page, rows, section

from einlass.core.access import PROBLEMS, AccessState
from einlass.core.errors import REFUSAL_CODES

PAGE = page("docs/problems.md")


def codes_below(heading: str) -> list[str]:
    return [code_in(first)[0] for first, *_ in rows(section(PAGE, heading))]


def test_problem_codes_are_those_of_the_page() -> None:
    assert codes_below("## Why a key is not ready") == list(PROBLEMS)


def test_states_of_a_key_are_those_of_the_page() -> None:
    assert codes_below("## How a key is doing") == [state.value for state in AccessState]


def test_refusals_are_those_of_the_page() -> None:
    assert codes_below("## What is refused") == list(REFUSAL_CODES)
