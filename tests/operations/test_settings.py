# SPDX-License-Identifier: Apache-2.0
"""What a settings page saves: merged as a file is, refused beside the field, never over somebody else's change, told before and after."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from tests.conftest import NOW, Exivo
from tests.factories import GATEWAY, make_branch, make_house, make_lock_system, make_organisation
from tests.operations.config_files import OPERATOR

from einlass.core.errors import FieldError, Refusal
from einlass.models import Branch, EventRecord, LockSystem, Organisation, Question
from einlass.operations.config_export import differences, digest_of, exported
from einlass.operations.settings import Saved, key_for, part_at, save

pytestmark = pytest.mark.django_db(transaction=True)


def saved(part: dict[str, Any], subject: str, **how: Any) -> Saved:
    return save(part, subject=subject, now=NOW, actor=OPERATOR, **how)


def branch(**values: Any) -> dict[str, Any]:
    return {"branches": [{"key": "bern", **values}]}


def seen(subject: str) -> str:
    return digest_of(part_at(exported(), subject))


def refused(part: dict[str, Any], subject: str, **how: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        saved(part, subject, **how)
    return caught.value


def test_save_changes_what_it_names_and_says_so_before_and_after() -> None:
    make_branch()

    told = saved(branch(access={"early_minutes": 20}), "branches.bern", seen=seen("branches.bern"))

    event = EventRecord.objects.get(kind="settings.doors_changed")
    assert told.values == ({"field": "branches.bern.access.early_minutes", "old": 15, "new": 20},)
    assert (event.subject, event.data["values"], event.branch, event.actor_name) == (
        "branches.bern",
        [*told.values],
        Branch.objects.get(),
        "test",
    )
    assert (Branch.objects.get().early_minutes, Branch.objects.get().late_minutes) == (20, 15)


def test_save_of_what_is_so_already_records_nothing() -> None:
    make_branch()

    told = saved(branch(access={"early_minutes": 15}), "branches.bern")

    assert (told.values, EventRecord.objects.count()) == ((), 0)


def test_save_over_somebody_elses_change_is_refused_and_changes_nothing() -> None:
    make_branch()
    before = seen("branches.bern")
    saved(branch(address="Bollwerk 15"), "branches.bern", seen=before)

    refusal = refused(branch(access={"early_minutes": 20}), "branches.bern", seen=before)

    assert refusal.code == "changed_meanwhile"
    assert (Branch.objects.get().early_minutes, Branch.objects.get().address) == (15, "Bollwerk 15")


def test_save_of_another_part_does_not_disturb() -> None:
    make_branch()
    make_organisation()
    before = seen("branches.bern")
    saved({"organisation": {"name": "Anders"}}, "organisation", seen=seen("organisation"))

    saved(branch(access={"early_minutes": 20}), "branches.bern", seen=before)

    assert (Organisation.objects.get().name, Branch.objects.get().early_minutes) == ("Anders", 20)


def test_save_puts_each_mistake_beside_its_field() -> None:
    make_branch()

    refusal = refused(branch(time_zone="Mars/Olympus", access={"early_minutes": -1}), "branches.bern")

    assert refusal.fields == (
        FieldError("access.early_minutes", "too_small", {"limit": "0"}),
        FieldError("time_zone", "not_accepted", {"sentence": "is no known time zone: write one such as Europe/Zurich"}),
    )


def test_save_of_a_wrong_site_changes_nothing_at_all(exivo: Exivo) -> None:
    make_branch(lock_system=make_lock_system())

    refusal = refused(branch(site_id="51000000-0000-4000-8000-00000000dead", address="neu"), "branches.bern", ask_vendor=True)

    assert [(error.field, error.code) for error in refusal.fields] == [("site_id", "unknown_site")]
    assert (Branch.objects.get().site_id, Branch.objects.get().address) == ("", "")


def test_save_of_a_gateway_is_refused_at_its_door(exivo: Exivo) -> None:
    make_branch(lock_system=make_lock_system(), now=NOW)

    refusal = refused(branch(doors=[{"component": GATEWAY, "use": "always"}]), "branches.bern", ask_vendor=True)

    assert [(error.field, error.code) for error in refusal.fields] == [(f"doors.{GATEWAY}.component", "gateway")]


def test_save_without_asking_speaks_to_nobody(exivo: Exivo) -> None:
    make_branch(lock_system=make_lock_system(), now=NOW)

    saved(branch(address="neu"), "branches.bern")

    assert exivo.calls() == []


def test_secret_that_changed_is_told_as_changed_and_never_told() -> None:
    make_lock_system()

    told = saved({"lock_systems": [{"key": "exivo", "api_secret": "a new secret 1234"}]}, "lock_systems.exivo")

    assert told.values == ({"field": "lock_systems.exivo.api_secret", "old": "…", "new": "…"},)
    assert LockSystem.objects.get().secret_last4 == "1234"
    assert "a new secret" not in str(list(EventRecord.objects.values_list("data", flat=True)))


def test_telephone_number_is_never_told_whole() -> None:
    make_organisation(phone="031 555 01 20")

    told = saved({"organisation": {"phone": "033 555 01 21"}}, "organisation")

    assert told.values == ({"field": "organisation.phone", "old": "…20", "new": "…21"},)


def test_door_settings_make_coming_keys_due_and_words_do_not() -> None:
    make_house(NOW)

    saved({"questions": [{"key": "email", "label": "E-Mail"}]}, "questions.email")
    saved(branch(access={"late_minutes": 0}), "branches.bern")

    assert list(EventRecord.objects.values_list("kind", flat=True)) == ["settings.changed", "settings.doors_changed"]


def test_order_of_a_list_is_the_order_of_its_items() -> None:
    make_house(NOW)

    told = saved({"questions": [{"key": key} for key in ("mobile", "email", "last_name", "first_name")]}, "questions")

    assert [question.key for question in Question.objects.all()] == ["mobile", "email", "last_name", "first_name"]
    assert told.values == (
        {
            "field": "questions",
            "old": ["first_name", "last_name", "email", "mobile"],
            "new": ["mobile", "email", "last_name", "first_name"],
        },
    )


def test_two_who_save_at_once_one_is_told() -> None:
    make_branch()
    before, outcomes = seen("branches.bern"), []

    def one(minutes: int) -> None:
        try:
            saved(branch(access={"early_minutes": minutes}), "branches.bern", seen=before)
            outcomes.append("saved")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(minutes,)) for minutes in (20, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["changed_meanwhile", "saved"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Seminarraum Aare", "seminarraum-aare"),
        ("Mühle & Küche", "muehle-kueche"),
        ("東京", "raum"),
        ("", "raum"),
        ("taken", "taken-3"),
        ("New", "new-2"),
    ],
)
def test_key_is_made_of_a_name(name: str, key: str) -> None:
    assert key_for(name, taken=lambda made: made in {"taken", "taken-2"}, otherwise="raum") == key


def test_differences_name_what_came_and_went() -> None:
    old = {"rooms": [{"key": "a", "phone": "031 555 01 20"}, {"key": "b", "capacity": 2}]}
    new = {"rooms": [{"key": "b", "capacity": 3}, {"key": "c"}]}

    assert list(differences(old, new)) == [
        {"field": "rooms.a", "old": {"key": "a", "phone": "…20"}, "new": None},
        {"field": "rooms.b.capacity", "old": 2, "new": 3},
        {"field": "rooms.c", "old": None, "new": {"key": "c"}},
    ]
