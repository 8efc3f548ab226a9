# SPDX-License-Identifier: Apache-2.0
"""The operator's afternoon in a browser, in German, by clicking only: from an empty installation down to the green door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from tests import factories as make
from tests.e2e.operator import WEEK, Operator, make_owner
from tests.house import House

PHONE, E164 = "078 765 43 21", "+41787654321"


@contextmanager
def running(folder: Path, *, furnish: Callable[[House], None]) -> Iterator[House]:
    """Everything runs, and the owner has his account; `furnish` says what else is there."""
    house = House(folder)
    try:
        furnish(house)
        make_owner(house)
        house.start_web()
        house.start_worker()
        yield house
    finally:
        house.stop()


@contextmanager
def at_his_browser(browser: Browser, house: House, *, width: int, height: int) -> Iterator[Operator]:
    """The owner, signed in."""
    address = f"http://127.0.0.1:{house.web_port}"
    context = browser.new_context(viewport={"width": width, "height": height}, locale="de-CH", base_url=address)
    context.set_default_timeout(15_000)
    person = Operator(context.new_page())
    person.sign_in()
    yield person
    context.close()


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: Any) -> Iterator[House]:
    """Nothing is set up."""
    with running(tmp_path_factory.mktemp("empty"), furnish=House.prepare) as house:
        yield house


@pytest.fixture
def operator(browser: Browser, empty_house: House) -> Iterator[Operator]:
    with at_his_browser(browser, empty_house, width=1280, height=900) as person:
        yield person


def connect(operator: Operator) -> None:
    """Steps 1 to 3: switch on, key and secret, test."""
    operator.go("Einstellungen", "Integrationen")
    operator.press("dormakaba exivo einrichten")
    operator.main.get_by_role("switch").click()
    operator.step_is("switch", "erledigt")
    operator.box("API-Schlüssel").fill(make.API_KEY)
    operator.box("API-Secret").fill(make.API_SECRET)
    operator.box("ID der App").fill("100200")
    operator.press("Schlüssel und Secret speichern")
    operator.reads("endet auf 00ff")
    operator.main.get_by_label("Site-ID").fill(make.BERN)
    operator.press("Verbindung testen")
    operator.reads("exivo antwortet, Schlüssel und Secret stimmen.")
    operator.step_is("test", "erledigt")


def set_up_branch(operator: Operator) -> None:
    """Steps 4 and 5: the branch with its Site-ID, its doors, its room."""
    operator.go("Filialen")
    operator.open("Neue Filiale")
    operator.name_in_german("Bern Bahnhof")
    operator.main.get_by_label("Site-ID").fill(make.BERN)
    for day in WEEK:
        operator.box(day).fill("00:00-24:00")
    operator.save()
    operator.reads("Von exivo bestätigt: Bern Bahnhof")
    operator.reads("Ein Gateway ist keine Tür.")
    for door in ("Haupteingang H-01", "Garderobe G-01", "WC 1. Stock W-01"):
        operator.use(door, "öffnet immer")
    operator.use("Beratungszimmer B-01", "für Dienstleistungen")
    operator.save()
    operator.open("Neuer Raum")
    operator.name_in_german("Sitzungszimmer")
    operator.main.get_by_label("Für wie viele Personen").fill("8")
    operator.save()


def set_up_service(operator: Operator) -> None:
    """Steps 6 and 7: the service with its door; the questions come with it, the mobile number among them."""
    operator.go("Dienstleistungen")
    operator.open("Neue Dienstleistung")
    operator.name_in_german("Sitzungszimmer")
    operator.main.get_by_role("checkbox", name="Beratungszimmer B-01").check()
    expect(operator.main.locator("#opens")).to_contain_text("Beratungszimmer B-01")
    operator.box("Dauer").fill("60, 120")
    operator.box("Raster").fill("60")
    operator.save()


def confirm_text(operator: Operator) -> None:
    """Step 8, and all ticks are there."""
    operator.go("Integrationen")
    operator.open("dormakaba exivo")
    operator.press("Den Text so zeigen, wie er ist")
    for key in ("switch", "credentials", "test", "branches", "doors", "services", "phone", "information"):
        operator.step_is(key, "erledigt")
    operator.reads("8 von 8 Schritten erledigt")
    operator.go("Bereitschaft")
    operator.reads("Alles ist da, was eine Tür braucht, um aufzugehen.")


def book(page: Page) -> datetime:
    """A guest's four steps on the page that was just made."""
    page.goto("/")
    page.locator("table.month td a").nth(2).click()
    page.locator("label.slot", has_text="14:00").click()
    start = datetime.fromisoformat(str(page.locator('input[name="start"]:checked').get_attribute("value")))
    page.get_by_role("button", name="Weiter").last.click()
    page.get_by_label("Vorname").fill("Lea")
    page.get_by_label("Nachname").fill("Baumann")
    page.get_by_label("E-Mail").fill("lea.baumann@example.org")
    page.locator('input[type="tel"]').fill(PHONE)
    expect(page.locator(".info")).to_contain_text("So öffnen Sie die Türen")
    page.get_by_role("button", name="Verbindlich buchen").last.click()
    expect(page.locator("#key.ready")).to_be_visible(timeout=30_000)
    return start


