# SPDX-License-Identifier: Apache-2.0
"""The site of a branch at exivo (R3) and what its components are used for (R4, R5), as a person sets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import NOW, Exivo
from tests.factories import (
    AARE,
    BERN,
    ENTRANCE,
    GATEWAY,
    UNTYPED,
    make_booking,
    make_branch,
    make_house,
    make_lock_system,
    make_organisation,
    make_user,
)
from tests.operations.config_files import OPERATOR
from tests.web.pages.branch_form import PAGE, form_of
from tests.web.pages.conftest import text_of

from einlass.locks.port import Component
from einlass.models import Branch, Door, EventRecord, Service
from einlass.operations.lock_systems import confirm_site, write_components

WRONG = "51000000-0000-4000-8000-00000000dead"
OTHER_SITE = "51000000-0000-4000-8000-000000000002"


@pytest.fixture
def desk(german: Client, db: None) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


def read_from_exivo() -> Branch:
    """A branch whose site exivo has confirmed, with all ten components of it."""
    branch = make_branch(lock_system=make_lock_system(), site_id=BERN, doors={ENTRANCE: "always", AARE: "services"})
    confirm_site(branch, now=NOW, actor=OPERATOR)
    return Branch.objects.get(pk=branch.pk)


# R3: the Site-ID


@pytest.mark.django_db(transaction=True)
def test_r3_confirmed_site_shows_its_name_and_its_components(desk: Client, exivo: Exivo) -> None:
    branch = make_branch(lock_system=make_lock_system(), doors={})
    before = text_of(desk.get(PAGE))

    desk.post(PAGE, form_of(branch, site_id=BERN))

    page = text_of(desk.get(PAGE))
    assert "Haupteingang" not in before
    assert "Von exivo bestätigt: Bern Bahnhof" in page
    assert "10 Komponenten, gelesen heute, 10:00." in page
    assert "Haupteingang" in page


@pytest.mark.django_db(transaction=True)
def test_r3_first_site_belongs_to_the_only_account(desk: Client, exivo: Exivo) -> None:
    make_lock_system()
    branch = make_branch(doors={})

    desk.post(PAGE, form_of(branch, site_id=BERN, lock_system=""))

    assert (Branch.objects.get().lock_system is not None, Branch.objects.get().site_is_confirmed) == (True, True)


@pytest.mark.django_db(transaction=True)
def test_r3_wrong_site_is_told_beside_the_field_and_changes_nothing(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()

    answer = desk.post(PAGE, form_of(branch, site_id=WRONG, late_minutes="20"))

    assert (answer.status_code, Branch.objects.get().site_id, Branch.objects.get().late_minutes) == (422, BERN, 15)
    assert "exivo kennt diese Site-ID nicht. An der Filiale wurde nichts geändert." in text_of(answer)
    assert f'value="{WRONG}"' in answer.content.decode()
    assert "Von exivo bestätigt" not in text_of(answer)
    assert Door.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_r3_unreachable_exivo_saves_the_site_as_not_confirmed_yet(desk: Client, exivo: Exivo) -> None:
    branch = make_branch(lock_system=make_lock_system(), doors={})
    exivo.faults({"call": "*", "kind": "reset_before", "times": 20})

    answer = desk.post(PAGE, form_of(branch, site_id=BERN))

    page = text_of(desk.get(PAGE))
    assert (answer.status_code, Branch.objects.get().site_id, Branch.objects.get().site_is_confirmed) == (302, BERN, False)
    assert "exivo ist nicht erreichbar. Die Site-ID ist gespeichert, aber noch nicht bestätigt." in page
    assert "Noch nicht bestätigt. Einlass fragt exivo von selbst wieder, bis dahin entsteht kein Schlüssel." in page
    assert "Von exivo bestätigt" not in page


@pytest.mark.django_db(transaction=True)
def test_r3_unchanged_confirmed_site_is_not_asked_for_again(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()
    asked = len(exivo.calls())

    desk.post(PAGE, form_of(branch, late_minutes="20"))

    assert (len(exivo.calls()), Branch.objects.get().late_minutes) == (asked, 20)


@pytest.mark.django_db(transaction=True)
def test_r1_switched_off_the_site_is_saved_and_nobody_asked(desk: Client, exivo: Exivo) -> None:
    branch = make_branch(lock_system=make_lock_system(enabled=False), doors={})

    desk.post(PAGE, form_of(branch, site_id=BERN))

    assert (Branch.objects.get().site_id, exivo.calls()) == (BERN, [])
    assert "Einlass fragt exivo, sobald die Anbindung eingeschaltet ist." in text_of(desk.get(PAGE))


@pytest.mark.django_db(transaction=True)
def test_another_site_forgets_the_doors_and_says_so(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()

    desk.post(PAGE, form_of(branch, site_id=OTHER_SITE))

    page = text_of(desk.get(PAGE))
    assert "Die Türen der bisherigen Site sind vergessen. Wählen Sie die Türen der neuen." in page
    assert (Door.objects.filter(component=ENTRANCE).exists(), set(Door.objects.values_list("use", flat=True))) == (False, {"none"})


def test_branch_with_the_same_site_is_named(desk: Client) -> None:
    system = make_lock_system()
    make_branch(now=NOW, lock_system=system)
    make_branch(key="thun", name="Thun", now=NOW, lock_system=system, doors={})

    assert "Thun hat dieselbe Site-ID. Jede Tür kann nur bei einer der beiden Filialen gewählt werden." in text_of(desk.get(PAGE))


# R4, R5: the doors


@pytest.mark.django_db(transaction=True)
def test_r4_choice_of_a_door_is_saved_and_concerns_coming_keys(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()

    desk.post(PAGE, form_of(branch, **{f"door-{AARE}": "always"}))

    assert Door.objects.get(component=AARE).use == "always"
    assert [event.data["values"] for event in EventRecord.objects.filter(kind="settings.doors_changed")] == [
        [{"field": f"branches.bern.doors.{AARE}.use", "old": "services", "new": "always"}]
    ]


@pytest.mark.django_db(transaction=True)
def test_r5_gateway_has_a_reason_in_place_of_a_choice(desk: Client, exivo: Exivo) -> None:
    read_from_exivo()

    answer = desk.get(PAGE)

    assert f'name="door-{GATEWAY}"' not in answer.content.decode()
    assert "Ein Gateway ist keine Tür. Es verbindet die Schlösser mit exivo und kann nicht gewählt werden." in text_of(answer)


@pytest.mark.django_db(transaction=True)
def test_r5_gateway_posted_by_hand_is_refused_at_its_row_and_nothing_is_changed(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()

    answer = desk.post(PAGE, form_of(branch, late_minutes="20", **{f"door-{GATEWAY}": "always"}))

    row = answer.content.decode().partition(GATEWAY)[2].partition("</tr>")[0]
    assert (answer.status_code, Door.objects.get(component=GATEWAY).use, Branch.objects.get().late_minutes) == (422, "none", 15)
    assert '<p class="error">' in row


@pytest.mark.django_db(transaction=True)
def test_r5_component_without_a_type_is_chosen_only_after_a_person_allowed_it(desk: Client, exivo: Exivo) -> None:
    branch = read_from_exivo()
    at = f"{PAGE}doors/{UNTYPED}/allow/"

    refused = desk.post(PAGE, form_of(branch, **{f"door-{UNTYPED}": "services"}))
    asked = desk.get(at)
    desk.post(at, {"seen": asked.context["seen"]})
    desk.post(PAGE, form_of(branch, **{f"door-{UNTYPED}": "services"}))

    door = Door.objects.get(component=UNTYPED)
    assert (refused.status_code, door.allow_unknown, door.use) == (422, True, "services")
    assert "Ohne Typ, von einer Person freigegeben." in text_of(desk.get(PAGE))


@pytest.mark.django_db(transaction=True)
def test_r5_permission_is_taken_back_with_its_choice(desk: Client, exivo: Exivo) -> None:
    read_from_exivo()
    Door.objects.filter(component=UNTYPED).update(allow_unknown=True, use="always")

    desk.post(f"{PAGE}doors/{UNTYPED}/allow/")

    door = Door.objects.get(component=UNTYPED)
    assert (door.allow_unknown, door.use) == (False, "none")


@pytest.mark.parametrize("kind", ["gateway", "wirelessGATEWAY-2", "doorFitting"])
def test_r5_nobody_can_allow_what_has_a_type(desk: Client, kind: str) -> None:
    branch = make_branch(now=NOW, doors={})
    Door.objects.create(branch=branch, component=GATEWAY, kind=kind, read_at=NOW)

    answer = desk.post(f"{PAGE}doors/{GATEWAY}/allow/")

    assert (answer.status_code, Door.objects.get().allow_unknown) == (404, False)


@pytest.mark.django_db(transaction=True)
def test_components_are_read_anew_on_demand(desk: Client, exivo: Exivo) -> None:
    read_from_exivo()
    Door.objects.filter(component=ENTRANCE).update(name="Alter Name")

    answer = desk.post(f"{PAGE}read/")

    page = text_of(desk.get(PAGE))
    assert answer["Location"] == f"{PAGE}#doors"
    assert "Neu von exivo gelesen." in page
    assert "umbenannt" in page
    assert "Bisher: Alter Name" in page


@pytest.mark.django_db(transaction=True)
def test_unreachable_exivo_is_said_when_read_anew_and_takes_nothing_back(desk: Client, exivo: Exivo) -> None:
    read_from_exivo()
    exivo.faults({"call": "*", "kind": "reset_before", "times": 20})

    desk.post(f"{PAGE}read/")

    page = text_of(desk.get(PAGE))
    assert "exivo ist nicht erreichbar." in page
    assert "Von exivo bestätigt: Bern Bahnhof" in page


def test_vanished_and_new_components_are_shown_with_the_bookings_that_they_concern(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW)
    listed = [Component(door.component, door.name, door.kind, True) for door in service.branch.doors.exclude(component=AARE)]
    write_components(service.branch, (*listed, Component("neu-1", "Neue Tür", "doorFitting", True)), now=NOW)

    page = text_of(desk.get(PAGE))

    row = page.partition("Seminarraum Aare S-01")[2].partition("Seminarraum Gurten")[0]
    assert "nicht mehr aufgeführt seit heute, 10:00" in row
    assert f"1 künftige Buchung öffnet sie: {booking.reference}" in row
    assert "Neue Tür neu neu-1" in page


def test_vanished_door_keeps_its_choice_when_the_page_is_saved(desk: Client, service: Service) -> None:
    Door.objects.filter(component=AARE).update(missing_since=NOW)

    desk.post(PAGE, form_of(Branch.objects.get(), late_minutes="20"))

    assert (Door.objects.get(component=AARE).use, Branch.objects.get().late_minutes) == ("services", 20)


def test_news_is_over_once_a_person_saved_the_doors(desk: Client, service: Service) -> None:
    Door.objects.filter(component=AARE).update(news="renamed", former_name="Alt")
    shown = text_of(desk.get(PAGE))

    desk.post(PAGE, form_of(Branch.objects.get()))

    assert "umbenannt" in shown
    assert "umbenannt" not in text_of(desk.get(PAGE))


def test_f38_lost_choice_is_told_until_a_person_saved_the_doors(desk: Client, service: Service) -> None:
    Door.objects.filter(component=ENTRANCE).update(news="gateway", use="none", kind="wirelessGateway")
    shown = text_of(desk.get(PAGE))

    desk.post(PAGE, form_of(Branch.objects.get()))

    assert "war gewählt" in shown
    assert Door.objects.get(component=ENTRANCE).news == ""


def test_silent_hardware_is_told_with_since_when(desk: Client, service: Service) -> None:
    Door.objects.update(ready=True)
    Door.objects.filter(component=ENTRANCE).update(ready=False, silent_since=NOW - timedelta(minutes=62))

    page = text_of(desk.get(PAGE))

    assert "antwortet nicht seit heute, 08:58" in page
    assert "antwortet nicht" not in page.partition("Garderobe")[2]


@pytest.mark.parametrize(("doors", "room_doors", "coming"), [(None, (), 2), ({AARE: "services"}, (AARE,), 2), ({AARE: "services"}, (), 0)])
def test_savebar_knows_how_many_coming_keys_a_change_concerns(
    desk: Client, doors: dict[str, str] | None, room_doors: tuple[str, ...], coming: int
) -> None:
    service = make_house(NOW)
    for hours in (24, 28):
        make_booking(service, now=NOW, hours=hours)
    if doors is not None:
        Door.objects.exclude(component__in=doors).update(use="none")
    service.rooms.get().doors.set(Door.objects.filter(component__in=room_doors))

    page = desk.get(PAGE)

    assert page.context["coming_keys"] == coming
