# SPDX-License-Identifier: Apache-2.0
"""Accounts and sites: the reasons of the connection test, secrets at rest, doors as the vendor lists them, who asks when it is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.locks.port import Component, LockUnavailable
from einlass.models import Access, Branch, Door, LockSystem
from einlass.models.sealed import CannotUnseal, unseal
from einlass.operations.lock_systems import (
    ask_site,
    confirm_site,
    note_failure,
    note_success,
    seal_secret,
    secret_differs,
    write_components,
)
from einlass.operations.probes import probe_lock_systems

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN_SITE = "51000000-0000-4000-8000-00000000dead"


@pytest.mark.parametrize(
    ("change", "fault", "code"),
    [
        ({}, None, "confirmed"),
        ({"secret": "wrong"}, None, "credentials_rejected"),
        ({"api_key": "wrong"}, None, "credentials_rejected"),
        ({}, {"call": "*", "kind": "connection_inactive"}, "not_active"),
        ({}, {"call": "info", "kind": "other_site"}, "site_mismatch"),
        ({}, {"call": "*", "kind": "status", "status": 503}, "unreachable"),
        ({}, {"call": "*", "kind": "reset_before"}, "unreachable"),
        ({}, {"call": "*", "kind": "html"}, "unreachable"),
        ({}, {"call": "components", "kind": "reject_credentials"}, "credentials_rejected"),
    ],
)
def test_r2_every_answer_has_its_reason(
    clock: FakeClock, exivo: Exivo, change: dict[str, Any], fault: dict[str, Any] | None, code: str
) -> None:
    system = make.make_lock_system(**change)
    exivo.faults(*([fault] if fault else []))

    answer = ask_site(system, make.BERN, now=clock.now)

    assert answer.code == code
    assert make.API_SECRET not in repr(answer)


def test_r3_an_unknown_site_confirms_nothing(clock: FakeClock, exivo: Exivo) -> None:
    branch = make.make_branch(lock_system=make.make_lock_system(), site_id=UNKNOWN_SITE, doors={})

    answer = confirm_site(branch, now=clock.now)

    branch.refresh_from_db()
    assert (answer.code, branch.site_confirmed_at, branch.site_problem, branch.doors.count()) == ("unknown_site", None, "unknown_site", 0)


def test_r3_a_confirmed_site_brings_its_name_and_its_components_unused(clock: FakeClock, exivo: Exivo) -> None:
    branch = make.make_branch(lock_system=make.make_lock_system(), site_id=make.BERN, doors={make.ENTRANCE: "always"})

    confirm_site(branch, now=clock.now)

    branch.refresh_from_db()
    assert (branch.site_name, branch.site_confirmed_at) == ("Bern Bahnhof", clock.now)
    uses = dict(branch.doors.values_list("component", "use"))
    assert uses.pop(make.ENTRANCE) == "always"
    assert (len(uses), set(uses.values())) == (9, {"none"})
    assert branch.doors.get(component=make.UNTYPED).kind == ""


def test_r1_switched_off_is_not_asked(clock: FakeClock, exivo: Exivo) -> None:
    branch = make.make_branch(lock_system=make.make_lock_system(enabled=False), site_id=make.BERN)

    assert confirm_site(branch, now=clock.now).code == "off"
    assert exivo.calls() == []


def test_r5_the_database_refuses_a_chosen_gateway_whoever_writes_it(clock: FakeClock) -> None:
    branch = make.make_branch(doors={})

    for kind in ("gateway", "wirelessGATEWAY-2"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Door.objects.create(branch=branch, component="g", kind=kind, use="always")
    Door.objects.create(branch=branch, component="g", kind="gateway", use="none")
    with pytest.raises(IntegrityError), transaction.atomic():
        Door.objects.filter(component="g").update(use="services")


def test_f38_a_chosen_door_that_became_a_gateway_is_chosen_no_more(clock: FakeClock) -> None:
    branch = make.make_branch(now=clock.now, doors={make.ENTRANCE: "always"})

    changed = write_components(branch, (Component(make.ENTRANCE, "Haupteingang", "someGateway"),), now=clock.now)

    assert changed == [make.ENTRANCE]
    assert branch.doors.get().use == "none"


def test_a_secret_is_sealed_and_opens_only_in_its_row(clock: FakeClock) -> None:
    system = make.make_lock_system()

    assert make.API_SECRET not in str(LockSystem.objects.values())
    assert (system.secret_last4, secret_differs(system, make.API_SECRET), secret_differs(system, "other")) == ("00ff", False, True)
    other = LockSystem(key="another", sealed_secret=system.sealed_secret)
    with pytest.raises(CannotUnseal):
        secret_differs(other, make.API_SECRET)


def test_f48_other_encryption_keys_open_nothing_and_older_ones_still_do(clock: FakeClock, settings: Any) -> None:
    system = make.make_lock_system()
    keys = settings.ENCRYPTION_KEYS

    settings.ENCRYPTION_KEYS = (b"x" * 32, *keys)
    assert unseal(system.sealed_secret, context="lock_system:exivo:api_secret") == make.API_SECRET
    settings.ENCRYPTION_KEYS = (b"x" * 32,)
    with pytest.raises(CannotUnseal):
        unseal(system.sealed_secret, context="lock_system:exivo:api_secret")


def test_f06_three_failures_open_the_breaker_and_one_success_closes_it(clock: FakeClock) -> None:
    system = make.make_lock_system()
    booking = make.make_booking(_service(clock, system), now=clock.now)
    Access.objects.update(attempts=3, next_check_at=clock.now + timedelta(minutes=15))

    for _ in range(2):
        note_failure(system, LockUnavailable("away"), now=clock.now)
        assert LockSystem.objects.get().not_before is None
    note_failure(system, LockUnavailable("away"), now=clock.now)
    system.refresh_from_db()
    assert (system.state, system.not_before) == ("unreachable", clock.now + timedelta(seconds=2))

    later = clock.forward(seconds=5)
    note_success(system, now=later)

    assert (system.state, system.not_before, system.failures) == ("working", None, 0)
    assert Access.objects.get(booking=booking).next_check_at == later


@pytest.mark.parametrize(("named", "seconds"), [(30.0, 30), (None, 60), (99999.0, 900), (-5.0, 0)])
def test_f05_a_throttled_account_pauses_as_long_as_it_says(clock: FakeClock, named: float | None, seconds: int) -> None:
    system = make.make_lock_system()

    note_failure(system, LockUnavailable("slow down", throttled=True, retry_after=named), now=clock.now)

    system.refresh_from_db()
    assert (system.state, system.not_before) == ("throttled", clock.now + timedelta(seconds=seconds))


def test_f39_new_credentials_go_on_at_once(clock: FakeClock, exivo: Exivo) -> None:
    system = make.make_lock_system(secret="old")
    make.make_branch(now=clock.now, lock_system=system)
    exivo.faults()
    LockSystem.objects.update(state="credentials_rejected", not_before=clock.now + timedelta(minutes=15), failures=1)
    system.refresh_from_db()

    seal_secret(system, make.API_SECRET)
    system.save()

    assert (system.state, system.not_before, system.failures) == ("working", None, 0)


def test_a_site_saved_while_exivo_was_away_is_confirmed_by_itself(clock: FakeClock, exivo: Exivo) -> None:
    make.make_branch(lock_system=make.make_lock_system(), site_id=make.BERN)
    exivo.faults({"call": "*", "kind": "status", "status": 503})
    probe_lock_systems(now=clock.now)
    assert Branch.objects.get().site_problem == "unreachable"

    exivo.faults()
    probe_lock_systems(now=clock.forward(seconds=10))

    assert Branch.objects.get().site_confirmed_at == clock.now


def test_a_site_that_is_refused_is_asked_again_only_after_five_minutes(clock: FakeClock, exivo: Exivo) -> None:
    make.make_branch(lock_system=make.make_lock_system(), site_id=UNKNOWN_SITE)

    asked = [probe_lock_systems(now=clock.forward(seconds=seconds)) for seconds in (1, 10, 285, 10)]

    assert asked == [1, 0, 0, 1]


def _service(clock: FakeClock, system: LockSystem) -> Any:
    make.make_questions()
    branch = make.make_branch(now=clock.now, lock_system=system)
    return make.make_service(branch, rooms=[make.make_room(branch, doors=[make.AARE])])
