# SPDX-License-Identifier: Apache-2.0
"""Why does the door not open? The box of a booking's page for a door and a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests import factories as make
from tests.web.pages.one_booking import at, page_of, part

from einlass.models import Booking, Door, Key, LockSystem

# No vendor is asked inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def test_why_is_folded_while_the_booking_is_far(desk: Client, ready: Booking) -> None:
    html = desk.get(page_of(ready)).content.decode()

    assert '<details class="why-box folded">' in html
    assert 'class="btn next"' not in html


def test_why_too_early_says_by_how_much_and_offers_to_open(desk: Client, ready: Booking) -> None:
    with at(ready.start - timedelta(minutes=22)):
        response = desk.get(page_of(ready))

    html = response.content.decode()
    box = part(html, "why-box")
    assert "7 Minuten zu früh. Ab heute, 09:45 öffnet das Handy von selbst." in box
    assert f'<a class="btn next" href="{page_of(ready)}open/?door={make.ENTRANCE}">Haupteingang H-01 jetzt öffnen</a>' in html
    assert html.count("btn next") == 1
    assert 'aria-label="jetzt 09:38, 09:45 Schlüssel gilt, 10:00 Termin"' in html
    assert "Zeit : Grund" in box
    assert "Schlüssel : in Ordnung bereit, Türen und Zeiten wie verlangt" in box
    assert "Handy : in Ordnung 078 123 45 67, wie im Schlüssel" in box
    assert "Schloss : nicht bekannt nicht gemeldet" in box


def test_why_another_door_says_which_the_booking_opens(desk: Client, ready: Booking) -> None:
    with at(ready.start):
        box = part(desk.get(page_of(ready, f"?door={make.GURTEN}")).content.decode(), "why-box")

    assert "Seminarraum Gurten S-02 ist keine Tür dieser Buchung." in box
    assert "Sie öffnet: Haupteingang H-01, Garderobe G-01, WC 1. Stock W-01, Seminarraum Aare S-01." in box


def test_why_another_moment_is_on_the_wall_of_the_branch(desk: Client, ready: Booking) -> None:
    box = part(desk.get(page_of(ready, "?at=2026-11-24T12:45")).content.decode(), "why-box")

    assert "30 Minuten zu spät. Der Schlüssel galt bis Di, 24. November, 12:15." in box.replace("\xa0", " ")
    assert "12:45 12:00 Termin vorbei 12:15 Schlüssel vorbei" in box


@pytest.mark.parametrize("query", ["?at=gestern", "?at=0001-01-01T00:00", "?door=no-such-door", "?at=2026-11-24T12:45%2B01:00"])
def test_why_nonsense_in_the_address_counts_as_nothing_said(desk: Client, ready: Booking, query: str) -> None:
    assert desk.get(page_of(ready, query)).status_code == 200


def test_why_silent_lock_is_said_with_its_time(desk: Client, ready: Booking) -> None:
    Door.objects.filter(component=make.ENTRANCE).update(ready=False, silent_since=ready.start - timedelta(hours=1))

    with at(ready.start):
        box = part(desk.get(page_of(ready)).content.decode(), "why-box")

    assert "Das Schloss Haupteingang H-01 antwortet nicht." in box
    assert "seit heute, 09:00" in box


def test_why_with_the_integration_off_leads_to_what_is_missing(desk: Client, ready: Booking) -> None:
    LockSystem.objects.update(enabled=False)
    Key.objects.all().delete()

    with at(ready.start):
        response = desk.get(page_of(ready))

    assert "Die Anbindung ist ausgeschaltet." in part(response.content.decode(), "why-box")
    assert '<a class="btn next" href="/manage/readiness/">' in response.content.decode()


def test_why_nothing_wrong_says_so_and_what_is_not_known(desk: Client, ready: Booking) -> None:
    with at(ready.start):
        box = part(desk.get(page_of(ready)).content.decode(), "why-box")

    assert "Nichts spricht dagegen: Die Tür müsste aufgehen." in box
