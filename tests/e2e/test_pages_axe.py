# SPDX-License-Identifier: Apache-2.0
"""Every page in a real browser: axe finds nothing in any size or theme, our own policy refuses nothing, htmx swaps only its part."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.factories import AARE, make_booking, make_house, make_room, make_service, make_user
from tests.web.pages.staff_pages import SIGN_IN, furnish, staff_addresses

from einlass.models import Access, Booking, Door, Question, Service

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"narrow": (390, 844), "wide": (1280, 900)}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PASSWORD = "a long enough one"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def house() -> Service:
    """Two services and a booking of tomorrow, on the real clock: a browser has no other."""
    service = make_house(timezone.now())
    make_service(service.branch, "second", rooms=[make_room(service.branch, "second-room")])
    return service


@pytest.fixture
def booking(house: Service) -> Booking:
    return make_booking(house, now=timezone.now().replace(minute=0, second=0, microsecond=0), hours=24)


def opened(browser: Browser, *, size: str = "narrow", theme: str = "light", **options: Any) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, locale="de-CH", **options)  # type: ignore[arg-type] # a literal of two
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def bring_axe(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)


def findings(page: Page) -> list[str]:
    """What axe finds on the page as it is."""
    bring_axe(page)
    return _found(page, {"type": "tag", "values": RULES})


def findings_in_both_themes(page: Page) -> list[str]:
    """The same, and once more in the dark what depends on colours; nothing else on a page knows the theme."""
    found = findings(page)
    # Colours change at once then, so that axe never sees them half way.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += _found(page, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]})
    page.emulate_media(color_scheme="light")
    return found


def findings_but_colours(page: Page) -> list[str]:
    """What axe finds on the page as it is, contrast apart."""
    bring_axe(page)
    return _found(page, {"type": "tag", "values": RULES}, rules={"color-contrast": {"enabled": False}})


def findings_in_every_size(page: Page) -> list[str]:
    """The page as it is, on a phone and on a desk. The colours are the same in every width, and to judge them takes longest."""
    found: list[str] = []
    for size, judge in (("wide", findings_but_colours), ("narrow", findings_in_both_themes)):
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        found += judge(page)
        found += [f"{page.url} is wider than the {size} window"] * bool(page.evaluate(TOO_WIDE))
    return found


def _found(page: Page, only: dict[str, Any], *, rules: dict[str, Any] | None = None) -> list[str]:
    result = page.evaluate("options => axe.run(document, options)", {"runOnly": only, "rules": rules or {}})
    return [
        f"{page.url} {found['id']}: {node['html'][:160]} {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def guest_pages(page: Page, base: str, booking: Booking) -> Iterator[None]:
    """Go to each page of a guest in turn, with every state of the form."""
    own = f"{base}/b/{booking.link_token}/"
    for address in (f"{base}/", f"{base}/book/seminar/", own, f"{own}?new=1", f"{own}move/", f"{own}cancel/", f"{base}/nowhere"):
        page.goto(address)
        yield
    yield from number_pages(page, own)
    page.goto(f"{base}/book/seminar/?day={booking.start.date().isoformat()}")
    page.locator(".slot input").first.check(force=True)
    page.wait_for_selector(".opens")
    yield
    page.locator(".next-bar .btn").click()
    yield
    page.locator("#field-mobile").fill("031 555 04 33")
    page.locator("#who").evaluate("form => form.noValidate = true")
    page.locator("#who .btn.next").click()
    page.wait_for_selector(".error")
    yield


def number_pages(page: Page, own: str) -> Iterator[None]:
    """From a number that cannot be to a code that is wrong."""
    page.goto(f"{own}number/")
    yield
    for number, shown in (("031 555 04 33", ".error"), ("079 000 11 22", "#code")):
        page.locator("#field-mobile").fill(number)
        page.locator(".btn.next").click()
        page.wait_for_selector(shown)
        yield
    page.locator("#code").fill("12345")
    page.locator(".btn.next").click()
    page.wait_for_selector(".error")
    yield


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/manage/login/")
    page.fill("#login", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.locator(".btn.next").click()
    page.wait_for_url("**/manage/")


def staff_pages(page: Page, base: str, booking: Booking) -> Iterator[None]:
    """Every page of the staff, and how forms look that were not accepted."""
    for address in SIGN_IN:
        page.goto(f"{base}{address}")
        yield
    sign_in(page, base)
    for address in staff_addresses(booking):
        page.goto(f"{base}{address}")
        yield
    for address in ("/manage/settings/branches/new/", "/manage/settings/tokens/new/"):
        page.goto(f"{base}{address}")
        page.locator("main form:has(.savebar)").evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
        page.wait_for_selector(".error")
        yield


def test_axe_finds_nothing_on_any_page_and_none_is_too_wide(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    found: list[str] = []
    for _ in guest_pages(page, live_server.url, booking):
        found += findings_in_every_size(page)
    page.context.close()

    assert found == []


def test_axe_finds_nothing_on_any_page_of_the_staff_and_none_is_too_wide(browser: Browser, live_server: Any, booking: Booking) -> None:
    make_user()
    furnish(booking, now=timezone.now())
    page = opened(browser)
    found: list[str] = []
    for _ in staff_pages(page, live_server.url, booking):
        found += findings_in_every_size(page)
    page.context.close()

    assert found == []


def test_staff_need_no_mouse(browser: Browser, live_server: Any, booking: Booking) -> None:
    """Past the navigation by the first link, a question one place down, and the use of a door by the arrow keys."""
    make_user()
    page = opened(browser, size="wide")
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/manage/settings/questions/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    page.locator('button[value="first_name:down"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("ul.items > li").nth(1)).to_contain_text("first_name")
    assert list(Question.objects.values_list("key", flat=True)) == ["last_name", "first_name", "email", "mobile"]

    page.goto(f"{live_server.url}/manage/settings/branches/bern/")
    page.locator(f'input[name="door-{AARE}"]:checked').focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".savebar .btn.next").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_be_visible()
    page.context.close()

    assert Door.objects.get(component=AARE).use == "always"


@pytest.mark.parametrize("problem", ["vendor_unreachable", "phone_unusable"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_a_key_in_trouble(browser: Browser, live_server: Any, booking: Booking, theme: str, problem: str) -> None:
    since = timezone.now() - timedelta(hours=1)
    Access.objects.update_or_create(booking=booking, defaults={"problem": problem, "problem_since": since})
    page = opened(browser, theme=theme)
    page.goto(f"{live_server.url}/b/{booking.link_token}/")

    found = findings(page)
    page.context.close()

    assert found == []


def test_own_policy_refuses_nothing_that_we_do(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    for _ in guest_pages(page, live_server.url, booking):
        page.wait_for_load_state("networkidle")
    page.context.close()

    # The browser itself reports the answers 404 and 422 that we went to see.
    assert [line for line in said if "Failed to load resource" not in line] == []


def test_htmx_swaps_only_its_part_and_keeps_the_address(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser, size="wide")
    page.goto(f"{live_server.url}/book/seminar/")
    page.evaluate("document.querySelector('h1').dataset.same = 'yes'")

    page.locator(".choice a").nth(1).click()
    page.wait_for_url("**duration=120**")
    month = page.locator("#month").inner_text()
    page.locator(".month-head a").last.click()
    expect(page.locator("#month")).not_to_have_text(month)
    page.locator(".slot input").nth(2).check(force=True)
    page.wait_for_selector(".opens")

    assert page.locator("h1[data-same]").count() == 1
    assert page.locator(".slot input:checked").count() == 1
    assert re.match(r"\d\d:\d\d", page.locator(".next-bar strong").inner_text())
    page.go_back()
    page.wait_for_url(lambda address: "start=" not in address)
    expect(page.locator(".slot input:checked")).to_have_count(0)
    page.context.close()


def test_booking_works_in_a_browser_without_script(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser, java_script_enabled=False)
    page.goto(live_server.url)
    page.locator(".offer a").first.click()
    page.locator(".month td a").last.click()
    page.locator(".slot").nth(3).click()
    page.locator(".next-bar .btn").click()
    for key, value in {"first_name": "Jonas", "last_name": "Aebi", "email": "jonas@example.org", "mobile": "079 000 11 22"}.items():
        page.fill(f"#field-{key}", value)
    page.locator("#who .btn.next").click()

    assert "Ihre Buchung gilt" in page.locator("h1").inner_text()
    page.context.close()


def test_enter_in_a_field_books_and_does_not_go_back(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    page.goto(f"{live_server.url}/book/seminar/?day={booking.start.date().isoformat()}")
    page.locator(".slot input").first.check(force=True)
    page.wait_for_selector(".opens")
    page.locator(".next-bar .btn").click()
    for key, value in {"first_name": "Jonas", "last_name": "Aebi", "email": "jonas@example.org", "mobile": "079 000 11 22"}.items():
        page.fill(f"#field-{key}", value)
    page.press("#field-mobile", "Enter")
    page.wait_for_url("**/b/**")

    assert Booking.objects.count() == 2
    page.context.close()


def test_key_card_follows_the_key_without_a_reload(browser: Browser, live_server: Any, booking: Booking) -> None:
    page = opened(browser)
    page.goto(f"{live_server.url}/b/{booking.link_token}/")
    assert "Wird vorbereitet" in page.locator("#key .state").inner_text()

    since = timezone.now() - timedelta(hours=1)
    Access.objects.update_or_create(booking=booking, defaults={"problem": "vendor_unreachable", "problem_since": since})
    page.wait_for_selector("#key.trouble")

    assert "Das Schliesssystem antwortet zurzeit nicht." in page.locator("#key").inner_text()
    page.context.close()
