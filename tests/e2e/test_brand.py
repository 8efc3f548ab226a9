# SPDX-License-Identifier: Apache-2.0
"""The operator's colour and logo in a real browser: our own policy lets them in, axe finds nothing, and staff see it while choosing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.test_pages_axe import CHROMIUM, TOO_WIDE, findings_in_both_themes, house, opened, sign_in
from tests.factories import make_user
from tests.operations.config_files import OPERATOR
from tests.pictures import as_file, plain

from einlass.models import Service
from einlass.operations.config_pictures import part_of_upload
from einlass.operations.settings import save

__all__ = ["house"]
# Wide as a banner, with four languages beside it: nothing else asks for more room.
BANNER = (1800, 160)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def branded(house: Service) -> Service:
    part = {"accent_colour": "#ffd400", "logo": part_of_upload(as_file(plain(*BANNER))), "languages": ["de", "en", "fr", "it"]}
    save({"organisation": part}, subject="organisation", now=timezone.now(), actor=OPERATOR)
    return house


def refusals(page: Page) -> list[str]:
    """What the policy refuses on the page, noted as it happens."""
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    return refused


@pytest.mark.parametrize("size", ["narrow", "wide"])
def test_guest_page_in_the_colour_of_the_operator(browser: Browser, live_server: Any, branded: Service, size: str) -> None:
    page = opened(browser, size=size)
    refused = refusals(page)

    page.goto(f"{live_server.url}/book/{branded.key}/")

    expect(page.locator(".next-bar .btn")).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(page.get_by_role("link", name="Seminarhaus Aare").get_by_role("img")).to_be_visible()
    assert page.locator(".logo").evaluate("picture => picture.complete && picture.naturalWidth > 0")
    assert page.evaluate(TOO_WIDE) is False
    assert (findings_in_both_themes(page), refused) == ([], [])


def test_colour_is_shown_while_it_is_chosen(browser: Browser, live_server: Any, branded: Service) -> None:
    make_user()
    page = opened(browser, size="wide")
    refused = refusals(page)
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/manage/settings/organisation/")

    page.locator("[data-picker]").fill("#0b5d7a")
    expect(page.locator(".sample rect[fill='#0b5d7a']")).to_have_count(1)

    assert page.locator("#id_accent_colour").input_value() == "#0b5d7a"
    expect(page.locator("[data-count]")).to_have_text("1 Änderung")
    assert refused == []
