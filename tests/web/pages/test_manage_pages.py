# SPDX-License-Identifier: Apache-2.0
"""The staff's pages: signing in, the list, confirming, declining, cancelling; and who may not."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Booking, EventRecord, Service, User

PASSWORD = "a long enough one"
LIST = "/manage/bookings/"


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def owner(db: None) -> User:
    return make_user()


@pytest.fixture
def desk(german: Client, owner: User) -> Client:
    german.force_login(owner)
    return german


def test_sign_in_leads_to_the_list(german: Client, owner: User) -> None:
    asked = german.get(LIST)
    signed_in = german.post(asked["Location"], {"login": owner.email, "password": PASSWORD})

    assert asked["Location"] == "/manage/login/?next=/manage/bookings/"
    assert signed_in["Location"] == LIST
    assert "Abmelden" in text_of(german.get(LIST))


def test_sign_in_wrong_password_says_so_in_words(german: Client, owner: User) -> None:
    page = german.post("/manage/login/", {"login": owner.email, "password": "not this one"})

    assert "Diese E-Mail-Adresse und dieses Passwort gehören nicht zusammen." in text_of(page)
    assert f'value="{owner.email}"' in page.content.decode()


def test_sign_in_too_many_attempts_are_stopped(german: Client, owner: User) -> None:
    for _ in range(6):
        page = german.post("/manage/login/", {"login": owner.email, "password": "not this one"})

    assert "Zu viele Versuche." in text_of(page)


def test_sign_up_does_not_exist(german: Client, db: None) -> None:
    assert german.get("/manage/login/closed/").status_code == 404
    assert german.get("/manage/signup/").status_code == 404


def test_sign_out_needs_a_post(desk: Client) -> None:
    assert desk.get("/manage/logout/").status_code == 405
    assert desk.post("/manage/logout/")["Location"] == "/manage/"
    assert desk.get(LIST).status_code == 302


def test_list_stranger_has_to_sign_in(german: Client, booking: Booking) -> None:
    for path in ("", f"bookings/{booking.reference}/cancel/"):
        assert german.get(f"/manage/{path}").status_code == 302


def test_list_shows_bookings_by_day_with_their_keys(desk: Client, booking: Booking) -> None:
    page = text_of(desk.get(LIST))

    assert "Dienstag, 24. November 2026 1 Buchung" in page
    assert f"10:00–12:00 Lea Baumann {booking.reference} Raum aare Seminarraum Aare, Bern Bahnhof bestätigt wird vorbereitet" in page


def test_list_past_days_are_only_shown_when_asked_for(desk: Client, booking: Booking) -> None:
    Booking.objects.update(start=NOW.replace(day=20), end=NOW.replace(day=20, hour=11), blocked_from=NOW.replace(day=20))

    assert "Lea Baumann" not in text_of(desk.get(LIST))
    assert "Lea Baumann" in text_of(desk.get(LIST, {"from": "2026-11-19"}))


def test_list_empty_says_what_will_be_here(desk: Client) -> None:
    assert "Sobald jemand bucht, steht die Buchung hier mit dem Stand ihres Schlüssels." in text_of(desk.get(LIST))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"q": "baumann"}, True),
        ({"q": "078 123"}, True),
        ({"q": "wyss"}, False),
        ({"status": "confirmed"}, True),
        ({"status": "pending"}, False),
        ({"branch": "bern"}, True),
        ({"branch": "nowhere", "status": "strange", "from": "gestern", "page": "nine"}, True),
        ({"from": "2026-11-26"}, False),
    ],
)
def test_list_filters_stand_in_the_address(desk: Client, booking: Booking, wanted: dict[str, str], found: bool) -> None:
    assert ("Lea Baumann" in text_of(desk.get(LIST, wanted))) is found


def test_list_staff_see_their_branches_only(german: Client, booking: Booking) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")])
    german.force_login(make_user("thun@example.org", role="staff", branches=[thun]))

    assert "Lea Baumann" not in text_of(german.get(LIST))
    assert german.post(f"/manage/bookings/{booking.reference}/cancel/").status_code == 404
    assert Booking.objects.get().status == "confirmed"


def test_list_asks_the_database_equally_often_for_one_and_three(desk: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=24)
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for hours in (28, 32):
        make_booking(service, now=NOW, hours=hours)
    with CaptureQueriesContext(connection) as three:
        desk.get(LIST)

    assert len(three) == len(one)


def test_list_has_fifty_on_a_page(desk: Client, service: Service) -> None:
    for n in range(51):
        make_booking(service, now=NOW, hours=24 + n, duration=60)

    first, second = desk.get(LIST), desk.get(LIST, {"page": "2"})

    assert first.content.decode().count('<th scope="row">') == 50
    assert "Seite 1 von 2" in text_of(first)
    assert second.content.decode().count('<th scope="row">') == 1


def test_confirm_makes_a_request_a_booking(desk: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)

    listed = text_of(desk.get(LIST))
    answer = desk.post(f"/manage/bookings/{booking.reference}/confirm/")

    assert "wartet auf Bestätigung" in listed
    assert answer["Location"] == f"/manage/bookings/{booking.reference}/"
    assert Booking.objects.get().status == "confirmed"
    assert EventRecord.objects.filter(kind="booking.confirmed", actor_kind="staff", actor_name="Nadia Keller").count() == 1


def test_decline_keeps_the_reason(desk: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)

    asked = desk.get(f"/manage/bookings/{booking.reference}/decline/")
    desk.post(f"/manage/bookings/{booking.reference}/decline/", {"reason": "Umbau"})

    assert "Buchung ablehnen?" in text_of(asked)
    assert (Booking.objects.get().status, Booking.objects.get().ended_reason) == ("declined", "Umbau")


def test_cancel_by_staff_knows_no_deadline(desk: Client, service: Service) -> None:
    Service.objects.update(cancel_until_minutes=100_000)
    booking = make_booking(Service.objects.get(), now=NOW)

    desk.post(f"/manage/bookings/{booking.reference}/cancel/", {"reason": ""})

    assert Booking.objects.get().status == "cancelled"


def test_decide_what_is_no_longer_possible_is_said(desk: Client, booking: Booking) -> None:
    response = desk.post(f"/manage/bookings/{booking.reference}/decline/")

    assert response.status_code == 422
    assert "Das ist nicht mehr möglich" in text_of(response)


def test_decide_unknown_action_does_not_exist(desk: Client, booking: Booking) -> None:
    assert desk.get(f"/manage/bookings/{booking.reference}/explode/").status_code == 404


def test_read_only_sees_and_cannot_act(german: Client, booking: Booking) -> None:
    german.force_login(make_user("read@example.org", role="read_only", branches=[booking.branch]))

    page = text_of(german.get(LIST))
    refused = german.post(f"/manage/bookings/{booking.reference}/cancel/")

    assert "Lea Baumann" in page
    assert "Stornieren" not in page
    assert refused.status_code == 403
    assert Booking.objects.get().status == "confirmed"
