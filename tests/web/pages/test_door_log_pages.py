# SPDX-License-Identifier: Apache-2.0
"""The door log where the staff read it: on the booking, in its history, in "Why does the door not open?", on the start page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.web.pages.conftest import text_of
from tests.web.pages.one_booking import at, page_of, part

from einlass.models import Booking, Branch, DoorEntry, Organisation
from einlass.operations.door_log import read_due

# No vendor is asked inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def logged(ready: Booking, clock: FakeClock) -> Booking:
    """Tomorrow 10:00 to 12:00 in Bern, the log kept for thirty days."""
    Organisation.objects.update(door_log_days=30)
    return ready


def came(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    """Too early at the entrance, then in time there and at the room, and once at a room that is not his."""
    for minutes, door in ((-20, make.ENTRANCE), (-4, make.ENTRANCE), (-3, make.AARE), (5, make.GURTEN)):
        clock.now = booking.start + timedelta(minutes=minutes)
        exivo.tap(booking.mobile, door)
    read_due(clock=clock)


def test_booking_tells_who_came_when_and_what_stayed_closed(desk: Client, logged: Booking, clock: FakeClock, exivo: Exivo) -> None:
    came(logged, clock, exivo)

    with at(clock.now):
        page = desk.get(page_of(logged))

    log = part(page.content.decode(), "door-log")
    assert log == (
        "Türprotokoll Erster Eintritt heute, 09:56, Haupteingang H-01 Geöffnet 2 Mal Zu geblieben 2 Mal, zuletzt heute, 10:05, "
        "Seminarraum Gurten S-02; exivo sagt nicht, warum Bei exivo gelesen heute, 10:05"
    )
    history = part(page.content.decode(), "history")
    assert "10:05 Seminarraum Gurten S-02 blieb zu Türprotokoll von exivo" in history
    assert "09:57 Seminarraum Aare S-01 hat geöffnet Türprotokoll von exivo" in history
    assert (page.content.decode().count('class="led-g"'), page.content.decode().count('class="led-r"')) == (2, 2)


def test_booking_without_a_tap_says_so(desk: Client, logged: Booking) -> None:
    log = part(desk.get(page_of(logged)).content.decode(), "door-log")

    assert log == "Türprotokoll Erster Eintritt keine Bei exivo gelesen noch nicht"


def test_booking_says_nothing_of_a_log_that_is_off(desk: Client, ready: Booking) -> None:
    assert "Türprotokoll" not in text_of(desk.get(page_of(ready)))


def test_why_names_the_last_tap_as_exivo_tells_it(desk: Client, logged: Booking, clock: FakeClock, exivo: Exivo) -> None:
    came(logged, clock, exivo)

    with at(clock.now):
        closed, opened = (part(desk.get(page_of(logged, f"?door={door}")).content.decode(), "why-box") for door in (make.GURTEN, make.AARE))

    assert "Zuletzt an Seminarraum Gurten S-02: heute, 10:05, nicht geöffnet. exivo sagt nicht, warum." in closed
    assert "Zuletzt an Seminarraum Aare S-01: heute, 09:57, geöffnet." in opened
    assert "Schloss : in Ordnung geöffnet heute, 09:57 Türprotokoll von exivo" in opened


def test_why_gives_the_vendors_reason_where_it_has_one(desk: Client, logged: Booking, clock: FakeClock) -> None:
    tap = {"component": make.AARE, "at": logged.start, "opened": False, "reason": "blocked", "vendor_id": "x"}
    DoorEntry.objects.create(branch=logged.branch, booking=logged, **tap)

    with at(logged.start + timedelta(minutes=1)):
        box = part(desk.get(page_of(logged, f"?door={make.AARE}")).content.decode(), "why-box")

    assert "Zuletzt an Seminarraum Aare S-01: heute, 10:00, nicht geöffnet: blocked." in box


def test_nobody_came_is_suggested_on_the_booking_and_on_the_start_page(desk: Client, logged: Booking, clock: FakeClock) -> None:
    clock.now = logged.end + timedelta(hours=2)
    Branch.objects.update(entries_read_until=clock.now)

    with at(clock.now):
        page, today = desk.get(page_of(logged)), desk.get("/manage/")

    html = page.content.decode()
    assert "Es kam wohl niemand. Das Türprotokoll von exivo nennt kein Handy an einer Tür dieser Buchung." in text_of(page)
    assert html.count(f'href="{page_of(logged)}no_show/"') == 1
    assert "niemand da? Lea Baumann, heute, 10:00, Raum aare" in text_of(today)
    assert f'id="need-nobody-{logged.reference}" href="{page_of(logged)}"' in today.content.decode()
    assert Booking.objects.get().status == "confirmed"


def test_nobody_came_is_not_suggested_of_a_guest_who_came(desk: Client, logged: Booking, clock: FakeClock, exivo: Exivo) -> None:
    came(logged, clock, exivo)
    clock.now = logged.end + timedelta(minutes=30)
    read_due(clock=clock)

    with at(clock.now):
        page, today = text_of(desk.get(page_of(logged))), text_of(desk.get("/manage/"))

    assert ("wohl niemand" in page, "niemand da?" in today) == (False, False)


def test_whoever_only_reads_gets_the_suggestion_without_its_button(german: Client, logged: Booking, clock: FakeClock) -> None:
    german.force_login(make.make_user("reader@example.org", role="read_only", branches=[logged.branch]))
    clock.now = logged.end + timedelta(hours=2)
    Branch.objects.update(entries_read_until=clock.now)

    with at(clock.now):
        page = german.get(page_of(logged))

    assert "Es kam wohl niemand." in text_of(page)
    assert f'href="{page_of(logged)}no_show/"' not in page.content.decode()
