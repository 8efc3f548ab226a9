# SPDX-License-Identifier: Apache-2.0
"""No field of the configuration file goes without a line in its documentation, and none is described that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from einlass.operations import config_schema as schema

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"
SECTIONS: dict[str, type[schema.Part]] = {
    "organisation": schema.Organisation,
    "lock_systems": schema.LockSystem,
    "branches": schema.Branch,
    "doors": schema.Door,
    "rooms": schema.Room,
    "services": schema.Service,
    "questions": schema.Question,
    "templates": schema.Template,
}


def fields_of(kind: type[schema.Part], *, within: str = "") -> Iterator[str]:
    """As the document writes them: `access.early_minutes` for what stands inside another field."""
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, schema.Part):
            yield from fields_of(inner, within=f"{name}.")
        else:
            yield within + name


def described(section: str) -> list[str]:
    """The names in the first column of the table of a section."""
    text = re.split(rf"^#+ {section}$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    rows = re.findall(r"^\| (`.*?) \|", re.split(r"^#", text, flags=re.MULTILINE)[0], flags=re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("section", list(SECTIONS))
def test_every_field_is_described_once_and_no_other(section: str) -> None:
    assert sorted(described(section)) == sorted(fields_of(SECTIONS[section]))


def test_every_part_of_the_file_has_a_section() -> None:
    assert set(schema.ConfigFile.model_fields) <= set(SECTIONS)
