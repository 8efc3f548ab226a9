# SPDX-License-Identifier: Apache-2.0
"""An operator at his browser, in German: he clicks, fills by labels and reads sentences. Used by the tests of the afternoon."""

from __future__ import annotations

import re
import subprocess
import sys

from playwright.sync_api import Locator, Page, expect
from tests.house import House

EMAIL, NAME, PASSWORD = "nadia.keller@example.org", "Nadia Keller", "a long enough one"
WEEK = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def make_owner(house: House) -> None:
    """The one thing that is typed on the command line."""
    command = [sys.executable, "-m", "einlass.cli", "owner", "create", "--email", EMAIL, "--name", NAME, "--password-stdin"]
    subprocess.run(command, env=house.env, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True, timeout=120)


class Operator:
    """One person of the staff in one browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.main = page.locator("main")

    def sign_in(self) -> None:
        self.page.goto("/manage/")
        self.box("E-Mail").fill(EMAIL)
        self.box("Passwort").fill(PASSWORD)
        self.press("Anmelden")
        self.heading("Heute")

    def go(self, *names: str) -> None:
        """By the navigation on the left."""
        for name in names:
            self.page.get_by_role("navigation", name="Hauptnavigation").get_by_role("link", name=name).click()

    def open(self, name: str) -> None:
        """A link in the page."""
        self.main.get_by_role("link", name=name).first.click()

    def press(self, name: str) -> None:
        self.main.get_by_role("button", name=name, exact=True).first.click()

    def save(self) -> None:
        self.press("Speichern")
        expect(self.page.locator(".told").first).to_contain_text(re.compile("Gespeichert|hinzugefügt"))

    def box(self, name: str) -> Locator:
        """A field to write in, by its label."""
        return self.main.get_by_label(name, exact=True)

    def write(self, **values: str) -> None:
        """Fill several fields: the underscore of a name stands for a space."""
        for name, value in values.items():
            self.box(name.replace("_", " ")).fill(value)

    def in_group(self, name: str) -> Locator:
        return self.main.get_by_role("group", name=name, exact=True)

    def name_in_german(self, text: str, *, of: str = "Name") -> None:
        self.in_group(of).get_by_role("textbox", name="Deutsch").fill(text)

    def use(self, door: str, word: str) -> None:
        """The choice beside a component."""
        self.in_group(f"Verwendung von {door}").get_by_role("radio", name=word).check()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def reads(self, text: str) -> None:
        """Waits until the page says it."""
        expect(self.main).to_contain_text(text)

    def error(self) -> str:
        """The sentence beside the first wrong field."""
        return self.main.locator(".error").first.inner_text().strip()

    def step(self, key: str) -> Locator:
        """One of the eight steps of the integration page."""
        return self.main.locator(f".guide > li#{key}")

    def step_is(self, key: str, word: str) -> None:
        expect(self.step(key).locator(".word")).to_have_text(word)
