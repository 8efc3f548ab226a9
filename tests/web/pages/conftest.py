# SPDX-License-Identifier: Apache-2.0
"""Pages over real rows, at a moment that stands still: Monday 23 November 2026, 10:00 in Bern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.conftest import NOW, Exivo, FakeClock
from tests.factories import make_booking, make_house, make_user

from einlass.models import Booking, Question, Service
from einlass.operations.keys import reconcile

TITLE = re.compile(r"<title>(.+?)</title>", re.DOTALL)
HEADING = re.compile(r"<h1>(.+?)</h1>", re.DOTALL)
FOREIGN = re.compile(r"""(?:<script[^>]+src|<link[^>]+href|<img[^>]+src|<form[^>]+action|@import|url\()\s*[="'(]*\s*(?:https?:)?//""")


@pytest.fixture(autouse=True)
def _moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def german(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-CH,de;q=0.9"
    return client


@pytest.fixture
def service(db: None) -> Service:
    """One service in Bern that opens doors, with questions in German."""
    house = make_house(NOW, cancel_until_minutes=60, reschedule_until_minutes=120)
    labels = {"first_name": "Vorname", "last_name": "Nachname", "email": "E-Mail", "mobile": "Mobilnummer"}
    for key, label in labels.items():
        Question.objects.filter(key=key).update(label={"de": label})
    return house


@pytest.fixture
def booking(service: Service) -> Booking:
    """Tomorrow, 10:00 to 12:00 in Bern."""
    return make_booking(service, now=NOW, hours=24)


@pytest.fixture
def desk(german: Client, db: None) -> Client:
    """The owner, signed in."""
    german.force_login(make_user())
    return german


@pytest.fixture
def ready(service: Service, exivo: Exivo, clock: FakeClock) -> Booking:
    """Tomorrow 10:00 to 12:00, its key read back."""
    booking = make_booking(service, now=NOW)
    reconcile(booking.pk, clock=clock)
    return booking


def typed(**changed: str) -> dict[str, str]:
    """The form of step 3 as a guest sends it."""
    answers = {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"} | changed
    return {f"answer-{key}": value for key, value in answers.items()} | {"country-mobile": "CH"}


def start(**later: float) -> str:
    """A start in the address, counted from the moment."""
    return (NOW + timedelta(**later)).isoformat().replace("+00:00", "Z")


def form_action(response: Any, form: str) -> str:
    """Where the form of this id is sent."""
    found = re.search(rf'<form id="{form}"[^>]* action="([^"]+)"', response.content.decode())
    assert found
    return unescape(found[1])


def hidden_in(response: Any) -> dict[str, str]:
    """What the forms of a page carry along unseen."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode())
    return {name: unescape(value) for name, value in found}


def text_of(response: Any) -> str:
    """What a reader reads, without tags and with single spaces."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words).strip()
