# SPDX-License-Identifier: Apache-2.0
"""What holds for every page: headers, language, nothing from elsewhere, a title and a heading, friendly errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_organisation, make_room, make_service, make_user
from tests.web.pages.conftest import FOREIGN, HEADING, TITLE, start, text_of, typed
from tests.web.pages.staff_pages import SIGN_IN, furnish, staff_addresses

from einlass.models import Booking, Organisation, Service
from einlass.operations.numbers import ask


def addresses(booking: Booking) -> Iterator[str]:
    """Every page there is, for this booking."""
    own, time = f"/b/{booking.link_token}/", f"start={start(hours=4)}&duration=60"
    yield from ("/", "/book/seminar/", f"/book/seminar/?{time}", f"/book/seminar/details?{time}", "/nowhere")
    yield from (own, f"{own}?new=1", f"{own}move/", f"{own}move/confirm?{time}", f"{own}cancel/")
    yield from (f"{own}number/", f"{own}number/code")
    yield from staff_addresses(booking)


@pytest.fixture
def everything(client: Client, booking: Booking) -> Client:
    make_service(booking.branch, "zweite", rooms=[make_room(booking.branch, "zwei")])
    furnish(booking, now=NOW)
    ask(booking, "079 000 11 22", now=NOW)
    client.force_login(make_user())
    return client


@pytest.mark.parametrize("language", ["de", "en"])
def test_signing_in_has_one_heading_a_title_and_nothing_inline(client: Client, service: Service, language: str) -> None:
    for address in SIGN_IN:
        page = client.get(address, headers={"Accept-Language": language}).content.decode()

        assert (len(HEADING.findall(page)), len(TITLE.findall(page))) == (1, 1), address
        assert re.search(f'<html lang="{language}', page), address
        assert not re.search(r"<script(?![^>]+src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), address


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_has_one_heading_a_title_and_its_language(everything: Client, booking: Booking, language: str) -> None:
    Booking.objects.update(language=language)
    for address in addresses(booking):
        page = everything.get(address, headers={"Accept-Language": language}, follow=True).content.decode()

        assert len(HEADING.findall(page)) == 1, address
        assert len(TITLE.findall(page)) == 1, address
        assert re.search(f'<html lang="{language}', page), address


def test_every_page_loads_nothing_from_elsewhere_and_nothing_inline(everything: Client, booking: Booking) -> None:
    for address in addresses(booking):
        page = everything.get(address, follow=True).content.decode()

        assert not FOREIGN.search(page), address
        assert not re.search(r"<script(?![^>]+src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), address


def test_every_page_has_the_strict_policy(everything: Client, booking: Booking) -> None:
    for address in addresses(booking):
        policy = everything.get(address)["Content-Security-Policy"]

        assert policy.startswith("default-src 'self'; script-src 'self'; style-src 'self'"), address
        assert "frame-ancestors 'none'" in policy, address
        assert "unsafe" not in policy, address


def test_every_page_in_german_keeps_to_swiss_spelling_without_shouting(everything: Client, booking: Booking) -> None:
    for address in addresses(booking):
        page = text_of(everything.get(address, headers={"Accept-Language": "de"}, follow=True))

        assert "ß" not in page, address
        # A condition of a template that is being edited is no shouting.
        assert "!" not in re.sub(r"\{%.*?%\}", "", page.replace("<!doctype", "")), address
        assert "leider" not in page.lower(), address


def on_the_wire(client: Client, file: str) -> int:
    answer: Any = client.get(file, headers={"Accept-Encoding": "gzip"})
    return sum(len(part) for part in (answer.streaming_content if answer.streaming else [answer.content]))


def test_guests_pages_are_light(client: Client, everything: Client, booking: Booking) -> None:
    """In all, with nothing kept from before, 60 KB: 45 without the logo, which may have 12. Few enough requests for a slow line."""
    for address in [*addresses(booking)][:10]:
        page = client.get(address).content.decode()
        files = re.findall(r'(?:src|href)="(/(?:static|brand|pictures)/[^"]+)"', page)
        weight = on_the_wire(client, address) + sum(on_the_wire(client, file) for file in files)

        assert weight < 45_000, address
        assert len(files) <= 6, address


def test_guests_pages_are_painted_before_any_script_runs(everything: Client, booking: Booking) -> None:
    for address in [*addresses(booking)][:10]:
        page = everything.get(address).content.decode()

        assert re.findall(r"<script(?![^>]* defer>)[^>]*>", page) == [], address
        assert len(re.findall(r'rel="stylesheet"', page)) <= 2, address


def test_guests_get_no_session(client: Client, service: Service) -> None:
    client.get("/book/seminar/")
    client.post(f"/book/seminar/details?start={start(hours=4)}&duration=60", typed())

    assert set(client.cookies) == set()


def test_language_of_the_browser_is_taken(client: Client, service: Service) -> None:
    page = client.get("/book/seminar/", headers={"Accept-Language": "fr,en-GB;q=0.8,de;q=0.5"})

    assert "When are you coming?" in text_of(page)
    assert page["Content-Language"] == "en"


def test_language_nobody_speaks_falls_back_to_the_operators(client: Client, service: Service) -> None:
    make_organisation(default_language="en", languages=["de", "en", "fr"])

    assert "When are you coming?" in text_of(client.get("/book/seminar/", headers={"Accept-Language": "ro"}))


def test_language_chosen_is_kept_in_a_cookie_and_only_then(client: Client, service: Service) -> None:
    asked = client.get("/book/seminar/", headers={"Accept-Language": "en"})
    chosen = client.get("/book/seminar/?lang=de", headers={"Accept-Language": "en"})
    later = client.get("/book/seminar/", headers={"Accept-Language": "en"})

    assert "language" not in asked.cookies
    assert chosen.cookies["language"].value == "de"
    assert "Wann kommen Sie?" in text_of(later)


def test_language_the_operator_does_not_offer_is_not_chosen(client: Client, service: Service) -> None:
    Organisation.objects.update(languages=["de"])

    page = client.get("/book/seminar/?lang=en", headers={"Accept-Language": "en"})

    assert "Wann kommen Sie?" in text_of(page)
    assert 'class="lang"' not in page.content.decode()


def test_language_links_keep_the_rest_of_the_address(client: Client, service: Service) -> None:
    page = client.get("/book/seminar/?duration=120&day=2026-11-25", headers={"Accept-Language": "de"}).content.decode()

    assert 'href="?duration=120&amp;day=2026-11-25&amp;lang=en"' in page


def test_not_found_is_a_friendly_page(client: Client, service: Service) -> None:
    response = client.get("/nowhere", headers={"Accept-Language": "de"})

    assert response.status_code == 404
    assert "Diese Seite gibt es nicht" in text_of(response)


def test_not_found_in_the_api_is_a_problem(client: Client, db: None) -> None:
    response = client.get("/api/nowhere")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


def test_bug_is_a_friendly_page_without_a_trace(client: Client, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr(Organisation, "phone", property(lambda self: 1 / 0))

    page = client.get("/book/seminar/", headers={"Accept-Language": "de"})

    assert page.status_code == 500
    assert "Bei uns hat etwas nicht geklappt. Bitte versuchen Sie es gleich noch einmal." in text_of(page)
    assert "ZeroDivision" not in text_of(page)
