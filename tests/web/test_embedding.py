# SPDX-License-Identifier: Apache-2.0
"""Booking pages within other people's pages: which address shows what, who may frame it, and that no cookie is needed or set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_script_prefix, reverse
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_house, make_organisation, make_room, make_service, make_user

from einlass.models import Booking, Branch, Message, Organisation, Picture, Service
from einlass.operations.addresses import own_page
from einlass.web.embedding import Embedding, links_within

MUSEUM, TOWN = "https://www.museum.example", "https://stadt.example:8443"
FORM = {
    "answer-first_name": "Lea",
    "answer-last_name": "Baumann",
    "answer-email": "lea.baumann@example.org",
    "answer-mobile": "078 123 45 67",
    "country-mobile": "CH",
}


@pytest.fixture(autouse=True)
def _moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def service(db: None) -> Service:
    """In Bern, whose pages a museum and the town may show."""
    service = make_house(NOW)
    Branch.objects.update(embed_origins=[MUSEUM, TOWN])
    return service


@pytest.fixture
def booking(service: Service) -> Booking:
    return make_booking(service, now=NOW, hours=24)


@pytest.fixture
def guest() -> Client:
    """A browser that keeps no cookie, before a server that checks every form that has to be protected."""
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "de"})


def ancestors(response: Any) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", response["Content-Security-Policy"])
    return found[1] if found else ""


def details(prefix: str = "") -> str:
    return f"{prefix}/book/seminar/details?start={(NOW + timedelta(hours=4)).isoformat().replace('+00:00', 'Z')}&duration=60"


def hidden_in(page: str) -> dict[str, str]:
    """What the form carries along unseen, as a browser sends it back."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(found)


@pytest.mark.parametrize("prefix", ["", "/embed/de"])
def test_booking_needs_no_cookie(guest: Client, service: Service, prefix: str) -> None:
    form = guest.get(details(prefix)).content.decode()
    guest.cookies.clear()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        booked = guest.post(details(prefix), FORM | hidden_in(form))
        guest.cookies.clear()
        own = guest.get(booked["Location"])

    assert booked.status_code == 303
    assert booked["Location"] == f"{prefix}/b/{Booking.objects.get(status='confirmed').link_token}/?new=1"
    assert own.status_code == 200


def test_messages_of_an_embedded_booking_lead_to_the_plain_page(guest: Client, service: Service) -> None:
    form = guest.get(details("/embed/de")).content.decode()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        guest.post(details("/embed/de"), FORM | hidden_in(form))

    told = Message.objects.get(kind="message_confirmed", channel="mail")
    plain = f"{settings.BASE_URL}/b/{Booking.objects.get(status='confirmed').link_token}/"
    assert plain in told.text
    assert "/embed/" not in told.text + told.html + told.calendar


def test_cancelling_needs_no_cookie(guest: Client, booking: Booking) -> None:
    response = guest.post(f"/b/{booking.link_token}/cancel/")

    assert response.status_code == 303
    assert Booking.objects.get().status == "cancelled"


def test_forms_of_the_staff_stay_protected(guest: Client, service: Service) -> None:
    response = guest.post("/manage/login/", {"login": "nadia@example.org", "password": "x"})

    assert response.status_code == 403


def test_embedded_page_keeps_its_prefix_in_every_link(guest: Client, booking: Booking) -> None:
    make_service(booking.branch, "zweite", rooms=[make_room(booking.branch, "zwei")])
    for address in ("/", "/book/seminar/", details(), f"/b/{booking.link_token}/", f"/b/{booking.link_token}/move/"):
        page = guest.get(f"/embed/de{address}").content.decode()

        ours = re.findall(r'(?:href|action|formaction|hx-get|src)="(/[^"]*)"', page)
        assert ours, address
        assert [link for link in ours if not link.startswith(("/embed/", "/static/"))] == [], address


def test_embedded_page_speaks_the_language_of_its_address(guest: Client, service: Service) -> None:
    page = guest.get("/embed/en/book/seminar/?lang=de")

    assert page["Content-Language"] == "en"
    assert '<html lang="en"' in page.content.decode()


def test_embedded_page_in_a_language_not_offered_is_in_the_operators(guest: Client, service: Service) -> None:
    make_organisation(default_language="en", languages=["de", "en"])

    assert guest.get("/embed/xx/book/seminar/")["Content-Language"] == "en"


def test_language_switch_of_an_embedded_page_keeps_the_place(guest: Client, service: Service) -> None:
    page = guest.get("/embed/de/book/seminar/?day=2026-11-25").content.decode()

    assert 'href="/embed/en/book/seminar/?day=2026-11-25"' in page


@pytest.mark.parametrize(
    "path", ["/manage/", "/manage/login/", "/manage/bookings/", "/api/v1/services", "/health", "/ready", "/nowhere", ""]
)
def test_only_guests_addresses_are_embedded(client: Client, service: Service, path: str) -> None:
    client.force_login(make_user())

    assert client.get(f"/embed/de{path}").status_code == 404


def test_picture_is_found_within_the_embedded_pages(guest: Client, service: Service) -> None:
    shown = Picture.objects.create(digest="abc", data=b"x", media_type="image/webp", width=1, height=1)

    assert guest.get(f"/embed/de/pictures/{shown.digest}").content == b"x"


def test_embedded_page_reads_and_sets_no_cookie(client: Client, booking: Booking) -> None:
    client.force_login(make_user())
    client.cookies["language"] = "en"
    for address in ("/book/seminar/", "/book/seminar/?lang=en", details(), f"/b/{booking.link_token}/", "/nowhere"):
        page = client.get(f"/embed/de{address}")

        assert page["Content-Language"] == "de", address
        assert page.cookies.output() == "", address
        assert "cookie" not in page.get("Vary", "").lower(), address


def test_page_of_a_guest_opens_no_session(client: Client, booking: Booking) -> None:
    client.force_login(make_user())
    for address in ("/book/seminar/", details(), f"/b/{booking.link_token}/", f"/b/{booking.link_token}/cancel/"):
        page = client.get(address)

        assert page.wsgi_request.session.accessed is False, address
        assert "csrftoken" not in page.cookies, address


def test_page_is_framed_by_the_origins_of_its_branch_alone(guest: Client, booking: Booking) -> None:
    for address in ("/book/seminar/", details(), f"/b/{booking.link_token}/", f"/b/{booking.link_token}/cancel/"):
        page = guest.get(f"/embed/de{address}")

        assert ancestors(page) == f"{MUSEUM} {TOWN}", address
        assert "X-Frame-Options" not in page, address


def test_each_branch_is_framed_by_its_own_origins(guest: Client, service: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={}, embed_origins=["https://thun.example"])
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")])

    found = {address: ancestors(guest.get(f"/embed/de/{address}/")) for address in ("book/seminar", "book/kurs", "branches/thun")}

    assert found == {"book/seminar": f"{MUSEUM} {TOWN}", "book/kurs": "https://thun.example", "branches/thun": "https://thun.example"}


def test_page_of_a_branch_that_allows_nobody_is_framed_by_nobody(guest: Client, service: Service) -> None:
    Branch.objects.update(embed_origins=[])

    page = guest.get("/embed/de/book/seminar/")

    assert (ancestors(page), page["X-Frame-Options"]) == ("'none'", "DENY")


def test_page_outside_of_embedding_is_framed_by_nobody(guest: Client, booking: Booking) -> None:
    for address in ("/book/seminar/", f"/b/{booking.link_token}/", "/manage/login/"):
        page = guest.get(address)

        assert (ancestors(page), page["X-Frame-Options"]) == ("'none'", "DENY"), address


def test_list_of_all_is_framed_by_whom_every_branch_with_services_allows(guest: Client, service: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={}, embed_origins=[TOWN])
    make_branch(key="leer", name="Leer", doors={}, embed_origins=[])
    alone = ancestors(guest.get("/embed/de/"))
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs")])

    assert alone == f"{MUSEUM} {TOWN}"
    assert ancestors(guest.get("/embed/de/")) == TOWN


def test_unknown_link_is_framed_as_the_list_of_all(guest: Client, service: Service) -> None:
    page = guest.get("/embed/de/b/none-of-ours/")

    assert (page.status_code, ancestors(page)) == (404, f"{MUSEUM} {TOWN}")


