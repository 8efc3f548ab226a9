# SPDX-License-Identifier: Apache-2.0
"""The rule index and the list of rooms in docs/architecture.md name what really exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.docs.tree import SRC, code_in, page, rows, section, tree_of

EINLASS = SRC / "einlass"
ARCHITECTURE = page("docs/architecture.md")
INDEX = [(rule, home) for rule, homes, *_ in rows(section(ARCHITECTURE, "## Where each rule lives")) for home in code_in(homes)]
MENTIONED = sorted({code for code in code_in(ARCHITECTURE) if re.fullmatch(r"[a-z_]+/[\w/]+\.py(:[\w.]+)?", code)})
ROOMS = {code_in(room)[0].strip("/"): set(code_in(stems)) for room, stems, *_ in rows(section(ARCHITECTURE, "## The rooms"))}


def names_in(node: ast.Module | ast.ClassDef) -> dict[str, ast.stmt]:
    """What a module or a class defines by name at its own level."""
    found: dict[str, ast.stmt] = {}
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = statement
            case ast.Assign(targets=targets):
                found.update({target.id: statement for target in targets if isinstance(target, ast.Name)})
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = statement
    return found


def defines(path: Path, dotted: str) -> bool:
    inside: ast.stmt | ast.Module = tree_of(path)
    for name in dotted.split("."):
        known = names_in(inside) if isinstance(inside, ast.Module | ast.ClassDef) else {}
        if name not in known:
            return False
        inside = known[name]
    return True


def test_rule_index_is_not_empty() -> None:
    assert len(INDEX) >= 20


@pytest.mark.parametrize(("rule", "home"), INDEX, ids=[home for _, home in INDEX])
def test_home_of_a_rule_exists(rule: str, home: str) -> None:
    file, _, name = home.partition(":")

    assert (EINLASS / file).is_file(), rule
    assert not name or defines(EINLASS / file, name), rule


@pytest.mark.parametrize("home", MENTIONED)
def test_every_other_name_on_the_page_exists_too(home: str) -> None:
    file, _, name = home.partition(":")

    assert (EINLASS / file).is_file()
    assert not name or defines(EINLASS / file, name)


def stems_of(room: str) -> set[str]:
    """The files and folders of a room, as the list names them: a folder with a stroke behind it."""
    folder = EINLASS / room
    files = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")}
    return files | {f"{path.name}/" for path in folder.iterdir() if path.is_dir() and list(path.glob("*.py"))}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_room_is_listed_with_every_file_it_has(room: str) -> None:
    assert stems_of(room) == ROOMS[room]


def test_every_room_is_listed() -> None:
    with_python = {path.parent.relative_to(EINLASS).as_posix() for path in EINLASS.rglob("*.py")} - {".", "migrations"}

    assert set(ROOMS) == with_python
