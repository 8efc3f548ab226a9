# SPDX-License-Identifier: Apache-2.0
"""What is missing before a door can open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import NOW
from tests.factories import make_house

from einlass.models import Branch, Door, Installation, LockSystem, Question, Worker
from einlass.queries.readiness import Check, is_ready, readiness

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _house() -> None:
    make_house(NOW)
    Worker.objects.create(name="one", started_at=NOW, seen_at=NOW - timedelta(seconds=10))


def red() -> list[tuple[str, str]]:
    return [(check.code, check.subject) for check in readiness(now=NOW) if not check.ok]


def test_house_with_everything_is_ready() -> None:
    checks = readiness(now=NOW)

    assert is_ready(checks)
    assert [(check.code, check.subject) for check in checks] == [
        ("encryption_keys_fit", ""),
        ("worker_alive", ""),
        ("credentials_given", "exivo"),
        ("credentials_accepted", "exivo"),
        ("lock_system_answers", "exivo"),
        ("site_confirmed", "bern"),
        ("doors_chosen", "bern"),
        ("no_gateway_chosen", "bern"),
        ("no_unknown_type_chosen", "bern"),
        ("chosen_doors_exist", "bern"),
        ("mobile_question", "seminar"),
    ]


@pytest.mark.parametrize(
    ("rows", "change", "code", "subject"),
    [
        (Worker, {"seen_at": NOW - timedelta(seconds=61)}, "worker_alive", ""),
        (LockSystem, {"sealed_secret": ""}, "credentials_accepted", "exivo"),
        (LockSystem, {"state": "credentials_rejected"}, "credentials_accepted", "exivo"),
        (LockSystem, {"state": "unreachable"}, "lock_system_answers", "exivo"),
        (Branch, {"site_confirmed_at": None}, "site_confirmed", "bern"),
        (Door, {"use": "none"}, "doors_chosen", "bern"),
        (Door, {"kind": ""}, "no_unknown_type_chosen", "bern"),
        (Door, {"missing_since": NOW}, "chosen_doors_exist", "bern"),
        (Question, {"required": False}, "mobile_question", "seminar"),
    ],
)
def test_what_is_missing_is_red(rows: Any, change: dict[str, Any], code: str, subject: str) -> None:
    rows.objects.update(**change)

    assert (code, subject) in red()


def test_other_encryption_keys_are_red() -> None:
    Installation.objects.create(id=1, key_fingerprint="another")

    assert red() == [("encryption_keys_fit", "")]


def test_integration_that_is_off_needs_nothing_for_doors() -> None:
    LockSystem.objects.update(enabled=False)
    Branch.objects.update(site_confirmed_at=None)

    assert readiness(now=NOW) == (Check("encryption_keys_fit", True), Check("worker_alive", True, values={"seconds": "10"}))


def test_door_that_was_never_read_is_the_sites_trouble() -> None:
    Door.objects.update(kind="", read_at=None)
    Branch.objects.update(site_confirmed_at=None)

    assert red() == [("site_confirmed", "bern")]
