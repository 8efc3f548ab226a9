# SPDX-License-Identifier: Apache-2.0
"""When an account or a site is really asked again; the worker looks on the full ten seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from einlass.core.locks import next_probe, site_asked_again

NOW = datetime(2026, 11, 23, 9, 0, 3, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW.replace(second=0) + timedelta(seconds=seconds)


@pytest.mark.parametrize(("due", "probe"), [(None, 10), (0, 10), (10, 10), (10.5, 20), (899, 900)])
def test_next_probe_is_the_first_look_that_is_not_before(due: float | None, probe: int) -> None:
    assert next_probe(at=None if due is None else at(due), now=NOW) == at(probe)


@pytest.mark.parametrize(
    ("away_until", "problem", "checked", "again"),
    [
        (None, "", None, 10),
        (None, "unreachable", 0, 10),
        (None, "unknown_site", 0, 300),
        (None, "site_mismatch", 2, 310),
        (None, "not_active", -300, 10),
        # Of an account that is away no site is asked before it.
        (900, "unreachable", 0, 900),
        (900, "site_mismatch", 0, 900),
        (25, "unknown_site", 0, 300),
        (-60, "", None, 10),
    ],
)
def test_site_is_asked_again_when_its_account_answers_and_its_time_has_come(
    away_until: float | None, problem: str, checked: float | None, again: int
) -> None:
    not_before = None if away_until is None else at(away_until)
    checked_at = None if checked is None else at(checked)

    assert site_asked_again(not_before=not_before, problem=problem, checked_at=checked_at, now=NOW) == at(again)