def test_way_back_to_the_services_stays_at_the_branch(guest: Client, booking: Booking) -> None:
    for address in ("/book/seminar/", details()):
        page = guest.get(f"/embed/de{address}").content.decode()

        back = set(re.findall(r'(?:href|formaction)="(/embed/de/(?:branches/[a-z]+/)?)"', page))
        assert back == {"/embed/de/branches/bern/"}, address
    assert ancestors(guest.get("/embed/de/branches/bern/")) == f"{MUSEUM} {TOWN}"


def test_new_booking_is_told_to_the_page_around_without_anything_of_the_guest(guest: Client, booking: Booking) -> None:
    new = guest.get(f"/embed/de/b/{booking.link_token}/?new=1").content.decode()
    later = guest.get(f"/embed/de/b/{booking.link_token}/").content.decode()

    told = re.search(r'<div class="head"((?: data-[a-z]+="[^"]*")+)>', new)
    assert told is not None
    assert dict(re.findall(r'data-([a-z]+)="([^"]*)"', told[1])) == {
        "booked": booking.reference,
        "service": "seminar",
        "start": "2026-11-24T09:00:00Z",
        "end": "2026-11-24T11:00:00Z",
    }
    assert "data-booked" not in later


def test_own_address_on_an_embedded_page_is_the_plain_one(guest: Client, booking: Booking) -> None:
    page = guest.get(f"/embed/de/b/{booking.link_token}/?new=1").content.decode()

    plain = f"{settings.BASE_URL}/b/{booking.link_token}/"
    assert f'<a href="{plain}"' in page


def test_embedded_page_names_the_operator_and_his_pages_once(guest: Client, service: Service) -> None:
    Organisation.objects.update(privacy_url="https://museum.example/privacy", imprint_url="https://museum.example/imprint")

    page = guest.get("/embed/de/book/seminar/").content.decode()

    opens = 'target="_blank" rel="noopener" aria-describedby="new-tab"'
    assert [address for address, how in re.findall(r'<a href="([^"]+)" (target=[^>]+)>', page) if how == opens] == [
        f"{settings.BASE_URL}/",
        "https://museum.example/privacy",
        "https://museum.example/imprint",
    ]
    assert 'class="org"' not in page


def test_page_tells_its_script_who_may_listen(guest: Client, service: Service) -> None:
    embedded = guest.get("/embed/de/book/seminar/").content.decode()
    plain = guest.get("/book/seminar/").content.decode()

    assert f'data-origins="{MUSEUM} {TOWN}" data-prefix="/embed/"' in embedded
    assert re.search(r'<script src="/static/embedded\.[^"]*js" defer>', embedded)
    assert ("data-origins" in plain, "embedded" in plain) == (False, False)


def test_script_for_other_pages_is_small_and_may_be_loaded_there(guest: Client) -> None:
    script = guest.get("/embed.js")

    assert script["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert script["Cache-Control"] == "public, max-age=86400"
    assert script["Content-Type"].startswith("text/javascript")
    assert len(b"".join(script)) < 2048


def test_bug_in_an_embedded_page_is_a_friendly_page_in_the_frame(guest: Client, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    guest.raise_request_exception = False
    monkeypatch.setattr(Service, "rules", lambda self: 1 / 0)

    page = guest.get("/embed/de/book/seminar/")

    assert (page.status_code, ancestors(page)) == (500, f"{MUSEUM} {TOWN}")
    assert 'href="/embed/de/"' in page.content.decode()


def test_prefix_is_never_another_threads() -> None:
    at_once = Barrier(2, timeout=10)

    def links(language: str) -> tuple[str, str]:
        with links_within(language):
            at_once.wait()
            made = reverse("booking_when", args=["seminar"])
            at_once.wait()
        return made, get_script_prefix()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(links, ["de", "en"]))

    assert answers == [("/embed/de/book/seminar/", "/"), ("/embed/en/book/seminar/", "/")]


def test_prefix_is_gone_after_a_bug() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Embedding(broken)(RequestFactory().get("/embed/de/"))

    assert get_script_prefix() == "/"


def test_address_for_messages_is_plain_within_an_embedded_request(booking: Booking) -> None:
    with links_within("de"):
        assert own_page(booking) == f"{settings.BASE_URL}/b/{booking.link_token}/"
