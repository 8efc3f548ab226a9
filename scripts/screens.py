# SPDX-License-Identifier: Apache-2.0
"""Pictures of every page, to be looked at: narrow and wide, light and dark, German and English; those of guests in French and Italian
as well. Runs a demo of its own, or uses one."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS, THEMES, LANGUAGES = (390, 1280), ("light", "dark"), ("de", "en")
# What a browser of the language asks for.
LOCALES = {"de": "de-CH", "en": "en-GB", "fr": "fr-CH", "it": "it-CH"}
ANSWERS = {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"}
LANDLINE = "031 555 04 33"
# The owner that `einlass demo` makes and prints.
EMAIL, PASSWORD = "owner@example.org", "seminarhaus-aare"
GUESTS_PICTURED = 4
# The staff's pages of the demo, by the name of their picture; then those of a booking.
STAFF = {
    "10-today": "",
    "10-calendar-day": "calendar/",
    "10-calendar-week": "calendar/?view=week",
    "10-bookings": "bookings/",
    "10-new-booking": "bookings/new/",
    "10-readiness": "readiness/",
    "10-strays": "readiness/bern/strays/",
    "10-brake": "readiness/bern/release/",
    "12-settings": "settings/",
    "12-organisation": "settings/organisation/",
    "12-branches": "settings/branches/",
    "12-branch": "settings/branches/bern/",
    "12-website": "settings/branches/bern/website/",
    "12-room": "settings/branches/bern/rooms/aare/",
    "12-services": "settings/services/",
    "12-service": "settings/services/sitzungszimmer/",
    "12-questions": "settings/questions/",
    "12-question": "settings/questions/mobile/",
    "12-templates": "settings/templates/",
    "12-template": "settings/templates/exivo_booking_page/",
    "12-integrations": "settings/integrations/",
    "12-exivo": "settings/integrations/exivo/",
    "12-exivo-off": "settings/integrations/exivo/off/",
    "12-team": "settings/team/",
    "12-team-new": "settings/team/new/",
    "12-tokens": "settings/tokens/",
    "12-token-new": "settings/tokens/new/",
    "12-privacy": "settings/privacy/",
    "12-audit": "settings/audit/",
    "13-account": "account/",
}
BOOKING = ("", "move/", "answers/", "reissue/", "open/", "link/", "cancel/")


@dataclass(frozen=True, slots=True)
class Look:
    """One of the ways to look at a page."""

    width: int
    theme: str
    language: str

    def name(self, page: str) -> str:
        return f"{page}-{self.width}-{self.theme}-{self.language}.png"


def browser_path() -> str | None:
    """The system's browser where there is one, else playwright's own."""
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


def fill(page: Page, **changed: str) -> None:
    """Answer the questions that this operator asks, as far as they are known."""
    for key, value in (ANSWERS | changed).items():
        field = page.locator(f"#field-{key}")
        if field.count():
            field.fill(value)


def choose(page: Page, start: Locator) -> None:
    """Choose a start, and wait until the page says which."""
    start.check(force=True)
    expect(page.locator(".next-bar strong")).to_have_text(re.compile(r"\d\d:\d\d"))


def book(page: Page, base: str) -> tuple[str, str]:
    """Go the whole way once. Returns the address of step 3 and that of the guest's own page."""
    page.goto(base)
    if page.locator(".offer a").count():
        page.locator(".offer a").nth(1).click()  # one with a single room, so that its time is taken afterwards
    page.wait_for_selector("#times")
    month = page.locator("#month").inner_text()
    page.locator(".month-head a").last.click()  # far enough ahead to be moved and cancelled
    expect(page.locator("#month")).not_to_have_text(month)
    choose(page, page.locator(".slot input").last)
    page.locator(".next-bar .btn").click()
    details = page.url
    fill(page)
    page.locator("#who .btn.next").click()
    page.wait_for_url("**/b/**")
    return details, page.url.split("?")[0]


def shots(page: Page, base: str, *, details: str, own: str, language: str, extra: list[str]) -> Iterator[str]:
    """Go to each page in turn; yields its name when it is there to be pictured."""
    when = details.partition("details")[0]
    query = parse_qs(urlsplit(details).query)
    start, duration = query["start"][0], query["duration"][0]
    taken = f"{when}details?start={start}&duration={duration}"
    first = {"1-what": base, "1-branch": f"{base}/branches/bern/", "2-when": when, "2-empty": f"{when}?day={start[:10]}&duration=480"}
    first |= {"2-taken": taken, "4-done": f"{own}?new=1", "5-own": own, "5-number": f"{own}number/"}
    for name, address in first.items():
        page.goto(address)
        yield name
    page.goto(when)
    choose(page, page.locator(".slot input").first)
    yield "2-when-chosen"
    page.locator(".next-bar .btn").click()
    yield "3-who"
    fill(page, mobile=LANDLINE)
    page.locator("#who .btn.next").click()
    page.wait_for_load_state("networkidle")
    yield "3-who-wrong"
    moved = f"{own}move/confirm?start={start}&duration={duration}"
    paths = {"6-move": f"{own}move/", "6-move-confirm": moved, "7-cancel": f"{own}cancel/", "8-not-found": f"{base}/nowhere"}
    paths["9-embedded"] = f"{base}/embed/{language}{urlsplit(when).path}"
    for name, address in (paths | {f"x-{n}": f"{base}{path}" for n, path in enumerate(extra)}).items():
        page.goto(address)
        yield name


