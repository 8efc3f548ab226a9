# SPDX-License-Identifier: Apache-2.0
"""A browser and a house of real processes for each file: its workers ask for work all the time, so none outlives the tests that need it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.house import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(autouse=True, scope="session")
def _files_as_in_production() -> None:
    """Django's server for tests would answer for static files itself, and knows none of the names that carry a digest."""
    StaticFilesHandler._should_handle = lambda self, path: False  # type: ignore[method-assign] # its one seam


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    try:
        house.build()
        house.start_web()
        house.start_worker()
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: its driver runs an event loop, beside which the engine of other tests does not start."""
    assert CHROMIUM, "the browser tests need Chromium; `make test` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, house: House) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-CH", base_url=f"http://127.0.0.1:{house.web_port}")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
