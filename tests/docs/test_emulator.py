# SPDX-License-Identifier: Apache-2.0
"""docs/emulator.md names every control call, every fault and every reason of a light."""

from __future__ import annotations

from typing import get_args

from tests.docs.tree import code_in, page, rows, section

from exivo_emulator.app import API_CALLS
from exivo_emulator.control import ROUTES
from exivo_emulator.faults import CALLS, KINDS
from exivo_emulator.visits import Reason

PAGE = page("docs/emulator.md")


def first_cells(heading: str) -> list[str]:
    return [code_in(first)[0] for first, *_ in rows(section(PAGE, heading))]


def test_every_control_call_is_documented_and_no_other() -> None:
    assert sorted(first_cells("## Control calls")) == sorted(f"{method} {path}" for method, path, _ in ROUTES.values())


def test_every_fault_is_documented_and_no_other() -> None:
    assert first_cells("### Kinds") == list(KINDS)


def test_options_of_a_fault_are_documented() -> None:
    documented = {code_in(kind)[0]: set(code_in(options)) for kind, options, *_ in rows(section(PAGE, "### Kinds"))}

    assert {kind: found for kind, found in documented.items() if found != set(KINDS[kind].options)} == {}


def test_calls_of_a_fault_are_those_of_the_api() -> None:
    assert {word for word, _, _ in API_CALLS.values()} == set(CALLS)
    assert [call for call in CALLS if f"`{call}`" not in section(PAGE, "## Faults")] == []


def test_every_reason_is_documented_and_no_other() -> None:
    assert sorted(first_cells("### Lights")) == sorted(get_args(Reason))
