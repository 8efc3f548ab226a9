# SPDX-License-Identifier: Apache-2.0
"""The list of bookings: filters in the address, the link to the booking, and the same list as a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Access, Booking, Service
from einlass.web.manage.spreadsheet import guarded

LIST = "/manage/bookings/"
FILE = "/manage/bookings.csv"


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user("bern@example.org", role="staff", branches=[service.branch]))
    return german


def lines_of(response: Any) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(content), delimiter=";"))


def test_list_leads_to_the_booking_and_to_the_file(desk: Client, booking: Booking) -> None:
    page = desk.get(LIST, {"status": "confirmed"}).content.decode()

    assert f'<a href="/manage/bookings/{booking.reference}/">Lea Baumann</a>' in page
    assert 'href="/manage/bookings.csv?from=2026-11-23&amp;to=&amp;status=confirmed"' in page
    assert 'href="/manage/bookings/new/"' in page


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"to": "2026-11-24"}, True),
        ({"to": "2026-11-23"}, False),
        ({"from": "2026-11-24", "to": "2026-11-24"}, True),
        ({"service": "seminar"}, True),
        ({"service": "other"}, False),
        ({"room": "aare"}, True),
        ({"room": "hall"}, False),
        ({"key": "problem"}, False),
        ({"service": "nowhere", "room": "nowhere", "key": "strange", "to": "morgen"}, True),
    ],
)
def test_list_filters_by_everything_that_stands_on_a_booking(desk: Client, booking: Booking, wanted: dict[str, str], found: bool) -> None:
    make_service(booking.branch, "other", rooms=[make_room(booking.branch, "hall")])

    assert ("Lea Baumann" in text_of(desk.get(LIST, wanted))) is found


def test_list_finds_the_keys_with_a_problem(desk: Client, service: Service) -> None:
    well = make_booking(service, now=NOW, hours=24, last_name="Wyss")
    Access.objects.filter(booking=make_booking(service, now=NOW, hours=48)).update(problem="refused", problem_since=NOW)

    page = text_of(desk.get(LIST, {"key": "problem"}))

    assert "Lea Baumann" in page
    assert well.reference not in page


def test_list_a_search_looks_into_all_days(desk: Client, booking: Booking) -> None:
    Booking.objects.update(start=NOW.replace(day=2), end=NOW.replace(day=2, hour=11), blocked_from=NOW.replace(day=2))

    assert "Lea Baumann" in text_of(desk.get(LIST, {"q": "baumann"}))
    assert "Lea Baumann" not in text_of(desk.get(LIST, {"q": "baumann", "from": "2026-11-23"}))


def test_list_of_another_branch_filters_as_if_it_were_not_there(desk: Client, booking: Booking) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")])

    page = desk.get(LIST, {"branch": "thun", "service": "kurs"}).content.decode()

    assert "Lea Baumann" in page
    assert 'value="kurs"' not in page


def test_file_has_a_line_for_each_booking_in_local_time(desk: Client, booking: Booking) -> None:
    response = desk.get(FILE)
    head, line = lines_of(response)

    assert response["Content-Disposition"] == 'attachment; filename="buchungen-2026-11-23.csv"'
    assert ";".join(head) == "Referenz;Stand;Dienstleistung;Filiale;Raum;Beginn;Ende;Gast;E-Mail;Mobilnummer;Schlüssel"
    assert line == [
        booking.reference,
        "bestätigt",
        "Seminarraum Aare",
        "Bern Bahnhof",
        "Raum aare",
        "2026-11-24 10:00",
        "2026-11-24 12:00",
        "Lea Baumann",
        "lea.baumann@example.org",
        "+41781234567",
        "wird vorbereitet",
    ]


def test_file_begins_with_a_byte_order_mark_and_is_sent_in_parts(desk: Client, booking: Booking) -> None:
    response: Any = desk.get(FILE)

    assert response.streaming
    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbfReferenz;")


def test_file_has_the_same_filters(desk: Client, booking: Booking) -> None:
    assert len(lines_of(desk.get(FILE, {"from": "2026-11-25"}))) == 1
    assert len(lines_of(desk.get(FILE, {"q": "baumann"}))) == 2


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "-2", "@now", "\tx", "\rx", "+41 78 1 =A1"])
def test_file_no_cell_becomes_a_formula(name: str) -> None:
    assert guarded(name) == f"'{name}"


@pytest.mark.parametrize("name", ["+41781234567", "+41 78 123 45 67", "Lea Baumann", "", "a=b"])
def test_file_what_is_no_formula_stays_as_it_is(name: str) -> None:
    assert guarded(name) == name


def test_file_a_guest_who_is_called_a_formula_is_written_as_text(desk: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=24, first_name="=HYPERLINK(1)", last_name="x")

    assert lines_of(desk.get(FILE))[1][7] == "'=HYPERLINK(1) x"


def test_file_shows_the_branches_of_the_person_only(german: Client, booking: Booking) -> None:
    german.force_login(make_user("thun@example.org", role="staff", branches=[make_branch(key="thun", name="Thun", doors={})]))

    assert len(lines_of(german.get(FILE))) == 1


def test_file_is_not_for_those_who_only_read(german: Client, booking: Booking) -> None:
    german.force_login(make_user("read@example.org", role="read_only", branches=[booking.branch]))

    assert german.get(FILE).status_code == 403
    assert "bookings.csv" not in german.get(LIST).content.decode()


def test_file_anonymous_has_to_sign_in(german: Client, booking: Booking) -> None:
    assert german.get(FILE).status_code == 302
