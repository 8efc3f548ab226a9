# SPDX-License-Identifier: Apache-2.0
"""The version is one and the same wherever it stands, and the changelog keeps its form."""

from __future__ import annotations

import re
import tomllib

from tests.docs.tree import page

from einlass import __version__

CHANGELOG = page("CHANGELOG.md")
HEADINGS = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
KINDS = {"Before you upgrade", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_version_of_the_package_is_that_of_the_project() -> None:
    assert tomllib.loads(page("pyproject.toml"))["project"]["version"] == __version__


def test_first_heading_is_the_version_that_is_being_made() -> None:
    assert HEADINGS[0] in {f"[{__version__}] - unreleased", "[Unreleased]"}


def test_changelog_knows_the_version() -> None:
    assert [heading for heading in HEADINGS if heading.startswith(f"[{__version__}] - ")] != []


def test_released_versions_carry_a_day() -> None:
    released = [heading for heading in HEADINGS if "unreleased" not in heading.lower()]

    assert [heading for heading in released if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading)] == []


def test_sections_are_those_of_keep_a_changelog() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS
