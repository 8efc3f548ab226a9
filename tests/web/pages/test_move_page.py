# SPDX-License-Identifier: Apache-2.0
"""Moving a booking by the staff: the chooser, old and new side by side, one button; what is refused is said in words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_user
from tests.web.pages.conftest import start, text_of

from einlass.models import Booking, EventRecord, LockSystem, Service

STARTS = re.compile(r'<input type="radio" name="start" id="[^"]+" value="([^"]+)"( checked)?')


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user("bern@example.org", role="staff", branches=[service.branch]))
    return german


def page_of(booking: Booking) -> str:
    return f"/manage/bookings/{booking.reference}/move/"


def starts(page: str) -> list[str]:
    return [value for value, _ in STARTS.findall(page)]


def test_move_anonymous_has_to_sign_in(german: Client, booking: Booking) -> None:
    assert german.get(page_of(booking)).status_code == 302


def test_move_staff_of_another_branch_do_not_find_it(german: Client, booking: Booking) -> None:
    german.force_login(make_user("thun@example.org", role="staff", branches=[make_branch(key="thun", name="Thun", doors={})]))

    assert german.get(page_of(booking)).status_code == 404
    assert german.post(page_of(booking), {"start": start(hours=27)}).status_code == 404
    assert Booking.objects.get().start == booking.start


def test_move_read_only_may_not(german: Client, booking: Booking) -> None:
    german.force_login(make_user("read@example.org", role="read_only", branches=[booking.branch]))

    assert german.get(page_of(booking)).status_code == 403
    assert german.post(page_of(booking), {"start": start(hours=27)}).status_code == 403


def test_move_begins_with_the_day_and_the_length_that_are_booked(desk: Client, booking: Booking) -> None:
    response = desk.get(page_of(booking))
    page = response.content.decode()

    assert "Bisher Dienstag, 24. November 2026 10:00–12:00, Raum aare" in text_of(response)
    assert 'id="day" name="day" value="2026-11-24"' in page
    assert '<option value="120" selected>' in page
    # Its own time counts as free.
    assert {start(hours=23.5), start(hours=24), start(hours=25)} <= set(starts(page))


def test_move_asks_with_old_and_new_side_by_side(desk: Client, booking: Booking) -> None:
    response = desk.get(page_of(booking), {"start": start(hours=51), "duration": "60", "day": "2026-11-25"})

    assert "Tag Dienstag, 24. November 2026 Mittwoch, 25. November 2026 Zeit 10:00–12:00 13:00–14:00 Raum Raum aare Raum aare" in text_of(
        response
    )
    assert "Der Schlüssel wird durch einen für die neue Zeit und die neuen Türen ersetzt." in text_of(response)
    assert response.content.decode().count("btn next") == 1
    assert Booking.objects.get().start == booking.start


def test_move_moves_and_leads_to_the_booking(desk: Client, service: Service, booking: Booking) -> None:
    service.rooms.add(make_room(service.branch, "gurten"), through_defaults={"position": 1})

    response = desk.post(page_of(booking), {"start": start(hours=51), "duration": "60", "room": "gurten"})
    moved = Booking.objects.get()

    assert (response.status_code, response["Location"]) == (303, f"/manage/bookings/{booking.reference}/")
    assert (moved.start, moved.window.minutes, moved.room.key) == (NOW + timedelta(hours=51), 60, "gurten")
    assert EventRecord.objects.filter(kind="booking.moved", actor_kind="staff", actor_name="Nadia Keller").count() == 1
    assert "Umgebucht auf Mittwoch, 25. November 2026, 13:00–14:00, Raum gurten." in text_of(desk.get(response["Location"]))


def test_move_from_the_calendar_asks_at_once_with_the_room(desk: Client, service: Service, booking: Booking) -> None:
    service.rooms.add(make_room(service.branch, "gurten"), through_defaults={"position": 1})

    response = desk.get(page_of(booking), {"start": start(hours=24), "room": "gurten"})

    assert "Zeit 10:00–12:00 10:00–12:00 Raum Raum aare Raum gurten" in text_of(response)
    assert '<input type="hidden" name="room" value="gurten">' in response.content.decode()


def test_move_keeps_its_room_where_no_other_is_wanted(desk: Client, service: Service) -> None:
    service.rooms.add(make_room(service.branch, "gurten"), through_defaults={"position": 1})
    make_booking(service, now=NOW, hours=24)
    second = make_booking(service, now=NOW, hours=24, last_name="Wyss")

    response = desk.get(page_of(second), {"start": start(hours=48)})

    assert "Raum Raum gurten Raum gurten" in text_of(response)


def test_move_to_a_taken_time_says_so_and_shows_the_nearest_three(desk: Client, service: Service, booking: Booking) -> None:
    make_booking(service, now=NOW, hours=48)

    asked = desk.get(page_of(booking), {"start": start(hours=48)})
    sent = desk.post(page_of(booking), {"start": start(hours=48), "duration": "120", "room": "aare"})

    assert "10:00 ist vergeben. Die nächsten freien Zeiten:" in text_of(asked)
    assert re.findall(r'name="nearest" value="([^"]+)"', asked.content.decode()) == [start(hours=45.5), start(hours=46), start(hours=50)]
    assert (sent.status_code, "Diese Zeit ist inzwischen vergeben" in text_of(sent)) == (409, True)
    assert Booking.objects.get(pk=booking.pk).start == booking.start


def test_move_one_of_the_nearest_leads_to_the_question(desk: Client, booking: Booking) -> None:
    chosen = {"nearest": start(hours=50), "day": "2026-11-24", "duration": "120"}

    assert "Zeit 10:00–12:00 12:00–14:00" in text_of(desk.get(page_of(booking), chosen))


def test_move_to_a_taken_room_is_refused_although_another_is_free(desk: Client, service: Service) -> None:
    service.rooms.add(make_room(service.branch, "gurten"), through_defaults={"position": 1})
    make_booking(service, now=NOW, hours=48, last_name="Wyss")
    booking = make_booking(service, now=NOW, hours=24)

    response = desk.post(page_of(booking), {"start": start(hours=48), "duration": "120", "room": "aare"})

    assert response.status_code == 409
    assert Booking.objects.get(pk=booking.pk).start == booking.start


def test_move_outside_of_the_opening_hours_says_so(desk: Client, service: Service, booking: Booking) -> None:
    service.branch.opening_hours = {"tue": ["08:00-18:00"]}
    service.branch.save()

    page = text_of(desk.get(page_of(booking), {"start": start(hours=48)}))

    assert "Um diese Zeit ist geschlossen." in page


def test_move_without_a_time_asks_for_one(desk: Client, booking: Booking) -> None:
    response = desk.get(page_of(booking), {"day": "2026-11-25", "duration": "120", "room": ""})

    assert response.status_code == 422
    assert 'id="start-error"' in response.content.decode()


def test_move_shows_the_free_times_of_another_day(desk: Client, booking: Booking) -> None:
    page = desk.get(page_of(booking), {"show": "1", "day": "2026-11-30", "duration": "60", "start": start(hours=24)}).content.decode()

    assert starts(page)[0] == "2026-11-29T23:00:00Z"
    assert '<option value="60" selected>' in page


def test_move_knows_no_deadline_and_no_notice(desk: Client, service: Service, booking: Booking) -> None:
    Service.objects.update(reschedule_until_minutes=100_000, notice_minutes=100_000)

    assert desk.post(page_of(booking), {"start": start(hours=2), "duration": "120"}).status_code == 303
    assert Booking.objects.get().start == NOW + timedelta(hours=2)


def test_move_a_running_booking_may_be_prolonged(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW - timedelta(hours=2), hours=1, duration=120)

    page = desk.get(page_of(booking)).content.decode()
    response = desk.post(page_of(booking), {"start": start(hours=-1), "duration": "240"})

    assert starts(page)[0] == start(hours=-1)
    assert response.status_code == 303
    assert Booking.objects.get().window.minutes == 240


def test_move_what_is_cancelled_is_no_longer_possible(desk: Client, booking: Booking) -> None:
    Booking.objects.update(status="cancelled")

    response = desk.get(page_of(booking))

    assert response.status_code == 422
    assert "Das ist nicht mehr möglich" in text_of(response)
    assert starts(response.content.decode()) == []


def test_move_r1_without_a_key_nothing_is_said_of_one(desk: Client, booking: Booking) -> None:
    LockSystem.objects.update(enabled=False)

    assert "Schlüssel wird" not in text_of(desk.get(page_of(booking), {"start": start(hours=48)}))
