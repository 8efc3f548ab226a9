# SPDX-License-Identifier: Apache-2.0
"""Write docs/faults.md from the catalogue and the names of the tests. `text()` is what a test compares the page with."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
# The suite that every driver passes: it holds what exivo cannot do for a driver whose vendor can.
CONTRACT = ROOT / "src" / "einlass" / "locks" / "contract"
NAMED = re.compile(r"_f(\d\d)(?=_|$)")

HEAD = """# What can go wrong

Written by `python scripts/faults.py` from [tests/faults/catalogue.py](../tests/faults/catalogue.py) and the tests; edit it there.
Every row is shown by tests against the emulator, and the invariants are checked after each of their steps. `make test` runs all of them on
SQLite and, on PostgreSQL, those in which somebody dies, several are at work or answers are lost; `make everywhere` runs all of them there.

## What always holds

| | invariant | check in `tests/faults/invariants.py` |
| --- | --- | --- |
"""

MIDDLE = """
At rest means: the faults are over, and the worker had two rounds.

## What Einlass does

| | fault | what Einlass does | tests |
| --- | --- | --- | --- |
"""

MACHINE = """
## The state machine

`tests/chaos/test_state_machine.py` mixes all this at random: people who book, move, cancel, change numbers and doors, workers that die at
any call and any write or sleep past their lease, a sweep or a person between two calls, a vendor that lies, and somebody in the vendor's
app. The invariants are checked at each request, after each step, and at rest. A test that cannot fail is worth nothing, so each of
these mistakes was put into a copy of the source once; all of them were found within the 40 runs of 30 steps of `make test`.

| the mistake | what the machine said |
| --- | --- |
"""


def tests_by_row() -> dict[str, list[str]]:
    """The names of the tests that carry a row's number, each once, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in [*sorted((ROOT / "tests").rglob("test_*.py")), *sorted(CONTRACT.rglob("*.py"))]:
        for name in _tests_in(path):
            for number in NAMED.findall(name):
                names = found.setdefault(f"F{number}", [])
                if name not in names:
                    names.append(name)
    return found


def _tests_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def text() -> str:
    """The page as it ought to be."""
    from tests.faults.catalogue import FAULTS, INVARIANTS, NOT_YET, SEEDED

    tests = tests_by_row()
    held = "".join(f"| {name} | {sentence} | `{check}` |\n" for name, (sentence, check) in INVARIANTS.items())
    rows = ""
    for row in FAULTS:
        note = f" Not for exivo: {row.not_for_exivo}." if row.not_for_exivo else ""
        shown = ", ".join(f"`{name}`" for name in tests.get(row.id, [])) or ("not yet" if row.id in NOT_YET else "")
        rows += f"| {row.id} | {row.fault} | {row.does}{note} | {shown} |\n"
    seeded = "".join(f"| {mistake} | {found} |\n" for mistake, found in SEEDED)
    return HEAD + held + MIDDLE + rows + MACHINE + seeded


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(text(), encoding="utf-8")
