# SPDX-License-Identifier: Apache-2.0
"""What became of each message stands on the staff's page of the booking, in words; what was lost needs a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_user
from tests.web.pages.conftest import text_of

from einlass.models import Booking, Message
from einlass.operations.messages import queue

MINUTE = timedelta(minutes=1)


def listed(client: Client, booking: Booking) -> str:
    page = client.get(f"/manage/bookings/{booking.reference}/").content.decode()
    found = re.search(r'<section[^>]*aria-labelledby="messages">.*?</section>', page, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", found[0])).strip()


@pytest.mark.parametrize(
    ("became", "words"),
    [
        ({}, "wartet auf den Versand, heute, 10:00 {to}"),
        (
            {"attempts": 1, "claimed_until": NOW, "error": "452 mailbox full", "next_attempt_at": NOW + MINUTE},
            "noch nicht angenommen, heute, 10:00 {to} Nächster Versuch heute, 10:01. Antwort des Servers 452 mailbox full",
        ),
        ({"sent_at": NOW, "next_attempt_at": None}, "versendet, heute, 10:00 {to}"),
        (
            {"sent_at": NOW - MINUTE, "bounced_at": NOW, "error": "550 5.1.1 User unknown"},
            "zurückgekommen, heute, 10:00 {to} Sie wurde angenommen und kam später zurück. "
            "Rufen Sie den Gast an und korrigieren Sie die Adresse. Antwort des Servers 550 5.1.1 User unknown",
        ),
        (
            {"failed_at": NOW, "error": "recipient_refused: 550 no such user"},
            "abgelehnt, heute, 10:00 {to} Der Server kennt diese Adresse nicht. "
            "Rufen Sie den Gast an und korrigieren Sie sie. Antwort des Servers 550 no such user",
        ),
        (
            {"failed_at": NOW, "error": "too_late: 452 mailbox full"},
            "aufgegeben, heute, 10:00 {to} Sie konnte nicht rechtzeitig versendet werden. "
            "Später würde sie nur verwirren. Antwort des Servers 452 mailbox full",
        ),
        ({"failed_at": NOW, "error": "not_configured"}, "nicht gesendet, heute, 10:00 {to} Es ist kein Mailserver eingerichtet."),
        (
            {"failed_at": NOW, "error": "ConnectionRefusedError: [Errno 111]"},
            "aufgegeben, heute, 10:00 {to} Es wurde zwei Tage lang versucht. Antwort des Servers ConnectionRefusedError: [Errno 111]",
        ),
    ],
)
def test_the_booking_says_what_became_of_a_message(desk: Client, booking: Booking, became: dict[str, Any], words: str) -> None:
    Message.objects.update(**became)

    assert listed(desk, booking) == f"Nachrichten Bestätigung {words.format(to='lea.baumann@example.org')}"


def test_the_newest_message_comes_first_and_sms_say_so(desk: Client, booking: Booking) -> None:
    queue(kind="sms_reminder", to="+41781234567", language="de", text="…", booking=booking, channel="sms", now=NOW + MINUTE)
    Message.objects.filter(channel="sms").update(failed_at=NOW + MINUTE, error="not_configured")

    says = "Nachrichten Erinnerung, per SMS nicht gesendet, heute, 10:01 +41781234567 Es ist kein SMS-Gateway eingerichtet. Bestätigung"
    assert listed(desk, booking).startswith(says)


def test_a_booking_that_nobody_was_written_about_says_so(desk: Client, booking: Booking) -> None:
    Message.objects.all().delete()

    assert listed(desk, booking) == "Nachrichten Zu dieser Buchung wurde nichts geschrieben."


def test_messages_of_another_branch_are_not_found(german: Client, booking: Booking) -> None:
    german.force_login(make_user("elsewhere@example.org", role="staff"))

    assert german.get(f"/manage/bookings/{booking.reference}/").status_code == 404


def test_the_page_asks_the_database_as_often_with_more_messages(desk: Client, booking: Booking) -> None:
    address = f"/manage/bookings/{booking.reference}/"
    desk.get(address)
    with CaptureQueriesContext(connection) as one:
        desk.get(address)
    for number in range(3):
        queue(kind="message_reminder", to=f"guest{number}@example.org", language="de", text="…", booking=booking, now=NOW)
    with CaptureQueriesContext(connection) as more:
        desk.get(address)

    assert len(more) == len(one)


def test_mail_that_came_back_needs_a_person_today(desk: Client, booking: Booking) -> None:
    Message.objects.update(sent_at=NOW, bounced_at=NOW, next_attempt_at=None, error="550 5.1.1 User unknown")

    text = text_of(desk.get("/manage/"))

    assert "zurückgekommen" in text
    assert "Die Nachricht «Ihre Buchung: Seminarraum Aare, Dienstag, 24. November 2026» konnte nicht zugestellt werden." in text


def test_what_cannot_be_sent_at_all_is_said_once_and_not_of_each_booking(desk: Client, booking: Booking) -> None:
    Message.objects.update(failed_at=NOW, next_attempt_at=None, error="not_configured")

    assert "konnte nicht zugestellt werden" not in text_of(desk.get("/manage/"))
