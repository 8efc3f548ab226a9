# SPDX-License-Identifier: Apache-2.0
"""The words of the glossary are words of the code."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from tests.docs.tree import code_in, page, rows, sources, tree_of

WORDS = sorted({word for _, code, *_ in rows(page("docs/glossary.md")) for word in code_in(code)})


# Not when the file is read: every process of a run reads all files, and one of them runs this.
@cache
def classes() -> set[str]:
    return {node.name for path in sources("src") for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)}


@cache
def names() -> set[str]:
    return {name for path in sources("src") for name in re.findall(r"[A-Za-z_]+", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("word", WORDS)
def test_word_is_one_of_the_code(word: str) -> None:
    assert word in (classes() if word[0].isupper() and not word.isupper() else names())


def test_driver_page_names_every_question_that_a_driver_answers() -> None:
    from einlass.locks.port import LockDriver

    text = page("docs/drivers.md")
    methods = [name for name in vars(LockDriver) if not name.startswith("_") and callable(getattr(LockDriver, name))]

    assert [name for name in methods if f"`{name}" not in text] == []
