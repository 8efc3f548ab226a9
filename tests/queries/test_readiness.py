# SPDX-License-Identifier: Apache-2.0
"""What is missing before a door can open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import MOBILE, make_branch, make_house, make_lock_system, make_room, make_service

from einlass.models import Branch, Door, Installation, LockSystem, Message, Organisation, Question, Service, Worker
from einlass.queries.installation import database_clock_skew
from einlass.queries.readiness import CODES, Check, is_ready, missing, readiness

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _house(settings: Any) -> None:
    settings.MAIL_CONFIGURED = True
    make_house(NOW)
    Worker.objects.create(name="one", started_at=NOW, seen_at=NOW - timedelta(seconds=10))


def red() -> list[tuple[str, str]]:
    return [(check.code, check.subject) for check in readiness(now=NOW) if not check.ok and not check.warning]


def check(code: str) -> Check:
    return next(check for check in readiness(now=NOW) if check.code == code)


def test_house_with_everything_is_ready() -> None:
    checks = readiness(now=NOW)

    assert is_ready(checks)
    assert [(check.code, check.subject) for check in checks] == [
        ("encryption_keys_fit", ""),
        ("worker_alive", ""),
        ("machine_clocks_agree", ""),
        ("mail_works", ""),
        ("credentials_given", "exivo"),
        ("mobile_app_given", "exivo"),
        ("credentials_accepted", "exivo"),
        ("lock_system_answers", "exivo"),
        ("vendor_clock_agrees", "exivo"),
        ("branch_attached", "exivo"),
        ("site_confirmed", "bern"),
        ("site_lists_doors", "bern"),
        ("site_compared", "bern"),
        ("keys_listed", "bern"),
        ("doors_chosen", "bern"),
        ("no_gateway_chosen", "bern"),
        ("no_unknown_type_chosen", "bern"),
        ("chosen_doors_exist", "bern"),
        ("no_brake", "bern"),
        ("no_stray_keys", "bern"),
        ("neighbours_apart", "bern"),
        ("mobile_question", "seminar"),
    ]


@pytest.mark.parametrize(
    ("rows", "change", "code", "subject"),
    [
        (Worker, {"seen_at": NOW - timedelta(seconds=61)}, "worker_alive", ""),
        (Worker, {"clock_skew_seconds": 31}, "machine_clocks_agree", ""),
        (Worker, {"seen_at": NOW + timedelta(seconds=31)}, "machine_clocks_agree", ""),
        (LockSystem, {"sealed_secret": ""}, "credentials_given", "exivo"),
        (LockSystem, {"sealed_secret": ""}, "credentials_accepted", "exivo"),
        (LockSystem, {"mobile_app_id": ""}, "mobile_app_given", "exivo"),
        (LockSystem, {"clock_skew_seconds": -31}, "vendor_clock_agrees", "exivo"),
        (Branch, {"lock_system": None}, "branch_attached", "exivo"),
        (Branch, {"active": False}, "branch_attached", "exivo"),
        (Branch, {"site_confirmed_at": None}, "credentials_accepted", "exivo"),
        (Branch, {"site_problem": "credentials_rejected"}, "credentials_accepted", "exivo"),
        (Branch, {"brake_since": NOW, "brake_count": 9}, "no_brake", "bern"),
        (Branch, {"compared_by": ""}, "site_compared", "bern"),
        (Branch, {"list_incomplete_since": NOW - timedelta(minutes=30)}, "keys_listed", "bern"),
        (LockSystem, {"state": "credentials_rejected"}, "credentials_accepted", "exivo"),
        (LockSystem, {"state": "unreachable"}, "lock_system_answers", "exivo"),
        (Branch, {"site_confirmed_at": None}, "site_confirmed", "bern"),
        (Door, {"use": "none"}, "doors_chosen", "bern"),
        (Door, {"use": "none", "kind": "gateway"}, "site_lists_doors", "bern"),
        (Door, {"missing_since": NOW}, "site_lists_doors", "bern"),
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

    assert readiness(now=NOW) == (
        Check("encryption_keys_fit", True),
        Check("worker_alive", True, values={"seconds": "10"}),
        Check("machine_clocks_agree", True, values={"seconds": "0"}),
        Check("mail_works", True, values={"trouble": ""}),
    )


def test_door_that_was_never_read_is_the_sites_trouble() -> None:
    Door.objects.update(kind="", read_at=None)
    Branch.objects.update(site_confirmed_at=None)

    assert red() == [("credentials_accepted", "exivo"), ("site_confirmed", "bern")]


@pytest.mark.parametrize(
    ("change", "ok"),
    [({"clock_skew_seconds": 30}, True), ({"clock_skew_seconds": None}, True), ({"clock_skew_seconds": 31}, False)],
)
def test_clock_of_exivo_may_differ_by_half_a_minute(change: dict[str, Any], ok: bool) -> None:
    LockSystem.objects.update(**change)

    assert check("vendor_clock_agrees").ok is ok


def test_mail_that_nobody_set_up_is_a_warning(settings: Any) -> None:
    settings.MAIL_CONFIGURED = False

    assert check("mail_works") == Check("mail_works", False, values={"trouble": "not_configured"}, warning=True)
    assert is_ready(readiness(now=NOW))


def test_mail_server_that_accepts_nothing_is_red() -> None:
    Message.objects.create(
        kind="confirmation", to_address="lea@example.org", subject="x", text="x", created_at=NOW, claimed_until=NOW, error="refused"
    )

    assert red() == [("mail_works", "")]


def test_sms_that_somebody_wants_and_nobody_can_send_are_a_warning(settings: Any) -> None:
    settings.SMS_CONFIGURED = False
    before = [found.code for found in readiness(now=NOW)]
    Organisation.objects.update(sms_messages=["sms_confirmed"])

    assert "sms_works" not in before
    assert check("sms_works") == Check("sms_works", False, values={"trouble": "sms_not_configured"}, warning=True)
    assert is_ready(readiness(now=NOW))


def test_sms_gateway_that_accepts_nothing_is_told_apart_from_mail(settings: Any) -> None:
    settings.SMS_CONFIGURED = True
    Organisation.objects.update(sms_messages=["sms_confirmed"])
    Message.objects.create(
        kind="sms_confirmed", channel="sms", to_address=MOBILE, text="x", created_at=NOW, claimed_until=NOW, error="500 no credit"
    )

    assert (check("sms_works").values, check("mail_works").ok) == ({"trouble": "sms_failing"}, True)


def test_clock_of_a_worker_that_is_gone_does_not_count() -> None:
    Worker.objects.create(name="gone", started_at=NOW, seen_at=NOW - timedelta(minutes=5), clock_skew_seconds=900)

    assert check("machine_clocks_agree").ok


@pytest.mark.parametrize(
    ("buffers", "ok", "values"),
    [
        ({}, False, {"services": "seminar", "minutes": "30"}),
        ({"buffer_before": 15, "buffer_after": 10}, False, {"services": "seminar", "minutes": "5"}),
        ({"buffer_before": 15, "buffer_after": 15}, True, {"services": "", "minutes": "0"}),
    ],
)
def test_neighbours_whose_keys_overlap_are_a_warning(buffers: dict[str, int], ok: bool, values: dict[str, str]) -> None:
    Service.objects.update(**buffers)

    assert check("neighbours_apart") == Check("neighbours_apart", ok, "bern", values, warning=True)
    assert is_ready(readiness(now=NOW))


def test_neighbours_are_apart_where_margins_end_at_each_other() -> None:
    Branch.objects.update(shrink_margins=True)

    assert check("neighbours_apart") == Check("neighbours_apart", True, "bern", {"services": "", "minutes": "0"}, warning=True)


def test_neighbours_of_two_services_in_one_room_are_told_too() -> None:
    first = Service.objects.get()
    Service.objects.update(buffer_before=15, buffer_after=15)
    make_service(first.branch, "kurs", rooms=[*first.rooms.all()], buffer_before=0, buffer_after=20)

    assert check("neighbours_apart").values == {"services": "seminar, kurs", "minutes": "15"}


def test_people_bound_to_branches_are_told_of_theirs_only() -> None:
    bern = Branch.objects.get()
    Branch.objects.create(key="thun", name="Thun", time_zone="Europe/Zurich", lock_system=bern.lock_system)

    theirs = {check.subject for check in readiness(now=NOW, only=frozenset({bern.pk}))}
    everything = {check.subject for check in readiness(now=NOW)}

    assert (theirs, everything - theirs) == ({"", "exivo", "bern", "seminar"}, {"thun"})


def test_account_that_takes_its_keys_back_asks_for_no_doors() -> None:
    LockSystem.objects.update(closing_since=NOW)
    Door.objects.update(use="none")

    assert red() == []


def test_every_code_is_told_what_it_is_about_once() -> None:
    Organisation.objects.update(sms_messages=["sms_confirmed"])

    assert len(set(CODES)) == len(CODES)
    assert {check.code for check in readiness(now=NOW)} == set(CODES)


def test_asks_the_database_equally_often_for_one_and_three() -> None:
    with CaptureQueriesContext(connection) as one:
        missing(now=NOW)
    system = LockSystem.objects.get()
    for key in ("thun", "biel"):
        make_service(make_branch(key=key, name=key, now=NOW, lock_system=system), key, rooms=[make_room(Branch.objects.get(key=key), key)])
        make_lock_system(key=f"exivo-{key}")
    with CaptureQueriesContext(connection) as three:
        missing(now=NOW)

    assert (len(three), len(one)) == (len(one), 16)


def test_database_clock_is_compared_where_the_database_has_one() -> None:
    skew = database_clock_skew(now=datetime.now(UTC) + timedelta(seconds=90))

    assert skew in ({89, 90, 91} if connection.vendor == "postgresql" else {None})
