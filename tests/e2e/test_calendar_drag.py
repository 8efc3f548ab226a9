# SPDX-License-Identifier: Apache-2.0
"""The calendar in a real browser: a booking is dragged onto free time and asks once; free time is clicked; axe finds nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page
from tests.e2e.test_pages_axe import CHROMIUM, PASSWORD, findings_in_both_themes, house, opened
from tests.factories import make_booking, make_room, make_user

from einlass.models import Booking, Room, Service

__all__ = ["house"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def moved(house: Service) -> Booking:
    """Tomorrow from midnight UTC for two hours, in the first of two rooms."""
    house.rooms.add(make_room(house.branch, "gurten"), through_defaults={"position": 1})
    midnight = (timezone.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return make_booking(house, now=midnight, hours=3)


def signed_in(browser: Browser, base: str, **options: Any) -> Page:
    make_user()
    page = opened(browser, **options)
    page.goto(f"{base}/manage/login/")
    page.fill("#login", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.locator(".btn.next").click()
    page.wait_for_url(lambda address: "login" not in address)
    return page


def calendar_of(booking: Booking, base: str, *, view: str = "day") -> str:
    return f"{base}/manage/calendar/?branch=bern&day={booking.start.date().isoformat()}&view={view}"


def drag(page: Page, source: Locator, target: Locator) -> None:
    """With the mouse, in small steps; the window is high enough that nothing scrolls meanwhile."""
    here, there = source.bounding_box(), target.bounding_box()
    assert here is not None
    assert there is not None
    page.mouse.move(here["x"] + here["width"] / 2, here["y"] + here["height"] - 8)
    page.mouse.down()
    page.mouse.move(here["x"] + here["width"] / 2 + 12, here["y"] + here["height"] - 20, steps=4)
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + there["height"] / 2, steps=8)
    page.mouse.up()


def day_shown(browser: Browser, base: str, booking: Booking) -> Page:
    page = signed_in(browser, base, size="wide")
    page.set_viewport_size({"width": 1280, "height": 3200})
    page.goto(calendar_of(booking, base))
    return page


def test_drag_onto_free_time_of_another_room_asks_and_moves(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = day_shown(browser, live_server.url, moved)
    wanted = (moved.start + timedelta(hours=2)).isoformat().replace("+00:00", "Z")

    drag(page, page.locator("[data-move]"), page.locator(f'td[data-start="{wanted}"][data-room="gurten"]'))
    page.wait_for_url(lambda address: "/move/?start=" in address)
    asked = page.locator("h1").inner_text()
    before = Booking.objects.get().start
    page.locator(".btn.next").click()
    page.wait_for_url(f"**/manage/bookings/{moved.reference}/")
    page.context.close()

    after = Booking.objects.get()
    assert (asked, before) == ("Auf diese Zeit umbuchen?", moved.start)
    assert (after.start, after.room.key) == (moved.start + timedelta(hours=2), "gurten")


def test_drag_onto_what_is_not_free_does_nothing(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = day_shown(browser, live_server.url, moved)
    page.evaluate("document.addEventListener('dragstart', () => { window.began = true; })")

    drag(page, page.locator("[data-move]"), page.locator(".cal thead th").last)
    page.wait_for_timeout(300)
    state = (page.evaluate("window.began"), page.url)
    page.context.close()

    assert state == (True, calendar_of(moved, live_server.url))


def test_click_on_free_time_books_there(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = signed_in(browser, live_server.url, size="wide")
    page.goto(calendar_of(moved, live_server.url))
    wanted = (moved.start + timedelta(hours=4)).isoformat().replace("+00:00", "Z")

    page.locator(f'td[data-start="{wanted}"][data-room="gurten"]').click()
    page.wait_for_url("**/bookings/new/**")
    for key, value in {"first_name": "Jonas", "last_name": "Aebi", "email": "jonas@example.org", "mobile": "079 000 11 22"}.items():
        page.fill(f"#field-{key}", value)
    page.press("#field-mobile", "Enter")
    page.wait_for_url(lambda address: "/new/" not in address)
    page.context.close()

    booked = Booking.objects.exclude(pk=moved.pk).get()
    assert (booked.start, booked.room) == (moved.start + timedelta(hours=4), Room.objects.get(key="gurten"))


def test_the_free_times_follow_what_is_chosen_and_the_focus_stays(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = signed_in(browser, live_server.url)
    page.goto(f"{live_server.url}/manage/bookings/new/?service=seminar")
    page.fill("#field-first_name", "Zoé")
    day = (moved.start + timedelta(days=3)).date().isoformat()

    page.locator("#day").focus()
    page.locator("#day").fill(day)
    page.locator("#day").dispatch_event("change")
    page.wait_for_selector(f'.slot input[value^="{day}"]')
    state = page.evaluate("[document.activeElement.id, document.querySelector('#field-first_name').value]")
    page.context.close()

    assert state == ["day", "Zoé"]


REFRESH = "htmx.ajax('GET', '/manage/', {source: '#day', target: '#day', select: '#day', swap: 'outerHTML'})"


def test_today_keeps_the_focus_when_it_refreshes(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = signed_in(browser, live_server.url)
    page.goto(f"{live_server.url}/manage/")
    page.locator("#week-3").focus()
    page.evaluate("document.querySelector('#week-3').dataset.old = 'yes'")

    page.evaluate(REFRESH)
    page.wait_for_selector("#week-3:not([data-old])")
    focused = page.evaluate("document.activeElement.id")
    page.context.close()

    assert focused == "week-3"


def test_today_leads_to_the_sign_in_when_it_refreshes_after_a_sign_out(browser: Browser, live_server: Any, moved: Booking) -> None:
    page = signed_in(browser, live_server.url)
    page.goto(f"{live_server.url}/manage/")
    page.context.clear_cookies()

    page.evaluate(REFRESH)
    page.wait_for_url("**/manage/login/**")
    asked = page.locator("#login").count()
    page.context.close()

    assert asked == 1


@pytest.mark.parametrize("size", ["narrow", "wide"])
def test_axe_finds_nothing_where_the_day_is_run(browser: Browser, live_server: Any, moved: Booking, size: str) -> None:
    page = signed_in(browser, live_server.url, size=size)
    base, move = live_server.url, f"{live_server.url}/manage/bookings/{moved.reference}/move/"
    start = moved.start.isoformat().replace("+00:00", "Z")
    found: list[str] = []
    addresses = (
        f"{base}/manage/",
        calendar_of(moved, base),
        calendar_of(moved, base, view="week"),
        f"{base}/manage/bookings/",
        f"{base}/manage/bookings/new/?service=seminar&start={start}",
        move,
        f"{move}?start={(moved.start + timedelta(hours=5)).isoformat().replace('+00:00', 'Z')}",
    )
    for address in addresses:
        page.goto(address)
        found += findings_in_both_themes(page)
    page.context.close()

    assert found == []