def test_afternoon_from_an_empty_installation_to_the_green_door(operator: Operator, empty_house: House) -> None:
    connect(operator)
    set_up_branch(operator)
    set_up_service(operator)
    confirm_text(operator)

    start = book(operator.page.context.new_page())

    panel = f"http://127.0.0.1:{empty_house.exivo_port}/control/clock"
    httpx2.post(panel, json={"now": start.astimezone(UTC).isoformat()}, timeout=10).raise_for_status()
    doors = (make.ENTRANCE, make.CLOAKROOM, make.WC, make.CONSULTING, make.AARE)
    assert [empty_house.tap(E164, door) for door in doors] == ["open", "open", "open", "open", "wrong_door"]
    httpx2.post(panel, json={"now": (start - timedelta(minutes=16)).astimezone(UTC).isoformat()}, timeout=10).raise_for_status()
    assert empty_house.tap(E164, make.ENTRANCE) == "too_early"
    httpx2.post(panel, json={"now": None}, timeout=10).raise_for_status()

    operator.go("Buchungen")
    operator.open("Lea Baumann")
    operator.heading("Lea Baumann")
    operator.reads("Bereit")


@pytest.fixture(scope="module")
def set_up_house(tmp_path_factory: Any) -> Iterator[House]:
    """A branch, two rooms and a service are there, from a file."""
    with running(tmp_path_factory.mktemp("wrong"), furnish=House.build) as house:
        yield house


@pytest.fixture
def clumsy(browser: Browser, set_up_house: House) -> Iterator[Operator]:
    with at_his_browser(browser, set_up_house, width=390, height=844) as person:
        yield person


def wrong_secret(operator: Operator) -> None:
    operator.page.goto("/manage/settings/integrations/exivo/")
    operator.open("Ersetzen")
    operator.box("API-Secret").fill("not-the-right-one")
    operator.press("Schlüssel und Secret speichern")
    operator.reads("endet auf -one")
    operator.step("test").get_by_role("button").click()
    expect(operator.step("test")).to_contain_text("API-Schlüssel oder Secret stimmt nicht. Prüfen Sie beide in der exivo-App.")
    operator.open("Ersetzen")
    operator.box("API-Secret").fill(make.API_SECRET)
    operator.press("Schlüssel und Secret speichern")
    operator.reads("endet auf 00ff")
    operator.step("test").get_by_role("button").click()
    operator.reads("exivo antwortet, Schlüssel und Secret stimmen.")


def wrong_site(operator: Operator) -> None:
    operator.page.goto("/manage/settings/branches/bern/")
    operator.box("Adresse (freiwillig)").fill("Bollwerk 15, 3011 Bern")
    operator.main.get_by_label("Site-ID").fill("51000000-0000-4000-8000-00000000dead")
    operator.press("Speichern")
    assert operator.error() == "exivo kennt diese Site-ID nicht. An der Filiale wurde nichts geändert."
    assert operator.box("Adresse (freiwillig)").input_value() == "Bollwerk 15, 3011 Bern"
    operator.page.goto("/manage/settings/branches/bern/")
    assert operator.main.get_by_label("Site-ID").input_value() == make.BERN
    operator.reads("Von exivo bestätigt: Bern Bahnhof")


def gateway(operator: Operator) -> None:
    operator.page.goto("/manage/settings/branches/bern/")
    row = operator.main.locator("tr", has_text="GW-1")
    expect(row).to_contain_text("Ein Gateway ist keine Tür.")
    expect(row.get_by_role("radio")).to_have_count(0)
    expect(row.get_by_role("checkbox")).to_have_count(0)


def phone_question_off(operator: Operator) -> None:
    operator.page.goto("/manage/settings/questions/mobile/")
    operator.main.get_by_label("Aktiv").uncheck()
    operator.save()
    operator.page.goto("/manage/settings/questions/")
    operator.reads("Ohne Nummer gibt es keinen Schlüssel")
    assert operator.page.goto("/book/seminar/").status == 404  # type: ignore[union-attr] # a page was asked for
    operator.page.goto("/manage/readiness/")
    operator.main.get_by_role("button", name="Mobilnummer").click()
    operator.reads("Alles ist da, was eine Tür braucht, um aufzugehen.")
    assert operator.page.goto("/book/seminar/").status == 200  # type: ignore[union-attr] # as above


def service_without_doors(operator: Operator) -> None:
    operator.page.goto("/manage/settings/branches/bern/")
    operator.use("Haupteingang H-01", "nicht benutzt")
    operator.save()
    operator.page.goto("/manage/settings/branches/bern/rooms/new/")
    operator.name_in_german("Garten")
    operator.save()
    operator.page.goto("/manage/settings/services/new/")
    operator.name_in_german("Garten")
    for room in operator.in_group("Räume").get_by_role("checkbox").all():
        room.set_checked("Garten" in str(room.get_attribute("aria-label") or room.evaluate("box => box.labels[0].innerText")))
    operator.save()
    operator.reads("öffnet keine Tür")


def landline(operator: Operator) -> None:
    page = operator.page
    page.goto("/book/seminar/")
    page.locator("table.month td a").nth(2).click()
    page.locator("label.slot", has_text="14:00").click()
    page.get_by_role("button", name="Weiter").last.click()
    page.get_by_label("Vorname").fill("Lea")
    page.get_by_label("Nachname").fill("Baumann")
    page.get_by_label("E-Mail").fill("lea.baumann@example.org")
    page.locator('input[type="tel"]').fill("031 555 04 33")
    page.get_by_role("button", name="Verbindlich buchen").last.click()
    assert operator.error().startswith("031 555 04 33 ist ein Festnetzanschluss. Ihr Schlüssel braucht eine Mobilnummer")
    assert page.get_by_label("Vorname").input_value() == "Lea"


@pytest.mark.parametrize("mistake", [wrong_secret, wrong_site, gateway, phone_question_off, service_without_doors, landline])
def test_mistake_is_told_beside_its_field_and_costs_nothing(clumsy: Operator, mistake: Callable[[Operator], None]) -> None:
    mistake(clumsy)
