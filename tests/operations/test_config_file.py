# SPDX-License-Identifier: Apache-2.0
"""`einlass apply`: a file is merged as a whole, twice is the same as once; the vendor is the emulator. Refusals: the file beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from tests import factories as make
from tests.conftest import NOW, Exivo
from tests.factories import AARE, API_SECRET, ENTRANCE, GATEWAY, make_booking
from tests.operations.config_files import OPERATOR, applied, away, house, refused

from einlass.demo.loader import demo_file
from einlass.models import Access, Branch, Door, EventRecord, LockSystem, Organisation, Question, Room, Service
from einlass.operations.bookings import cancel
from einlass.operations.config_file import Applied

pytestmark = pytest.mark.django_db(transaction=True)


def test_demo_file_applied_twice_changes_nothing_the_second_time(exivo: Exivo) -> None:
    first = applied(demo_file())
    second = applied(demo_file())

    assert "branches.bern added" in first.changes
    assert second == Applied((), ())


def test_confirmed_site_brings_its_name_and_every_component(exivo: Exivo) -> None:
    result = applied(house())

    branch = Branch.objects.get()
    assert (branch.site_name, branch.site_is_confirmed) == ("Bern Bahnhof", True)
    assert branch.doors.count() == 10
    assert branch.doors.get(component=GATEWAY).use == "none"
    assert "branches.bern.site_id confirmed by exivo as Bern Bahnhof" in result.changes


def test_exivo_away_is_a_warning_and_everything_is_saved(exivo: Exivo, settings: Any) -> None:
    away(settings)

    result = applied(house())

    assert result.warnings == ("exivo does not answer for branch bern: everything is saved, and its keys wait until the site is confirmed",)
    assert Branch.objects.get().site_confirmed_at is None
    assert Door.objects.filter(use="always").count() == 1


def test_exivo_away_later_takes_no_confirmation_back(exivo: Exivo, settings: Any) -> None:
    applied(house())
    away(settings)

    result = applied(house())

    assert result.changes == ()
    assert result.warnings == ("exivo does not answer for branch bern: everything is saved, its doors were not read again",)
    assert Branch.objects.get().site_is_confirmed


def test_integration_that_is_off_asks_nobody(exivo: Exivo) -> None:
    applied(house("lock_systems", 0, "enabled", value=False))

    assert exivo.calls() == []
    assert Branch.objects.get().site_confirmed_at is None
    assert Door.objects.filter(use="always").count() == 1


def test_other_site_is_not_confirmed_by_the_old_ones_confirmation(exivo: Exivo, settings: Any) -> None:
    applied(house())
    away(settings)
    other = house("branches", 0, "site_id", value="51000000-0000-4000-8000-000000000002")

    applied(other)

    branch = Branch.objects.get()
    assert (branch.site_is_confirmed, branch.site_name) == (False, "")
    assert sorted(branch.doors.values_list("component", "kind")) == [(ENTRANCE, ""), (AARE, "")]


def test_other_account_has_to_confirm_the_sites_again(exivo: Exivo, settings: Any) -> None:
    applied(house())
    away(settings)

    applied(house("lock_systems", 0, "api_key", value="another"))

    assert not Branch.objects.get().site_is_confirmed


def test_secret_is_named_when_it_changes_and_never_shown(
    exivo: Exivo, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    applied(house())
    away(settings)
    (tmp_path / "secret").write_text("one out of a file\n")
    monkeypatch.setenv("EXIVO_SECRET", "one out of the environment")

    from_file = applied(house("lock_systems", 0, "api_secret", value={"file": "secret"}), source=str(tmp_path / "house.yaml"))
    from_environment = applied(house("lock_systems", 0, "api_secret", value={"env": "EXIVO_SECRET"}))

    assert from_file.changes == from_environment.changes == ("lock_systems.exivo.api_secret changed",)
    assert LockSystem.objects.get().secret_last4 == "ment"
    kept = json.dumps(list(EventRecord.objects.values_list("data", flat=True))) + LockSystem.objects.get().sealed_secret
    assert [secret for secret in ("out of", API_SECRET) if secret in kept] == []


def test_part_of_a_file_leaves_the_rest_alone(exivo: Exivo) -> None:
    applied(house())

    result = applied({"services": [{"key": "seminar", "step": 60, "buffer": {"after": 15}}]})

    assert result.changes == ("services.seminar.step changed from 30 to 60", "services.seminar.buffer_after changed from 0 to 15")
    service = Service.objects.get()
    assert (service.durations, service.name, service.buffer_before) == ([60, 120], "Seminar", 0)
    assert Room.objects.count() == 2


def test_door_named_without_its_use_keeps_it(exivo: Exivo) -> None:
    applied(house())

    result = applied({"branches": [{"key": "bern", "doors": [{"component": AARE}], "rooms": [{"key": "gurten", "doors": [AARE]}]}]})

    assert result.changes == ("branches.bern.rooms.gurten.doors changed",)
    assert Door.objects.get(component=AARE).use == "services"


def test_order_of_the_file_is_the_order_shown(exivo: Exivo) -> None:
    applied(house())
    turned = house()
    turned["branches"][0]["rooms"].reverse()

    assert applied(turned).changes == ("branches.bern.rooms: order changed",)
    assert list(Room.objects.values_list("key", flat=True)) == ["gurten", "aare"]
    assert applied(turned).changes == ()


def test_dry_run_tells_and_changes_nothing(exivo: Exivo) -> None:
    result = applied(house(), dry_run=True)

    assert "branches.bern added" in result.changes
    assert not Branch.objects.exists()
    assert not EventRecord.objects.exists()


def test_prune_removes_what_the_file_leaves_out(exivo: Exivo) -> None:
    applied(house())
    smaller = house("branches", 0, "rooms", 1)
    del smaller["questions"][0]

    kept = applied(smaller)
    pruned = applied(smaller, prune=True)

    assert kept.changes == ()
    assert pruned.changes == ("branches.bern.rooms.gurten removed", "questions.first_name removed")
    assert applied(smaller, prune=True).changes == ()


def test_prune_refuses_what_coming_bookings_depend_on(exivo: Exivo) -> None:
    applied(house())
    booking = make_booking(Service.objects.get(), now=NOW)

    errors = refused({"organisation": {"name": "Anders"}}, prune=True)

    sentence = f"is missing from the file, but coming bookings depend on it: {booking.reference}"
    assert errors == [
        ("branches", f"branch bern {sentence}"),
        ("branches", f"door {ENTRANCE} {sentence}"),
        ("branches", f"door {AARE} {sentence}"),
        ("branches", f"room aare {sentence}"),
        ("lock_systems", f"lock system exivo {sentence}"),
        ("services", f"service seminar {sentence}"),
    ]
    assert Organisation.objects.get().name == "Haus"


def test_prune_switches_off_what_past_bookings_name(exivo: Exivo) -> None:
    applied(house())
    booking = make_booking(Service.objects.get(), now=NOW)
    cancel(booking, actor=OPERATOR, now=NOW)
    smaller = house()
    smaller["services"][0] |= {"key": "other"}

    result = applied(smaller, prune=True)

    assert "services.seminar.active changed from true to false" in result.changes
    assert Service.objects.get(key="seminar").active is False
    assert applied(smaller, prune=True).changes == ()


def test_change_makes_the_keys_of_coming_bookings_due(exivo: Exivo) -> None:
    applied(house())
    booking = make_booking(Service.objects.get(), now=NOW)
    Access.objects.update(next_check_at=None)

    applied(house("branches", 0, "doors", 0, "use", value="services"))

    assert Access.objects.get(booking=booking).next_check_at == NOW
    event = EventRecord.objects.get(kind="configuration.applied", data__changes=[f"branches.bern.doors.{ENTRANCE}.use changed"])
    assert (event.actor_kind, event.actor_name) == ("staff", "test")


def test_standard_questions_get_labels_in_every_language(exivo: Exivo) -> None:
    applied(house())

    label = Question.objects.get(key="mobile").label
    assert (label["de"], label["en"]) == ("Mobilnummer", "Mobile number")


def test_name_and_address_in_the_file_are_one_line_each() -> None:
    text = """\
organisation:
  name: |
    Seminarhaus
    Aare
  email: |
    info@example.org
"""

    applied(text)

    assert Organisation.objects.values_list("name", "email").get() == ("Seminarhaus Aare", "info@example.org")
    make.make_questions()
    booking = make.make_booking(make.make_service(make.make_branch()), now=NOW)
    event = Calendar.from_ical(booking.messages.get().calendar).walk("VEVENT")[0]
    assert (event["organizer"], event["organizer"].params["CN"]) == ("mailto:info@example.org", "Seminarhaus Aare")


@pytest.mark.parametrize(
    "address", ["info", "Aare <info@example.org>", "info@example.org, a@example.org", "a@example.org\nBcc: b@example.org"]
)
def test_address_in_the_file_that_is_none_is_refused(address: str) -> None:
    assert refused({"organisation": {"email": address}}) == [("organisation.email", "must be an e-mail address such as info@example.org")]
