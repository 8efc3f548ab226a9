# SPDX-License-Identifier: Apache-2.0
"""F53: exivo calls an address of ours when a key was made. Forged, repeated, late or lost, it is a hint to look and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from tests.faults.watched import Watched

from einlass.core.access import AccessState
from einlass.core.limits import LIMITS, Deed
from einlass.models import Access, Key
from einlass.operations.callbacks import callback_address

pytestmark = pytest.mark.django_db(transaction=True)
LOST = {"call": "create", "kind": "timeout_after", "seconds": 2, "times": 1}


@pytest.fixture
def here(settings: Any) -> str:
    """Einlass on the emulator's machine; nobody listens there, so that a test calls itself."""
    settings.BASE_URL = "http://127.0.0.1:9"
    return str(settings.BASE_URL)


def called(house: Watched) -> list[str]:
    """The paths that exivo called, newest first."""
    return [each["uri"].partition(":9")[2] for each in house.exivo.ask("GET", "/control/callbacks")]


def call(house: Watched, client: Client, path: str) -> int:
    """The page reads the clock of this machine, which has to be the one of the house."""
    with time_machine.travel(house.clock.now, tick=False):
        return client.post(path).status_code


def changed(house: Watched, what: Callable[[], object]) -> tuple[object, int]:
    """What comes of it, and how many requests change something at exivo because of it."""
    before = len(house.asked())
    with house.step():
        answer = what()
    house.ring()
    return answer, len(house.asked()) - before


def test_f53_the_callback_finds_a_key_whose_answer_was_lost(house: Watched, here: str, client: Client) -> None:
    house.faults(LOST)
    booking = house.book()
    house.ring()
    assert house.access(booking).problem == "outcome_unknown"

    answer, changes = changed(house, lambda: call(house, client, called(house)[0]))

    # Without any other wait: the look finds the marker, takes the key up and reads it back.
    assert (answer, changes, house.state(booking)) == (204, 0, AccessState.READY)
    house.rest()


@pytest.mark.parametrize("how", ["forged", "replayed", "lost"])
def test_f53_forged_repeated_and_lost_callbacks_change_nothing(house: Watched, here: str, client: Client, how: str) -> None:
    house.faults({"call": "create", "kind": "callback", "how": how})
    booking = house.ready()
    row = Access.objects.values().get(pk=booking.pk)

    answers = [call(house, client, path) for path in called(house)]

    assert answers == {"forged": [404], "replayed": [204] * 3, "lost": []}[how]
    assert Access.objects.values().get(pk=booking.pk) == row
    house.rest()
    assert len(house.exivo.all_keys()) == 1


def test_f53_a_callback_after_the_booking_was_cancelled_changes_nothing(house: Watched, here: str, client: Client) -> None:
    house.faults({"call": "create", "kind": "callback", "how": "late", "seconds": 60})
    booking = house.ready()
    assert called(house) == []
    house.cancel(booking)
    house.ring()
    house.forward(minutes=2)

    _, changes = changed(house, lambda: call(house, client, called(house)[0]))

    assert (changes, house.exivo.live()) == (0, [])
    house.rest()


def test_f53_a_refused_key_is_not_tried_earlier_by_callbacks(house: Watched, here: str, client: Client) -> None:
    house.faults({"call": "create", "kind": "status", "status": 422})
    booking = house.book()
    house.ring()
    path = callback_address(Key.objects.get().marker).partition(":9")[2]
    before = house.access(booking).next_check_at

    answer, changes = changed(house, lambda: call(house, client, path))

    assert (answer, changes, house.access(booking).next_check_at) == (204, 0, before)


def test_f53_looks_are_limited(house: Watched, here: str, client: Client) -> None:
    house.faults({"call": "create", "kind": "timeout_before", "seconds": 2, "times": 1}, {"call": "list", "kind": "status", "status": 500})
    house.book()
    house.ring()
    path = callback_address(Key.objects.get().marker).partition(":9")[2]
    most = LIMITS[Deed.CALLBACK].most

    answers = {call(house, client, path) for _ in range(most + 5)}

    assert answers == {204}
    changes = Access.objects.get().changes
    call(house, client, path)
    assert Access.objects.get().changes == changes


@pytest.mark.parametrize("token", ["x", "EL-7K3M9Q2W4T", "EL-7K3M9Q2W4T.", "EL-7K3M9Q2W4T." + "0" * 40, "é.ü", "%00.%00"])
def test_f53_whoever_guesses_learns_nothing(client: Client, token: str) -> None:
    for method in ("GET", "POST"):
        answer = client.generic(method, f"/callbacks/exivo/{token}", data="{}", content_type="application/json")

        assert (answer.status_code, answer.content) == (404, b"")


def test_f53_the_address_is_given_only_where_exivo_can_reach_it(settings: Any) -> None:
    settings.EXIVO_URL, settings.BASE_URL = "https://api.exivo.io/v1", "http://localhost:8000"
    assert callback_address("EL-7K3M9Q2W4T") == ""
    settings.BASE_URL = "https://book.example.org"
    address = callback_address("EL-7K3M9Q2W4T")

    assert address.startswith("https://book.example.org/callbacks/exivo/EL-7K3M9Q2W4T.")
    assert len(address.rpartition(".")[2]) * 4 >= 128
    assert callback_address("EL-7K3M9Q2W4V").rpartition(".")[2] != address.rpartition(".")[2]


def test_f53_exivo_itself_calls_and_is_heard(house: Watched, live_server: LiveServer, settings: Any) -> None:
    """Over real connections: the emulator calls, the web server answers, the booking is due."""
    settings.BASE_URL = live_server.url
    house.faults(LOST)
    booking = house.book()
    before = house.access(booking).changes
    house.ring()

    deadline = time.monotonic() + 20
    while house.access(booking).changes == before and time.monotonic() < deadline:
        time.sleep(0.1)

    assert house.access(booking).changes == before + 1
