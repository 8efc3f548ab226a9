# SPDX-License-Identifier: Apache-2.0
"""Rules of the house that no linter knows, read off the syntax trees: who writes, who reads the clock, who catches everything."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.docs.tree import name_of, sources, tree_of

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60

SPDX = "# SPDX-License-Identifier: Apache-2.0"
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
# The clocks of the standard library and of Django; `monotonic` measures how long something took and says nothing of the time of day.
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localtime", "localdate"},
    "time": {"time", "time_ns", "localtime", "gmtime", "monotonic", "perf_counter"},
}
# Real seconds, however the clock that a caller brings runs: a lease is renewed in them, and a vendor's answer takes some.
MEASURES = {
    "src/einlass/operations/claims.py": {"time.monotonic"},
    "src/einlass/operations/connection.py": {"time.monotonic"},
    "src/einlass/operations/lock_systems.py": {"time.monotonic"},
    "src/einlass/operations/probes.py": {"time.monotonic"},
}
WITHOUT_CLOCK = ("src/einlass/core", "src/einlass/queries", "src/einlass/operations")
# The outermost loops: of a worker, and of a request to the emulator.
CATCH_EVERYTHING = {"src/einlass/jobs/engine.py", "src/exivo_emulator/server.py"}

SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no|nosec|pylint:|ruff:)")
# Names what it suppresses, and says why behind it.
REASONED = re.compile(r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - |type: ignore\[[\w, -]+\]\s+# )\S.{5,}")


def dotted(node: ast.expr) -> str:
    """`timezone.now` for the attribute of a name or of a module's name."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr) | ast.Attribute(value=ast.Attribute(attr=owner), attr=attr):
            return f"{owner}.{attr}"
        case _:
            return ""


def where(path: Path, node: ast.expr | ast.stmt | ast.excepthandler) -> str:
    return f"{name_of(path)}:{node.lineno}"


def is_queryset_or_row(call: ast.Call) -> bool:
    """A write to the database and not to a dictionary: those are updated by one value and no keywords."""
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr != "update" or bool(call.keywords) or not call.args


def test_no_view_writes_to_the_database() -> None:
    calls = [(path, node) for path in sources("src/einlass/web") for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    methods = [(path, call) for path, call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES]

    assert [where(path, call) for path, call in methods if is_queryset_or_row(call)] == []


def clock_reads(path: Path) -> Iterator[str]:
    """Every mention of a clock counts, not only the call: as a default argument it would be read just the same."""
    allowed = MEASURES.get(name_of(path), set())
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute):
            owner, _, name = dotted(node).partition(".")
            if name in CLOCKS.get(owner, set()) and f"{owner}.{name}" not in allowed:
                yield where(path, node)
        elif isinstance(node, ast.ImportFrom) and node.module in CLOCKS and {alias.name for alias in node.names} & CLOCKS[node.module]:
            yield where(path, node)


def test_no_rule_query_or_operation_reads_the_clock() -> None:
    assert [read for path in sources(*WITHOUT_CLOCK) for read in clock_reads(path)] == []


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}) for kind in kinds)


def test_only_outermost_loops_catch_everything() -> None:
    handlers = [(path, node) for path in sources("src") for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler)]
    found = [where(path, handler) for path, handler in handlers if catches_everything(handler)]

    assert [place for place in found if place.partition(":")[0] not in CATCH_EVERYTHING] == []


def test_every_file_names_its_licence_first() -> None:
    assert [name_of(path) for path in sources() if path.read_text(encoding="utf-8").split("\n", 1)[0] != SPDX] == []


def test_every_module_says_what_lives_in_it() -> None:
    assert [name_of(path) for path in sources() if not ast.get_docstring(tree_of(path))] == []


def comments_of(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_every_suppression_names_its_rule_and_its_reason() -> None:
    silenced = [(path, line, text) for path in sources() for line, text in comments_of(path) if SUPPRESSION.search(text)]

    assert [f"{name_of(path)}:{line} {text}" for path, line, text in silenced if not REASONED.search(text)] == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

    assert [f"{name_of(path)}:{line}" for path in sources() for line, text in comments_of(path) if marks.search(text)] == []


def test_files_stay_readable() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}

    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_functions_stay_readable() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [(path, node) for path in sources() for node in ast.walk(tree_of(path)) if isinstance(node, kinds)]
    lengths = {where(path, node): (node.end_lineno or node.lineno) - node.lineno + 1 for path, node in functions}

    assert {place: lines for place, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def test_no_room_for_leftovers() -> None:
    forbidden = {"utils", "util", "common", "helpers", "helper", "misc", "managers", "signals"}
    stems = {name_of(path): path.stem for path in sources("src")} | {name_of(path.parent): path.parent.name for path in sources("src")}

    assert [name for name, stem in stems.items() if stem in forbidden or stem.endswith(("_helpers", "_utils"))] == []
