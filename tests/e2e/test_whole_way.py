# SPDX-License-Identifier: Apache-2.0
"""The main job in a browser: book on the page, tap the doors in the panel, move, cancel. Nothing is asserted but what is seen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests import factories as make
from tests.house import House

PHONE = "078 765 43 21"
E164 = "+41787654321"


class Panel:
    """The practice building in a second tab: its clock is set, its doors are clicked, its lights are read."""

    def __init__(self, page: Page, house: House) -> None:
        self.page = page
        self.address = f"http://127.0.0.1:{house.exivo_port}"

    def at(self, instant: datetime) -> None:
        """Move the doors' clock, not exivo's."""
        httpx2.post(f"{self.address}/control/clock", json={"now": instant.isoformat()}, timeout=10).raise_for_status()
        self.page.goto(f"{self.address}/?phone={E164.replace('+', '%2B')}")

    def tap(self, component: str) -> tuple[str, str]:
        self.page.locator(f'button[data-component="{component}"]').click()
        result = self.page.locator(f'[data-result-for="{component}"][data-light]')
        expect(result).to_be_visible()
        return str(result.get_attribute("data-light")), str(result.get_attribute("data-reason"))

    def until_red(self, component: str) -> None:
        """The new key is made before the old one is taken back, so for a moment after "ready" both open."""
        until = time.monotonic() + 30
        while self.tap(component)[0] != "red":
            assert time.monotonic() < until, "the old key still opens"
            time.sleep(0.5)


@pytest.fixture
def panel(context: BrowserContext, house: House) -> Iterator[Panel]:
    panel = Panel(context.new_page(), house)
    yield panel
    httpx2.post(f"{panel.address}/control/clock", json={"now": None}, timeout=10)


def choose_a_day_ahead(page: Page, *, days: int) -> None:
    """By the days of the month view, as a guest does; the month after where this one has no such day left."""
    free = page.locator("table.month td a")
    if free.count() <= days:
        page.locator(".month-head a").last.click()
        page.wait_for_function("n => document.querySelectorAll('table.month td a').length > n", arg=days)
    page.locator("table.month td a").nth(days).click()


def book(page: Page) -> datetime:
    """The guest's four steps; the start that was booked."""
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wann kommen Sie?")
    choose_a_day_ahead(page, days=2)
    page.locator("label.slot", has_text="05:00").click()
    start = datetime.fromisoformat(str(page.locator('input[name="start"]:checked').get_attribute("value")))
    page.get_by_role("button", name="Weiter").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Angaben")
    page.get_by_label("Vorname").fill("Lea")
    page.get_by_label("Nachname").fill("Baumann")
    page.get_by_label("E-Mail").fill("lea.baumann@example.org")
    page.locator('input[type="tel"]').fill(PHONE)
    page.get_by_role("button", name="Verbindlich buchen").last.click()
    expect(page.locator("#key")).to_be_visible()
    return start


def test_book_tap_move_cancel(page: Page, panel: Panel) -> None:
    start = book(page)
    end = start + timedelta(hours=1)
    expect(page.locator("#key.ready")).to_be_visible(timeout=30_000)
    own = page.url.split("?")[0]

    panel.at(start - timedelta(minutes=16))
    assert panel.tap(make.ENTRANCE) == ("red", "too_early")
    panel.at(start - timedelta(minutes=14))
    assert [panel.tap(door) for door in (make.ENTRANCE, make.AARE)] == [("green", "open")] * 2
    assert panel.tap(make.GURTEN) == ("red", "wrong_door")
    panel.at(end + timedelta(minutes=14))
    assert panel.tap(make.AARE) == ("green", "open")
    panel.at(end + timedelta(minutes=15))
    assert panel.tap(make.AARE) == ("red", "too_late")

    page.goto(own)
    page.get_by_role("link", name="Umbuchen").click()
    choose_a_day_ahead(page, days=4)
    page.locator("label.slot", has_text="04:00").click()
    moved = datetime.fromisoformat(str(page.locator('input[name="start"]:checked').get_attribute("value")))
    assert moved - end > timedelta(hours=1), "the times of the day that was left behind"
    page.get_by_role("button", name="Weiter").last.click()
    page.get_by_role("button", name=re.compile("umbuchen", re.IGNORECASE)).click()
    expect(page.locator("#key.ready")).to_be_visible(timeout=30_000)
    panel.at(start)
    panel.until_red(make.AARE)
    panel.at(moved)
    assert panel.tap(make.AARE) == ("green", "open")

    page.goto(own)
    page.get_by_role("link", name="Stornieren").click()
    page.get_by_role("button", name=re.compile("stornieren", re.IGNORECASE)).click()
    expect(page.locator("#key.closed")).to_be_visible(timeout=30_000)
    panel.at(moved)
    assert panel.tap(make.AARE) == ("red", "revoked")
