# SPDX-License-Identifier: Apache-2.0
"""The time that is kept while a guest types: told in words, given back by itself, never lost by going back. Without any script."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_service
from tests.web.pages.conftest import form_action, hidden_in, start, text_of, typed

from einlass.models import Booking, Service

WHEN = "/book/seminar/"
HOLD = "/book/seminar/hold"
WHO = "/book/seminar/details"
KEPT = "Wir halten diese Zeit bis 10:10 für Sie frei."
AT_TWO = {"start": start(hours=4), "duration": "60"}


def held(client: Client, **chosen: str) -> Any:
    """Step 2 is sent; the page of step 3 that follows."""
    answer = client.post(HOLD, AT_TWO | chosen)
    assert answer.status_code == 303
    return client.get(answer["Location"])


def stolen(service: Service) -> None:
    """The hold ran out, and somebody else has booked its time."""
    make_booking(service, now=NOW + timedelta(minutes=11), hours=4 - 11 / 60, duration=60)


def starts_of(page: Any) -> dict[str, bool]:
    """Every start on the page, and whether it is chosen."""
    found = re.findall(r'name="start" id="[^"]+" value="([^"]+)" required( checked)?', page.content.decode())
    return {value: bool(chosen) for value, chosen in found}


def test_hold_leads_to_the_details_and_says_until_when(german: Client, service: Service) -> None:
    page = held(german)

    assert page.status_code == 200
    assert KEPT in text_of(page)
    assert "Montag, 23. November 2026, 14:00–15:00" in text_of(page)
    assert Booking.objects.get().status == "held"


def test_hold_without_start_asks_for_one(german: Client, service: Service) -> None:
    answer = german.post(HOLD, {"duration": "60"})

    assert answer.status_code == 422
    assert "Wählen Sie einen Beginn, dann geht es weiter." in text_of(answer)


@pytest.mark.parametrize("address", [HOLD, f"{HOLD}?start={start(hours=4)}&duration=60"])
def test_hold_by_a_link_writes_nothing_and_shows_the_free_times(german: Client, service: Service, address: str) -> None:
    answer = german.get(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith(WHEN)
    assert not Booking.objects.exists()


def test_details_by_a_link_hold_nothing_and_can_be_booked(german: Client, service: Service) -> None:
    page = german.get(WHO, AT_TWO)

    assert "Wir halten" not in text_of(page)
    assert not Booking.objects.exists()
    assert german.post(form_action(page, "who"), typed() | hidden_in(page)).status_code == 303


def test_details_found_by_the_hold_alone(german: Client, service: Service) -> None:
    held(german)

    page = german.get(WHO, {"hold": Booking.objects.get().link_token})

    assert KEPT in text_of(page)


def test_hold_of_another_visitor_is_taken_and_the_three_nearest_can_be_held(german: Client, service: Service) -> None:
    held(german)

    refused = Client(headers={"Accept-Language": "de"}).post(HOLD, AT_TWO)
    words = text_of(refused)
    nearest = re.findall(r'<button class="btn low" name="start" value="([^"]+)"', refused.content.decode())

    assert refused.status_code == 409
    assert "14:00 ist inzwischen vergeben Jemand war einen Augenblick schneller. Die drei nächsten freien Zeiten:" in words
    assert nearest == [start(hours=2.5), start(hours=3), start(hours=5)]
    assert f'<form method="post" action="{HOLD}">' in refused.content.decode()


def test_hold_booked_by_page_while_anothers_stands_is_refused(german: Client, service: Service) -> None:
    held(german)

    refused = Client(headers={"Accept-Language": "de"}).post(WHO, typed() | AT_TWO)

    assert refused.status_code == 409
    assert 'name="answer-first_name" value="Lea"' in refused.content.decode()


def test_hold_becomes_the_booking_and_the_cookie_goes(german: Client, service: Service) -> None:
    page = held(german)
    kept = Booking.objects.get()

    booked = german.post(form_action(page, "who"), typed() | hidden_in(page))

    booking = Booking.objects.get()
    assert (booked.status_code, booking.pk, booking.status) == (303, kept.pk, "confirmed")
    assert kept.link_token not in booked["Location"]
    assert booked.cookies["hold"]["max-age"] == 0


def test_hold_cookie_is_for_this_service_for_ten_minutes_and_no_script(german: Client, service: Service) -> None:
    cookie = german.post(HOLD, AT_TWO).cookies["hold"]

    assert (cookie["path"], cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (WHEN, 600, True, "Lax")


def test_going_back_shows_the_own_time_free_and_chosen(german: Client, service: Service) -> None:
    page = held(german)
    german.cookies.clear()
    back = re.search(r'form="who" formaction="(/book/seminar/\?[^"]+)"', page.content.decode())
    assert back

    again = german.post(back[1].replace("&amp;", "&"), typed(first_name="Jonas"))

    assert starts_of(again)[start(hours=4)] is True
    assert 'name="answer-first_name" value="Jonas"' in again.content.decode()
    assert Booking.objects.get().status == "held"


def test_browsers_way_back_shows_the_own_time_free_and_chosen(german: Client, service: Service) -> None:
    held(german)

    mine, others = german.get(WHEN), Client(headers={"Accept-Language": "de"}).get(WHEN)

    assert starts_of(mine)[start(hours=4)] is True
    assert start(hours=4) not in starts_of(others)


def test_another_time_replaces_the_held_one_and_keeps_what_was_typed(german: Client, service: Service) -> None:
    held(german)

    page = german.post(HOLD, typed(first_name="Jonas") | AT_TWO | {"start": start(hours=6)})

    assert page.status_code == 200
    assert 'value="Jonas"' in page.content.decode()
    assert KEPT in text_of(page)
    assert Booking.objects.get().start == NOW + timedelta(hours=6)


def test_older_address_of_a_hold_that_moved_says_nothing_of_it(german: Client, service: Service) -> None:
    older = german.post(HOLD, AT_TWO)["Location"]
    german.post(HOLD, AT_TWO | {"start": start(hours=6)})

    words = text_of(german.get(older))

    assert "14:00–15:00" in words
    assert "Wir halten" not in words
    assert "Die zehn Minuten sind um" not in words


def test_links_on_the_way_carry_the_hold(german: Client, service: Service) -> None:
    held(german)
    token = Booking.objects.get().link_token
    german.cookies.clear()

    page = german.get(WHEN, {"hold": token}).content.decode()

    links = re.findall(rf'hx-get="({WHEN}\?[^"]+)"', page)
    assert links
    assert [link for link in links if f"hold={token}" not in link] == []
    assert f'<input type="hidden" name="hold" value="{token}">' in page


def test_expired_hold_is_told_in_words_and_the_form_goes_on(german: Client, service: Service) -> None:
    address = german.post(HOLD, AT_TWO)["Location"]

    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        page = german.get(address)
        booked = german.post(form_action(page, "who"), typed() | hidden_in(page))

    assert "Die zehn Minuten sind um Diese Zeit ist noch frei. Sie gehört Ihnen, sobald Sie buchen." in text_of(page)
    assert booked.status_code == 303
    assert Booking.objects.exclude(status="lapsed").get().status == "confirmed"


def test_expired_hold_can_be_had_again_with_everything_typed(german: Client, service: Service) -> None:
    address = german.post(HOLD, AT_TWO)["Location"]

    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        page = german.get(address)
        assert f'formaction="{HOLD}"' in page.content.decode()
        again = german.post(HOLD, hidden_in(page) | typed(first_name="Jonas"))

    assert "Wir halten diese Zeit bis 10:21 für Sie frei." in text_of(again)
    assert 'value="Jonas"' in again.content.decode()


def test_expired_hold_is_renewed_where_an_answer_is_not_right(german: Client, service: Service) -> None:
    page = held(german)

    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        wrong = german.post(form_action(page, "who"), typed(mobile="12") | hidden_in(page))

    assert wrong.status_code == 422
    assert "Wir halten diese Zeit bis 10:21 für Sie frei." in text_of(wrong)
    assert 'value="Lea"' in wrong.content.decode()
    assert wrong.cookies["hold"].value == Booking.objects.get(status="held").link_token


def test_answer_that_is_not_right_without_a_hold_makes_none(german: Client, service: Service) -> None:
    german.post(f"{WHO}?start={start(hours=4)}&duration=60", typed(mobile="12"))

    assert not Booking.objects.exists()


def test_expired_hold_sent_in_while_the_time_is_free_is_booked(german: Client, service: Service) -> None:
    page = held(german)

    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        booked = german.post(form_action(page, "who"), typed() | hidden_in(page))

    assert booked.status_code == 303


def test_expired_hold_whose_time_was_taken_shows_three_nearest_and_loses_nothing(german: Client, service: Service) -> None:
    page = held(german)
    address = german.get(WHO, AT_TWO).request["PATH_INFO"]
    stolen(service)

    with time_machine.travel(NOW + timedelta(minutes=12), tick=False):
        looked = german.get(address, {**AT_TWO, "hold": "over"})
        wrong = german.post(form_action(page, "who"), typed(mobile="12") | hidden_in(page))
        sent = german.post(form_action(page, "who"), typed(first_name="Jonas") | hidden_in(page))

    assert (looked.status_code, wrong.status_code, sent.status_code) == (409, 409, 409)
    assert "14:00 ist inzwischen vergeben" in text_of(sent)
    assert len(re.findall(r'class="btn low" name="start"', sent.content.decode())) == 3
    assert 'name="answer-first_name" value="Jonas"' in sent.content.decode()


def test_language_switch_of_the_details_keeps_answers_errors_time_and_hold(german: Client, service: Service) -> None:
    page = held(german)
    english = re.search(r'<button form="who" formaction="([^"]+)" name="again" value="1" formnovalidate lang="en"', page.content.decode())
    assert english

    switched = german.post(english[1].replace("&amp;", "&"), typed(first_name="Jonas") | hidden_in(page) | {"again": "1"})
    wrong = german.post(form_action(switched, "who"), typed(mobile="12") | hidden_in(switched))

    assert 'value="Jonas"' in switched.content.decode()
    assert "We keep this time free for you until 10:10." in text_of(switched)
    assert 'lang="de" aria-label="DE, Deutsch"' in wrong.content.decode()
    assert Booking.objects.get().status == "held"


def test_language_switch_of_the_free_times_keeps_what_was_typed(german: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=4, duration=60)
    refused = german.post(WHO, typed(first_name="Jonas") | AT_TWO)
    english = re.search(r'<button form="times" formaction="([^"]+)"[^>]* lang="en"', refused.content.decode())
    assert english

    switched = german.post(english[1].replace("&amp;", "&"), typed(first_name="Jonas"))

    assert "When are you coming?" in text_of(switched)
    assert 'name="answer-first_name" value="Jonas"' in switched.content.decode()


@pytest.mark.parametrize(("form", "address"), [("who", WHO), ("times", WHO)])
def test_enter_key_goes_on_and_does_not_change_the_language(german: Client, service: Service, form: str, address: str) -> None:
    if form == "times":
        make_booking(service, now=NOW, hours=4, duration=60)
    page = german.post(address, typed(mobile="12") | AT_TWO if form == "who" else typed() | AT_TWO).content.decode()

    buttons = re.findall(rf'<button[^>]*form="{form}"[^>]*>([^<]*)<', page)

    assert buttons[0] == ("Verbindlich buchen" if form == "who" else "Weiter")


def test_month_ahead_may_wait_half_a_minute_and_nothing_else_may(german: Client, service: Service) -> None:
    part = {"HX-Request": "true"}

    assert german.get(WHEN, headers=part | {"X-Ahead": "true"})["Cache-Control"] == "private, max-age=30"
    assert german.get(WHEN, headers=part)["Cache-Control"] == "private, no-cache"
    assert german.get(WHEN, headers={"X-Ahead": "true"})["Cache-Control"] == "private, no-cache"


def test_hold_is_not_listed_for_the_staff_nor_counted(german: Client, desk: Client, service: Service) -> None:
    held(desk)
    kept = Booking.objects.get()

    assert kept.reference not in text_of(desk.get("/manage/bookings/"))
    assert kept.reference not in str(desk.get("/manage/bookings.csv").getvalue())
    assert desk.get(f"/manage/bookings/{kept.reference}/").status_code == 404
    assert german.get(f"/b/{kept.link_token}/").status_code == 404


def test_free_times_ask_the_database_equally_often_with_one_and_three_holds(german: Client, service: Service) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            german.get(WHEN)
        return len(found)

    held(german)
    one = queries()
    for hours in (5, 6):
        assert Client().post(HOLD, AT_TWO | {"start": start(hours=hours)}).status_code == 303

    assert queries() == one


def test_branch_link_lists_its_services_alone(german: Client, service: Service) -> None:
    make_service(service.branch, "zweite", rooms=[make_room(service.branch, "zwei")], name={"de": "Zweiter Raum"})
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "kurs", name={"de": "Kursraum"}, rooms=[make_room(thun, "kurs-raum")])

    page = german.get("/branches/bern/?day=2026-12-01")

    assert "Zweiter Raum" in text_of(page)
    assert "Kursraum" not in text_of(page)
    assert 'href="/book/zweite/?day=2026-12-01"' in page.content.decode()


def test_branch_link_with_one_service_goes_straight_to_its_times(german: Client, service: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs-raum")])

    answer = german.get("/branches/thun/?lang=en&day=2026-12-01&else=1")

    assert (answer.status_code, answer["Location"]) == (302, "/book/kurs/?lang=en&day=2026-12-01")


def test_branch_link_to_nowhere_is_not_found(german: Client, service: Service) -> None:
    make_branch(key="alt", name="Alt", doors={}, active=False)

    assert german.get("/branches/nirgends/").status_code == 404
    assert german.get("/branches/alt/").status_code == 404


def test_branch_without_any_service_says_so(german: Client, service: Service) -> None:
    make_branch(key="thun", name="Thun", doors={})

    assert "Zurzeit kann hier nichts gebucht werden." in text_of(german.get("/branches/thun/"))


def test_day_link_shows_that_day(german: Client, service: Service) -> None:
    page = german.get(f"{WHEN}?day=2027-01-12")

    assert "Dienstag, 12. Januar Beginn" in text_of(page)
    assert 'id="month">Januar 2027<' in page.content.decode()


def test_day_link_to_a_day_without_a_free_time_says_so_and_shows_the_next(german: Client, service: Service) -> None:
    service.branch.exceptions = [{"date": "2027-01-12", "hours": []}, {"date": "2027-01-31", "hours": []}]
    service.branch.save()

    assert "Am Dienstag, 12. Januar, ist nichts frei. Mittwoch, 13. Januar Beginn" in text_of(german.get(f"{WHEN}?day=2027-01-12"))
    assert "Am Sonntag, 31. Januar, ist nichts frei. Freitag, 1. Januar Beginn" in text_of(german.get(f"{WHEN}?day=2027-01-31"))
    assert "ist nichts frei" not in text_of(german.get(f"{WHEN}?month=2027-01"))


def test_typed_answers_survive_the_way_back_to_step_1_and_on(german: Client, service: Service) -> None:
    make_service(service.branch, "zweite", rooms=[make_room(service.branch, "zwei")], name={"de": "Zweiter Raum"})
    details = held(german)
    times = german.post(WHEN, typed(first_name="Jonas"))
    for form, page in (("who", details), ("times", times)):
        assert f'<button form="{form}" formaction="/" formnovalidate' in page.content.decode()

    what = german.post("/", typed(first_name="Jonas"))
    other = german.post("/book/zweite/", hidden_in(what))

    assert '<button class="link" formaction="/book/zweite/">Zweiter Raum</button>' in what.content.decode()
    assert re.search(r'<button form="what" formaction="/\?lang=en"', what.content.decode())
    assert 'name="answer-first_name" value="Jonas"' in other.content.decode()


def test_typed_answers_survive_step_1_where_there_is_one_service(german: Client, service: Service) -> None:
    answer = german.post("/", typed(first_name="Jonas"), follow=True)

    assert answer.redirect_chain == [(WHEN, 307)]
    assert 'name="answer-first_name" value="Jonas"' in answer.content.decode()


def test_going_back_after_booking_says_that_the_booking_may_be_the_own_one(german: Client, service: Service) -> None:
    address = german.post(HOLD, AT_TWO)["Location"]
    page = german.get(address)
    german.post(form_action(page, "who"), typed() | hidden_in(page))

    assert "Haben Sie diese Zeit soeben selbst gebucht? Dann gilt Ihre Buchung." in text_of(german.get(address))
    assert "soeben selbst gebucht" not in text_of(german.get(WHO, AT_TWO))
