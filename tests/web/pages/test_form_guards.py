# SPDX-License-Identifier: Apache-2.0
"""Programs that fill in forms: a field nobody sees, a form sent too soon, too many times from one address. A person can always go on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.conftest import NOW
from tests.factories import OTHER_MOBILE, make_booking, make_organisation, make_room
from tests.web.pages.conftest import start, text_of, typed

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.limits import LIMITS, Deed
from einlass.models import Booking, DeedCount, Service
from einlass.operations import privacy
from einlass.operations.links import renew_link

DETAILS = "/book/seminar/details"
ONCE_MORE = "Bitte schauen Sie alles noch einmal durch"
LATER = "Bitte versuchen Sie es etwas später wieder"


@pytest.fixture
def watched(german: Client, service: Service, settings: Any) -> Client:
    """As in production: a form takes a person two seconds at least."""
    settings.FORM_SECONDS = 2.0
    return german


def field(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def form(client: Client, *, hours: float = 4) -> dict[str, str]:
    """Step 3 as it is shown, filled in."""
    page = client.get(f"{DETAILS}?start={start(hours=hours)}&duration=60")
    return typed() | {name: field(page, name) for name in ("once", "shown", "start", "duration", "website")}


def send(client: Client, data: dict[str, str], *, after: float, **extra: Any) -> Any:
    with time_machine.travel(NOW + timedelta(seconds=after), tick=False):
        return client.post(DETAILS, data, **extra)


def test_form_that_a_person_takes_time_for_is_booked(watched: Client) -> None:
    answer = send(watched, form(watched), after=2)

    assert answer.status_code == 303
    assert Booking.objects.count() == 1


def test_form_sent_too_soon_comes_back_with_everything_and_counts_when_sent_again(watched: Client) -> None:
    data = form(watched)

    soon = send(watched, data, after=1.9)
    kept = {name: field(soon, name) for name in ("answer-first_name", "answer-mobile", "answer-email", "once", "shown")}
    again = send(watched, data | kept, after=3)

    assert (soon.status_code, ONCE_MORE in text_of(soon), Booking.objects.count()) == (422, True, 1)
    assert kept == {name: data[name] for name in kept}
    assert again.status_code == 303


@pytest.mark.parametrize("stamp", ["", "1700000000.000", "1700000000.000:forged", "later"])
def test_form_with_a_stamp_that_is_not_ours_gets_a_new_one(watched: Client, stamp: str) -> None:
    data = form(watched) | {"shown": stamp}

    refused = send(watched, data, after=60)
    booked = send(watched, data | {"shown": field(refused, "shown")}, after=62)

    assert (refused.status_code, booked.status_code) == (422, 303)


def test_hidden_field_that_was_filled_in_comes_back_empty(watched: Client) -> None:
    data = form(watched) | {"website": "https://example.com"}

    refused = send(watched, data, after=60)
    again = data | {"website": field(refused, "website")}

    assert (refused.status_code, ONCE_MORE in text_of(refused), Booking.objects.count()) == (422, True, 0)
    assert again["website"] == ""
    assert send(watched, again, after=61).status_code == 303


def test_hidden_field_is_hidden_from_everybody(watched: Client) -> None:
    page = watched.get(f"{DETAILS}?start={start(hours=4)}&duration=60").content.decode()
    found = re.search(r'<div class="sr" aria-hidden="true"><label[^>]*>[^<]*</label><input id="website"[^>]*></div>', page)

    assert found
    assert 'tabindex="-1"' in found[0]
    assert 'autocomplete="off"' in found[0]


def test_wrong_answer_keeps_the_stamp(watched: Client) -> None:
    data = form(watched)

    wrong = send(watched, data | {"answer-mobile": "12"}, after=5)

    assert field(wrong, "shown") == data["shown"]
    assert send(watched, data, after=6).status_code == 303


def test_no_second_is_asked_for_where_the_setting_says_so(watched: Client, settings: Any) -> None:
    settings.FORM_SECONDS = 0

    assert send(watched, form(watched), after=0).status_code == 303


def test_too_many_bookings_from_one_address_are_told_calmly(german: Client, service: Service, settings: Any) -> None:
    settings.LIMIT_FACTOR = 0.1  # two bookings, three holds
    for hours in (4, 6):
        assert send(german, form(german, hours=hours), after=0).status_code == 303

    refused = send(german, form(german, hours=8), after=0)
    elsewhere = send(german, form(german, hours=8), after=0, REMOTE_ADDR="192.0.2.8")

    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert LATER in text_of(refused)
    assert field(refused, "answer-first_name") == "Lea"
    assert "nächsten freien Zeiten" not in text_of(refused)
    assert elsewhere.status_code == 303


@pytest.mark.parametrize("gone", ["renewed", "erased"])
def test_form_sent_again_after_its_link_was_taken_away_tells_no_new_one(german: Client, service: Service, gone: str) -> None:
    second = make_room(service.branch, "gurten")
    service.rooms.add(second, through_defaults={"position": 1})
    sent = typed() | {"start": start(hours=24), "duration": "60", "once": "a form"}
    german.post(DETAILS, sent)
    staff = Actor(ActorKind.STAFF, "Nadia Keller")
    if gone == "renewed":
        renew_link(Booking.objects.get(), actor=staff, now=NOW)
    else:
        privacy.erase([Booking.objects.get()], actor=staff, now=NOW)

    again = german.post(DETAILS, sent)

    booking = Booking.objects.get()
    assert (again.status_code, "Location" in again.headers) == (409, False)
    assert booking.link_token not in again.content.decode()


def test_what_does_not_come_about_is_not_counted(german: Client, service: Service) -> None:
    send(german, form(german) | {"answer-mobile": "12"}, after=0)
    data = form(german)
    send(german, data, after=0)
    send(german, data, after=0)
    send(german, data | {"once": "another form"}, after=0)

    assert Booking.objects.count() == 1
    assert list(DeedCount.objects.values_list("what", "count")) == [("booking", 1)]


def test_too_many_holds_from_one_address_are_told_calmly(german: Client, service: Service) -> None:
    most = LIMITS[Deed.HOLD].most

    def hold(number: int) -> Any:
        return Client(headers={"Accept-Language": "de"}).post(
            "/book/seminar/hold", {"start": start(hours=4 + 2 * number), "duration": "60"}
        )

    held = [hold(number).status_code for number in range(most)]
    refused = hold(most)

    assert held == [303] * most
    assert (refused.status_code, refused["Retry-After"], LATER in text_of(refused)) == (429, "3600", True)


def test_hold_that_is_moved_is_not_counted_again(german: Client, service: Service) -> None:
    for hours in (4, 6, 8):
        german.post("/book/seminar/hold", {"start": start(hours=hours), "duration": "60"})

    assert list(DeedCount.objects.values_list("what", "count")) == [("hold", 1)]


def test_hold_that_is_kept_up_by_moving_is_counted_again_after_an_hour(german: Client, service: Service) -> None:
    for minutes in range(0, 75, 9):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            assert german.post("/book/seminar/hold", {"start": start(hours=4), "duration": "60"}).status_code == 303

    assert (Booking.objects.count(), sum(DeedCount.objects.values_list("count", flat=True))) == (1, 3)


def test_details_are_kept_by_no_cache_for_others(german: Client, service: Service) -> None:
    chosen = {"start": start(hours=4), "duration": "60"}
    by_address = german.get(german.post("/book/seminar/hold", chosen)["Location"])
    by_cookie = german.get(DETAILS, chosen)
    typed_in = german.post(DETAILS, chosen | typed(email="nowhere"))

    assert by_address.context["hold"] == by_cookie.context["hold"] != ""
    assert [page.headers["Cache-Control"] for page in (by_address, by_cookie, typed_in)] == ["private, no-cache"] * 3


def test_too_many_codes_from_one_address_are_told_calmly(german: Client, service: Service, settings: Any) -> None:
    settings.LIMIT_FACTOR = 0.2  # two codes
    bookings = [make_booking(service, now=NOW, hours=24 + 24 * number) for number in range(3)]

    def ask(booking: Booking) -> Any:
        return german.post(f"/b/{booking.link_token}/number/", typed(mobile="079 000 11 22"))

    answers = [ask(booking) for booking in bookings]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert (answers[2]["Retry-After"], LATER in text_of(answers[2])) == ("3600", True)


def test_number_with_too_many_bookings_is_refused_in_the_same_words(german: Client, service: Service, settings: Any) -> None:
    make_organisation(most_open_bookings=1)
    make_booking(service, now=NOW, hours=24)
    of_number = send(german, form(german), after=0)
    settings.LIMIT_FACTOR = 0.05
    make_organisation(most_open_bookings=None)
    send(german, form(german, hours=48), after=0)
    of_address = send(german, form(german), after=0)

    kept = ("Retry-After", "Cache-Control", "Content-Language")
    assert (of_number.status_code, of_address.status_code) == (429, 429)
    assert text_of(of_number) == text_of(of_address)
    assert [of_number[name] for name in kept] == [of_address[name] for name in kept]


def test_somebody_who_has_booked_before_sees_what_a_newcomer_sees(german: Client, service: Service) -> None:
    make_booking(service, now=NOW, hours=24)
    known = send(german, form(german), after=0)
    stranger = send(german, form(german, hours=8) | {"answer-mobile": OTHER_MOBILE, "answer-email": "new@example.org"}, after=0)

    assert (known.status_code, stranger.status_code) == (303, 303)
    shape = re.compile(r"^/b/[\w-]{32}/\?new=1$")
    assert [bool(shape.match(answer["Location"])) for answer in (known, stranger)] == [True, True]
