# SPDX-License-Identifier: Apache-2.0
"""Every dependency has its line of why, and everything that is imported is a dependency."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.docs.tree import code_in, page, rows, sources, tree_of

PROJECT = tomllib.loads(page("pyproject.toml"))
WHY = {code_in(name)[0]: why for name, why, *_ in rows(page("docs/decisions/0008-dependencies.md"))}
# A part of pydantic, pinned by it to the letter.
COMES_WITH = {"pydantic-core": "pydantic"}
# The contract suite for drivers is shipped for their authors, who run it with pytest of their own.
FOR_AUTHORS = {"pytest"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements: list[str]) -> set[str]:
    return {normal(re.match(r"[A-Za-z0-9._-]+", each)[0]) for each in requirements}  # type: ignore[index] # every requirement begins with a name


RUNNING = named(PROJECT["project"]["dependencies"])
DEVELOPING = named(PROJECT["project"]["optional-dependencies"]["dev"])
BUILDING = named(PROJECT["build-system"]["requires"])


def test_every_dependency_has_its_reason_and_no_other() -> None:
    assert set(WHY) == RUNNING | DEVELOPING | BUILDING


def test_every_reason_says_something() -> None:
    assert [name for name, why in WHY.items() if len(why) < 20] == []


def roots_in(tree: ast.Module) -> set[str]:
    """First parts of what is imported at run time."""
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    plain |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain} - set(sys.stdlib_module_names) - {"einlass", "exivo_emulator", "_typeshed"}


def test_everything_imported_is_a_dependency() -> None:
    distributions = packages_distributions()
    roots = {root for path in sources("src") for root in roots_in(tree_of(path))}
    # What the platform does not install (a marker) has no distribution here, and the name of its module.
    needed = {normal(distributions.get(root, [root])[0]) for root in roots}

    assert {COMES_WITH.get(name, name) for name in needed} - RUNNING - FOR_AUTHORS == set()


def test_lock_file_knows_every_dependency() -> None:
    locked = {normal(package["name"]) for package in tomllib.loads(page("uv.lock"))["package"]}

    assert (RUNNING | DEVELOPING) - locked == set()
