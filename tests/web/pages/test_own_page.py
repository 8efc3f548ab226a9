# SPDX-License-Identifier: Apache-2.0
"""The guest's own page: the truth about the key in words, the calendar file, moving and cancelling."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from tests.conftest import NOW
from tests.factories import AARE, make_booking
from tests.web.pages.conftest import start, text_of
from tests.web.pages.key_rows import give_key, give_trouble, own

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.core.keys import KeyState
from einlass.models import Access, Booking, Door, Service
from einlass.operations.bookings import cancel, decline, reschedule

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
VENDOR_WORDS = ("exivo", "visit", "component", "digitalKey", "Site-ID", "Traceback")


def test_own_preparing_says_that_nothing_has_to_be_done(german: Client, booking: Booking) -> None:
    page = text_of(german.get(own(booking)))

    assert "Wird vorbereitet Ihr Schlüssel entsteht gerade Sie müssen nichts tun." in page
    assert "Soll gelten 09:45–12:15 Dienstag, 24. November 2026" in page
    assert "Für diese Türen Haupteingang H-01 Garderobe G-01 WC 1. Stock W-01 Seminarraum Aare S-01" in page


def test_own_ready_says_from_when_it_opens(german: Client, booking: Booking) -> None:
    give_key(booking)
    Access.objects.update_or_create(booking=booking, defaults={"checked_at": NOW - timedelta(minutes=4)})

    page = text_of(german.get(own(booking)))

    assert "Bereit Ihr Handy ist der Schlüssel Er öffnet am Dienstag, 24. November, ab 09:45. Bis dahin zeigt das Schloss Rot." in page
    assert "Zuletzt geprüft: heute, 09:56" in page


def test_own_order_of_the_key_card_never_changes(german: Client, booking: Booking) -> None:
    give_key(booking)

    page = text_of(german.get(own(booking)))
    parts = ["Bereit", "Gilt", "Öffnet diese Türen", "Was Sie brauchen", "Was das Schloss zeigt", "Ort und Raum", "Kalender und Änderungen"]

    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)


def test_own_r14_tells_app_face_green_and_red(german: Client, booking: Booking) -> None:
    page = text_of(german.get(own(booking)))

    assert "Die App dormakaba mobile access auf dem Handy mit der Nummer 078 ••• •• 67" in page
    assert "Die App fragt zuerst nach Ihrem Gesicht oder dem PIN des Handys." in page
    assert "Grün: Die Tür ist offen." in page
    assert "es ist noch zu früh oder die Zeit ist seit mehr als 15 Minuten vorbei." in page
    assert "App Store" in page
    assert "Google Play" in page


def test_own_active_says_how_long_and_what_to_do_at_the_door(german: Client, booking: Booking) -> None:
    give_key(booking)

    with time_machine.travel(NOW + timedelta(hours=24, minutes=32), tick=False):
        page = text_of(german.get(own(booking)))

    assert "Gilt jetzt Ihr Handy öffnet jetzt Noch 1 Stunde 43 Minuten, bis 12:15." in page
    assert "An der Tür App dormakaba mobile access öffnen, Handy ans Schloss halten, auf Grün warten." in page
    assert "jetzt 10:32" in page


def test_own_vendor_silent_says_it_and_whom_to_call(german: Client, booking: Booking) -> None:
    give_trouble(booking, "vendor_unreachable", next_check_at=NOW + timedelta(minutes=40))

    response = german.get(own(booking))
    page = text_of(response)

    assert "Problem Ihr Schlüssel ist noch nicht bestätigt Das Schliesssystem antwortet zurzeit nicht. Ihre Buchung gilt trotzdem." in page
    assert "Wir versuchen es weiter, das nächste Mal um 10:40 ." in page
    assert 'href="tel:+41315550120"' in response.content.decode()


def test_own_phone_trouble_asks_to_check_the_number(german: Client, booking: Booking) -> None:
    give_trouble(booking, "phone_unusable")

    page = text_of(german.get(own(booking)))

    assert "Diese Nummer nimmt keinen Schlüssel an Prüfen Sie die Nummer 078 ••• •• 67 oder geben Sie eine andere an." in page
    assert page.count("Nummer ändern") == 2


def test_own_phone_trouble_makes_the_number_the_one_next_step(german: Client, booking: Booking) -> None:
    give_trouble(booking, "phone_unusable")

    page = german.get(own(booking)).content.decode()

    assert re.findall(r'class="btn next wide" href="([^"]+)"', page) == [f"{own(booking)}number/"]


@pytest.mark.parametrize("problem", ["credentials_rejected", "refused", "door_forbidden", "vendor_unreachable", "held_by_brake"])
def test_own_guests_never_read_a_vendors_word(german: Client, booking: Booking, problem: str) -> None:
    give_trouble(booking, problem)

    page = text_of(german.get(own(booking)))

    assert [word for word in VENDOR_WORDS if word.lower() in page.lower()] == []
    assert problem not in page


def test_own_cancelled_key_is_being_taken_back(german: Client, booking: Booking) -> None:
    give_key(booking)
    cancel(booking, actor=GUEST, now=NOW)

    page = text_of(german.get(own(booking)))

    assert "Diese Buchung ist storniert. Der Raum ist wieder frei." in page
    assert "Wird zurückgenommen Ihr Schlüssel wird zurückgenommen" in page
    assert "Bis Ihr Handy sich abgeglichen hat, kann er bis 12:15 noch öffnen." in page
    assert "Umbuchen" not in page


def test_own_cancelled_and_taken_back_says_so(german: Client, booking: Booking) -> None:
    give_key(booking, KeyState.REVOKED)
    cancel(booking, actor=GUEST, now=NOW)

    assert "Beendet Ihr Schlüssel ist zurückgenommen Er öffnet keine Tür mehr." in text_of(german.get(own(booking)))


def test_own_over_says_until_when_it_was_valid(german: Client, booking: Booking) -> None:
    give_key(booking)

    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        page = text_of(german.get(own(booking)))

    assert "Beendet Ihr Schlüssel ist abgelaufen Er galt bis 12:15." in page


def test_own_without_doors_has_no_card(german: Client, service: Service) -> None:
    service.branch.lock_system = None
    service.branch.save()
    booking = make_booking(service, now=NOW)

    assert "Schlüssel" not in text_of(german.get(own(booking)))


def test_own_declined_says_so(german: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)
    decline(booking, actor=GUEST, now=NOW)

    assert "Wir konnten diese Anfrage nicht annehmen." in text_of(german.get(own(booking)))


def test_own_stranger_finds_nothing(german: Client, booking: Booking) -> None:
    for path in ("", "key", "calendar.ics", "move/", "move/confirm", "cancel/"):
        assert german.get(f"/b/not-the-token/{path}").status_code == 404


def test_own_page_is_neither_kept_nor_listed_and_hides_its_address(german: Client, booking: Booking) -> None:
    response = german.get(own(booking))

    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"
    assert "078 123" not in text_of(response)
    assert "sessionid" not in response.cookies


def test_own_new_shows_the_last_step_and_how_to_come_back(german: Client, booking: Booking) -> None:
    page = text_of(german.get(f"{own(booking)}?new=1"))

    assert "Schritt 4 von 4: Fertig" in page
    assert f"http://testserver{own(booking)}" in page


def test_own_doors_come_in_the_order_of_the_way(german: Client, booking: Booking) -> None:
    """The seminar room stands first in the operator's list, but whoever comes passes the entrance first."""
    Door.objects.exclude(component=AARE).update(position=F("position") + 10)
    Door.objects.filter(component=AARE).update(position=0)

    page = text_of(german.get(own(booking)))

    assert "Für diese Türen Haupteingang H-01 Garderobe G-01 WC 1. Stock W-01 Seminarraum Aare S-01" in page


