# SPDX-License-Identifier: Apache-2.0
"""The operator's logo and accent colour on the guests' pages: there when he has them, readable whatever he chose, nowhere else."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_organisation, make_user
from tests.operations.config_files import OPERATOR
from tests.pictures import as_file, noisy, plain

from einlass.core.colours import READABLE, VISIBLE, contrast
from einlass.models import Booking, Organisation, Picture, Service
from einlass.operations.config_pictures import part_of_upload
from einlass.operations.settings import save

TOKENS = re.compile(r"--([a-z-]+):(#[0-9a-f]{6})")
PAPER = {":root{": "#ffffff", ':root:not([data-theme="light"]){': "#121316", ':root[data-theme="dark"]{': "#121316"}
LINK = re.compile(r'<link rel="stylesheet" href="(/(?:embed/[a-z]{2}/)?brand/[0-9a-f]{16}\.css)">')


def brand(*, colour: str = "", logo: bool = False) -> None:
    make_organisation()
    part = {"accent_colour": colour, "logo": part_of_upload(as_file(plain(900, 300))) if logo else None}
    save({"organisation": part}, subject="organisation", now=NOW, actor=OPERATOR)


def page_of(service: Service) -> str:
    return f"/book/{service.key}/"


def stylesheets(client: Client, address: str) -> list[str]:
    return LINK.findall(client.get(address).content.decode())


def on_the_wire(client: Client, address: str) -> int:
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    return len(b"".join(answer) if answer.streaming else answer.content)


def tokens_of(css: str) -> dict[str, dict[str, str]]:
    """The tokens by the selector that sets them."""
    return {marker: dict(TOKENS.findall(css.partition(marker)[2].partition("}")[0])) for marker in PAPER}


@pytest.mark.parametrize("colour", ["#1f5fbf", "#ffd400", "#c8102e", "#111111", "#ffffff", "#7b7b7b"])
def test_button_can_be_read_and_seen_in_what_is_served(german: Client, service: Service, colour: str) -> None:
    brand(colour=colour)
    (address,) = stylesheets(german, page_of(service))

    served = tokens_of(german.get(address).content.decode())

    for marker, paper in PAPER.items():
        made = served[marker]
        assert set(made) == {"accent", "accent-press", "on-accent", "ring"}
        assert min(contrast(made["on-accent"], made["accent"]), contrast(made["on-accent"], made["accent-press"])) >= READABLE
        assert contrast(made["ring"], paper) >= VISIBLE


def test_stylesheet_is_kept_for_ever_and_is_nothing_but_itself(client: Client, service: Service) -> None:
    brand(colour="#0b5d7a")
    (address,) = stylesheets(client, page_of(service))

    answer = client.get(address)

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/css; charset=utf-8", "public, max-age=31536000, immutable")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer
    assert "style-src 'self'" in answer["Content-Security-Policy"]


def test_colour_of_keys_is_never_replaced(client: Client, service: Service) -> None:
    brand(colour="#c8102e")
    (address,) = stylesheets(client, page_of(service))

    named = {name for tokens in tokens_of(client.get(address).content.decode()).values() for name in tokens}

    assert [name for name in named if name.startswith(("ok", "warn", "bad", "led", "ink"))] == []


def test_other_colour_has_another_address_and_the_old_one_is_gone(client: Client, service: Service) -> None:
    brand(colour="#0b5d7a")
    (old,) = stylesheets(client, page_of(service))
    Organisation.objects.update(accent_colour="#c8102e")

    (new,) = stylesheets(client, page_of(service))

    assert old != new
    assert [client.get(address).status_code for address in (old, new)] == [404, 200]


def test_without_a_colour_no_stylesheet_is_linked_or_served(client: Client, service: Service) -> None:
    brand()

    assert stylesheets(client, page_of(service)) == []
    assert client.get("/brand/0000000000000000.css").status_code == 404


def test_every_page_of_a_guest_has_the_colour_and_no_page_of_the_staff(german: Client, booking: Booking) -> None:
    brand(colour="#0b5d7a")
    german.force_login(make_user())
    guest = (f"/book/{booking.service.key}/", f"/b/{booking.link_token}/", f"/b/{booking.link_token}/cancel/", "/nowhere/")

    assert [len(stylesheets(german, address)) for address in guest] == [1] * len(guest)
    assert [stylesheets(german, address) for address in ("/manage/", "/manage/settings/organisation/")] == [[], []]


def test_embedded_page_has_the_colour_too(client: Client, service: Service) -> None:
    brand(colour="#0b5d7a")

    (address,) = stylesheets(client, f"/embed/de/book/{service.key}/")

    assert address.startswith("/embed/de/brand/")
    assert client.get(address).status_code == 200


def test_logo_stands_in_the_place_of_the_name_and_is_called_by_it(german: Client, service: Service) -> None:
    brand(logo=True)
    kept = Picture.objects.get()

    page = german.get(f"/book/{service.key}/").content.decode()

    header = page.partition('<header class="top">')[2].partition("</a>")[0]
    assert f'<img class="logo" src="/pictures/{kept.digest}" width="360" height="120" alt="Seminarhaus Aare">' in header
    assert (kept.width, kept.height) == (360, 120)


def test_page_of_times_stays_light_with_the_heaviest_logo(german: Client, service: Service) -> None:
    make_organisation()
    part = {"accent_colour": "#0b5d7a", "logo": part_of_upload(as_file(noisy(1200, 600)))}
    save({"organisation": part}, subject="organisation", now=NOW, actor=OPERATOR)

    page = german.get(page_of(service), headers={"Accept-Encoding": "gzip"})

    files = re.findall(r'(?:src|href)="(/(?:static|pictures|brand)/[^"]+)"', gzip.decompress(page.content).decode())
    assert len([file for file in files if "/pictures/" in file or "/brand/" in file]) == 2
    assert len(page.content) + sum(on_the_wire(german, file) for file in files) < 60_000


def test_without_a_logo_the_name_stands_there(german: Client, service: Service) -> None:
    brand()

    header = german.get(f"/book/{service.key}/").content.decode().partition('<header class="top">')[2].partition("</header>")[0]

    assert ("<img" in header, ">Seminarhaus Aare</a>" in header) == (False, True)


def test_footer_says_who_is_there_and_leads_to_privacy_and_imprint(german: Client, service: Service) -> None:
    part = {"address": "Bollwerk 15, 3011 Bern", "phone": "031 555 01 20", "email": "info@example.org"}
    links = {"privacy_url": "https://example.org/datenschutz", "imprint_url": "https://example.org/impressum"}
    make_organisation()
    save({"organisation": part | links}, subject="organisation", now=NOW, actor=OPERATOR)

    foot = german.get(f"/book/{service.key}/").content.decode().partition('<footer class="foot">')[2]

    assert "Seminarhaus Aare, Bollwerk 15, 3011 Bern" in foot
    assert re.findall(r'href="([^"]+)"', foot) == ["tel:0315550120", "mailto:info@example.org", *links.values()]