def staff_shots(page: Page, base: str, *, email: str, password: str, stranger: str) -> Iterator[str]:
    """Sign in as somebody unknown, which does not count against the account, then as oneself; then the list."""
    page.goto(f"{base}/manage/login/")
    yield "9-sign-in"
    page.fill("#login", stranger)
    page.fill("#password", "not the right one")
    page.locator(".btn.next").click()
    page.wait_for_load_state("networkidle")
    yield "9-sign-in-wrong"
    page.fill("#login", email)
    page.fill("#password", password)
    page.locator(".btn.next").click()
    page.wait_for_url("**/manage/")
    for name, address in STAFF.items():
        page.goto(f"{base}/manage/{address}")
        yield name
    page.goto(f"{base}/manage/bookings/")
    booking = urlsplit(page.locator("td.g a").first.get_attribute("href") or "").path
    for name in BOOKING:
        page.goto(f"{base}{booking}{name}")
        yield f"11-booking-{name.strip('/') or 'page'}"


def look_at(browser: Browser, look: Look, options: argparse.Namespace, *, details: str, own: str) -> None:
    context = browser.new_context(
        viewport={"width": look.width, "height": 844 if look.width < 900 else 900},
        color_scheme="dark" if look.theme == "dark" else "light",
        locale=LOCALES[look.language],
    )
    page = context.new_page()
    for name in shots(page, options.base, details=details, own=own, language=look.language, extra=options.path):
        page.screenshot(path=options.out / look.name(name), full_page=True)
    if look.language in LANGUAGES:
        look_at_staff(page, look, options)
    context.close()
    print(f"{look.width} px, {look.theme}, {look.language}")


def look_at_staff(page: Page, look: Look, options: argparse.Namespace) -> None:
    stranger = f"{look.theme}-{look.language}-{look.width}@example.org"
    for name in staff_shots(page, options.base, email=options.email, password=options.password, stranger=stranger):
        page.screenshot(path=options.out / look.name(name), full_page=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo() -> Iterator[str]:
    """A demo in a folder of its own, ended with the pictures. Gives its address."""
    port, emulator_port = free_port(), free_port()
    base = f"http://localhost:{port}"
    command = [str(Path(sys.executable).parent / "einlass"), "demo", "--emulator-port", str(emulator_port)]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"EINLASS_DATA_DIR": folder, "EINLASS_PORT": str(port), "EINLASS_BASE_URL": base}
        # Nobody looks at a page as often and as quickly as this.
        environment |= {"EINLASS_FORM_SECONDS": "0", "EINLASS_LIMIT_FACTOR": "0"}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"{base}/ready", process)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; at most two minutes."""
    for _ in range(240):
        if process.poll() is not None:
            sys.exit("The demo did not start; `einlass demo` says why.")
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("The demo does not answer.")


def guests_pages(page: Page, options: argparse.Namespace) -> list[str]:
    """The own pages of the next guests, as the pages of their bookings link them: keys in whatever state they are."""
    page.goto(f"{options.base}/manage/login/")
    page.fill("#login", options.email)
    page.fill("#password", options.password)
    page.locator(".btn.next").click()
    page.wait_for_url("**/manage/")
    page.goto(f"{options.base}/manage/bookings/")
    bookings = [link.get_attribute("href") or "" for link in page.locator("td.g a").all()][:GUESTS_PICTURED]
    found = []
    for address in bookings:
        page.goto(f"{options.base}{address}")
        found.append(urlsplit(page.locator("#own-address").input_value()).path)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", nargs="?", default="", help="address of a running demo; without it one is started")
    parser.add_argument("--out", type=Path, default=Path("screens"))
    parser.add_argument("--email", default=EMAIL, help="account of the staff")
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--path", action="append", default=[], help="another page to be pictured, such as /b/TOKEN/")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with nullcontext(options.base.rstrip("/")) if options.base else demo() as base, sync_playwright() as playwright:
        options.base = base
        browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        details, own = book(browser.new_page(locale="de-CH"), base)
        options.path = options.path or guests_pages(browser.new_page(locale="de-CH"), options)
        others = [(390, "light", "fr"), (390, "light", "it")]
        for width, theme, language in [*product(WIDTHS, THEMES, LANGUAGES), *others]:
            look_at(browser, Look(width, theme, language), options, details=details, own=own)
        browser.close()
    print(f"The pictures are in {options.out}.")


if __name__ == "__main__":
    main()