def test_own_asks_the_same_number_of_queries_however_much_happened(german: Client, booking: Booking) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            german.get(own(booking))
        return len(queries)

    before = counted()
    for hour in (2, 4, 6):
        reschedule(booking, start=booking.start + timedelta(hours=hour), duration=None, actor=GUEST, now=NOW)
    give_key(booking)

    assert counted() == before


def test_calendar_file_has_zone_sequence_and_lasting_uid(german: Client, booking: Booking) -> None:
    response = german.get(f"{own(booking)}calendar.ics")
    calendar = Calendar.from_ical(response.content)
    event = calendar.events[0]

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar["METHOD"] == "PUBLISH"
    assert event["UID"] == f"{booking.reference}@testserver"
    assert event["SEQUENCE"] == 0
    assert event.start.isoformat() == "2026-11-24T10:00:00+01:00"
    assert event["STATUS"] == "CONFIRMED"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Zurich"]


def test_calendar_file_of_a_cancelled_booking_says_so(german: Client, booking: Booking) -> None:
    cancel(booking, actor=GUEST, now=NOW)

    event = Calendar.from_ical(german.get(f"{own(booking)}calendar.ics").content).walk("VEVENT")[0]

    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 1


def test_move_whole_way_without_script(german: Client, booking: Booking) -> None:
    when = german.get(f"{own(booking)}move/")
    confirm = german.get(f"{own(booking)}move/confirm", {"start": start(hours=26), "duration": "120"})
    moved = german.post(f"{own(booking)}move/confirm?start={start(hours=26)}&duration=120")

    assert "Bisher gebucht: Dienstag, 24. November 2026, 10:00–12:00." in text_of(when)
    assert "Neu Dienstag, 24. November 2026 12:00–14:00" in text_of(confirm)
    assert moved.status_code == 303
    assert Booking.objects.get().start == NOW + timedelta(hours=26)


