# SPDX-License-Identifier: Apache-2.0
"""What keeps programs off, as people meet it: a form sent at once comes back and books when sent again, also by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from tests.e2e.test_pages_axe import CHROMIUM, findings_in_both_themes, opened
from tests.factories import make_booking, make_house

from einlass.models import Booking, Service

ANSWERS = {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"}
# All at once, as a program does it.
FILL = """answers => {
  for (const [key, value] of Object.entries(answers)) document.getElementById('field-' + key).value = value;
  document.getElementById('website').value = 'https://example.com';
  document.getElementById('who').requestSubmit();
}"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def service() -> Service:
    return make_house(timezone.now())


@pytest.fixture
def booking(service: Service) -> Booking:
    return make_booking(service, now=timezone.now().replace(minute=0, second=0, microsecond=0), hours=24)


def details(page: Page, base: str, booking: Booking) -> None:
    """As far as the form of another time of tomorrow."""
    page.goto(f"{base}/book/seminar/?day={booking.start.date().isoformat()}")
    page.locator(".slot input").first.check(force=True)
    page.wait_for_selector(".opens")
    page.locator(".next-bar .btn").click()
    expect(page.locator("#field-mobile")).to_be_visible()


def test_form_filled_in_by_a_program_comes_back_and_a_person_goes_on(
    browser: Browser, live_server: Any, booking: Booking, settings: Any
) -> None:
    settings.FORM_SECONDS = 1.0
    page = opened(browser)
    page.goto(f"{live_server.url}/book/seminar/details?start={booking.end.isoformat().replace('+00:00', 'Z')}&duration=60")
    page.evaluate(FILL, ANSWERS)

    expect(page.get_by_role("alert")).to_contain_text("Bitte schauen Sie alles noch einmal durch")
    kept = {key: page.locator(f"#field-{key}").input_value() for key in ANSWERS}
    trap = page.locator("#website").input_value()
    found = findings_in_both_themes(page)
    page.wait_for_timeout(1000)
    page.locator("#field-mobile").press("Enter")

    assert (kept, trap, found) == (ANSWERS, "", [])
    expect(page).to_have_url(f"{live_server.url}/b/{Booking.objects.latest('pk').link_token}/?new=1")


def test_hidden_field_is_met_by_no_key(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    details(page, live_server.url, booking)
    met = []
    page.locator("#field-first_name").focus()

    for _ in range(25):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.id"))

    assert "field-mobile" in met
    assert "website" not in met


def test_page_that_sends_somebody_away_for_a_while_is_accessible(
    browser: Browser, live_server: Any, booking: Booking, settings: Any
) -> None:
    settings.LIMIT_FACTOR = 0.01
    page = opened(browser)
    for number in range(2):
        page.goto(f"{live_server.url}/b/{'x' * 30}{number}/")

    answer = page.goto(f"{live_server.url}/b/{'x' * 30}2/")

    assert answer is not None
    assert answer.status == 429
    expect(page.get_by_role("heading", level=1)).to_have_text("Bitte versuchen Sie es etwas später wieder")
    assert findings_in_both_themes(page) == []
