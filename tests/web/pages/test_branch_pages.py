# SPDX-License-Identifier: Apache-2.0
"""Settings › Branches: the list and its order, a branch with its hours, its site at exivo (R3), its doors (R4, R5) and margins (R11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
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
    make_room,
    make_user,
)
from tests.operations.config_files import OPERATOR
from tests.web.pages.conftest import text_of

from einlass.locks.port import Component
from einlass.models import Branch, Door, EventRecord, Service
from einlass.operations.config_export import digest_of, exported
from einlass.operations.lock_systems import confirm_site, write_components
from einlass.operations.settings import part_at, save

LIST = "/manage/settings/branches/"
PAGE = f"{LIST}bern/"
WRONG = "51000000-0000-4000-8000-00000000dead"
OTHER_SITE = "51000000-0000-4000-8000-000000000002"


@pytest.fixture
def desk(german: Client, db: None) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


def form_of(branch: Branch, **changed: str) -> dict[str, str]:
    """The form of a branch as it is shown, with what was typed anew."""
    hours = {day: ", ".join(branch.opening_hours.get(day, [])) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    named = {
        "name__de": str(branch.name),
        "country": branch.country,
        "time_zone": branch.time_zone,
        "holidays": branch.holidays,
        "early_minutes": str(branch.early_minutes),
        "late_minutes": str(branch.late_minutes),
        "site_id": branch.site_id,
        "active": "on",
        "seen": digest_of(part_at(exported(), f"branches.{branch.key}")),
    }
    if branch.lock_system:
        named["lock_system"] = branch.lock_system.key
    doors = {f"door-{door.component}": door.use for door in branch.doors.all() if "gateway" not in door.kind}
    return named | hours | doors | changed


def read_from_exivo() -> Branch:
    """A branch whose site exivo has confirmed, with all ten components of it."""
    branch = make_branch(lock_system=make_lock_system(), site_id=BERN, doors={ENTRANCE: "always", AARE: "services"})
    confirm_site(branch, now=NOW, actor=OPERATOR)
    return Branch.objects.get(pk=branch.pk)


@pytest.mark.parametrize("role", ["staff", "read_only"])
@pytest.mark.parametrize(
    "path", ["", "new/", "bern/", "bern/remove/", "bern/rooms/new/", "bern/rooms/aare/", f"bern/doors/{UNTYPED}/allow/", "bern/read/"]
)
def test_settings_of_branches_are_not_for_staff(german: Client, db: None, role: str, path: str) -> None:
    branch = make_branch()
    make_room(branch)
    german.force_login(make_user(role=role, branches=[branch]))

    assert german.post(LIST + path).status_code == 403


def test_list_shows_each_branch_with_its_rooms_and_its_site(desk: Client) -> None:
    make_room(make_branch(now=NOW))
    make_branch(key="thun", name="Thun", position=1, active=False)

    page = text_of(desk.get(LIST))

    assert "Bern Bahnhof 1 Raum, von exivo bestätigt: Bern Bahnhof" in page
    assert "Thun nicht aktiv 0 Räume, ohne Site-ID" in page


def test_list_without_a_branch_says_what_to_do(desk: Client) -> None:
    assert "Noch keine Filiale Beginnen Sie mit dem Ort, an dem Ihre Räume sind." in text_of(desk.get(LIST))


@pytest.mark.parametrize(
    ("posted", "order"),
    [
        ({"move": "thun:up"}, ["thun", "bern", "chur"]),
        ({"move": "bern:down"}, ["thun", "bern", "chur"]),
        ({"move": "bern:up"}, ["bern", "thun", "chur"]),
        ({"order": "chur,bern,thun"}, ["chur", "bern", "thun"]),
        ({"order": "nowhere,chur"}, ["chur", "bern", "thun"]),
    ],
)
def test_list_is_ordered_by_buttons_and_by_drag(desk: Client, posted: dict[str, str], order: list[str]) -> None:
    for position, key in enumerate(("bern", "thun", "chur")):
        make_branch(key=key, position=position)

    answer = desk.post(LIST, posted)

    assert (answer.status_code, [branch.key for branch in Branch.objects.all()]) == (302, order)


def test_list_and_page_ask_equally_often_for_one_and_three(desk: Client) -> None:
    branch = make_branch(now=NOW, lock_system=make_lock_system(), doors={ENTRANCE: "always"})
    make_room(branch)
    counted = []
    for more in ((), ("b", "c")):
        for key in more:
            make_branch(key=key, doors={})
            make_room(branch, key)
            Door.objects.create(branch=branch, component=key, kind="x", read_at=NOW, use="services", missing_since=NOW)
        for path in (LIST, PAGE):
            Door.objects.filter(branch=branch).update(news="new")
            with CaptureQueriesContext(connection) as queries:
                desk.get(path)
            counted.append(len(queries))

    assert counted[:2] == counted[2:]


def test_new_branch_gets_a_key_of_its_name(desk: Client) -> None:
    typed = {
        "name__de": "Thun Süd",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "early_minutes": "15",
        "late_minutes": "15",
        "seen": digest_of(None),
    }

    answer = desk.post(f"{LIST}new/", typed | {"mon": "07:00-22:00", "active": "on"})

    branch = Branch.objects.get()
    assert answer["Location"] == f"{LIST}thun-sued/"
    assert (branch.name, branch.opening_hours, branch.active) == ("Thun Süd", {"mon": ["07:00-22:00"]}, True)


def test_new_branch_takes_zurich_and_the_only_account_by_default(desk: Client) -> None:
    make_lock_system()

    page = desk.get(f"{LIST}new/").content.decode()

    assert '<option value="Europe/Zurich" selected>' in page
    assert '<option value="exivo" selected>' in page


def test_new_branch_called_new_gets_another_key(desk: Client) -> None:
    typed = {
        "name__de": "New",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "early_minutes": "15",
        "late_minutes": "15",
        "seen": digest_of(None),
    }

    assert desk.post(f"{LIST}new/", typed)["Location"] == f"{LIST}new-2/"


def test_branch_without_any_account_is_not_asked_for_one(desk: Client) -> None:
    make_branch()

    assert 'name="lock_system"' not in desk.get(PAGE).content.decode()


def test_saving_tells_what_changed_and_writes_the_log(desk: Client) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch, late_minutes="20", address="Bollwerk 15"))

    assert answer["Location"] == PAGE
    assert Branch.objects.get().late_minutes == 20
    assert "Gespeichert:" in text_of(desk.get(PAGE))
    assert [value["field"] for value in EventRecord.objects.get().data["values"]] == [
        "branches.bern.address",
        "branches.bern.access.late_minutes",
    ]


def test_saving_what_is_shown_changes_nothing(desk: Client) -> None:
    branch = make_branch(now=NOW, lock_system=make_lock_system(), exceptions=[{"date": "2027-01-02", "hours": ["10:00-12:00"]}])

    desk.post(PAGE, form_of(branch) | {"exception-0-date": "2027-01-02", "exception-0-hours": "10:00-12:00"})

    assert EventRecord.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name__de", "", "Bitte füllen Sie dieses Feld aus."),
        ("early_minutes", "-1", "Bitte mindestens 0 angeben."),
        ("directions_url", "not an address", "Bitte eine Adresse angeben, die mit https:// oder http:// beginnt."),
        ("time_zone", "Mars/Olympus", "Bitte wählen Sie eine der Möglichkeiten."),
        ("mon", "07.00-22.00", "Bitte Öffnungszeiten als 07:00-22:00 schreiben, mehrere mit einem Komma dazwischen."),
        ("tue", "08:00-12:00, 11:00-17:00", "Diese Öffnungszeiten überschneiden sich."),
        ("exception-0-date", "gestern", "Bitte geben Sie ein Datum an, zum Beispiel 2027-01-12."),
    ],
)
def test_mistake_is_told_beside_its_field_and_what_was_typed_stays(desk: Client, field: str, typed: str, sentence: str) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch, address="Neue Adresse 1", **{field: typed}))

    assert (answer.status_code, sentence in text_of(answer), Branch.objects.get().address) == (422, True, "")
    assert 'value="Neue Adresse 1"' in answer.content.decode()


def test_exceptions_come_and_go_by_their_date(desk: Client) -> None:
    branch = make_branch(exceptions=[{"date": "2027-01-02", "hours": ["10:00-12:00"]}])
    shown = desk.get(PAGE).content.decode()
    rows = {"exception-0-date": "", "exception-0-hours": "10:00-12:00", "exception-3-date": "2027-08-01", "exception-3-hours": ""}

    desk.post(PAGE, form_of(branch) | rows)

    assert 'name="exception-3-date"' in shown
    assert Branch.objects.get().exceptions == [{"date": "2027-08-01", "hours": []}]


def test_exception_named_twice_is_refused(desk: Client) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch) | {"exception-0-date": "2027-08-01", "exception-1-date": "2027-08-01"})

    assert (answer.status_code, "2027-08-01 steht hier zweimal." in text_of(answer)) == (422, True)


def test_somebody_else_was_faster_and_nothing_of_his_is_lost(desk: Client) -> None:
    branch = make_branch()
    typed = form_of(branch, late_minutes="20")
    save({"branches": [{"key": "bern", "address": "Bollwerk 15"}]}, subject="branches.bern", now=NOW, actor=OPERATOR)

    answer = desk.post(PAGE, typed)

    assert (answer.status_code, "Jemand anderes hat das inzwischen gespeichert" in text_of(answer)) == (409, True)
    assert (Branch.objects.get().late_minutes, Branch.objects.get().address) == (15, "Bollwerk 15")
    assert 'value="20"' in answer.content.decode()


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


# removing


def test_branch_that_was_never_booked_is_removed(desk: Client) -> None:
    make_branch()
    seen = desk.get(f"{PAGE}remove/").context["seen"]

    answer = desk.post(f"{PAGE}remove/", {"seen": seen})

    assert (answer["Location"], Branch.objects.count()) == (LIST, 0)
    assert "Bern Bahnhof wurde entfernt." in text_of(desk.get(LIST))


def test_branch_with_coming_bookings_stays_and_they_are_named(desk: Client, booking: Any) -> None:
    answer = desk.post(f"{PAGE}remove/")

    assert (answer.status_code, Branch.objects.count(), booking.reference in text_of(answer)) == (422, 1, True)
