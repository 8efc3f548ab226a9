# SPDX-License-Identifier: Apache-2.0
"""Settings › Services: the list, one service, a new one; what is shown is what a booking opens (R6, R7), and what is in its way (R8)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import (
    AARE,
    CONSULTING,
    ENTRANCE,
    GURTEN,
    MEETING,
    make_booking,
    make_branch,
    make_organisation,
    make_room,
    make_service,
    make_user,
)
from tests.operations.config_files import applied
from tests.pictures import as_file, plain
from tests.web.pages.conftest import text_of

from einlass.models import Booking, Branch, Door, EventRecord, LockSystem, Picture, Question, Service
from einlass.operations.config_dump import file_of
from einlass.operations.config_export import exported
from einlass.queries.bookings import with_facts
from einlass.queries.keys import access_of

LIST = "/manage/settings/services/"
ONE = f"{LIST}seminar/"
NEW = f"{LIST}new/"
BY_DOOR = "/manage/settings/services/preview/bern/"
FORM: dict[str, Any] = {
    "name__de": "Seminarraum Aare",
    "name__en": "Seminar room Aare",
    "description__de": "Mit Blick auf die Aare",
    "description__en": "",
    "price__de": "CHF 60 pro Stunde",
    "price__en": "",
    "rooms": ["aare"],
    "room_order": ["aare"],
    "doors": [],
    "durations": "60, 120",
    "step": "30",
    "buffer_before": "0",
    "buffer_after": "15",
    "notice_minutes_number": "2",
    "notice_minutes_unit": "60",
    "horizon_days": "365",
    "cancel_until_minutes_number": "1",
    "cancel_until_minutes_unit": "1440",
    "reschedule_until_minutes_number": "",
    "reschedule_until_minutes_unit": "60",
    "active": "on",
}


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user())
    return german


def seen(page: Any) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page.content.decode())
    assert found
    return found[1]


def sent(desk: Client, address: str = ONE, **changed: Any) -> Any:
    return desk.post(address, {**FORM, "seen": seen(desk.get(address)), **changed})


def told(response: Any, desk: Client) -> str:
    return text_of(desk.get(response["Location"]))


def errors(response: Any) -> list[str]:
    return [
        re.sub(r"<[^>]+>", "", each) for each in re.findall(r'<p class="error".*?<span>(.*?)</span>', response.content.decode(), re.DOTALL)
    ]


def test_list_shows_services_by_branch_with_rooms_and_doors(desk: Client) -> None:
    page = text_of(desk.get(LIST))

    assert "Bern Bahnhof Seminarraum Aare Raum aare · 60, 120, 240 Minuten · 4 Türen" in page


def test_list_without_branches_leads_to_them(german: Client, db: None) -> None:
    german.force_login(make_user())

    page = german.get(LIST).content.decode()

    assert "Eine Dienstleistung gehört zu einer Filiale" in page
    assert NEW not in page


def test_list_asks_the_database_equally_often_for_one_and_three(desk: Client, service: Service) -> None:
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for key in ("kurs", "sitzung"):
        make_service(service.branch, key, rooms=[make_room(service.branch, key, doors=[GURTEN])], doors=[MEETING])
    with CaptureQueriesContext(connection) as three:
        desk.get(LIST)

    assert len(three) == len(one)


@pytest.mark.parametrize(
    ("posted", "order"),
    [
        ({"move": "kurs:up"}, ["kurs", "seminar", "sitzung"]),
        ({"move": "seminar:down"}, ["kurs", "seminar", "sitzung"]),
        ({"move": "seminar:up"}, ["seminar", "kurs", "sitzung"]),
        ({"move": "nowhere:up"}, ["seminar", "kurs", "sitzung"]),
        ({"order": "sitzung,kurs,seminar"}, ["sitzung", "kurs", "seminar"]),
        ({"order": "sitzung,nowhere"}, ["sitzung", "seminar", "kurs"]),
    ],
)
def test_order_is_changed_by_buttons_and_by_drag(desk: Client, service: Service, posted: dict[str, str], order: list[str]) -> None:
    for key in ("kurs", "sitzung"):
        make_service(service.branch, key, rooms=[service.rooms.get()], position=Service.objects.count())

    answer = desk.post(LIST, {"branch": "bern", **posted})

    assert answer["Location"] == LIST
    assert [row.key for row in Service.objects.order_by("position")] == order


def test_form_shows_what_is_saved(desk: Client, service: Service) -> None:
    service.doors.set(Door.objects.filter(component=CONSULTING))

    page = desk.get(ONE).content.decode()

    assert 'name="name__de" value="Seminarraum Aare"' in page
    assert 'name="durations" value="60, 120, 240"' in page
    assert f'name="doors" value="{CONSULTING}" checked' in page
    assert '<option value="60" selected>Stunden</option>' in page


def test_form_saves_everything(desk: Client) -> None:
    answer = sent(desk, doors=[CONSULTING])

    row = Service.objects.get()
    assert answer["Location"] == ONE
    assert (row.description, row.price) == ("Mit Blick auf die Aare", "CHF 60 pro Stunde")
    assert (row.durations, row.step, row.buffer_before, row.buffer_after) == ([60, 120], 30, 0, 15)
    assert (row.notice_minutes, row.cancel_until_minutes, row.reschedule_until_minutes) == (120, 1440, 0)
    assert [door.component for door in row.doors.all()] == [CONSULTING]
    assert EventRecord.objects.get().kind == "settings.doors_changed"


def test_form_says_what_changed(desk: Client) -> None:
    sent(desk)

    assert "Gespeichert: Preis." in told(sent(desk, price__de="CHF 80"), desk)
    assert "Es wurde nichts geändert." in told(sent(desk, price__de="CHF 80"), desk)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name__de", "", "Bitte füllen Sie dieses Feld aus."),
        ("rooms", [], "Bitte füllen Sie dieses Feld aus."),
        ("rooms", ["nowhere"], "Bitte wählen Sie eine der Möglichkeiten."),
        ("durations", "eine Stunde", "Bitte Minuten angeben, mehrere mit einem Komma dazwischen: 60, 120."),
        ("durations", "60, 60", "60 steht hier zweimal."),
        ("durations", "0", "Bitte mindestens 1 angeben."),
        ("durations", "99999", "Bitte höchstens 44640 angeben."),
        ("step", "0", "Bitte mindestens 1 angeben."),
        ("notice_minutes_number", "bald", "Bitte geben Sie eine Zahl an."),
        ("notice_minutes_number", "500000", "Bitte höchstens 365 Tage angeben."),
    ],
)
def test_form_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(desk: Client, field: str, value: Any, says: str) -> None:
    answer = sent(desk, **{field: value, "price__de": "CHF 99"})

    assert (answer.status_code, errors(answer)) == (422, [says])
    assert 'name="price__de" value="CHF 99"' in answer.content.decode()
    assert Service.objects.get().price != "CHF 99"


def test_form_refuses_a_door_that_is_not_chosen_for_the_branch(desk: Client, service: Service) -> None:
    Door.objects.filter(component=CONSULTING).update(use="none")

    answer = sent(desk, doors=[CONSULTING])

    assert (answer.status_code, list(service.doors.all())) == (422, [])


def test_two_people_the_second_is_told_and_nothing_is_overwritten(desk: Client) -> None:
    before = seen(desk.get(ONE))
    sent(desk, price__de="CHF 70")

    answer = desk.post(ONE, {**FORM, "price__de": "CHF 90", "seen": before})
    again = desk.post(ONE, {**FORM, "price__de": "CHF 90", "seen": seen(answer)})

    assert answer.status_code == 409
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(answer)
    assert 'name="price__de" value="CHF 90"' in answer.content.decode()
    assert again["Location"] == ONE


def test_always_open_doors_stand_there_ticked_and_fixed(desk: Client) -> None:
    page = desk.get(ONE).content.decode()

    fixed = re.findall(r'<input type="checkbox" checked disabled><span>(.*?) <small', page)
    assert fixed == ["Haupteingang H-01", "Garderobe G-01", "WC 1. Stock W-01"]
    assert f'value="{ENTRANCE}"' not in page


def test_rooms_are_given_in_the_order_that_was_chosen(desk: Client, service: Service) -> None:
    make_room(service.branch, "gurten", position=1)

    moved = sent(desk, room_order=["aare", "gurten"], rooms=["aare", "gurten"], move="gurten:up", price__de="CHF 99")
    order = re.findall(r'name="room_order" value="(\w+)"', moved.content.decode())
    sent(desk, room_order=order, rooms=["aare", "gurten"])

    assert (moved.status_code, order, errors(moved)) == (200, ["gurten", "aare"], [])
    assert 'name="price__de" value="CHF 99"' in moved.content.decode()
    assert [link.room.key for link in service.serviceroom_set.all()] == ["gurten", "aare"]


@pytest.mark.parametrize(("room", "doors"), [("aare", []), ("aare", [CONSULTING]), ("gurten", [CONSULTING, MEETING])])
def test_preview_shows_what_the_booked_grant_opens(desk: Client, service: Service, room: str, doors: list[str]) -> None:
    make_room(service.branch, "gurten", doors=[GURTEN])
    typed: dict[str, Any] = {"room_order": [room], "rooms": [room], "doors": doors}

    shown = re.findall(r"<li>(.*?)</li>", desk.post(f"{BY_DOOR}?key=seminar", {**FORM, **typed}).content.decode())
    sent(desk, **typed)
    booking = make_booking(Service.objects.get(), now=NOW)
    opened = [name for _, name in access_of(with_facts(Booking.objects.all()).get(pk=booking.pk), now=NOW).doors]

    assert sorted(shown) == sorted(opened)
    assert len(shown) == 4 + len(doors)


def test_preview_tells_rooms_apart(desk: Client, service: Service) -> None:
    make_room(service.branch, "gurten", doors=[GURTEN])

    page = text_of(desk.post(f"{BY_DOOR}?key=seminar", {**FORM, "room_order": ["gurten", "aare"], "rooms": ["aare", "gurten"]}))

    assert page.index("Raum gurten") < page.index("Seminarraum Gurten S-02") < page.index("Raum aare") < page.index("Seminarraum Aare S-01")


def test_preview_works_as_a_button_and_keeps_what_was_typed(desk: Client) -> None:
    answer = sent(desk, doors=[CONSULTING], durations="", show="preview")

    assert (answer.status_code, errors(answer)) == (200, [])
    assert "<li>Beratungszimmer B-01</li>" in answer.content.decode()
    assert Service.objects.get().doors.count() == 0


def test_preview_without_doors_says_that_none_is_opened(desk: Client, service: Service) -> None:
    Door.objects.update(use="none")

    assert "eine Buchung öffnet keine Tür" in text_of(desk.get(ONE))
    assert sent(desk)["Location"] == ONE


def test_preview_without_a_room_asks_for_one(desk: Client) -> None:
    assert "Wählen Sie einen Raum" in text_of(desk.post(f"{BY_DOOR}?key=seminar", {**FORM, "rooms": []}))


def test_preview_says_that_the_site_is_not_confirmed(desk: Client) -> None:
    Branch.objects.update(site_confirmed_at=None)

    assert "exivo hat die Site-ID dieser Filiale noch nicht bestätigt." in text_of(desk.get(ONE))


def test_preview_says_that_the_integration_is_off(desk: Client) -> None:
    LockSystem.objects.update(enabled=False)

    assert "Die Anbindung ist für diese Filiale ausgeschaltet" in text_of(desk.get(ONE))


def test_preview_leaves_out_a_door_that_exivo_does_not_list(desk: Client) -> None:
    Door.objects.filter(component=AARE).update(missing_since=NOW)

    page = desk.get(ONE).content.decode()

    assert "<li>Seminarraum Aare S-01</li>" not in page
    assert "Seminarraum Aare S-01: exivo führt diese Tür zurzeit nicht auf." in text_of(desk.get(ONE))


def test_missing_mobile_question_is_said_with_its_repair(desk: Client) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    listed, one = desk.get(LIST), desk.get(ONE)
    answer = desk.post("/manage/settings/questions/require-mobile/", {"next": LIST})

    why = "Ohne Nummer gibt es keinen Schlüssel, darum kann Seminarraum Aare im Moment nicht gebucht werden."
    sentence = f"Seminarraum Aare verlangt keine Mobilnummer. {why}"
    assert sentence in text_of(listed)
    assert sentence in text_of(one)
    assert answer["Location"] == LIST
    assert Question.objects.get(key="mobile").required
    assert sentence not in text_of(desk.get(LIST))


def test_repair_on_the_form_keeps_what_was_typed(desk: Client) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    answer = sent(desk, price__de="CHF 99", repair="mobile")

    assert Question.objects.get(key="mobile").required
    assert 'name="price__de" value="CHF 99"' in answer.content.decode()
    assert "verlangt keine Mobilnummer" not in text_of(answer)


def test_new_service_is_asked_for_its_branch_where_there_are_several(desk: Client) -> None:
    make_branch(key="thun", name="Thun", doors={})

    asked, chosen = desk.get(NEW).content.decode(), desk.get(f"{NEW}?branch=bern")

    assert ('href="?branch=bern"' in asked, 'href="?branch=thun"' in asked, "<form method" in text_of(chosen)) == (True, True, False)
    assert chosen.status_code == 200
    assert desk.get(f"{NEW}?branch=nowhere").status_code == 404


def test_new_service_gets_a_key_and_can_be_booked(desk: Client, service: Service) -> None:
    answer = sent(desk, NEW, name__de="Sitzungszimmer Münster", name__en="")

    made = Service.objects.exclude(pk=service.pk).get()
    assert (made.key, answer["Location"]) == ("sitzungszimmer-muenster", f"{LIST}sitzungszimmer-muenster/")
    assert "Die Dienstleistung wurde hinzugefügt." in told(answer, desk)
    assert desk.get("/book/sitzungszimmer-muenster/").status_code == 200


def test_first_service_brings_the_standard_questions(german: Client, db: None) -> None:
    make_organisation()
    make_room(make_branch())
    german.force_login(make_user())

    answer = sent(german, NEW)

    assert [question.key for question in Question.objects.all()] == ["first_name", "last_name", "email", "mobile"]
    assert "Gäste werden nach Vorname, Nachname, E-Mail und Mobilnummer gefragt" in told(answer, german)


def test_new_service_at_a_branch_without_rooms_leads_to_them(german: Client, db: None) -> None:
    make_branch()
    german.force_login(make_user())

    assert "Diese Filiale hat noch keinen Raum" in text_of(german.get(NEW))


def test_picture_is_shown_to_guests_and_goes_again(desk: Client, service: Service) -> None:
    make_service(service.branch, "zweite", rooms=[service.rooms.get()])
    sent(desk, picture=SimpleUploadedFile("aare.png", as_file(plain(400, 200)), "image/png"))
    digest = Picture.objects.get().digest

    card = f'<img class="shown" src="/pictures/{digest}/card" width="400" height="200" alt="" loading="lazy">'
    assert card in desk.get("/").content.decode()
    sent(desk, no_picture="on")
    assert (Picture.objects.count(), desk.get(f"/pictures/{digest}").status_code) == (0, 404)


def test_picture_that_is_none_is_refused_beside_its_field(desk: Client) -> None:
    answer = sent(desk, picture=SimpleUploadedFile("aare.png", b"no picture", "image/png"))

    assert (answer.status_code, errors(answer)) == (
        422,
        ["Dieses Bild können wir nicht lesen. Bitte eine JPEG-, PNG- oder WebP-Datei nehmen."],
    )
    assert "Bitte wählen Sie das Bild noch einmal" in text_of(answer)


def test_picture_that_is_too_heavy_is_refused_without_being_read(desk: Client) -> None:
    answer = sent(desk, picture=SimpleUploadedFile("aare.png", bytes(8 * 1024 * 1024 + 1), "image/png"))

    assert errors(answer) == ["Dieses Bild ist zu gross: höchstens 8 MB."]


def test_what_the_page_saved_applied_as_a_file_changes_nothing(desk: Client) -> None:
    sent(desk, doors=[CONSULTING], picture=SimpleUploadedFile("aare.png", as_file(plain(400, 200)), "image/png"))
    whole = exported()

    again = applied({"services": file_of(whole)["services"]}, ask_vendor=False)

    assert (again.changes, exported()) == ((), whole)
