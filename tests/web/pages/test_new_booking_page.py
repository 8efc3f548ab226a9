# SPDX-License-Identifier: Apache-2.0
"""Booking in the name of a guest: what is chosen, what is refused in words, and that nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import GURTEN, make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import start, text_of, typed

from einlass.models import Booking, EventRecord, Question, Service

NEW = "/manage/bookings/new/"
STARTS = re.compile(r'<input type="radio" name="start" id="[^"]+" value="([^"]+)"( checked)?')


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user("bern@example.org", role="staff", branches=[service.branch]))
    return german


def form(**changed: str) -> dict[str, str]:
    """The whole form as somebody of the staff sends it: tomorrow, 10:00 in Bern, two hours."""
    chosen = {"service": "seminar", "duration": "120", "day": "2026-11-24", "room": "", "start": start(hours=24), "once": "a form"}
    return chosen | typed() | {"language": "de"} | changed


def starts(page: str) -> list[str]:
    return [value for value, _ in STARTS.findall(page)]


def test_new_anonymous_has_to_sign_in(german: Client, service: Service) -> None:
    assert german.get(NEW).status_code == 302


def test_new_read_only_may_not(german: Client, service: Service) -> None:
    german.force_login(make_user("read@example.org", role="read_only", branches=[service.branch]))

    assert german.get(NEW).status_code == 403
    assert german.post(NEW, form()).status_code == 403
    assert Booking.objects.count() == 0


def test_new_books_as_the_staff_and_leads_to_the_booking(desk: Client) -> None:
    response = desk.post(NEW, form(language="en"))
    booking = Booking.objects.get()

    assert (response.status_code, response["Location"]) == (303, f"/manage/bookings/{booking.reference}/")
    assert (booking.start, booking.window.minutes, booking.language) == (NOW + timedelta(hours=24), 120, "en")
    assert (booking.guest_name, booking.mobile) == ("Lea Baumann", "+41781234567")
    assert EventRecord.objects.values_list("kind", "actor_kind", "actor_name").get() == ("booking.confirmed", "staff", "Nadia Keller")
    assert "Lea Baumann ist gebucht. Der Schlüssel wird erstellt." in text_of(desk.get(response["Location"]))


def test_new_the_same_form_sent_twice_is_one_booking(desk: Client) -> None:
    locations = {desk.post(NEW, form())["Location"] for _ in range(2)}

    assert (len(locations), Booking.objects.count()) == (1, 1)


def test_new_is_bound_by_no_notice_and_approves(desk: Client, service: Service) -> None:
    Service.objects.update(notice_minutes=60 * 24 * 7, approval=True)

    shown = desk.get(NEW, {"service": "seminar", "day": "2026-11-24"})
    desk.post(NEW, form())

    assert start(hours=24) in starts(shown.content.decode())
    assert "Diese Dienstleistung verlangt eine Bestätigung. Mit dem Buchen bestätigen Sie sie." in text_of(shown)
    assert Booking.objects.get().status == "confirmed"


def test_new_offers_the_services_of_the_person_by_branch(german: Client, service: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={}, position=1)
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")], name="Kursraum")
    make_service(service.branch, "off", rooms=[make_room(service.branch, "off")], name="Lager", active=False)
    german.force_login(make_user())

    page = german.get(NEW).content.decode()

    assert re.findall(r'<optgroup label="([^"]+)">|<option value="(seminar|kurs|off)"', page) == [
        ("Bern Bahnhof", ""),
        ("", "seminar"),
        ("Thun", ""),
        ("", "kurs"),
    ]


def test_new_the_service_of_another_branch_does_not_exist(desk: Client) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")], name="Kursraum")

    assert desk.get(NEW, {"service": "kurs"}).status_code == 404
    assert desk.post(NEW, form(service="kurs")).status_code == 404
    assert "Kursraum" not in text_of(desk.get(NEW))


def test_new_from_the_calendar_comes_with_room_and_start(desk: Client, service: Service) -> None:
    second = make_room(service.branch, "gurten", doors=[GURTEN])
    make_service(service.branch, "other", rooms=[second])

    page = desk.get(NEW, {"room": "gurten", "start": start(hours=26)}).content.decode()

    assert '<option value="other" selected>' in page
    assert '<option value="gurten" selected>' in page
    assert 'id="day" name="day" value="2026-11-24"' in page
    assert [value for value, checked in STARTS.findall(page) if checked] == [start(hours=26)]


def test_new_shows_the_free_times_again_and_keeps_what_was_typed(desk: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=24)

    page = desk.post(NEW, form(show="1", day="2026-11-24", **{"answer-first_name": "Zoé"})).content.decode()

    assert Booking.objects.count() == 1
    assert start(hours=26) in starts(page)
    assert start(hours=25) not in starts(page)
    assert 'value="Zoé"' in page
    assert 'name="once" value="a form"' in page


def test_new_questions_follow_the_service(desk: Client, service: Service) -> None:
    other = make_service(service.branch, "other", rooms=[make_room(service.branch, "other")])
    Question.objects.create(key="menu", kind="text", label="Menü", position=9).services.add(other)

    assert "Menü" not in text_of(desk.get(NEW, {"service": "seminar"}))
    assert "Menü" in text_of(desk.post(NEW, form(service="other", show="1")))


def test_new_gives_the_room_that_was_chosen(desk: Client, service: Service) -> None:
    service.rooms.add(make_room(service.branch, "gurten"), through_defaults={"position": 1})

    desk.post(NEW, form(room="gurten"))

    assert Booking.objects.get().room.key == "gurten"


def test_new_a_time_that_was_taken_meanwhile_shows_the_nearest_three_and_keeps_everything(desk: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=24)

    response = desk.post(NEW, form(**{"answer-first_name": "Zoé"}))
    page = response.content.decode()

    assert response.status_code == 409
    assert "Diese Zeit ist inzwischen vergeben" in text_of(response)
    assert "10:00 ist vergeben. Die nächsten freien Zeiten:" in text_of(response)
    assert re.findall(r'name="nearest" value="([^"]+)"', page) == [start(hours=21.5), start(hours=22), start(hours=26)]
    assert 'value="Zoé"' in page
    assert Booking.objects.count() == 1


def test_new_one_of_the_nearest_is_chosen_with_a_button(desk: Client, service: Service) -> None:
    page = desk.post(NEW, form(nearest=start(hours=50))).content.decode()

    assert [value for value, checked in STARTS.findall(page) if checked] == [start(hours=50)]
    assert 'id="day" name="day" value="2026-11-25"' in page
    assert Booking.objects.count() == 0


def test_new_without_a_time_is_refused_beside_the_times(desk: Client) -> None:
    response = desk.post(NEW, {name: value for name, value in form().items() if name != "start"})

    assert response.status_code == 422
    assert re.search(r'id="start-error">.*?Bitte füllen Sie dieses Feld aus', response.content.decode(), re.DOTALL)


def test_new_a_landline_is_refused_beside_the_field(desk: Client) -> None:
    response = desk.post(NEW, form(**{"answer-mobile": "031 555 04 33"}))

    assert response.status_code == 422
    assert "031 555 04 33 ist ein Festnetzanschluss." in text_of(response)
    assert 'value="031 555 04 33"' in response.content.decode()
    assert Booking.objects.count() == 0


def test_new_a_room_that_is_too_small_is_said_beside_the_room(desk: Client, service: Service) -> None:
    service.rooms.add(make_room(service.branch, "gurten", capacity=4), through_defaults={"position": 1})
    Question.objects.create(key="persons", kind="persons", position=9)

    response = desk.post(NEW, form(room="gurten", **{"answer-persons": "5"}))

    assert response.status_code == 422
    assert re.search(r'id="room-error">.*?Dieser Raum ist für so viele Personen zu klein\.', response.content.decode(), re.DOTALL)


def test_new_r8_a_service_without_the_mobile_question_says_why(desk: Client) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    shown, sent = desk.get(NEW), desk.post(NEW, form())

    sentence = (
        "Seminarraum Aare verlangt keine Mobilnummer. Ohne Nummer gibt es keinen Schlüssel, darum ist im Moment keine Buchung möglich."
    )
    assert sentence in text_of(shown)
    assert (sent.status_code, sentence in text_of(sent)) == (422, True)
    assert starts(shown.content.decode()) == []


def test_new_a_service_that_is_switched_off_says_so(desk: Client) -> None:
    Service.objects.update(active=False)

    response = desk.post(NEW, form())

    assert response.status_code == 422
    assert "Seminarraum Aare ist ausgeschaltet und kann nicht gebucht werden." in text_of(response)


def test_new_an_empty_day_names_the_next_free_times(desk: Client, service: Service) -> None:
    service.branch.opening_hours = {"fri": ["08:00-18:00"]}
    service.branch.save()

    response = desk.get(NEW, {"service": "seminar", "day": "2026-11-24"})

    assert "An diesem Tag ist nichts frei. Die nächsten freien Zeiten:" in text_of(response)
    assert len(re.findall(r'name="nearest"', response.content.decode())) == 3


def test_new_a_start_that_is_not_offered_says_why(desk: Client) -> None:
    page = text_of(desk.get(NEW, {"service": "seminar", "start": start(hours=24.25)}))

    assert "Zu dieser Minute beginnt keine Buchung." in page


def test_new_nonsense_in_the_address_is_nothing_chosen(desk: Client) -> None:
    response = desk.get(NEW, {"start": "morgen", "day": "9999-99-99", "duration": "x", "room": "nowhere", "language": "tlh"})

    assert response.status_code == 200
    assert 'id="day" name="day" value="2026-11-23"' in response.content.decode()


def test_new_without_any_service_says_what_is_missing(german: Client, service: Service) -> None:
    german.force_login(make_user("thun@example.org", role="staff", branches=[make_branch(key="thun", name="Thun", doors={})]))

    assert "Noch kann nichts gebucht werden" in text_of(german.get(NEW))
