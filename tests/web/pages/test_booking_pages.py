# SPDX-License-Identifier: Apache-2.0
"""The four steps of a guest, without any script: what, when, who, done."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_organisation, make_room, make_service
from tests.web.pages.conftest import form_action, hidden_in, start, text_of, typed

from einlass.models import Booking, Question, Service

WHEN = "/book/seminar/"
WHO = "/book/seminar/details"
NONSENSE = ["month=2026-13", "day=morgen", "start=jetzt", "duration=zwei", "month=9999-12", "day=0001-01-01", "duration=99999"]
ONE_OF_EACH = {
    "text": "Hallo",
    "long_text": "Zwei\nZeilen",
    "number": "1,5",
    "choice": "b",
    "yes_no": "yes",
    "date": "2027-01-12",
    "phone": "031 555 01 20",
}


def test_whole_way_without_script(german: Client, service: Service) -> None:
    make_service(service.branch, "zweite", rooms=[make_room(service.branch, "zwei")])

    what = german.get("/")
    when_link = re.search(r'href="(/book/seminar/)"', what.content.decode())
    assert when_link
    when = german.get(when_link[1])
    starts = re.findall(r'name="start"[^>]*value="([^"]+)"', when.content.decode())
    held = german.post(form_action(when, "times"), {"start": starts[0], "duration": "60"})
    who = german.get(held["Location"])
    booked = german.post(form_action(who, "who"), typed() | hidden_in(who))
    own = german.get(booked["Location"])

    assert (held.status_code, booked.status_code) == (303, 303)
    assert Booking.objects.get().guest_name == "Lea Baumann"
    assert own.status_code == 200
    assert "Ihre Buchung gilt" in text_of(own)


def test_what_one_service_goes_straight_to_its_times(german: Client, service: Service) -> None:
    response = german.get("/")

    assert response.status_code == 302
    assert response["Location"] == WHEN


def test_what_card_tells_room_price_and_next_free_time(german: Client, service: Service) -> None:
    make_service(service.branch, "zweite", rooms=[make_room(service.branch, "zwei", capacity=8)], price={"de": "CHF 25 pro Stunde"})

    page = text_of(german.get("/"))

    assert "bis 24 Personen" in page
    assert "bis 8 Personen Preis CHF 25 pro Stunde" in page
    assert "Mo, 23. November, 10:00" in page


def test_what_groups_services_by_branch(german: Client, service: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={}, position=2)
    make_service(thun, "kurs", name={"de": "Kursraum"}, rooms=[make_room(thun, "kurs-raum")])

    page = text_of(german.get("/"))

    assert page.index("Bern Bahnhof") < page.index("Seminarraum Aare") < page.index("Thun") < page.index("Kursraum")


def test_what_service_without_mobile_question_is_not_offered(german: Client, service: Service) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    assert "Zurzeit kann hier nichts gebucht werden." in text_of(german.get("/"))
    assert german.get(WHEN).status_code == 404
    assert german.post(WHO, typed() | {"start": start(hours=2), "duration": "60"}).status_code == 404


def test_what_inactive_service_is_not_offered(german: Client, service: Service) -> None:
    Service.objects.update(active=False)

    assert german.get(WHEN).status_code == 404


def test_what_service_without_any_duration_is_not_offered(german: Client, service: Service) -> None:
    Service.objects.update(durations=[])

    assert "Zurzeit kann hier nichts gebucht werden." in text_of(german.get("/"))
    assert german.get(WHEN).status_code == 404


def test_what_nothing_configured_says_so(german: Client, db: None) -> None:
    assert "Zurzeit kann hier nichts gebucht werden." in text_of(german.get("/"))


def test_what_asks_the_database_equally_often_for_one_and_three(german: Client, service: Service) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_service(service.branch, "second", rooms=[make_room(service.branch, "r2")])
    with CaptureQueriesContext(connection) as two:
        german.get("/")
    for n in range(3, 6):
        make_service(service.branch, f"service-{n}", rooms=[make_room(service.branch, f"r{n}")])
    with CaptureQueriesContext(connection) as five:
        german.get("/")

    assert len(five) == len(two)


def test_when_first_free_day_is_preselected_and_no_start(german: Client, service: Service) -> None:
    page = german.get(WHEN)

    assert "Montag, 23. November Beginn, Zeit in Bern Bahnhof" in text_of(page)
    assert "Noch keine Zeit gewählt" in text_of(page)
    assert " checked" not in page.content.decode()


def test_when_zone_is_named_by_the_town_of_the_address(german: Client, service: Service) -> None:
    service.branch.address = "Aaregässli 7, 3011 Bern"
    service.branch.save()

    assert "Beginn, Zeit in Bern " in text_of(german.get(WHEN))


def test_when_starts_are_grouped_by_part_of_day(german: Client, service: Service) -> None:
    page = text_of(german.get(WHEN, {"day": "2026-11-24"}))

    assert re.search(r"Vormittag .*11:30 Nachmittag 12:00 .*16:30 Abend 17:00", page)


def test_when_chosen_start_says_when_the_phone_opens(german: Client, service: Service) -> None:
    page = text_of(german.get(WHEN, {"start": start(hours=4), "duration": "240"}))

    assert "Ihr Handy öffnet die Türen von 13:45 bis 18:15." in page
    assert "Montag, 23. November 14:00–18:00 Weiter" in page


def test_when_service_without_doors_says_nothing_of_a_phone(german: Client, service: Service) -> None:
    service.branch.lock_system = None
    service.branch.save()

    assert "Handy" not in text_of(german.get(WHEN, {"start": start(hours=4)}))


def test_when_day_names_its_free_times(german: Client, service: Service) -> None:
    page = german.get(WHEN, {"day": "2026-11-24", "duration": "240"}).content.decode()

    assert 'aria-label="Dienstag, 24. November, 48 freie Zeiten" aria-current="date"' in page


def test_when_empty_month_names_the_next_free_date(german: Client, service: Service) -> None:
    service.branch.opening_hours = {}
    service.branch.exceptions = [{"date": "2027-01-12", "hours": ["14:00-18:00"]}]
    service.branch.save()

    page = german.get(WHEN, {"month": "2026-12"})

    assert "Im Dezember ist nichts mehr frei. Nächster freier Termin: Di, 12. Januar, 14:00" in text_of(page).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "month=2027-01&amp;day=2027-01-12&amp;start=2027-01-12T13%3A00%3A00Z" in page.content.decode()


def test_when_nothing_free_at_all_says_so(german: Client, service: Service) -> None:
    service.branch.opening_hours = {}
    service.branch.save()

    assert "Zurzeit ist nichts frei." in text_of(german.get(WHEN))


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_when_nonsense_in_the_address_counts_as_not_said(german: Client, service: Service, nonsense: str) -> None:
    assert german.get(f"{WHEN}?{nonsense}").status_code == 200


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_start_at_the_end_of_all_calendars_counts_as_not_said(german: Client, booking: Booking, at: str) -> None:
    pages = (WHEN, WHO, f"{WHEN}hold", f"/b/{booking.link_token}/move/", f"/b/{booking.link_token}/move/confirm")

    looked = [german.get(page, {"start": at}).status_code for page in pages]
    sent = [german.post(page, {"start": at, "duration": "60"} | typed()).status_code for page in pages]

    assert (looked, sent) == ([200, 422, 302, 200, 302], [200, 422, 422, 405, 302])


def test_when_hour_that_comes_twice_is_named_twice(german: Client, service: Service) -> None:
    page = text_of(german.get(WHEN, {"day": "2027-10-31"}))

    assert "02:00 CEST" in page
    assert "02:00 CET" in page


def test_when_htmx_gets_the_part_alone(german: Client, service: Service) -> None:
    part = german.get(WHEN, headers={"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    assert 'id="times"' in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_when_history_gets_the_whole_page(german: Client, service: Service) -> None:
    page = german.get(WHEN, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert "<html" in page.content.decode()


def test_who_without_start_asks_for_one(german: Client, service: Service) -> None:
    response = german.get(WHO, {"duration": "60"})

    assert response.status_code == 422
    assert "Wählen Sie einen Beginn, dann geht es weiter." in text_of(response)


def test_who_shows_questions_information_and_summary(german: Client, service: Service) -> None:
    page = text_of(german.get(WHO, {"start": start(hours=4), "duration": "240"}))

    assert page.index("Vorname") < page.index("Mobilnummer") < page.index("So öffnen Sie die Türen") < page.index("Ihre Buchung")
    assert "Ihr Handy wird zum Schlüssel." in page
    assert "öffnet 13:45–18:15" in page
    assert "Umbuchen können Sie bis Mo, 23. November, 12:00, stornieren bis Mo, 23. November, 13:00." in page.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_who_information_is_left_out_where_no_door_opens(german: Client, service: Service) -> None:
    service.branch.lock_system = None
    service.branch.save()

    assert "So öffnen Sie die Türen" not in text_of(german.get(WHO, {"start": start(hours=4), "duration": "240"}))


def test_who_information_is_the_operators_text(german: Client, service: Service) -> None:
    from einlass.models import MessageTemplate

    MessageTemplate.objects.create(key="exivo_booking_page", text={"de": "Ihre App: **{{ app }}** <script>x</script>"})

    page = german.get(WHO, {"start": start(hours=4), "duration": "240"}).content.decode()

    assert "Ihre App: <strong>dormakaba mobile access</strong>" in page
    assert "<script>x" not in page


def test_who_broken_text_of_the_operator_falls_back_to_the_default(german: Client, service: Service) -> None:
    from einlass.models import MessageTemplate

    MessageTemplate.objects.create(key="exivo_booking_page", text={"de": "{{ nobody_knows }}"})

    assert "So öffnen Sie die Türen" in text_of(german.get(WHO, {"start": start(hours=4), "duration": "240"}))


def test_who_landline_is_refused_beside_the_field_and_typed_is_kept(german: Client, service: Service) -> None:
    response = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(mobile="031 555 04 33"))
    page = response.content.decode()

    assert response.status_code == 422
    assert "031 555 04 33 ist ein Festnetzanschluss. Ihr Schlüssel braucht eine Mobilnummer, zum Beispiel 078 123 45 67." in page
    assert 'value="Lea"' in page
    assert 'aria-describedby="field-mobile-hint field-mobile-error" aria-invalid="true" autofocus' in page
    assert not Booking.objects.exists()


def test_who_focus_is_on_the_first_wrong_field(german: Client, service: Service) -> None:
    page = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(last_name="", email="nein")).content.decode()

    assert len(re.findall("autofocus", page)) == 1
    assert re.search(r'id="field-last_name"[^>]*autofocus', page)
    assert "2 Angaben stimmen noch nicht" in page


def test_who_number_of_another_country_is_read_with_the_country_chosen(german: Client, service: Service) -> None:
    german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(mobile="0171 1234567") | {"country-mobile": "DE"})

    assert Booking.objects.get().mobile == "+491711234567"


def test_who_landline_of_another_country_is_named_as_such(german: Client, service: Service) -> None:
    form = typed(mobile="030 901820") | {"country-mobile": "DE"}

    page = text_of(german.post(f"{WHO}?start={start(hours=4)}&duration=60", form))

    assert "ist ein Festnetzanschluss" in page


def test_who_taken_meanwhile_goes_back_with_three_nearest_and_everything_typed(german: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=4, duration=60)

    response = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(first_name="Jonas"))
    page = response.content.decode()

    assert response.status_code == 409
    assert "14:00 ist inzwischen vergeben Jemand war einen Augenblick schneller. Die drei nächsten freien Zeiten:" in text_of(response)
    assert "Mo, 23. November, 13:00–14:00 Mo, 23. November, 15:00–16:00" in text_of(response)
    assert 'name="answer-first_name" value="Jonas"' in page


def test_who_typed_answers_survive_another_time(german: Client, service: Service) -> None:
    again = german.post(WHO, typed(first_name="Jonas") | {"again": "1", "start": start(hours=5), "duration": "60"})

    assert again.status_code == 200
    assert 'value="Jonas"' in again.content.decode()
    assert not Booking.objects.exists()


def test_who_typed_answers_survive_the_way_back(german: Client, service: Service) -> None:
    back = german.post(f"{WHEN}?day=2026-11-25", typed(first_name="Jonas"))
    page = back.content.decode()

    assert back.status_code == 200
    assert 'name="answer-first_name" value="Jonas"' in page
    assert 'formaction="/book/seminar/?duration=60&amp;month=2026-11&amp;day=2026-11-26"' in page


def test_who_time_that_is_not_offered_is_refused(german: Client, service: Service) -> None:
    response = german.post(f"{WHO}?start={start(hours=4, minutes=7)}&duration=60", typed())

    assert response.status_code == 422
    assert "Diese Zeit wird nicht angeboten" in text_of(response)


def test_who_second_submit_of_the_same_form_makes_no_second_booking(german: Client, service: Service) -> None:
    for _ in range(2):
        german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed())

    assert Booking.objects.count() == 1


def test_who_approval_is_a_request(german: Client, service: Service) -> None:
    Service.objects.update(approval=True)

    booked = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed())

    assert "Ihre Anfrage ist da" in text_of(german.get(booked["Location"]))


def test_who_every_kind_of_question_is_asked_and_kept(german: Client, service: Service) -> None:
    for kind in (*ONE_OF_EACH, "several", "persons"):
        options = [{"key": "a", "label": {"de": "Ah"}}, {"key": "b", "label": {"de": "Beh"}}] if kind in {"choice", "several"} else []
        Question.objects.create(key=f"q_{kind}", kind=kind, options=options, position=20, label={"de": kind})
    form: dict[str, str | list[str]] = {f"answer-q_{kind}": value for kind, value in ONE_OF_EACH.items()}
    form |= {"answer-q_several": ["a", "b"], "answer-q_persons": "12"}

    wrong = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(first_name="") | form)
    booked = german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed() | form)

    assert wrong.content.decode().count(" checked") == 3
    assert booked.status_code == 303
    answers = Booking.objects.get().answers
    assert {key: answers[f"q_{key}"] for key in ("number", "choice", "yes_no", "several", "persons")} == {
        "number": 1.5,
        "choice": "b",
        "yes_no": True,
        "several": ["a", "b"],
        "persons": 12,
    }


def test_language_of_the_booking_is_that_of_the_page(client: Client, service: Service) -> None:
    make_organisation()

    client.post(f"{WHO}?start={start(hours=4)}&duration=60&lang=en", typed())

    assert Booking.objects.get().language == "en"


def test_number_in_the_door_information_stays_on_one_line(client: Client, service: Service) -> None:
    answer = client.get("/book/seminar/details", {"start": "2026-11-25T09:00:00Z", "duration": "60"}, HTTP_ACCEPT_LANGUAGE="de")

    assert (
        "031\N{NO-BREAK SPACE}555\N{NO-BREAK SPACE}01\N{NO-BREAK SPACE}20"
        in answer.content.decode().partition("So öffnen")[2].partition("</section>")[0]
    )
