# SPDX-License-Identifier: Apache-2.0
"""The project's own files as the tests of this folder read them: sources as syntax trees, pages as text. No rule lives here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGES = (SRC / "einlass", SRC / "exivo_emulator")
WRITTEN_BY_HAND = ("src", "tests", "scripts", "bench")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def name_of(path: Path) -> str:
    """The path as people write it, from the root of the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def sources(*folders: str) -> tuple[Path, ...]:
    """Python files below the folders, which count from the root of the project; all that are written by hand without any."""
    found = {path for folder in folders or WRITTEN_BY_HAND for path in (ROOT / folder).rglob("*.py")}
    return tuple(sorted(path for path in found if "migrations" not in path.parts or path.name == "__init__.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    _, _, below = text.partition(f"\n{heading}\n")
    assert below, f"no heading {heading!r}"
    return re.split(rf"\n#{{1,{level}}} ", below, maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in the text, without head and rule."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = {index for index, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    return [row for index, row in enumerate(cells) if index not in rules and index + 1 not in rules]


def code_in(text: str) -> list[str]:
    """Everything between single backticks."""
    return re.findall(r"`([^`\n]+)`", text)