def test_move_begins_on_the_booked_day_with_the_booked_length(german: Client, booking: Booking) -> None:
    page = german.get(f"{own(booking)}move/").content.decode()

    assert re.search(r'aria-label="Dienstag, 24. November, [^"]+" aria-current="date"', page)
    assert re.search(r'aria-current="true">2 Std\.', page)


def test_cancel_without_doors_says_nothing_of_a_key(german: Client, service: Service) -> None:
    service.branch.lock_system = None
    service.branch.save()
    booking = make_booking(service, now=NOW)

    assert "Schlüssel" not in text_of(german.get(f"{own(booking)}cancel/"))


def test_move_own_time_does_not_stand_in_the_way(german: Client, booking: Booking) -> None:
    page = german.get(f"{own(booking)}move/", {"start": start(hours=25), "duration": "120"})

    assert "11:00–13:00" in text_of(page)


def test_move_to_a_taken_time_leaves_all_as_it_was(german: Client, booking: Booking, service: Service) -> None:
    make_booking(service, now=NOW, hours=28, duration=60)

    response = german.post(f"{own(booking)}move/confirm?start={start(hours=28)}&duration=120")

    assert response.status_code == 409
    assert "14:00 ist inzwischen vergeben" in text_of(response)
    assert Booking.objects.get(pk=booking.pk).start == booking.start


def test_move_without_start_goes_back_to_the_times(german: Client, booking: Booking) -> None:
    response = german.get(f"{own(booking)}move/confirm", {"duration": "60"})

    assert response.status_code == 302


def test_move_after_the_deadline_names_it_and_the_phone(german: Client, booking: Booking) -> None:
    with time_machine.travel(NOW + timedelta(hours=22, minutes=30), tick=False):
        page = german.get(f"{own(booking)}move/")
        confirm = german.post(f"{own(booking)}move/confirm?start={start(hours=48)}&duration=120")

    assert page.status_code == confirm.status_code == 422
    assert "Umbuchen konnten Sie bis Di, 24. November, 08:00." in text_of(page)
    assert "031 555 01 20" in text_of(page)


def test_cancel_asks_once_and_then_does_it(german: Client, booking: Booking) -> None:
    asked = german.get(f"{own(booking)}cancel/")
    assert Booking.objects.get().status == "confirmed"
    done = german.post(f"{own(booking)}cancel/")

    assert "Buchung stornieren?" in text_of(asked)
    assert done.status_code == 303
    assert Booking.objects.get().status == "cancelled"


def test_deadline_that_passes_between_page_and_click_is_kept(german: Client, booking: Booking) -> None:
    """The last minute of the page is not the last minute of the click."""
    with time_machine.travel(booking.start - timedelta(minutes=120), tick=False):
        move = german.get(f"{own(booking)}move/confirm", {"start": start(hours=26), "duration": "120"})
    with time_machine.travel(booking.start - timedelta(minutes=119), tick=False):
        moved = german.post(f"{own(booking)}move/confirm?start={start(hours=26)}&duration=120")
    with time_machine.travel(booking.start - timedelta(minutes=60), tick=False):
        cancel_page = german.get(f"{own(booking)}cancel/")
        page = text_of(german.get(own(booking)))
    with time_machine.travel(booking.start - timedelta(minutes=59), tick=False):
        cancelled = german.post(f"{own(booking)}cancel/")

    assert (move.status_code, cancel_page.status_code) == (200, 200)
    assert (moved.status_code, cancelled.status_code) == (422, 422)
    assert "Umbuchen konnten Sie bis Di, 24. November, 08:00." in text_of(moved)
    assert "Umbuchen und stornieren konnten Sie bis" not in page
    assert "Stornieren können Sie bis Di, 24. November, 09:00. Umbuchen konnten Sie bis Di, 24. November, 08:00." in page
    assert (Booking.objects.get().start, Booking.objects.get().status) == (booking.start, "confirmed")


def test_cancel_after_the_deadline_is_refused(german: Client, booking: Booking) -> None:
    with time_machine.travel(NOW + timedelta(hours=23, minutes=30), tick=False):
        asked = german.get(f"{own(booking)}cancel/")
        done = german.post(f"{own(booking)}cancel/")

    assert asked.status_code == done.status_code == 422
    assert Booking.objects.get().status == "confirmed"
    assert "Das ist nicht mehr möglich" in text_of(done)
