# SPDX-License-Identifier: Apache-2.0
"""The connection test (R2), and the vendor's clock as its answers tell it (F17)."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.locks.wires import SITE, Scripted, says

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.locks.exivo.driver import build
from einlass.locks.port import LockAccount
from einlass.models import Branch, LockSystem
from einlass.operations.connection import try_connection
from einlass.operations.lock_systems import confirm_site

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
UNKNOWN_SITE = "51000000-0000-4000-8000-00000000dead"
pytestmark = pytest.mark.django_db(transaction=True)


def two_branches() -> LockSystem:
    system = make.make_lock_system()
    make.make_branch(lock_system=system, site_id=make.BERN, doors={})
    make.make_branch(key="thun", name="Thun", lock_system=system, site_id=UNKNOWN_SITE, doors={})
    return system


def tried(system: LockSystem, clock: FakeClock, *, site_id: str = "") -> list[tuple[str, str]]:
    return [(site.branch, site.code) for site in try_connection(system, site_id=site_id, actor=STAFF, now=clock.now).sites]


def test_every_site_has_its_own_answer_and_a_no_changes_no_branch(clock: FakeClock, exivo: Exivo) -> None:
    system = two_branches()

    sites = tried(system, clock)

    assert sites == [("bern", "confirmed"), ("thun", "unknown_site")]
    assert list(Branch.objects.values_list("site_name", "site_problem")) == [("Bern Bahnhof", ""), ("", "")]
    assert list(LockSystem.objects.values_list("tested_code", "tested_at")) == [("unknown_site", clock.now)]


def test_account_that_refuses_us_is_asked_once(clock: FakeClock, exivo: Exivo) -> None:
    system = two_branches()
    exivo.faults({"call": "*", "kind": "reject_credentials"})

    sites = tried(system, clock)

    assert sites == [("bern", "credentials_rejected"), ("thun", "credentials_rejected")]
    assert len(exivo.calls()) == 1
    assert LockSystem.objects.get().state == "credentials_rejected"


def test_account_that_answers_again_counts_as_accepted(clock: FakeClock, exivo: Exivo) -> None:
    system = two_branches()
    LockSystem.objects.update(state="credentials_rejected", not_before=clock.now + timedelta(minutes=15))
    system.refresh_from_db()

    tried(system, clock)

    system.refresh_from_db()
    assert (system.state, system.not_before, system.accepted_at) == ("working", None, clock.now)


def test_site_typed_in_is_tested_alone(clock: FakeClock, exivo: Exivo) -> None:
    assert tried(two_branches(), clock, site_id=make.BERN) == [("", "confirmed")]


def test_switched_off_is_not_asked(clock: FakeClock, exivo: Exivo) -> None:
    system = two_branches()
    system.enabled = False

    assert try_connection(system, site_id=make.BERN, actor=STAFF, now=clock.now).code == "off"
    assert exivo.calls() == []


@pytest.mark.parametrize("seconds", [-40, 0, 40])
def test_f17_clock_of_exivo_is_compared_with_ours(clock: FakeClock, exivo: Exivo, seconds: int) -> None:
    two_branches()
    exivo.app.world.clocks.api_offset = timedelta(seconds=-seconds)

    confirm_site(Branch.objects.select_related("lock_system").get(key="bern"), now=clock.now)

    skew = LockSystem.objects.get().clock_skew_seconds
    assert skew is not None
    assert abs(skew - seconds) <= 1


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_f17_answer_without_a_readable_date_says_nothing_about_the_clock(clock: FakeClock, headers: dict[str, str]) -> None:
    answer: httpx2.Response = says(200, {"id": SITE, "name": "Bern", "timeZone": "Europe/Zurich"}, headers=headers)
    account = LockAccount("http://127.0.0.1:1/v1", "key", "secret", "app", "100200")
    driver = build(account, before_call=lambda: None, in_transaction=lambda: False, transport=Scripted([answer]), clock=clock)

    assert driver.site(SITE).answered_at is None
