# SPDX-License-Identifier: Apache-2.0
"""The table of settings in docs/hosting.md and the settings themselves are the same, defaults included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.tree import code_in, page, rows, section, sources

from einlass.conf.environment import PREFIX, Environment

HOSTING = page("docs/hosting.md")
DOCUMENTED = {code_in(name)[0]: default for name, default, *_ in rows(section(HOSTING, "## Settings"))}
# What a default of code cannot say in one value; the page says it in words.
IN_WORDS = {"SECRET_KEY", "SECRET_KEY_FILE", "ENCRYPTION_KEYS", "ENCRYPTION_KEYS_FILE", "MAIL_URL", "BOUNCES_URL", "SMS_URL", "WORKERS"}


def default_of(field: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """As a process has it that was given nothing."""
    for name in [*Environment.model_fields, "config"]:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    environment = Environment()
    value = str(getattr(environment, field))
    return value.replace(str(environment.data_dir.absolute()), "DATA_DIR")


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(DOCUMENTED) == {f"{PREFIX}{field.upper()}" for field in Environment.model_fields}


@pytest.mark.parametrize("field", sorted(set(Environment.model_fields) - {name.lower() for name in IN_WORDS}))
def test_default_is_the_documented_one(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = default_of(field, monkeypatch)

    # A path says the same with and without the dot in front of it.
    assert [str(Path(code)) if field == "data_dir" else code for code in code_in(DOCUMENTED[f"{PREFIX}{field.upper()}"])] == [value]


@pytest.mark.parametrize("name", sorted(IN_WORDS))
def test_default_in_words_is_given(name: str) -> None:
    assert DOCUMENTED[f"{PREFIX}{name}"]


def test_no_variable_is_read_that_the_page_does_not_name() -> None:
    """Also those that are no setting: the file of settings, the slot of a worker."""
    texts = [path.read_text(encoding="utf-8") for path in sources("src/einlass")]
    read = {name for text in texts for name in re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", text)}

    assert {name for name in read if f"`{name}`" not in HOSTING} == set()
