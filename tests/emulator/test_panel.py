# SPDX-License-Identifier: Apache-2.0
"""The panel as it is served: words, states, forms that work without the script. How it looks is looked at elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, GATEWAY, GURTEN, PHONE, THUN, Bench


def page(bench: Bench, **query: str) -> str:
    answer = bench.http.get("/", params={"site": BERN, "phone": PHONE, **query})
    assert answer.status_code == 200
    return answer.text


def post(bench: Bench, path: str, **fields: str) -> str:
    answer = bench.http.post(path, data={"site": BERN, "phone": PHONE, **fields})
    assert answer.status_code == 303, answer.text
    return bench.http.get(answer.headers["Location"]).text


def results(html: str) -> dict[str, str]:
    """Component to reason, of those doors that show a light."""
    return dict(re.findall(r'data-result-for="([^"]+)" data-light="(?:green|red)" data-reason="(\w+)"', html))


def test_every_door_is_a_named_button_and_the_gateway_is_none(bench: Bench) -> None:
    doors = dict(re.findall(r'<button class="door"[^>]*data-component="([^"]+)" aria-label="([^"]+)"', page(bench)))

    assert len(doors) == 9
    assert doors[AARE] == "Handy an Seminarraum Aare halten"
    assert GATEWAY not in doors
    assert "GW-1, keine Tür" in page(bench)


def test_a_tap_lights_the_door_and_says_why(bench: Bench) -> None:
    bench.create(validFrom="2027-01-12T08:45:00Z")

    post(bench, "/panel/tap", component=ENTRANCE)
    html = post(bench, "/panel/tap", component=GURTEN)

    assert results(html) == {ENTRANCE: "open", GURTEN: "wrong_door"}
    assert "<span>Grün: offen</span>" in html
    assert "<strong>Seminarraum Gurten: Rot</strong><span>Die Tür gehört nicht zu diesem Schlüssel.</span>" in html


def test_a_light_goes_out_after_a_minute_and_belongs_to_one_phone(bench: Bench) -> None:
    post(bench, "/panel/tap", component=ENTRANCE)

    assert results(page(bench)) == {ENTRANCE: "no_key"}
    assert results(page(bench, phone="+41790001122")) == {}
    bench.clock.advance(seconds=60)
    assert results(page(bench)) == {}


@pytest.mark.parametrize(
    ("moment", "time", "reason"),
    [
        ("early", "13:35", "too_early"),
        ("lead", "13:52", "open"),
        ("during", "16:00", "open"),
        ("trail", "18:07", "open"),
        ("late", "18:25", "too_late"),
    ],
)
def test_jump_buttons_move_the_doors_clock_only(bench: Bench, moment: str, time: str, reason: str) -> None:
    created = bench.create()
    target = re.search(rf'id="sprung-{moment}" name="to" value="([^"]+)"', page(bench))
    assert target

    html = post(bench, "/panel/clock", to=target[1], key=created["id"])

    assert f"data-clock>{time}<" in html
    assert re.findall(r'id="sprung-(\w+)"[^>]*aria-pressed="true"', html) == [moment]
    assert bench.tap() == reason
    assert bench.all_keys()[0]["expired"] is False
    assert bench.http.get("/control/clock").json()["api_offset_seconds"] == 0.0


def test_the_slider_and_the_way_back_to_real_time(bench: Bench) -> None:
    bench.create()
    axis = re.search(r'name="axis" value="([^"]+)"', page(bench))
    assert axis

    assert "data-clock>14:30<" in post(bench, "/panel/clock", axis=axis[1], minutes="150")
    assert "data-clock>10:00<" in post(bench, "/panel/clock", to="real")


@pytest.mark.parametrize(
    "fields", [{}, {"to": "gestern"}, {"to": "2027-01-12T10:00:00"}, {"axis": "2027-01-12T10:00:00+01:00", "minutes": "x"}]
)
def test_a_time_that_is_none_is_refused(bench: Bench, fields: dict[str, str]) -> None:
    assert bench.http.post("/panel/clock", data=fields).status_code == 400


def test_keys_stand_as_chips_with_their_state(bench: Bench) -> None:
    bench.create(validFrom="2027-01-12T08:45:00Z")
    bench.create(validFrom="2027-01-15T07:45:00Z", validTo="2027-01-15T11:15:00Z")
    back = bench.create()
    bench.api.post(f"/digitalKeyVisit/{back['id']}/revoke")

    html = page(bench)

    assert re.findall(r'data-state="(\w+)"', html) == ["active", "ready", "revoked"]
    assert "2 Schlüssel" in html
    assert "Heute, 09:45–18:15" in html
    assert "Fr, 15. Januar, 08:45–12:15" in html
    assert "Haupteingang, Seminarraum Aare" in html


def test_a_key_without_a_window_is_shown_too(bench: Bench) -> None:
    bench.faults({"kind": "half_key", "missing": "window"})
    bench.create()

    assert "ohne Zeitfenster" in page(bench)


def test_without_keys_it_says_what_will_stand_here(bench: Bench) -> None:
    html = page(bench)

    assert "Kein Schlüssel" in html
    assert "Auf diesem Handy ist kein Schlüssel." in html
    assert "Noch ist nichts geschehen." in html


def test_a_free_number_can_be_typed(bench: Bench) -> None:
    html = page(bench, other="+43 660 1234567")

    assert '<option value="+436601234567" selected>' in html


def test_a_number_that_is_none_is_said_beside_the_field(bench: Bench) -> None:
    html = page(bench, other="<b>078")

    assert "Das ist keine Nummer in internationaler Form." in html
    assert "&lt;b&gt;078" in html
    assert "<b>078" not in html


def test_numbers_with_keys_can_be_chosen(bench: Bench) -> None:
    bench.create(publicRegistrationId="+33612345678")

    assert re.findall(r'<option value="(\+\d+)"', page(bench)) == ["+33612345678", "+41781234567", "+41790001122"]


def test_switches_set_and_clear_faults_and_leave_the_others(bench: Bench) -> None:
    bench.faults({"kind": "html", "call": "info"})

    html = post(bench, "/panel/fault", preset="silent")
    assert re.findall(r'aria-checked="true" data-fault="(\w+)"', html) == ["silent"]
    assert "Ausserdem gesetzt: html" in html
    assert [each["kind"] for each in bench.http.get("/control/faults").json()] == ["html", "drop"]

    post(bench, "/panel/fault", preset="silent")
    assert [each["kind"] for each in bench.http.get("/control/faults").json()] == ["html"]
    assert bench.http.post("/panel/fault", data={"preset": "meteor"}).status_code == 400


def test_log_tells_calls_and_taps(bench: Bench) -> None:
    bench.api.get("/info", headers={"User-Agent": "Einlass/0.1"})
    bench.tap()

    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page(bench))

    assert len(rows) == 2
    assert "Handy +41 78 123 45 67" in rows[0]
    assert "kein Schlüssel" in rows[0]
    assert ">Einlass<" in rows[1]
    assert "Site geprüft" in rows[1]


def test_reset_is_a_button(bench: Bench) -> None:
    bench.create()

    post(bench, "/panel/reset")

    assert bench.all_keys() == []


def test_each_site_has_its_page(bench: Bench) -> None:
    html = page(bench, site=THUN)

    assert "<title>Übungsgebäude – Thun</title>" in html
    assert "Kursraum Mühle" in html
    assert f"site={BERN}" in html


def test_it_speaks_english_too(bench: Bench) -> None:
    bench.create()
    html = page(bench, lang="en")

    assert '<html lang="en">' in html
    assert "Hold the phone to Haupteingang" in html
    assert "too early" in html


def test_it_needs_nothing_inline_and_nothing_from_elsewhere(bench: Bench) -> None:
    bench.create()
    answer = bench.http.get("/")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert re.findall(r"style=|<style|onclick|https?://|<script(?! src=\"/panel/static/panel.js\")", answer.text) == []
    for path in re.findall(r'(?:href|src)="(/panel/static/[^"]+)"', answer.text):
        assert bench.http.get(path).status_code == 200
    assert bench.http.get("/panel/static/arrow.svg").headers["Content-Type"].startswith("image/svg+xml")
    assert bench.http.get("/panel/static/routes.py").status_code == 404


def test_what_was_sent_is_escaped(bench: Bench) -> None:
    bench.create(name="<script>alert(1)</script>")
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "identifier": '"><img src=x>'})

    html = page(bench)

    assert "<script>alert" not in html
    assert "<img" not in html


def test_removed_and_added_hardware_shows(bench: Bench) -> None:
    bench.create()
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "removed": True})
    bench.http.post("/control/components", json={"site": BERN, "id": "new", "identifier": "Neu", "ready": False})

    html = page(bench)

    assert "ausgebaut" in html
    assert 'data-component="new"' in html
    assert "nicht bereit" in html
    assert "Haupteingang, unbekannte Tür" in html


@pytest.mark.parametrize("fields", [{"component": GATEWAY}, {"component": "nowhere"}, {}])
def test_what_is_no_door_cannot_be_tapped(bench: Bench, fields: dict[str, Any]) -> None:
    assert bench.http.post("/panel/tap", data=fields).status_code in (400, 404)


def test_the_fragment_holds_the_parts_of_the_page(bench: Bench) -> None:
    html = bench.http.get("/panel/state", params={"site": BERN}).text

    assert re.findall(r'data-part="(\w+)"', html) == ["clock", "house", "phone", "keys", "say", "log", "faults"]
    assert "<html" not in html
