# SPDX-License-Identifier: Apache-2.0
"""The catalogue of faults is whole, each row has its test, and docs/faults.md is what scripts/faults.py writes."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from tests.docs.tree import ROOT, page
from tests.faults import invariants
from tests.faults.catalogue import FAULTS, INVARIANTS, NOT_YET


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults_script", ROOT / "scripts" / "faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_faults_is_what_the_script_writes() -> None:
    assert page("docs/faults.md") == script().text(), "run: .venv/bin/python scripts/faults.py"


def test_rows_are_numbered_without_a_gap() -> None:
    assert [row.id for row in FAULTS] == [f"F{number:02}" for number in range(1, 55)]


def test_every_row_has_a_test_or_is_named_as_missing() -> None:
    shown = script().tests_by_row()

    assert {row.id for row in FAULTS if row.id not in shown} <= NOT_YET


def test_no_test_names_a_row_that_does_not_exist() -> None:
    assert set(script().tests_by_row()) <= {row.id for row in FAULTS}


def test_every_invariant_is_checked_after_each_step_or_at_rest() -> None:
    checked = [check.__name__ for check in (*invariants.ALWAYS, *invariants.OF_OURS, *invariants.AT_REST)]

    assert sorted(name for _, name in INVARIANTS.values()) == sorted(checked)
