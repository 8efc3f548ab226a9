# SPDX-License-Identifier: Apache-2.0
"""The rooms of a branch: a new one, one with doors of its own (R7), their order, removing one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import AARE, CONSULTING, ENTRANCE, make_booking, make_branch, make_organisation, make_room, make_user
from tests.operations.config_files import OPERATOR
from tests.web.pages.conftest import text_of

from einlass.models import Branch, EventRecord, Room, Service
from einlass.operations.config_export import digest_of, exported
from einlass.operations.settings import part_at, save

ROOMS = "/manage/settings/branches/bern/rooms/"
PAGE = f"{ROOMS}aare/"


@pytest.fixture
def branch(db: None) -> Branch:
    return make_branch(now=NOW)


@pytest.fixture
def desk(german: Client, branch: Branch) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


def form(**changed: object) -> dict[str, object]:
    seen = digest_of(part_at(exported(), "branches.bern.rooms.aare"))
    return {"name__de": "Raum aare", "capacity": "24", "active": "on", "doors": [AARE], "seen": seen} | changed


def doors_of(room: Room) -> set[str]:
    return set(room.doors.values_list("component", flat=True))


def test_new_room_gets_a_key_of_its_name_and_doors_of_its_own(desk: Client) -> None:
    typed = {"name__de": "Mühle", "name__en": "Mill", "capacity": "12", "floor": "1. Stock", "doors": [AARE, CONSULTING], "active": "on"}

    answer = desk.post(f"{ROOMS}new/", typed | {"seen": digest_of(None)})

    room = Room.objects.get()
    assert answer["Location"] == "/manage/settings/branches/bern/"
    assert (room.key, room.name, room.capacity, room.floor) == ("muehle", {"de": "Mühle", "en": "Mill"}, 12, "1. Stock")
    assert doors_of(room) == {AARE, CONSULTING}


@pytest.mark.parametrize("name", ["New", "Order"])
def test_new_room_never_gets_the_address_of_another_page(desk: Client, name: str) -> None:
    desk.post(f"{ROOMS}new/", {"name__de": name, "active": "on", "seen": digest_of(None)})

    assert Room.objects.get().key == f"{name.lower()}-2"


def test_room_shows_doors_for_services_to_choose_and_those_that_always_open_ticked_and_fixed(desk: Client, branch: Branch) -> None:
    make_room(branch, doors=[AARE])

    answer = desk.get(PAGE)

    page = answer.content.decode()
    assert [box.data["value"] for box in answer.context["form"]["doors"] if box.data["selected"]] == [AARE]
    assert f'value="{ENTRANCE}"' not in page
    assert page.count('<input type="checkbox" checked disabled>') == 3
    assert "Haupteingang H-01 öffnet immer" in text_of(answer)


def test_room_without_any_chosen_door_leads_to_the_doors(desk: Client, branch: Branch) -> None:
    branch.doors.update(use="none")
    make_room(branch)

    assert "Noch ist keine Tür der Filiale gewählt. Zu den Türen" in text_of(desk.get(PAGE))


def test_saving_a_room_tells_what_changed_and_makes_keys_due(desk: Client, branch: Branch) -> None:
    room = make_room(branch, doors=[AARE])

    desk.post(PAGE, form(capacity="30", doors=[CONSULTING]))

    room.refresh_from_db()
    assert (room.capacity, doors_of(room)) == (30, {CONSULTING})
    assert [(event.kind, event.subject) for event in EventRecord.objects.all()] == [("settings.doors_changed", "branches.bern.rooms.aare")]


def test_door_of_the_room_that_opens_always_meanwhile_is_kept(desk: Client, branch: Branch) -> None:
    room = make_room(branch, doors=[AARE, ENTRANCE])

    desk.post(PAGE, form(floor="2. Stock"))

    assert doors_of(room) == {AARE, ENTRANCE}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name__de", "", "Bitte füllen Sie dieses Feld aus."),
        ("capacity", "0", "Bitte mindestens 1 angeben."),
        ("doors", [ENTRANCE], "Bitte wählen Sie eine der Möglichkeiten."),
        ("doors", ["no such door"], "Bitte wählen Sie eine der Möglichkeiten."),
    ],
)
def test_mistake_is_told_beside_its_field_and_what_was_typed_stays(
    desk: Client, branch: Branch, field: str, typed: object, sentence: str
) -> None:
    room = make_room(branch, doors=[AARE])

    answer = desk.post(PAGE, form(floor="Dachstock", **{field: typed}))

    room.refresh_from_db()
    assert (answer.status_code, sentence in text_of(answer), room.floor, doors_of(room)) == (422, True, "", {AARE})
    assert 'value="Dachstock"' in answer.content.decode()


def test_somebody_else_was_faster_then_saving_again_is_meant(desk: Client, branch: Branch) -> None:
    room = make_room(branch, doors=[AARE])
    typed = form(capacity="30")
    part = {"key": "bern", "rooms": [{"key": "aare", "floor": "2. Stock"}]}
    save({"branches": [part]}, subject="branches.bern.rooms.aare", now=NOW, actor=OPERATOR)

    told = desk.post(PAGE, typed)
    again = desk.post(PAGE, typed | {"floor": "2. Stock", "seen": told.context["form"]["seen"].value()})

    room.refresh_from_db()
    assert (told.status_code, again.status_code, room.capacity, room.floor) == (409, 302, 30, "2. Stock")


def test_room_of_another_branch_is_not_found(desk: Client) -> None:
    make_room(make_branch(key="thun"), "kurs")

    assert desk.get(f"{ROOMS}kurs/").status_code == 404


@pytest.mark.parametrize(
    ("posted", "order"), [({"move": "b:up"}, ["b", "a", "c"]), ({"move": "b:down"}, ["a", "c", "b"]), ({"order": "c,b,a"}, ["c", "b", "a"])]
)
def test_rooms_are_ordered_by_buttons_and_by_drag(desk: Client, branch: Branch, posted: dict[str, str], order: list[str]) -> None:
    for position, key in enumerate("abc"):
        make_room(branch, key, position=position)

    answer = desk.post(f"{ROOMS}order/", posted)

    assert answer["Location"] == "/manage/settings/branches/bern/#rooms"
    assert [room.key for room in branch.rooms.all()] == order


def test_room_page_asks_equally_often_for_one_and_three_doors(desk: Client, branch: Branch) -> None:
    make_room(branch)
    counted = []
    for kept in (1, 3):
        branch.doors.update(use="none")
        branch.doors.filter(pk__in=branch.doors.values_list("pk", flat=True)[:kept]).update(use="services")
        with CaptureQueriesContext(connection) as queries:
            desk.get(PAGE)
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_room_that_was_never_booked_is_removed(desk: Client, branch: Branch) -> None:
    make_room(branch)
    seen = desk.get(f"{PAGE}remove/").context["seen"]

    answer = desk.post(f"{PAGE}remove/", {"seen": seen})

    assert (answer["Location"], Room.objects.count()) == ("/manage/settings/branches/bern/", 0)


def test_only_room_of_a_service_stays_and_the_service_is_named(german: Client, service: Service) -> None:
    german.force_login(make_user())

    answer = german.post(f"{PAGE}remove/")

    assert (answer.status_code, Room.objects.count()) == (422, 1)
    assert "Es ist der einzige Raum einer Dienstleistung: seminar." in text_of(answer)


def test_room_that_was_booked_is_switched_off(german: Client, service: Service) -> None:
    german.force_login(make_user())
    booking = make_booking(service, now=NOW)
    refused = german.post(f"{PAGE}remove/")
    earlier = NOW.replace(day=1)
    type(booking).objects.update(start=earlier, end=earlier.replace(hour=11), blocked_from=earlier, blocked_until=earlier.replace(hour=11))

    answer = german.post(f"{PAGE}remove/")

    assert (refused.status_code, booking.reference in text_of(refused)) == (422, True)
    assert (answer["Location"], Room.objects.get().active) == (PAGE, False)
    assert "Raum aare war schon gebucht und ist ausgeschaltet." in text_of(german.get(PAGE))
