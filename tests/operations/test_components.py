# SPDX-License-Identifier: Apache-2.0
"""Components as exivo lists them: what is new or renamed is told until a person saved the doors, and which hardware answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW, Exivo
from tests.factories import BERN, ENTRANCE, GATEWAY, WC, make_branch, make_lock_system
from tests.operations.config_files import OPERATOR

from einlass.core.errors import FieldError, Refusal
from einlass.locks.port import Component
from einlass.models import Branch, Door
from einlass.operations.lock_systems import confirm_site, doors_seen, write_components
from einlass.operations.settings import save

pytestmark = pytest.mark.django_db(transaction=True)


def component(name: str = "Haupteingang H-01", *, key: str = ENTRANCE, ready: bool | None = True, kind: str = "doorFitting") -> Component:
    return Component(key, name, kind, ready)


def news() -> dict[str, tuple[str, str]]:
    return {door.component: (door.news, door.former_name) for door in Door.objects.all()}


@pytest.fixture
def branch(db: None) -> Branch:
    """One door, read a while ago, always open."""
    return make_branch(now=NOW, doors={ENTRANCE: "always"})


def test_first_reading_of_a_site_is_no_news(exivo: Exivo) -> None:
    bern = make_branch(lock_system=make_lock_system(), site_id=BERN, doors={ENTRANCE: "always"})

    confirm_site(bern, now=NOW)

    assert set(news().values()) == {("", "")}
    assert Door.objects.count() == 10


def test_component_that_came_later_is_new_until_the_doors_are_saved(branch: Branch) -> None:
    write_components(branch, (component(), component("WC", key=WC)), now=NOW)
    shown = news()
    doors_seen(branch, [ENTRANCE, WC])

    assert shown == {ENTRANCE: ("", ""), WC: ("new", "")}
    assert news() == {ENTRANCE: ("", ""), WC: ("", "")}


def test_renamed_component_keeps_the_name_that_a_person_last_saw(branch: Branch) -> None:
    for name in ("Eingang Nord", "Eingang Süd"):
        write_components(branch, (component(name),), now=NOW)

    door = Door.objects.get()
    assert (door.name, door.news, door.former_name, door.use) == ("Eingang Süd", "renamed", "Haupteingang H-01", "always")


def test_renamed_component_that_has_its_name_again_is_no_news(branch: Branch) -> None:
    for name in ("Eingang Nord", "Haupteingang H-01"):
        write_components(branch, (component(name),), now=NOW)

    assert news() == {ENTRANCE: ("", "")}


def test_doors_that_a_person_did_not_see_stay_news(branch: Branch) -> None:
    write_components(branch, (component("Eingang Nord"), component("WC", key=WC)), now=NOW)

    doors_seen(branch, [ENTRANCE])

    assert news() == {ENTRANCE: ("", ""), WC: ("new", "")}


@pytest.mark.parametrize(
    ("readings", "ready", "silent_since"),
    [
        ([True], True, None),
        ([None], None, None),
        ([False], False, NOW),
        ([False, False], False, NOW),
        ([False, True], True, None),
        ([False, None], None, None),
        ([False, True, False], False, NOW + timedelta(minutes=2)),
    ],
)
def test_hardware_that_does_not_answer_is_kept_with_since_when(
    branch: Branch, readings: list[bool | None], ready: bool | None, silent_since: object
) -> None:
    for minute, reading in enumerate(readings):
        write_components(branch, (component(ready=reading),), now=NOW + timedelta(minutes=minute))

    door = Door.objects.get()
    assert (door.ready, door.silent_since) == (ready, silent_since)


def test_component_that_vanished_stays_with_its_choice_and_an_empty_list_is_not_believed(branch: Branch) -> None:
    assert write_components(branch, (), now=NOW) == []
    assert write_components(branch, (component("WC", key=WC),), now=NOW) == [ENTRANCE]

    door = Door.objects.get(component=ENTRANCE)
    assert (door.use, door.missing_since) == ("always", NOW)


def test_another_site_forgets_what_was_read_at_the_former_one(branch: Branch) -> None:
    write_components(branch, (component("Eingang Nord", ready=False),), now=NOW)

    part = {"key": "bern", "site_id": "51000000-0000-4000-8000-000000000002", "doors": [{"component": ENTRANCE, "use": "always"}]}
    save({"branches": [part]}, subject="branches.bern", now=NOW, actor=OPERATOR)

    door = Door.objects.get()
    assert (door.name, door.news, door.former_name, door.ready, door.silent_since, door.read_at) == ("", "", "", None, None, None)


def test_door_of_another_branch_with_the_same_site_is_refused_beside_it(branch: Branch) -> None:
    system = make_lock_system()
    Branch.objects.update(lock_system=system)
    make_branch(key="thun", now=NOW, lock_system=system, doors={ENTRANCE: "none"})

    part = {"key": "thun", "doors": [{"component": ENTRANCE, "use": "services"}]}
    with pytest.raises(Refusal) as caught:
        save({"branches": [part]}, subject="branches.thun", now=NOW, actor=OPERATOR)

    assert caught.value.fields == (FieldError(f"doors.{ENTRANCE}.component", "door_elsewhere"),)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"opening_hours": {"mon": ["08:00-12:00", "11:00-17:00"]}}, "opening_hours.mon"),
        ({"exceptions": [{"date": "2027-01-02", "hours": ["08:00-12:00", "11:59-17:00"]}]}, "exceptions.2027-01-02.hours"),
    ],
)
def test_opening_times_that_overlap_are_refused(branch: Branch, part: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        save({"branches": [{"key": "bern", **part}]}, subject="branches.bern", now=NOW, actor=OPERATOR)

    assert caught.value.fields == (FieldError(field, "spans_overlap"),)


def test_opening_times_that_touch_are_accepted(branch: Branch) -> None:
    part = {"key": "bern", "opening_hours": {"mon": ["08:00-12:00", "12:00-17:00", "22:00-02:00"]}}
    save({"branches": [part]}, subject="branches.bern", now=NOW, actor=OPERATOR)

    assert Branch.objects.get().opening_hours["mon"] == ["08:00-12:00", "12:00-17:00", "22:00-02:00"]


def test_gateway_that_turned_up_is_new_and_unused(branch: Branch) -> None:
    write_components(branch, (component(), component("Gateway", key=GATEWAY, kind="gateway")), now=NOW)

    assert (news()[GATEWAY], Door.objects.get(component=GATEWAY).use) == (("new", ""), "none")
