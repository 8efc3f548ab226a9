# SPDX-License-Identifier: Apache-2.0
"""What guests and staff are told by mail: after which event, once, in which language, and what it says of doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests import factories as make
from tests.conftest import NOW, Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, Message, MessageTemplate, Question, Service
from einlass.operations.alarms import raise_alarms
from einlass.operations.bookings import Wish, book, cancel, complete_past, confirm, decline, reschedule
from einlass.operations.guest_messages import remind_due
from einlass.operations.keys import reconcile

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


def without_doors(**service: Any) -> Service:
    make.make_organisation()
    make.make_questions()
    return make.make_service(make.make_branch(phone="031 555 01 20", address="Bollwerk 15, 3011 Bern"), **service)


def kinds() -> list[str]:
    return list(Message.objects.order_by("id").values_list("kind", flat=True))


def last() -> Message:
    message = Message.objects.order_by("id").last()
    assert message
    return message


def test_a_confirmed_booking_is_told_with_what_when_and_where() -> None:
    booking = make.make_booking(without_doors(), now=NOW)

    message = Message.objects.get()
    assert (message.kind, message.to_address, message.booking) == ("message_confirmed", "lea.baumann@example.org", booking)
    assert message.subject == "Ihre Buchung: Seminarraum Aare, Dienstag, 24. November 2026"
    assert message.text == (
        "Guten Tag Lea Baumann\n\nIhre Buchung gilt.\n\n"
        "- Was: Seminarraum Aare, Raum aare\n"
        "- Wann: Dienstag, 24. November 2026, 10:00 bis 12:00\n"
        "- Wo: Bern Bahnhof, Bollwerk 15, 3011 Bern\n"
        f"- Referenz: {booking.reference}\n\n"
        f"Ihre Buchung ansehen, umbuchen oder stornieren: http://testserver/b/{booking.link_token}/\n\n"
        "Freundliche Grüsse\nSeminarhaus Aare\n031 555 01 20\n"
    )
    assert '<html lang="de">' in message.html
    assert f'<a href="http://testserver/b/{booking.link_token}/" rel="noopener">' in message.html


def test_a_confirmed_booking_with_doors_is_told_how_they_open(clock: FakeClock) -> None:
    make.make_booking(make.make_house(clock.now), now=clock.now)

    text = Message.objects.get().text
    doors = "Haupteingang H-01, Garderobe G-01, WC 1. Stock W-01, Seminarraum Aare S-01"
    assert f"Ihr Handy ist der Schlüssel. Er gilt von 09:45 bis 12:15 und öffnet: {doors}." in text
    assert "Sie brauchen die App dormakaba mobile access. Sie fragt zuerst nach Ihrem Gesicht oder nach dem PIN des Handys." in text
    assert "- Grün: Die Tür ist offen." in text
    assert "die Zeit ist seit mehr als 15 Minuten vorbei" in text


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Your booking: Seminar room Aare, Tuesday 24 November 2026"),
        ("fr", "Votre réservation : Seminarraum Aare, mardi 24 novembre 2026"),
        ("it", "La Sua prenotazione: Seminarraum Aare, martedì 24 novembre 2026"),
        ("de-CH", "Ihre Buchung: Seminarraum Aare, Dienstag, 24. November 2026"),
        ("pl", "Ihre Buchung: Seminarraum Aare, Dienstag, 24. November 2026"),
    ],
)
def test_a_guest_is_told_in_the_language_of_his_booking(language: str, subject: str) -> None:
    start = NOW + timedelta(days=1)
    book(Wish(without_doors(), start=start, duration=60, answers=make.answers(), language=language), actor=GUEST, now=NOW)

    assert Message.objects.get().subject == subject


def test_a_guest_without_an_address_is_told_nothing() -> None:
    service = without_doors()
    Question.objects.filter(key="email").update(required=False)

    booking = make.make_booking(service, now=NOW, email="")
    cancel(booking, actor=STAFF, now=NOW)

    assert kinds() == []


def test_a_request_and_its_answer_are_told() -> None:
    service = without_doors(approval=True)
    one, two = make.make_booking(service, now=NOW), make.make_booking(service, now=NOW, hours=48)

    confirm(one, actor=STAFF, now=NOW)
    decline(two, actor=STAFF, now=NOW, reason="Der Raum wird gestrichen.")

    assert kinds() == ["message_received", "message_received", "message_confirmed", "message_declined"]
    assert "\n\nDer Raum wird gestrichen.\n\n" in last().text


def test_a_request_that_ran_out_is_told_without_the_word_of_the_clock() -> None:
    booking = make.make_booking(without_doors(approval=True), now=NOW)

    complete_past(now=booking.end + timedelta(hours=1))

    assert last().kind == "message_declined"
    assert "expired" not in last().text


def test_a_request_that_was_moved_is_told_of_no_key(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now, approval=True), now=clock.now)

    reschedule(booking, start=booking.start + timedelta(days=2), duration=None, actor=GUEST, now=clock.now)
    moved = last()
    confirm(booking, actor=STAFF, now=clock.now)

    assert (moved.kind, last().kind) == ("message_moved", "message_confirmed")
    assert [("der Schlüssel" in text, "öffnet:" in text) for text in (moved.text, last().text)] == [(False, False), (True, True)]


def test_a_moved_booking_is_told_with_its_old_time() -> None:
    booking = make.make_booking(without_doors(), now=NOW)

    reschedule(booking, start=booking.start + timedelta(days=2), duration=None, actor=GUEST, now=NOW)
    reschedule(booking, start=booking.start + timedelta(days=4), duration=None, actor=GUEST, now=NOW)

    assert kinds() == ["message_confirmed", "message_moved", "message_moved"]
    assert "Bisher war sie am Donnerstag, 26. November 2026, 10:00." in last().text
    assert "- Wann: Samstag, 28. November 2026, 10:00 bis 12:00" in last().text


def test_a_cancelled_booking_is_told_once_with_the_reason() -> None:
    booking = make.make_booking(without_doors(), now=NOW)

    cancel(booking, actor=STAFF, now=NOW, reason="Wasserschaden")
    cancel(booking, actor=STAFF, now=NOW, reason="Wasserschaden")

    assert kinds() == ["message_confirmed", "message_cancelled"]
    assert ("Wasserschaden" in last().text, "Schlüssel" in last().text) == (True, False)


def test_a_key_is_told_ready_once_for_each_generation(clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)
    reconcile(booking.pk, clock=clock)
    Access.objects.update(next_check_at=clock.now)
    reconcile(booking.pk, clock=clock)
    before = kinds()

    reschedule(booking, start=booking.start + timedelta(hours=24), duration=None, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert before == ["message_confirmed", "message_key_ready"]
    assert kinds() == ["message_confirmed", "message_key_ready", "message_moved", "message_key_ready"]


def test_a_cancelled_booking_with_a_key_is_told_that_it_is_taken_back(clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)
    reconcile(booking.pk, clock=clock)

    cancel(booking, actor=GUEST, now=clock.now)

    assert "Der Schlüssel dazu wird zurückgenommen." in last().text


def test_what_the_operator_wrote_is_sent_and_what_a_guest_writes_is_only_text() -> None:
    MessageTemplate.objects.create(
        key="message_confirmed", subject="Hallo {{ guest }}", text="**Bis bald**, {{ guest }}: [hier]({{ link }})"
    )
    booking = make.make_booking(without_doors(), now=NOW, first_name="<b>[Lea](http://evil.example)</b>")

    message = Message.objects.get()
    assert message.subject == "Hallo <b>[Lea](http://evil.example)</b> Baumann"
    assert message.text == f"Bis bald, <b>[Lea](http://evil.example)</b> Baumann: hier: http://testserver/b/{booking.link_token}/\n"
    assert "<strong>Bis bald</strong>, &lt;b&gt;[Lea](http://evil.example)&lt;/b&gt; Baumann" in message.html
    assert 'href="http://evil' not in message.html


def test_a_text_that_can_no_longer_be_read_gives_way_to_the_default() -> None:
    MessageTemplate.objects.create(key="message_confirmed", text="{{ nothing_of_ours }}")
    make.make_booking(without_doors(), now=NOW)

    assert "Ihre Buchung gilt." in Message.objects.get().text


def test_remind_due_tells_a_day_before_and_once() -> None:
    booking = make.make_booking(without_doors(), now=NOW, hours=48)

    told = [remind_due(now=booking.start - timedelta(hours=hours)) for hours in (24.1, 24, 23)]

    assert told == [0, 1, 0]
    assert kinds() == ["message_confirmed", "message_reminder"]
    assert last().subject == "Erinnerung: Seminarraum Aare, Mittwoch, 25. November 2026, 10:00"


@pytest.mark.parametrize(
    "unwanted",
    [
        lambda booking: cancel(booking, actor=GUEST, now=NOW),
        lambda booking: Booking.objects.update(status="pending"),
        lambda booking: Booking.objects.update(email=""),
    ],
)
def test_remind_due_leaves_out(unwanted: Callable[[Booking], object]) -> None:
    booking = make.make_booking(without_doors(), now=NOW, hours=48)
    unwanted(booking)

    assert remind_due(now=booking.start - timedelta(hours=20)) == 0


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        (
            "fr",
            [
                "Votre demande : Seminarraum Aare, mercredi 25 novembre 2026",
                "Votre réservation : Seminarraum Aare, mercredi 25 novembre 2026",
                "Nouvel horaire : Seminarraum Aare, jeudi 26 novembre 2026, 10:00",
                "Rappel : Seminarraum Aare, jeudi 26 novembre 2026, 10:00",
                "Annulée : Seminarraum Aare, jeudi 26 novembre 2026",
            ],
        ),
        (
            "it",
            [
                "La Sua richiesta: Seminarraum Aare, mercoledì 25 novembre 2026",
                "La Sua prenotazione: Seminarraum Aare, mercoledì 25 novembre 2026",
                "Nuovo orario: Seminarraum Aare, giovedì 26 novembre 2026, 10:00",
                "Promemoria: Seminarraum Aare, giovedì 26 novembre 2026, 10:00",
                "Annullata: Seminarraum Aare, giovedì 26 novembre 2026",
            ],
        ),
    ],
)
def test_everything_that_is_sent_is_in_the_language_of_the_booking(language: str, subjects: list[str]) -> None:
    wish = Wish(without_doors(approval=True), start=NOW + timedelta(days=2), duration=60, answers=make.answers(), language=language)
    booking = confirm(book(wish, actor=GUEST, now=NOW), actor=STAFF, now=NOW)
    booking = reschedule(booking, start=booking.start + timedelta(days=1), duration=None, actor=STAFF, now=NOW)
    remind_due(now=booking.start - timedelta(hours=20))
    cancel(booking, actor=STAFF, now=NOW)

    messages = Message.objects.order_by("id")
    assert [message.subject for message in messages] == subjects
    assert set(messages.values_list("language", flat=True)) == {language}


def test_a_reminder_counts_until_the_start_and_a_key_until_the_end(clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now, hours=48)
    reconcile(booking.pk, clock=clock)
    remind_due(now=booking.start - timedelta(hours=20))

    until = dict(Message.objects.values_list("kind", "useful_until"))
    assert until == {"message_confirmed": None, "message_key_ready": booking.end, "message_reminder": booking.start}


def test_remind_due_does_not_remind_who_booked_within_a_day_or_of_what_is_over() -> None:
    service = without_doors()
    soon = make.make_booking(service, now=NOW, hours=23)
    later = make.make_booking(service, now=NOW, hours=48)

    assert (remind_due(now=soon.start - timedelta(hours=1)), remind_due(now=later.end)) == (0, 0)


def test_remind_due_reminds_again_of_a_booking_that_was_moved() -> None:
    booking = make.make_booking(without_doors(), now=NOW, hours=48)
    remind_due(now=booking.start - timedelta(hours=24))

    booking = reschedule(booking, start=booking.start + timedelta(days=7), duration=None, actor=STAFF, now=NOW + timedelta(days=1))

    assert remind_due(now=booking.start - timedelta(hours=24)) == 1


@pytest.fixture
def staff(clock: FakeClock) -> Service:
    service = make.make_house(clock.now)
    make.make_user("owner@example.org", role="owner")
    make.make_user("manager@example.org", role="manager")
    make.make_user("staff@example.org", role="staff", branches=[service.branch])
    make.make_user("elsewhere@example.org", role="staff")
    make.make_user("reader@example.org", role="read_only", branches=[service.branch])
    make.make_user("gone@example.org", role="owner").__class__.objects.filter(email="gone@example.org").update(is_active=False)
    return service


def alarmed() -> list[str]:
    return list(Message.objects.filter(kind="message_key_trouble").order_by("id").values_list("to_address", flat=True))


TOLD = ["owner@example.org", "manager@example.org", "staff@example.org"]


def test_raise_alarms_tells_the_staff_of_the_branch_at_each_mark(staff: Service, clock: FakeClock) -> None:
    booking = make.make_booking(staff, now=clock.now, hours=72)
    opens = booking.start - timedelta(minutes=15)

    raised = [(minutes, raise_alarms(now=opens - timedelta(minutes=minutes))) for minutes in (1441, 1440, 1439, 121, 120, 31, 30, 29)]

    assert raised == [(1441, 0), (1440, 1), (1439, 0), (121, 0), (120, 1), (31, 0), (30, 1), (29, 0)]
    assert alarmed() == TOLD * 3
    assert Access.objects.get().alarmed_minutes == 30


def test_raise_alarms_says_whose_key_from_when_and_why(staff: Service, clock: FakeClock) -> None:
    booking = make.make_booking(staff, now=clock.now, hours=72)
    now = booking.start - timedelta(hours=1)
    Access.objects.update(problem="vendor_unreachable", problem_since=now - timedelta(hours=1), next_check_at=now + timedelta(minutes=5))

    raise_alarms(now=now)

    message = last()
    assert message.subject == "Schlüssel nicht bestätigt: Bern Bahnhof, Donnerstag, 26. November 2026, 10:00"
    assert message.text == (
        "Der Schlüssel von Lea Baumann ist noch nicht bestätigt. Er muss ab 09:45 gelten.\n\n"
        f"- Buchung: {booking.reference}, Seminarraum Aare, Donnerstag, 26. November 2026, 10:00 bis 12:00\n"
        "- Grund: exivo antwortet nicht.\n"
        "- Nächster Versuch: 09:05\n\n"
        f"Zur Buchung: http://testserver/manage/bookings/{booking.reference}/\n"
    )
    assert message.useful_until == booking.end


def test_raise_alarms_is_silent_about_a_key_that_is_ready(staff: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(staff, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert (raise_alarms(now=booking.start - timedelta(minutes=20)), alarmed()) == (0, [])


def test_raise_alarms_gives_a_new_key_two_minutes(staff: Service, clock: FakeClock) -> None:
    make.make_booking(staff, now=clock.now, hours=0.5)

    raised = [raise_alarms(now=clock.now + timedelta(seconds=seconds)) for seconds in (0, 119, 120, 180)]

    assert raised == [0, 0, 1, 0]


def test_raise_alarms_begins_anew_after_a_move(staff: Service, clock: FakeClock) -> None:
    booking = make.make_booking(staff, now=clock.now, hours=72)
    raise_alarms(now=booking.start - timedelta(minutes=30))

    booking = reschedule(booking, start=booking.start + timedelta(days=7), duration=None, actor=STAFF, now=clock.now)

    assert raise_alarms(now=booking.start - timedelta(hours=3)) == 1
    assert alarmed() == TOLD * 2


def test_raise_alarms_without_doors_or_with_the_integration_off_is_silent(staff: Service, clock: FakeClock) -> None:
    off = make.make_booking(staff, now=clock.now)
    system = off.branch.lock_system
    assert system
    system.enabled = False
    system.save()

    assert raise_alarms(now=off.start - timedelta(minutes=20)) == 0
