# SPDX-License-Identifier: Apache-2.0
"""The start page of the staff: what needs a person first, worst first; today by branch; the week. And what of it is nobody else's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import CLOAKROOM, make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Access, Booking, Branch, Door, Service, Worker

TODAY = "/manage/"
LANE = re.compile(r'<rect class="b-(\w+)" x="([\d.]+)%" y="50%" width="([\d.]+)%"')


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    """Somebody of the staff in Bern."""
    german.force_login(make_user("bern@example.org", role="staff", branches=[service.branch]))
    return german


@pytest.fixture
def owner(german: Client, service: Service) -> Client:
    german.force_login(make_user())
    return german


def trouble(booking: Booking) -> None:
    Access.objects.filter(booking=booking).update(problem="refused", problem_since=NOW)


def titles(page: str) -> list[str]:
    return re.findall(r'<ul class="needs">.*?</ul>', page, re.DOTALL) and re.findall(r"<p><strong>(.+?)</strong></p>", page)


def test_today_anonymous_has_to_sign_in(german: Client, service: Service) -> None:
    assert german.get(TODAY)["Location"] == "/manage/login/?next=/manage/"


def test_today_names_the_day_and_offers_search_and_a_new_booking(desk: Client) -> None:
    response = desk.get(TODAY)
    page = response.content.decode()

    assert "Heute Montag, 23. November 2026" in text_of(response)
    assert 'role="search" class="find" action="/manage/bookings/"' in page
    assert 'href="/manage/bookings/new/"' in page


def test_today_without_trouble_says_so(desk: Client) -> None:
    page = desk.get(TODAY)

    assert "Nichts. Alle Schlüssel sind, wie sie sein sollen." in text_of(page)
    assert "btn next" not in page.content.decode()


def test_today_worst_comes_first_and_has_the_only_blue_button(owner: Client, service: Service) -> None:
    Worker.objects.create(name="one", started_at=NOW, seen_at=NOW)
    later = make_booking(service, now=NOW, hours=72, first_name="Jonas", last_name="Aebi")
    soon = make_booking(service, now=NOW, hours=5, first_name="Samuel", last_name="Wyss")
    trouble(later)
    trouble(soon)
    Service.objects.update(approval=True)
    make_booking(Service.objects.get(), now=NOW, hours=48, first_name="Priya", last_name="Nair")
    Door.objects.filter(component=CLOAKROOM).update(silent_since=NOW - timedelta(minutes=2))
    Branch.objects.update(brake_since=NOW, brake_count=12)

    page = owner.get(TODAY).content.decode()
    found = titles(page)

    assert found[0] == "Samuel Wyss, heute, 15:00, Raum aare"
    assert found[-3:] == [
        "Jonas Aebi, Do,\N{NO-BREAK SPACE}26.\N{NO-BREAK SPACE}November,\N{NO-BREAK SPACE}10:00, Raum aare",
        "Schloss Garderobe G-01, Bern Bahnhof",
        "Priya Nair, Mi,\N{NO-BREAK SPACE}25.\N{NO-BREAK SPACE}November,\N{NO-BREAK SPACE}10:00, Raum aare",
    ]
    assert len(re.findall(r'class="btn next"', page)) == 1
    assert page.index("btn next") < page.index(found[1])


def test_today_a_key_in_trouble_says_why_and_leads_to_the_booking(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW, hours=5)
    Access.objects.filter(booking=booking).update(problem="refused", problem_since=NOW, next_check_at=NOW + timedelta(minutes=15))

    response = desk.get(TODAY)

    assert "Problem Lea Baumann, heute, 15:00, Raum aare exivo lehnt diesen Schlüssel ab. Nächster Versuch heute, 10:15." in text_of(
        response
    )
    assert f'href="/manage/bookings/{booking.reference}/"' in response.content.decode()


def test_today_a_silent_lock_says_how_many_bookings_it_concerns(desk: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=1)
    make_booking(service, now=NOW, hours=5)
    Door.objects.filter(component=CLOAKROOM).update(silent_since=NOW - timedelta(minutes=2))

    assert "antwortet nicht Schloss Garderobe G-01, Bern Bahnhof Seit heute, 09:58. Betrifft heute 2 Buchungen." in text_of(desk.get(TODAY))


def test_today_a_key_that_is_late_says_when_the_door_has_to_open(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW, hours=2)
    Booking.objects.filter(pk=booking.pk).update(created_at=NOW - timedelta(minutes=5))

    assert "noch nicht bestätigt Lea Baumann, heute, 12:00, Raum aare Die Tür muss in 1 Stunde 45 Minuten öffnen." in text_of(
        desk.get(TODAY)
    )


def test_today_a_request_leads_to_the_decision(desk: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW, hours=48)

    response = desk.get(TODAY)

    assert "wartet auf Bestätigung. Bis dahin gibt es keinen Schlüssel. Entscheiden" in text_of(response)
    assert f'id="need-request-{booking.reference}" href="/manage/bookings/{booking.reference}/"' in response.content.decode()


def test_today_missing_prerequisites_are_for_those_who_can_mend_them(owner: Client, service: Service) -> None:
    Branch.objects.update(site_confirmed_at=None)

    told = text_of(owner.get(TODAY))
    owner.force_login(make_user("bern@example.org", role="staff", branches=[service.branch]))
    kept = text_of(owner.get(TODAY))

    assert "exivo hat die Site-ID nicht bestätigt." in told
    assert "exivo hat die Site-ID nicht bestätigt." not in kept


def test_today_many_of_one_kind_become_a_number_and_a_link(desk: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    for n in range(8):
        make_booking(Service.objects.get(), now=NOW, hours=24 + 4 * n)

    response = desk.get(TODAY)

    assert len(titles(response.content.decode())) == 6
    assert "2 weitere Anfragen" in text_of(response)
    assert 'href="/manage/bookings/?status=pending"' in response.content.decode()


def test_today_bookings_stand_by_branch_with_lane_and_key(desk: Client, service: Service) -> None:
    Branch.objects.update(opening_hours={"mon": ["08:00-20:00"]})
    booking = make_booking(Service.objects.get(), now=NOW, hours=4)

    response = desk.get(TODAY)
    page = response.content.decode()

    assert "Bern Bahnhof 1 Buchung Buchungen heute in Bern Bahnhof" in text_of(response)
    assert f'href="/manage/bookings/{booking.reference}/">Lea Baumann' in page
    # From 07:30 to 20:30, so 14:00 to 16:00 begins at half of 13 hours.
    assert LANE.findall(page) == [("prep", "50.00", "15.38")]
    assert '<rect class="nowl" x="19.23%"' in page
    assert '<text x="34.62%" y="22" text-anchor="middle">12</text>' in page
    assert "style=" not in page


def test_today_on_the_night_the_clocks_change_the_axis_has_25_hours(desk: Client, service: Service) -> None:
    with time_machine.travel(datetime(2026, 10, 25, 4, 0, tzinfo=UTC), tick=False):
        make_booking(service, now=datetime(2026, 10, 25, 4, 0, tzinfo=UTC), hours=6)
        page = desk.get(TODAY).content.decode()

    assert re.findall(r'<text x="([\d.]+)%" y="22" text-anchor="middle">12</text>', page) == ["52.00"]


def test_today_week_counts_and_says_closed(desk: Client, service: Service) -> None:
    Branch.objects.update(opening_hours={day: ["08:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")})
    make_booking(Service.objects.get(), now=NOW, hours=4)
    trouble(make_booking(Service.objects.get(), now=NOW, hours=24))

    page = text_of(desk.get(TODAY))

    assert "Mo, 23. 1 Buchung Di, 24. 1 1 Problem Mi, 25. 0 Buchungen" in page
    assert "So, 29. 0 geschlossen" in page


def test_today_shows_only_the_branches_of_the_person(german: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=1)
    trouble(make_booking(service, now=NOW, hours=24))
    thun = make_branch(key="thun", name="Thun", doors={})
    german.force_login(make_user("thun@example.org", role="staff", branches=[thun]))

    page = text_of(german.get(TODAY))

    assert "Thun Heute ist nichts gebucht." in page
    assert "Lea Baumann" not in page
    assert "Bern Bahnhof" not in page
    assert re.findall(r"Mo, 23\. (\d)", page) == ["0"]


def test_today_somebody_without_a_branch_is_told(german: Client, service: Service) -> None:
    german.force_login(make_user("new@example.org", role="staff"))

    assert "Ihnen ist noch keine Filiale zugeteilt." in text_of(german.get(TODAY))


def test_today_read_only_sees_and_is_offered_nothing_to_do(german: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    make_booking(Service.objects.get(), now=NOW, hours=5)
    german.force_login(make_user("read@example.org", role="read_only", branches=[service.branch]))

    response = german.get(TODAY)

    assert "Lea Baumann" in text_of(response)
    assert "Entscheiden" not in text_of(response)
    assert "/manage/bookings/new/" not in response.content.decode()


def test_today_refreshes_its_part_and_keeps_what_has_focus(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW, hours=5)
    page = desk.get(TODAY).content.decode()
    part = page[page.index('<div id="day"') : page.index("</main>")]
    links = re.findall(r"<(?:a|button)\b[^>]*>", part)

    assert '<div id="day" hx-get="/manage/" hx-trigger="every 60s" hx-select="#day" hx-swap="outerHTML">' in part
    assert f'id="guest-{booking.reference}"' in part
    # htmx gives the focus back to the element of the same id.
    assert [link for link in links if " id=" not in link] == []


def test_today_asks_the_database_equally_often_for_one_and_three(owner: Client, service: Service) -> None:
    trouble(make_booking(service, now=NOW, hours=1))
    owner.get(TODAY)
    with CaptureQueriesContext(connection) as one:
        owner.get(TODAY)
    for hours in (4, 8):
        trouble(make_booking(service, now=NOW, hours=hours))
    for number in range(2):
        branch = make_branch(now=NOW, key=f"branch-{number}", site_id=f"site-{number}")
        other = make_service(branch, f"service-{number}", rooms=[make_room(branch, f"room-{number}")])
        make_booking(other, now=NOW, hours=1)
    with CaptureQueriesContext(connection) as three:
        page = owner.get(TODAY)

    assert page.content.decode().count("<tr") > 4
    assert len(three) == len(one)
