# SPDX-License-Identifier: Apache-2.0
"""The core stays pure: what it imports, and that it never asks what time it is."""

import ast
import sys
from pathlib import Path

import pytest

import einlass.core

CORE = Path(einlass.core.__file__).parent
FILES = sorted(CORE.glob("*.py"))
LIBRARIES = {
    "calendar_files.py": {"icalendar"},
    "hours.py": {"holidays"},
    "phones.py": {"phonenumbers"},
    "templates.py": {"jinja2", "markdown_it", "nh3"},
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "time_ns"}
# Standard library, but the way out of the core: network, processes, files, chance.
OUTSIDE = {
    "asyncio",
    "http",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
    "urllib",
}


def imported(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {"." * node.level + (node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_core_has_files() -> None:
    assert {"windows.py", "hours.py", "slots.py", "bookings.py", "grants.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_core_imports_only_what_it_may(path: Path) -> None:
    names = imported(ast.parse(path.read_text(encoding="utf-8")))

    foreign = {name for name in names if not name.startswith("einlass.core")}
    roots = {name.partition(".")[0] for name in foreign}
    assert roots - set(sys.stdlib_module_names) == LIBRARIES.get(path.name, set())
    assert roots & OUTSIDE == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_core_never_reads_the_clock(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]

    assert [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_hours_knows_zones(path: Path) -> None:
    knows = "zoneinfo" in imported(ast.parse(path.read_text(encoding="utf-8")))

    assert knows is (path.name == "hours.py")
