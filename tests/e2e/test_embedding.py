# SPDX-License-Identifier: Apache-2.0
"""Booking within a page of another origin, under that page's strict policy, in a browser that gets no cookie from us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, FrameLocator, Page, expect
from tests.house import House

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Museum</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script src="{us}/embed.js" defer></script><script src="/heard.js" defer></script></head>
<body><h1>Rent our rooms</h1>{above}<einlass-booking src="{us}" {said}></einlass-booking></body></html>"""
# Above the element, so that the frame begins below the first screen.
ABOVE = "<p>Some words about the museum.</p>" * 30
HEARD = """document.addEventListener("einlass:booked", (event) => {
  document.body.dataset.heard = `${document.body.dataset.heard || ""}${JSON.stringify(event.detail)}\\n`;
});"""
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Nothing inline, nothing from anywhere but us, and no style at all.
POLICY = "default-src 'none'; script-src 'self' {us}; frame-src {us}"


class Museum(BaseHTTPRequestHandler):
    """The website of somebody who rents rooms out, with the element on it."""

    def __init__(self, *arguments: object, us: str) -> None:
        self.us = us
        super().__init__(*arguments)  # type: ignore[arg-type] # handed on as the server gives them

    def do_GET(self) -> None:
        is_script = self.path == "/heard.js"
        said = " ".join(f'{name}="{value}"' for name, value in parse_qsl(urlsplit(self.path).query))
        body = HEARD if is_script else PAGE.format(us=self.us, above=ABOVE, said=said or 'service="seminar" label="Book a room"')
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY.format(us=self.us))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *values: object) -> None:
        """Nothing: the test says what it saw."""


@contextmanager
def served(us: str) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Museum, us=us))
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def museum(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port. The branch allows it under the name localhost; under its number it is another origin, which nobody allowed."""
    with served(f"http://127.0.0.1:{house.web_port}") as port:
        file: Path = tmp_path_factory.mktemp("embedding") / "origins.yaml"
        file.write_text(f"branches: [{{key: bern, embed_origins: ['http://localhost:{port}']}}]\n")
        house.einlass("apply", str(file))
        yield port


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console says of policies."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Policy" in message.text or "postMessage" in message.text:
            said.append(message.text)

    page.on("console", hear)
    return said


def fits(page: Page) -> None:
    """The frame is as high as what it holds: nothing scrolls within it."""
    page.frames[1].wait_for_function("""() => {
      const { scrollHeight, scrollWidth } = document.documentElement;
      return scrollHeight <= innerHeight && innerHeight - document.body.offsetHeight <= 1 && scrollWidth <= innerWidth;
    }""")


def is_accessible(page: Page) -> None:
    inner = page.frames[1]
    inner.evaluate(AXE)
    found = inner.evaluate("async (rules) => (await axe.run({ runOnly: { type: 'tag', values: rules } })).violations", RULES)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def begins_in_view(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('einlass-booking').getBoundingClientRect().top > -2")


def book(page: Page, frame: FrameLocator) -> None:
    """The guest's steps within the frame, each as high as it has to be."""
    expect(frame.get_by_role("heading", level=1)).to_have_text("When are you coming?")
    fits(page)
    is_accessible(page)
    frame.locator("table.month td a").nth(1).click()
    frame.locator("label.slot", has_text="15:00").click()
    fits(page)
    frame.get_by_role("button", name="Continue").last.click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Your details")
    begins_in_view(page)
    fits(page)
    for key, value in {"first_name": "Lea", "last_name": "Baumann", "email": "lea@example.org"}.items():
        frame.locator(f'[name="answer-{key}"]').fill(value)
    frame.locator('input[type="tel"]').fill("078 765 43 22")
    frame.get_by_role("button", name="Book now").last.click()
    expect(frame.locator("#key")).to_be_visible()
    begins_in_view(page)
    fits(page)
    is_accessible(page)


def test_booking_within_a_page_of_another_origin(
    page: Page, context: BrowserContext, house: House, museum: int, complaints: list[str]
) -> None:
    us = f"http://127.0.0.1:{house.web_port}"
    page.goto(f"http://localhost:{museum}/")
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame_locator('iframe[title="Book a room"]')

    book(page, frame)

    page.wait_for_function("() => document.body.dataset.heard")
    told = [json.loads(line) for line in str(page.locator("body").get_attribute("data-heard")).splitlines()]
    frame.get_by_role("link", name="DE, Deutsch").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Ihre Buchung gilt")
    assert [sorted(detail) for detail in told] == [["end", "reference", "service", "start"]]
    assert told[0]["reference"] in [booking["reference"] for booking in house.bookings()]
    assert (told[0]["service"], told[0]["start"] < told[0]["end"]) == ("seminar", True)
    assert str(page.locator("body").get_attribute("data-heard")).count("reference") == 1, "the same booking is told once"
    assert frame.locator('a[href*="apple.com"]').first.get_attribute("target") == "_blank"
    assert str(frame.locator(".own-address a").get_attribute("href")).startswith(f"{us}/b/")
    assert frame.locator(".own-address a").get_attribute("target") == "_blank"
    assert context.cookies() == []
    assert complaints == []


def test_element_says_where_the_booking_begins_and_in_which_language(page: Page, house: House, museum: int) -> None:
    us = f"http://127.0.0.1:{house.web_port}"
    begins = {
        "branch=bern&lang=de-CH&day=2027-01-12": ("/embed/de/branches/bern/?day=2027-01-12", "Buchung"),
        "service=seminar&branch=bern": ("/embed/en/book/seminar/", "Booking"),
        "lang=fr": ("/embed/fr/", "Réservation"),
    }
    for said, (address, title) in begins.items():
        page.goto(f"http://localhost:{museum}/?{said}")

        frame = page.locator("einlass-booking > iframe")
        assert (frame.get_attribute("src"), frame.get_attribute("title")) == (us + address, title), said


def test_page_of_an_origin_that_nobody_allowed_shows_nothing(page: Page, museum: int, complaints: list[str]) -> None:
    page.goto(f"http://127.0.0.1:{museum}/")
    page.locator("iframe").scroll_into_view_if_needed()

    page.wait_for_function("() => document.querySelector('iframe').clientHeight > 0")
    for _ in range(50):
        if complaints:
            break
        page.wait_for_timeout(100)

    assert "frame-ancestors" in complaints[0]
    assert page.frame_locator("iframe").locator("main, form").count() == 0
