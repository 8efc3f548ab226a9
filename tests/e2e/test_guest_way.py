# SPDX-License-Identifier: Apache-2.0
"""The guest's way at 390 px in a browser: in every language, without script, by keyboard, back and forth, with a time that is stolen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.e2e.test_pages_axe import TOO_WIDE, findings_in_both_themes
from tests.house import House

# A code and what a browser of that language asks for.
LANGUAGES = {"de": "de-CH", "en": "en-GB", "fr": "fr-CH", "it": "it-CH"}
SCRIPTS = {"with script": True, "without script": False}
BERN = ZoneInfo("Europe/Zurich")
ANSWERS = {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"}
# Ten minutes later, for the holds of the house.
EXPIRE = """
import django
django.setup()
from django.utils import timezone
from einlass.models import Booking
print(Booking.objects.filter(status="held").update(held_until=timezone.now()))
"""

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, house: House) -> Iterator[Visit]:
    """Open the pages as somebody with a phone of this language."""
    with _phones(browser, house) as opened:
        yield opened


@contextmanager
def _phones(browser: Browser, house: House) -> Iterator[Visit]:
    contexts = []

    def opened(language: str = "de", *, script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            locale=LANGUAGES[language],
            base_url=f"http://127.0.0.1:{house.web_port}",
            java_script_enabled=script,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def days() -> Iterator[date]:
    """A day for each test that no other one books on."""
    return (datetime.now(tz=BERN).date() + timedelta(days=2 + n) for n in range(300))


def says(language: str, text: str) -> str:
    """What a page calls it in this language."""
    with translation.override(language):
        return translation.gettext(text)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERN)


def choose(page: Page, day: date, hour: int) -> None:
    """Step 2: the day by its link, the start by its button."""
    page.goto(f"/book/seminar/?day={day.isoformat()}")
    page.locator("label.slot", has_text=f"{hour:02}:00").click()


def go_on(page: Page) -> None:
    page.locator(".next-bar .btn").click()


def hold(page: Page, day: date, hour: int) -> None:
    choose(page, day, hour)
    go_on(page)
    expect(page.locator(".held")).to_be_visible()


def fill_in(page: Page, **changed: str) -> None:
    for key, value in (ANSWERS | changed).items():
        page.locator(f"#field-{key}").fill(value)


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def chosen(page: Page) -> Locator:
    return page.locator('input[name="start"]:checked')


def value_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def steal(house: House, moment: datetime) -> None:
    """Somebody else books both rooms through the API."""
    body = {"service": "seminar", "start": moment.isoformat(), "duration": 60, "answers": ANSWERS | {"first_name": "Luca"}}
    while house.api("POST", "/bookings", body).status_code == 201:
        pass
    assert house.api("POST", "/bookings", body).status_code == 409


def expire_holds(house: House) -> None:
    env = house.env | {"DJANGO_SETTINGS_MODULE": "einlass.conf.settings"}
    done = subprocess.run([sys.executable, "-c", EXPIRE], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout.split()[-1]) >= 1


def booked_at(house: House, moment: datetime) -> list[dict[str, Any]]:
    """What Lea has booked then."""
    found = [booking for booking in house.bookings() if datetime.fromisoformat(booking["start"]) == moment]
    return [booking for booking in found if booking["answers"]["first_name"] == "Lea"]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whole_way_to_the_confirmed_booking(visit: Visit, house: House, days: Iterator[date], language: str, script: str) -> None:
    day, page = next(days), visit(language, script=SCRIPTS[script])

    page.goto(f"/?day={day.isoformat()}")
    expect(page.locator("html")).to_have_attribute("lang", {"de": "de-CH"}.get(language, language))
    expect(heading(page)).to_have_text(says(language, "When are you coming?"))
    page.locator("label.slot", has_text="14:00").click()
    if SCRIPTS[script]:
        expect(page.locator(".next-bar strong")).to_have_text("14:00–15:00")
    go_on(page)
    expect(heading(page)).to_have_text(says(language, "Your details"))
    expect(page.locator(".held")).to_contain_text(says(language, "We keep this time free for you until %(time)s.").split("%")[0])
    assert not (SCRIPTS[script] and page.evaluate(TOO_WIDE))
    fill_in(page)
    page.locator("#who .btn.next").click()

    expect(heading(page)).to_have_text(says(language, "Your booking is confirmed"))
    assert [booking["status"] for booking in booked_at(house, at(day, 14))] == ["confirmed"]


def tab_to(page: Page, selector: str) -> None:
    """By the tabulator alone, as far as it takes."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the tabulator does not lead to {selector}")


def test_whole_way_by_keyboard(visit: Visit, house: House, days: Iterator[date]) -> None:
    day, page = next(days), visit()

    page.goto(f"/book/seminar/?day={day.isoformat()}")
    tab_to(page, "input[name=start]")
    page.keyboard.press("Space")
    expect(chosen(page)).to_have_value(value_of(at(day, 0)))
    expect(page.locator(".next-bar strong")).to_have_text("00:00–01:00")
    expect(chosen(page)).to_be_focused()
    tab_to(page, ".next-bar .btn")
    page.keyboard.press("Enter")
    expect(page.locator(".held")).to_be_visible()
    for key, value in ANSWERS.items():
        tab_to(page, f"#field-{key}")
        page.keyboard.type(value)
    tab_to(page, "#who .btn.next")
    page.keyboard.press("Enter")

    expect(heading(page)).to_have_text(says("de", "Your booking is confirmed"))
    assert len(booked_at(house, at(day, 0))) == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_time_stolen_meanwhile_shows_three_nearest_and_keeps_what_was_typed(
    visit: Visit, house: House, days: Iterator[date], script: str
) -> None:
    day, page = next(days), visit(script=SCRIPTS[script])
    hold(page, day, 14)
    fill_in(page, first_name="Lea")
    page.locator(".head .link").click()
    expect(chosen(page)).to_have_value(value_of(at(day, 14)))
    page.locator("label.slot", has_text="16:00").click()
    steal(house, at(day, 16))

    go_on(page)

    expect(page.locator(".refusal h2")).to_have_text("16:00 ist inzwischen vergeben")
    nearest = page.locator(".refusal li button")
    expect(nearest).to_have_count(3)
    nearest.filter(has_text="17:00").click()
    expect(page.locator("#field-first_name")).to_have_value("Lea")
    expect(page.locator("#field-mobile")).to_have_value(ANSWERS["mobile"])
    page.locator("#who .btn.next").click()
    expect(heading(page)).to_have_text(says("de", "Your booking is confirmed"))
    assert len(booked_at(house, at(day, 17))) == 1
    assert booked_at(house, at(day, 14)) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_back_button_shows_the_own_time_and_leads_on(visit: Visit, house: House, days: Iterator[date], script: str) -> None:
    day, page, other = next(days), visit(script=SCRIPTS[script]), visit(script=False)
    hold(page, day, 14)
    steal(house, at(day, 14))  # the other room

    page.go_back()

    expect(heading(page)).to_have_text(says("de", "When are you coming?"))
    expect(page.locator("label.slot", has_text="14:00")).to_have_count(1)
    other.goto(f"/book/seminar/?day={day.isoformat()}")
    expect(other.locator("label.slot", has_text="14:00")).to_have_count(0)
    page.locator("label.slot", has_text="15:00").click()
    go_on(page)
    expect(page.locator(".held")).to_be_visible()
    fill_in(page)
    page.locator("#who .btn.next").click()
    expect(heading(page)).to_have_text(says("de", "Your booking is confirmed"))
    assert house.api("GET", "/bookings?status=held").json()["total"] == 0
    other.reload()
    expect(other.locator("label.slot", has_text="14:00")).to_have_count(1)


def test_back_button_within_somebody_elses_page_needs_no_cookie(visit: Visit, days: Iterator[date]) -> None:
    day, page = next(days), visit()
    page.goto(f"/embed/de/book/seminar/?day={day.isoformat()}")
    page.locator("label.slot", has_text="14:00").click()
    go_on(page)
    expect(page.locator(".held")).to_be_visible()

    page.go_back()

    expect(chosen(page)).to_have_value(value_of(at(day, 14)))
    expect(page.locator("#times input[name=hold]")).to_have_count(1)
    assert page.context.cookies() == []


def test_expired_hold_is_told_in_words_books_what_is_free_and_loses_nothing(visit: Visit, house: House, days: Iterator[date]) -> None:
    free, gone, again = next(days), next(days), next(days)
    page, second, third = visit(), visit(), visit()
    hold(page, free, 14)
    hold(second, gone, 14)
    fill_in(second)
    hold(third, again, 14)
    expire_holds(house)
    steal(house, at(gone, 14))

    page.reload()
    expect(page.get_by_role("heading", name="Die zehn Minuten sind um")).to_be_visible()
    assert findings_in_both_themes(page) == []
    fill_in(page)
    page.locator("#who .btn.next").click()
    expect(heading(page)).to_have_text(says("de", "Your booking is confirmed"))

    second.locator("#who .btn.next").click()
    expect(second.locator(".refusal h2")).to_have_text("14:00 ist inzwischen vergeben")
    expect(second.locator(".refusal li button")).to_have_count(3)
    assert findings_in_both_themes(second) == []
    second.locator(".refusal li button").first.click()
    expect(second.locator("#field-email")).to_have_value(ANSWERS["email"])
    expect(second.locator(".held")).to_be_visible()

    third.reload()
    fill_in(third)
    third.get_by_role("button", name="Nochmals freihalten").click()
    expect(third.locator(".held")).to_be_visible()
    expect(third.locator("#field-last_name")).to_have_value("Baumann")


