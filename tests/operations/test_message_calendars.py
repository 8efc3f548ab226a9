# SPDX-License-Identifier: Apache-2.0
"""The calendar file of a message: one entry through all that happens to a booking, the same that the guest's page offers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import vobject
from django.test import Client
from django.urls import set_script_prefix
from tests import factories as make
from tests.conftest import NOW, Exivo, FakeClock
from tests.core.test_calendar_files import faults_of, read_back
from tests.mail_server import MailServer, serving

from einlass.conf.mail import SMTP
from einlass.core.bookings import Actor as ActorKind
from einlass.core.calendar_files import Method
from einlass.core.events import GUEST, Actor
from einlass.models import Booking, Message
from einlass.operations.bookings import Wish, book, cancel, confirm, decline, reschedule
from einlass.operations.guest_messages import remind_due
from einlass.operations.keys import reconcile
from einlass.operations.outbox import send_due

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


def booked(*, now: Any = NOW, **service: Any) -> Booking:
    make.make_organisation(email="info@example.org")
    make.make_questions()
    branch = make.make_branch(address="Bollwerk 15, 3011 Bern")
    return make.make_booking(make.make_service(branch, **service), now=now, hours=48)


def told() -> list[tuple[str, str, str, str]]:
    """Kind, method, state and number of each message with a calendar file, in order."""
    messages = Message.objects.exclude(calendar="").order_by("id")
    events = [(message, vobject.readOne(message.calendar).vevent) for message in messages]
    return [(m.kind, m.calendar_method, event.status.value, event.sequence.value) for m, event in events]


def test_a_booking_from_request_to_cancellation_is_one_entry_that_grows() -> None:
    booking = booked(approval=True)
    booking = confirm(booking, actor=STAFF, now=NOW)
    booking = reschedule(booking, start=booking.start + timedelta(days=1), duration=None, actor=GUEST, now=NOW)
    booking = reschedule(booking, start=booking.start + timedelta(hours=1), duration=None, actor=GUEST, now=NOW)
    remind_due(now=booking.start - timedelta(hours=20))
    cancel(booking, actor=GUEST, now=NOW)

    events = [vobject.readOne(message.calendar).vevent for message in Message.objects.order_by("id")]
    assert told() == [
        ("message_received", "REQUEST", "TENTATIVE", "0"),
        ("message_confirmed", "REQUEST", "CONFIRMED", "1"),
        ("message_moved", "REQUEST", "CONFIRMED", "2"),
        ("message_moved", "REQUEST", "CONFIRMED", "3"),
        ("message_reminder", "REQUEST", "CONFIRMED", "3"),
        ("message_cancelled", "CANCEL", "CANCELLED", "4"),
    ]
    assert {event.uid.value for event in events} == {f"{booking.reference}@testserver"}
    assert {event.organizer.value for event in events} == {"mailto:info@example.org"}
    assert {event.attendee.value for event in events} == {"mailto:lea.baumann@example.org"}


def test_a_declined_request_is_taken_out_of_the_calendar() -> None:
    decline(booked(approval=True), actor=STAFF, now=NOW)

    assert told()[-1] == ("message_declined", "CANCEL", "CANCELLED", "1")


def test_every_file_keeps_the_rules_and_says_when() -> None:
    booking = booked()
    booking = reschedule(booking, start=booking.start + timedelta(days=1), duration=None, actor=GUEST, now=NOW)
    cancel(booking, actor=GUEST, now=NOW)

    files = [(message.calendar, Method(message.calendar_method)) for message in Message.objects.order_by("id")]
    assert [faults_of(text, method=method) for text, method in files] == [[], [], []]
    assert read_back(files[1][0]) == (booking.start, booking.end)


def test_what_was_said_stays_when_the_booking_is_moved_before_it_is_sent() -> None:
    booking = booked()
    first = (booking.start, booking.end)

    reschedule(booking, start=booking.start + timedelta(days=3), duration=None, actor=GUEST, now=NOW)

    confirmed = Message.objects.get(kind="message_confirmed")
    assert read_back(confirmed.calendar) == first


def test_the_page_offers_the_same_entry(client: Client) -> None:
    booking = booked()

    fetched = client.get(f"/b/{booking.link_token}/calendar.ics", headers={"host": "localhost"})

    text = fetched.content.decode()
    offered, sent = vobject.readOne(text).vevent, vobject.readOne(Message.objects.get().calendar).vevent
    assert faults_of(text, method=Method.PUBLISH) == []
    same = ("uid", "sequence", "summary", "location", "url", "organizer", "status")
    assert [getattr(offered, name).value for name in same] == [getattr(sent, name).value for name in same]
    assert read_back(text) == (booking.start, booking.end)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de", "Ihr Handy öffnet von 09:45 bis 12:15: "),
        ("en", "Your phone opens from 09:45 until 12:15: "),
        ("fr", "Votre téléphone ouvre de 09:45 à 12:15 : "),
        ("it", "Il Suo telefono apre dalle 09:45 alle 12:15: "),
    ],
)
def test_the_entry_names_doors_and_times_in_the_guests_language(language: str, says: str, clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    wish = Wish(service, start=NOW + timedelta(days=1), duration=120, answers=make.answers(), language=language)
    booking = book(wish, actor=GUEST, now=NOW)

    event = vobject.readOne(Message.objects.get().calendar).vevent
    doors = "Haupteingang H-01, Garderobe G-01, WC 1. Stock W-01, Seminarraum Aare S-01"
    link = f"http://testserver/b/{booking.link_token}/"
    assert event.description.value == f"{link}\n\n{says}{doors}.\nApp: dormakaba mobile access"
    assert event.url.value == link


def test_a_request_promises_no_key(clock: FakeClock) -> None:
    make.make_booking(make.make_house(clock.now, approval=True), now=NOW)

    assert "Handy" not in Message.objects.get().calendar


def test_a_key_that_is_ready_says_nothing_to_the_calendar(clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert Message.objects.get(kind="message_key_ready").calendar == ""


def test_links_made_while_a_page_is_embedded_are_those_of_our_own_page() -> None:
    set_script_prefix("/embed/fr/")
    try:
        booking = booked()
    finally:
        set_script_prefix("/")

    message = Message.objects.get()
    assert f"http://testserver/b/{booking.link_token}/" in message.text
    assert vobject.readOne(message.calendar).vevent.url.value == f"http://testserver/b/{booking.link_token}/"
    assert "/embed/" not in message.text + message.html + message.calendar


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with serving() as server:
        settings.EMAIL_BACKEND = SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.MAIL_CONFIGURED = True
        yield server


def shape(message: EmailMessage) -> Any:
    """The types of its parts, nested as they are."""
    if not message.is_multipart():
        return message.get_content_type()
    return (message.get_content_type(), *(shape(part) for part in message.iter_parts()))  # type: ignore[arg-type] # parts of a mail are mails


def test_the_mail_carries_it_where_each_program_looks_for_it(mail: MailServer, clock: FakeClock) -> None:
    booking = booked()

    send_due(clock=clock)

    (received,) = mail.received
    inline, attached = (
        next(part for part in received.walk() if part.get_content_type() == kind) for kind in ("text/calendar", "application/ics")
    )
    assert shape(received) == ("multipart/mixed", ("multipart/alternative", "text/plain", "text/html", "text/calendar"), "application/ics")
    assert (inline.get_param("method"), str(inline.get_content_charset())) == ("REQUEST", "utf-8")
    assert attached.get_filename() == "invite.ics"
    inside = attached.get_content().decode()
    assert faults_of(inside, method=Method.REQUEST) == []
    assert read_back(inside) == (booking.start, booking.end)
    assert inline.get_content().replace("\r\n", "\n").strip() == inside.replace("\r\n", "\n").strip()
    assert received["From"] == "Seminarhaus Aare <info@example.org>"


def test_a_cancellation_says_so_in_the_mail_as_in_the_file(mail: MailServer, clock: FakeClock) -> None:
    cancel(booked(), actor=GUEST, now=NOW)

    send_due(clock=clock)

    inline = next(part for part in mail.received[-1].walk() if part.get_content_type() == "text/calendar")
    assert inline.get_param("method") == "CANCEL"
    assert "METHOD:CANCEL" in inline.get_content()
