# SPDX-License-Identifier: Apache-2.0
"""The key card by itself: what it asks for how often, when it stops, and when the whole page has to come anew."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking
from tests.web.pages.conftest import text_of
from tests.web.pages.key_rows import give_key, give_trouble, own

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.core.keys import KeyState
from einlass.models import Access, Booking, Key, Service
from einlass.operations.bookings import cancel, confirm, reschedule

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


def test_key_part_is_silent_while_nothing_changed(german: Client, booking: Booking) -> None:
    page = german.get(own(booking)).content.decode()
    asked = part_of(page)

    same = german.get(asked)
    give_key(booking)
    changed = german.get(asked)

    assert same.status_code == 204
    assert "HX-Refresh" not in same.headers
    assert changed.status_code == 200
    assert "Ihr Handy ist der Schlüssel" in changed.content.decode()
    assert pace_of(page) == ("3", "30")
    assert pace_of(changed.content.decode()) == ("30", "120")


def part_of(page: str) -> str:
    """The address at which the card asks for its state."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="ask"', page)
    assert found
    return found[1].replace("&amp;", "&")


def pace_of(page: str) -> tuple[str, str]:
    """After how many seconds it asks first, and at most."""
    found = re.search(r'data-ask="(\d+)" data-ask-most="(\d+)"', page)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize(
    ("state", "pace"), [(KeyState.LIVE, ("30", "120")), (KeyState.REVOKING, ("3", "30")), (KeyState.SENDING, ("3", "30"))]
)
def test_key_part_asks_soon_where_something_moves(german: Client, booking: Booking, state: KeyState, pace: tuple[str, str]) -> None:
    give_key(booking, state)
    if state is KeyState.REVOKING:
        cancel(booking, actor=GUEST, now=NOW)

    assert pace_of(german.get(own(booking)).content.decode()) == pace


def test_key_part_knows_when_the_key_turns(german: Client, booking: Booking) -> None:
    give_key(booking)

    with time_machine.travel(booking.start - timedelta(minutes=16), tick=False):
        before = german.get(own(booking)).content.decode()
    with time_machine.travel(booking.end, tick=False):
        inside = german.get(own(booking)).content.decode()

    assert 'data-turns="61"' in before
    assert 'data-turns="901"' in inside


@pytest.mark.parametrize("how", ["over", "taken back"])
def test_key_part_that_has_ended_asks_no_more(german: Client, booking: Booking, how: str) -> None:
    give_key(booking, KeyState.LIVE if how == "over" else KeyState.REVOKED)
    if how == "taken back":
        cancel(booking, actor=GUEST, now=NOW)

    with time_machine.travel(NOW + timedelta(days=2 if how == "over" else 0), tick=False):
        page = german.get(own(booking)).content.decode()

    assert 'id="key"' in page
    assert [word for word in ("hx-get", "data-ask", "htmx", "key.js", "noscript") if word in page] == []


@pytest.mark.parametrize("others", [True, False])
def test_f14_cancelled_guest_hears_that_another_key_of_his_phone_may_open(german: Client, booking: Booking, others: bool) -> None:
    give_key(booking, KeyState.REVOKED)
    cancel(booking, actor=GUEST, now=NOW)
    until = booking.end if others else NOW
    give_trouble(booking, "overlap_unmanaged" if others else "", unmanaged_until=until, unmanaged_name="Hauswart")

    text = text_of(german.get(own(booking)))

    said = "Ein anderer Schlüssel auf Ihrem Handy, der nicht zu dieser Buchung gehört, kann noch bis"
    assert (said in text, "Er öffnet keine Tür mehr" in text) == (others, not others)
    assert [word for word in ("Hauswart", "exivo") if word in text.split("Ihr Schlüssel wurde zurückgenommen")[-1]] == []


@pytest.mark.parametrize("what", ["moved", "cancelled"])
def test_key_part_has_the_page_come_anew_when_the_booking_is_another_one(german: Client, booking: Booking, what: str) -> None:
    asked = part_of(german.get(own(booking)).content.decode())
    if what == "moved":
        reschedule(booking, start=booking.start + timedelta(hours=2), duration=None, actor=STAFF, now=NOW)
    else:
        cancel(booking, actor=STAFF, now=NOW)

    response = german.get(asked)

    assert (response.status_code, response["HX-Refresh"], response.content) == (204, "true", b"")


def test_key_part_of_a_request_waits_for_its_answer(german: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)
    page = german.get(own(booking)).content.decode()
    asked = part_of(page)

    same = german.get(asked)
    confirm(booking, actor=STAFF, now=NOW)
    answered = german.get(asked)

    assert 'class="key' not in page
    assert (same.status_code, "HX-Refresh" in same.headers) == (204, False)
    assert answered["HX-Refresh"] == "true"
    assert "Ihr Schlüssel entsteht gerade" in text_of(german.get(own(booking)))


def test_key_part_follows_all_states(german: Client, booking: Booking) -> None:
    """From the booking to its end, each state once, without loading the page anew while the booking stays as it is."""
    asked = part_of(german.get(own(booking)).content.decode())
    seen = []

    def look(*, hours: float = 0) -> None:
        nonlocal asked
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            part = german.get(asked).content.decode()
        found = re.search(r'class="key (\w+)"', part)
        seen.append(found[1] if found else "")
        asked = part_of(part) if "hx-get" in part else asked

    give_trouble(booking, "vendor_unreachable")
    look()
    Access.objects.update(problem="", problem_since=None)
    look()
    key = give_key(booking)
    look()
    look(hours=25)
    Key.objects.filter(pk=key.pk).update(doors=["another"])
    look(hours=25)
    Key.objects.filter(pk=key.pk).update(doors=key.doors)
    look(hours=48)

    assert seen == ["trouble", "preparing", "ready", "active", "changing", "closed"]


def test_key_part_does_not_tell_a_number(german: Client, booking: Booking) -> None:
    give_key(booking)

    part = text_of(german.get(f"{own(booking)}key"))

    assert "078 ••• •• 67" in part
    assert [number for number in ("123", "+41") if number in part] == []
