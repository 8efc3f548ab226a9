# SPDX-License-Identifier: Apache-2.0
"""Nothing can be guessed, listed or found out about people: links that lead nowhere, limits on them, what search engines and logs get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse
from tests.conftest import NOW
from tests.factories import make_booking
from tests.web.pages.conftest import text_of

from einlass.conf.logs import masked
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.core.limits import LIMITS, Deed
from einlass.models import Booking, Service
from einlass.operations import privacy
from einlass.operations.bookings import cancel
from einlass.operations.links import renew_link
from einlass.web.booking import urls

WRONG = "x" * 32


def own_addresses(token: str) -> list[str]:
    """Every address below a guest's link that needs nothing but the link."""
    known = get_resolver().reverse_dict
    names = [name for name in known if isinstance(name, str) and known.getlist(name)[0][0][0][1] == ["link_token"]]
    return sorted(reverse(name, args=[token]) for name in names)


def guards_link(view: Any) -> bool:
    """Whether `own_pages` stands anywhere around the view."""
    while view is not None:
        if view.__code__.co_qualname.startswith("_guarded."):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def answer_of(client: Client, address: str) -> tuple[int, str, dict[str, str]]:
    answer = client.get(address)
    kept = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return answer.status_code, answer.content.decode().replace(address, "/"), kept


def test_every_address_below_a_link_is_guarded() -> None:
    patterns = [pattern for pattern in urls.urlpatterns if "link_token" in str(pattern.pattern)]

    assert len(patterns) >= 6
    assert [str(pattern.pattern) for pattern in patterns if not guards_link(pattern.callback)] == []


def test_link_that_never_was_and_one_that_was_erased_are_the_same(client: Client, booking: Booking) -> None:
    token = booking.link_token
    privacy.erase([cancel(booking, actor=GUEST, now=NOW)], actor=GUEST, now=NOW)

    for erased, never in zip(own_addresses(token), own_addresses(WRONG), strict=True):
        assert answer_of(client, erased) == answer_of(client, never)
        assert answer_of(client, never)[0] == 404


def test_link_that_leads_nowhere_is_the_page_of_any_other_address(client: Client, booking: Booking) -> None:
    nowhere, own = client.get("/nowhere/"), client.get(f"/b/{WRONG}/")

    assert text_of(own) == text_of(nowhere)


@pytest.mark.parametrize("token", ["right", "wrong"])
def test_own_pages_are_kept_by_nobody_and_told_to_nobody(client: Client, booking: Booking, token: str) -> None:
    for address in own_addresses(booking.link_token if token == "right" else WRONG):
        headers = client.get(address).headers

        assert headers["Cache-Control"] == "private, no-store", address
        assert headers["X-Robots-Tag"] == "noindex", address
        assert headers["Referrer-Policy"] == "same-origin", address


def test_whoever_tries_too_many_links_is_told_to_come_back_later(client: Client, booking: Booking) -> None:
    most = LIMITS[Deed.WRONG_LINK].most
    tried = [client.get(f"/b/{WRONG}{number}/").status_code for number in range(most)]

    over = client.get(f"/b/{WRONG}/", headers={"Accept-Language": "de"})

    assert tried == [404] * most
    assert (over.status_code, over["Retry-After"]) == (429, "3600")
    assert "Bitte versuchen Sie es etwas später wieder" in text_of(over)


@pytest.mark.parametrize("address", ["192.0.2.7", "192.0.2.8"])
def test_whoever_tries_too_many_links_hinders_no_guest_at_the_same_address(client: Client, booking: Booking, address: str) -> None:
    for number in range(LIMITS[Deed.WRONG_LINK].most + 1):
        client.get(f"/b/{WRONG}{number}/", REMOTE_ADDR="192.0.2.7")

    assert client.get(f"/b/{booking.link_token}/", REMOTE_ADDR=address).status_code == 200
    assert client.post(f"/b/{booking.link_token}/cancel/", REMOTE_ADDR=address).status_code == 303


def test_whoever_tries_too_many_links_may_try_again_in_an_hour(client: Client, booking: Booking) -> None:
    for number in range(LIMITS[Deed.WRONG_LINK].most + 1):
        client.get(f"/b/{WRONG}{number}/")

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert client.get(f"/b/{WRONG}/").status_code == 404


def test_page_left_open_under_a_link_that_was_renewed_comes_anew(client: Client, booking: Booking) -> None:
    renew_link(booking, actor=Actor(ActorKind.STAFF, "Nadia Keller"), now=NOW)

    asked = client.get(f"/b/{booking.link_token}/key?seen=x&of=0.confirmed", headers={"HX-Request": "true"})

    assert (asked.status_code, asked.headers.get("HX-Refresh")) == (404, "true")


def test_own_page_opened_often_is_not_counted(client: Client, booking: Booking) -> None:
    opened = [client.get(f"/b/{booking.link_token}/").status_code for _ in range(LIMITS[Deed.WRONG_LINK].most + 5)]

    assert set(opened) == {200}


def test_search_engines_are_kept_from_what_is_nobodys_business(client: Client, db: None) -> None:
    page = client.get("/robots.txt")

    assert page["Content-Type"].startswith("text/plain")
    assert page.content.decode().splitlines()[:3] == ["User-agent: *", "Disallow: /b/", "Disallow: /manage/"]


def test_log_lines_carry_no_link(booking: Booking, caplog: Any, client: Client) -> None:
    for address in own_addresses(booking.link_token):
        assert booking.link_token not in masked(f'127.0.0.1 "GET {address} HTTP/1.1" 200')
        assert booking.link_token not in masked(f"Not Found: /embed/de{address}?new=1")
    hold = f"/book/seminar/details?duration=60&hold={booking.link_token}"
    assert masked(f'127.0.0.1 "GET {hold} HTTP/1.1"') == '127.0.0.1 "GET /book/seminar/details?duration=60&hold=… HTTP/1.1"'
    assert masked(f"hold={booking.link_token}; language=de") == "hold=…; language=de"
    assert masked("GET /book/seminar/details") == "GET /book/seminar/details"


def test_number_that_has_booked_gets_the_same_page_as_a_new_one(client: Client, service: Service) -> None:
    first = make_booking(service, now=NOW, hours=24)
    again = make_booking(service, now=NOW, hours=48)
    other = make_booking(service, now=NOW, hours=48 + 24, mobile="079 000 11 22", email="somebody@example.org")

    def shape(booking: Booking) -> int:
        return client.get(f"/b/{booking.link_token}/?new=1").status_code

    assert {shape(first), shape(again), shape(other)} == {200}
