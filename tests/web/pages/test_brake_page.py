# SPDX-License-Identifier: Apache-2.0
"""The page on which a person decides about keys that would be taken back at once (F46)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import AARE, make_booking, make_user
from tests.web.pages.conftest import hidden_in, text_of
from tests.web.pages.key_rows import give_key, give_trouble

from einlass.core.events import CLOCK, BrakeEngaged
from einlass.core.keys import KeyState
from einlass.models import Access, Booking, Branch, EventRecord, Service
from einlass.operations.events import record

PAGE = "/manage/readiness/bern/release/"
READINESS = "/manage/readiness/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user(role="manager"))
    return german


@pytest.fixture
def braked(desk: Client, service: Service) -> list[Booking]:
    """Two bookings whose keys were changed over there, among others that were not; the site has stopped."""
    Branch.objects.update(brake_since=NOW, brake_count=2)
    record(BrakeEngaged(planned=7, allowed=5), actor=CLOCK, now=NOW, branch=service.branch)
    return [changed(service, hours=24), changed(service, hours=-0.5, first_name="Ada", drifted="window,phone")]


def changed(service: Service, *, hours: float, drifted: str = "doors", first_name: str = "Lea") -> Booking:
    booking = make_booking(service, now=NOW - timedelta(days=1), hours=24 + hours, first_name=first_name)
    give_key(booking, drifted=drifted)
    return booking


def decided(desk: Client, decision: str) -> Any:
    return desk.post(PAGE, hidden_in(desk.get(PAGE)) | {"decision": decision})


def test_it_says_why_it_stopped_and_which_keys_wait(desk: Client, braked: list[Booking], service: Service) -> None:
    give_key(make_booking(service, now=NOW, hours=72))
    gateway = make_booking(service, now=NOW, hours=48, first_name="Jan")
    give_key(gateway, doors=["a door that may no longer be in a key"])
    give_trouble(gateway, "held_by_brake")

    page = desk.get(PAGE)
    text = text_of(page).replace("\N{NO-BREAK SPACE}", " ")

    assert "(heute, 10:00) und fand 7 Schlüssel, die anders sind als gebucht" in text
    assert "Bis zu 5 nimmt es von selbst zurück" in text
    assert "3 Schlüssel warten" in text
    soonest, tomorrow, last = (text.index(name) for name in ("Ada Baumann", "Lea Baumann", "Jan Baumann"))
    assert soonest < tomorrow < last
    assert "gilt jetzt" in text[:soonest]
    assert "Er gilt zu anderen Zeiten als gebucht. Er gilt für eine andere Nummer als gebucht." in text[soonest:tomorrow]
    assert "Er öffnet andere Türen als gebucht. Ein neuer tritt an seine Stelle, so wie gebucht." in text[tomorrow:last]
    assert "10:00–12:00" in text[:tomorrow]


def test_releasing_lets_them_go_and_is_written_down(desk: Client, braked: list[Booking]) -> None:
    answer = decided(desk, "release")

    assert answer["Location"] == READINESS
    assert Branch.objects.get().brake_since is None
    assert EventRecord.objects.get(kind="brake.released").actor_name == "Nadia Keller"
    assert set(Access.objects.values_list("next_check_at", "reason")) == {(NOW, "brake.released")}


def test_leaving_them_keeps_the_brake_on_and_goes_on_telling(desk: Client, braked: list[Booking]) -> None:
    answer = decided(desk, "keep")
    page = text_of(desk.get(answer["Location"]))

    assert "Die Schlüssel bleiben, wie sie sind. Sie warten weiter hier." in page
    assert "Nadia Keller hat die Schlüssel gelassen, wie sie sind" in page
    assert Branch.objects.get().brake_since == NOW
    event = EventRecord.objects.get(kind="brake.kept")
    assert (event.actor_name, event.data) == ("Nadia Keller", {"keys": 2})
    assert "2 Schlüssel würden auf einmal zurückgenommen" in text_of(desk.get(READINESS))


def test_nothing_chosen_decides_nothing(desk: Client, braked: list[Booking]) -> None:
    answer = desk.post(PAGE, hidden_in(desk.get(PAGE)))

    assert (answer.status_code, Branch.objects.get().brake_since) == (422, NOW)
    assert "Wählen Sie, was mit diesen Schlüsseln geschieht." in text_of(answer)


@pytest.mark.parametrize("decision", ["release", "keep"])
def test_nobody_decides_about_keys_that_he_was_not_shown(desk: Client, braked: list[Booking], service: Service, decision: str) -> None:
    shown = hidden_in(desk.get(PAGE))
    changed(service, hours=96)

    answer = desk.post(PAGE, shown | {"decision": decision})

    assert (answer.status_code, Branch.objects.get().brake_since) == (409, NOW)
    assert "3 Schlüssel warten" in text_of(answer)
    assert not EventRecord.objects.filter(kind__in=["brake.released", "brake.kept"]).exists()


def test_whoever_is_second_is_told(desk: Client, braked: list[Booking]) -> None:
    shown = hidden_in(desk.get(PAGE))
    decided(desk, "release")

    answer = desk.post(PAGE, shown | {"decision": "release"})

    assert answer.status_code == 409
    assert "Kein Schlüssel wartet auf einen Entscheid." in text_of(answer)
    assert EventRecord.objects.filter(kind="brake.released").count() == 1


def test_long_lists_have_pages(desk: Client, service: Service) -> None:
    Branch.objects.update(brake_since=NOW)
    booking = make_booking(service, now=NOW)
    for number in range(26):
        give_key(booking, KeyState.ISSUED, drifted="doubled", vendor_id=f"v{number}", doors=[AARE])

    first, second = (desk.get(f"{PAGE}?page={number}") for number in (1, 2))

    assert [page.content.decode().count("<time") for page in (first, second)] == [25, 1]
    assert hidden_in(first)["seen"] == hidden_in(second)["seen"]
    assert "26 Schlüssel zurücknehmen" in text_of(second)


def test_asks_the_database_equally_often_for_one_and_three(desk: Client, service: Service) -> None:
    Branch.objects.update(brake_since=NOW)
    counts = []
    for hours in ((24,), (48, 72)):
        for hour in hours:
            changed(service, hours=hour)
        desk.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            desk.get(PAGE)
        counts.append(len(queries))

    assert counts[0] == counts[1]
