# SPDX-License-Identifier: Apache-2.0
"""Every command that a page tells people to type exists, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.tree import PAGES, ROOT, name_of, page

TARGETS = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
IDS = [name_of(path) for path in PAGES]


def code_of(path: Path) -> str:
    """Everything on the page that is written as code, a line each."""
    return "\n".join(block or span for block, span in CODE.findall(path.read_text(encoding="utf-8")))


def commands() -> set[str]:
    """The commands of the program, with those below them as one name: `token create`."""
    from typer import Typer
    from typer.main import get_group

    from einlass import cli

    app = next(found for found in vars(cli).values() if isinstance(found, Typer))
    found: set[str] = set()
    for name, command in get_group(app).commands.items():
        found |= {name} | {f"{name} {below}" for below in getattr(command, "commands", {})}
    return found


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_make_targets_exist(path: Path) -> None:
    assert set(re.findall(r"^\s*(?:[A-Z]+=\S+ )*make ([a-z]+)", code_of(path), re.MULTILINE)) - TARGETS == set()


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_commands_exist(path: Path) -> None:
    typed = re.findall(r"^\s*(?:\$ |\.venv/bin/)?einlass ([a-z]+)(?: ([a-z]+))?", code_of(path), re.MULTILINE)
    known = commands()

    assert [f"{first} {second}" for first, second in typed if f"{first} {second}" not in known and first not in known] == []


def test_readme_begins_with_the_two_commands() -> None:
    code = code_of(ROOT / "README.md")

    assert [f"make {target}" in code for target in ("demo", "test")] == [True, True]


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_links_within_the_project_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_decisions_are_numbered_without_a_double() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md")]

    assert [number for number in numbers if not number.isdigit()] == []
    assert sorted(set(numbers)) == sorted(numbers)


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.name)
def test_decision_fits_on_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.match(r"# \d+\.? .+\n", text)
    assert len(text.splitlines()) <= 75