@pytest.mark.parametrize("script", SCRIPTS)
def test_language_switch_keeps_the_place_on_every_step(visit: Visit, days: Iterator[date], script: str) -> None:
    day, page = next(days), visit(script=SCRIPTS[script])
    page.goto(f"/book/seminar/?day={day.isoformat()}&duration=120")

    page.locator(".lang [lang=en]").click()
    expect(heading(page)).to_have_text("When are you coming?")
    expect(page.locator(".choice [aria-current]")).to_have_text("2 h")
    page.locator("label.slot", has_text="10:00").click()
    go_on(page)
    fill_in(page, mobile="12")
    page.locator(".lang [lang=de]").click()

    expect(heading(page)).to_have_text("Ihre Angaben")
    expect(page.locator("#field-first_name")).to_have_value("Lea")
    expect(page.locator(".what")).to_contain_text("10:00–12:00")
    expect(page.locator(".held")).to_contain_text("Wir halten diese Zeit bis")
    page.locator("#who .btn.next").click()
    expect(page.locator(".error")).to_have_count(1)
    page.locator(".lang [lang=en]").click()
    expect(heading(page)).to_have_text("Your details")
    expect(page.locator("#field-mobile")).to_have_value("12")


def test_next_month_is_there_before_somebody_asks_for_it(visit: Visit) -> None:
    page = visit()
    with page.expect_response(lambda answer: answer.request.headers.get("x-ahead") == "true") as ahead:
        page.goto("/book/seminar/")
    ahead.value.finished()
    this_month = page.locator("#month").inner_text()

    page.context.set_offline(True)
    page.locator("a[data-ahead]").click()

    expect(page.locator("#month")).not_to_have_text(this_month)
    expect(page.locator("table.month td a").first).to_be_visible()
    # What was not fetched is not there: the network is really cut.
    with page.expect_event("requestfailed"):
        page.locator("table.month td a:not([aria-current])").last.click()


def test_links_lead_to_a_branch_a_service_and_a_day(visit: Visit, days: Iterator[date]) -> None:
    day, page = next(days), visit(script=False)

    for link in ("/branches/bern/", "/book/seminar/"):
        page.goto(f"{link}?day={day.isoformat()}")
        expect(heading(page)).to_have_text("Wann kommen Sie?")
        expect(page.locator("td [aria-current=date]")).to_have_text(str(day.day))


def test_press_that_began_before_the_times_came_counts(visit: Visit, days: Iterator[date]) -> None:
    page = visit()
    page.goto(f"/book/seminar/?day={next(days).isoformat()}")
    button = page.locator(".next-bar .btn").bounding_box()
    assert button is not None
    page.mouse.move(button["x"] + 5, button["y"] + button["height"] / 2)
    page.mouse.down()
    page.evaluate("document.querySelectorAll('.slot input')[14].click()")
    expect(page.locator(".opens")).to_be_visible()
    page.mouse.up()

    expect(page.locator(".held")).to_be_visible()


def test_press_on_a_time_of_the_day_before_does_not_call_it_back(visit: Visit, days: Iterator[date]) -> None:
    page = visit()
    page.goto(f"/book/seminar/?day={next(days).isoformat()}")
    other = page.locator("table.month td a:not([aria-current])").last
    number, on_their_way = other.inner_text().strip(), list[Route]()

    def keep(route: Route) -> None:
        on_their_way.append(route)

    page.route("**/book/seminar/?*", keep)
    other.click()
    page.locator(".slot").nth(5).scroll_into_view_if_needed()
    slot = page.locator(".slot").nth(5).bounding_box()
    assert slot is not None
    page.mouse.click(slot["x"] + slot["width"] / 2, slot["y"] + slot["height"] / 2)
    page.wait_for_timeout(300)
    for route in on_their_way:
        route.continue_()

    expect(page.locator("td [aria-current=date]")).to_have_text(number)
    assert page.locator(".slot input:checked").count() == 0
