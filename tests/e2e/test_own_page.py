# SPDX-License-Identifier: Apache-2.0
"""The guest's own page in a real browser: it follows the key, asks less and less often, rests while nobody looks, and corrects a number."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.test_pages_axe import CHROMIUM, booking, findings, house, opened

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Booking, Message
from einlass.operations.bookings import reschedule

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
__all__ = ["booking", "house"]  # fixtures
LOOK_AWAY = """
Object.defineProperty(document, "hidden", { get: () => window.away === true });
window.look = (away) => { window.away = away; document.dispatchEvent(new Event("visibilitychange")); };
"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def own(live_server: Any, booking: Booking) -> str:
    return f"{live_server.url}/b/{booking.link_token}/"


def pass_seconds(page: Page, seconds: int) -> None:
    """On the page's own clock, slowly enough for each answer to arrive."""
    for _ in range(seconds):
        page.clock.run_for(1000)
        page.wait_for_load_state("networkidle")


def test_card_asks_less_and_less_often_and_not_while_nobody_looks(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    page.clock.install()
    page.add_init_script(LOOK_AWAY)
    asked: list[int] = []
    page.on("request", lambda request: asked.append(1) if "/key?" in request.url else None)
    page.goto(own(live_server, booking))

    pass_seconds(page, 30)
    first = len(asked)
    pass_seconds(page, 60)
    later = len(asked) - first
    page.evaluate("look(true)")
    pass_seconds(page, 60)
    away = len(asked) - first - later
    page.evaluate("look(false)")
    page.wait_for_load_state("networkidle")
    back = len(asked) - first - later - away
    page.context.close()

    # After 3, 7.5, 14.3 and 24.4 seconds, and what the answers take; then every 15 to 30 seconds.
    assert 3 <= first <= 4
    assert 2 <= later <= 3
    assert (away, back) == (0, 1)


def test_page_comes_anew_when_the_booking_was_moved(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    page.goto(own(live_server, booking))
    before = page.locator(".lead").inner_text()

    reschedule(booking, start=booking.start + timedelta(hours=3), duration=None, actor=STAFF, now=timezone.now())

    expect(page.locator(".lead")).not_to_have_text(before, timeout=10_000)
    expect(page.locator(".told-lines")).to_contain_text("Von uns verschoben")
    page.context.close()


def test_code_for_the_app_stands_on_a_large_screen_alone(browser: Browser, live_server: Any, booking: Booking) -> None:
    shown = {}
    for size in ("narrow", "wide"):
        page = opened(browser, size=size)
        page.goto(own(live_server, booking))
        shown[size] = (
            page.locator(".app-code").is_visible(),
            page.locator("#app-apple").is_visible(),
            page.locator("#app-google").is_visible(),
        )
        page.context.close()

    assert shown == {"narrow": (False, True, True), "wide": (True, True, True)}


@pytest.mark.parametrize("script", [True, False])
def test_number_is_corrected_by_keyboard_alone(browser: Browser, live_server: Any, booking: Booking, script: bool) -> None:
    page = opened(browser, java_script_enabled=script)
    page.goto(own(live_server, booking))
    page.locator("#change-number").focus()
    page.keyboard.press("Enter")
    page.locator("#field-mobile").focus()
    page.keyboard.type("079 000 11 22")
    page.keyboard.press("Enter")
    page.wait_for_url("**/number/code")
    found = re.search(r"\b\d{3} \d{3}\b", Message.objects.get(kind="message_code").text)
    assert found
    page.locator("#code").focus()
    page.keyboard.type(found[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**?number=changed")

    told = page.locator("main").inner_text()
    wrong = findings(page) if script else []
    page.context.close()

    assert "Die Nummer ist geändert." in told
    assert "079 ••• •• 22" in told.replace("\N{NO-BREAK SPACE}", " ")
    assert Booking.objects.get().mobile == "+41790001122"
    assert wrong == []
