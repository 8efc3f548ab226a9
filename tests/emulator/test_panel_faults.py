# SPDX-License-Identifier: Apache-2.0
"""Every lie of the emulator can be told by a person at the panel: switches, keys changed by hand, hardware taken out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, GATEWAY, NOW, PHONE, Bench
from tests.emulator.test_panel import page, post

from exivo_emulator.faults import KINDS
from exivo_emulator.panel.presets import GROUPS, PRESETS


def on(html: str) -> list[str]:
    return re.findall(r'aria-checked="true" data-fault="(\w+)"', html)


def building(bench: Bench) -> list[dict[str, Any]]:
    sites = bench.http.get("/control/building").json()["sites"]
    found: list[dict[str, Any]] = next(site for site in sites if site["id"] == BERN)["components"]
    return found


def test_every_kind_of_fault_has_a_switch() -> None:
    """`drop` and `timeout_before` are the same to whoever waits."""
    assert {preset.spec["kind"] for preset in PRESETS.values() if preset.spec} == set(KINDS) - {"timeout_before"}


def test_throttling_can_be_told_with_seconds_with_a_date_and_without() -> None:
    waits = {preset.spec["retry_after"] for preset in PRESETS.values() if preset.spec.get("kind") == "throttle"}

    assert waits == {30, "date", "absent"}


@pytest.mark.parametrize("name", PRESETS)
def test_each_switch_goes_on_and_off(bench: Bench, name: str) -> None:
    went_on = on(post(bench, "/panel/fault", preset=name))
    plan = bench.http.get("/control/faults").json()
    went_off = on(post(bench, "/panel/fault", preset=name))

    assert (went_on, [each["kind"] for each in plan]) == ([name], [PRESETS[name].spec["kind"]] if PRESETS[name].spec else [])
    assert (went_off, bench.http.get("/control/faults").json()) == ([], [])


def test_each_switch_has_words_of_its_own_in_both_languages() -> None:
    for words in ([each.german for each in PRESETS.values()], [each.english for each in PRESETS.values()]):
        assert [word for word in words if not word or words.count(word) > 1] == []


def test_groups_are_folded_until_something_in_them_is_on(bench: Bench) -> None:
    folded = page(bench)
    unfolded = post(bench, "/panel/fault", preset="web_page")

    assert re.findall(r'<details id="gruppe-(\w+)" open>', folded) == []
    assert re.findall(r'<details id="gruppe-(\w+)" open>', unfolded) == ["answers"]
    assert [group.name for group in GROUPS if f'id="gruppe-{group.name}"' in folded] == ["answers", "lists", "account"]


def test_clock_of_exivo_goes_wrong_and_that_of_the_doors_does_not(bench: Bench) -> None:
    post(bench, "/panel/fault", preset="skew")

    clocks = bench.http.get("/control/clock").json()
    assert (clocks["api_offset_seconds"], clocks["offset_seconds"]) == (600.0, 0.0)


def test_key_is_deleted_by_hand(bench: Bench) -> None:
    created = bench.create()

    html = post(bench, "/panel/key", hand=created["id"], act="delete")

    assert (bench.all_keys(), "Kein Schlüssel" in html) == ([], True)


def test_key_is_taken_back_by_hand(bench: Bench) -> None:
    created = bench.create()

    html = post(bench, "/panel/key", hand=created["id"], act="take_back")

    assert ([key["revoked"] for key in bench.all_keys()], re.findall(r'data-state="(\w+)"', html)) == ([True], ["revoked"])


def test_key_is_made_longer_and_wider_by_hand(bench: Bench) -> None:
    created = bench.create()

    post(bench, "/panel/key", hand=created["id"], act="longer")
    post(bench, "/panel/key", hand=created["id"], act="wider")

    key = bench.all_keys()[0]
    assert (key["validFrom"], key["validTo"]) == ("2027-01-12T11:45:00.000Z", "2027-01-12T18:15:00.000Z")
    assert (key["components"][:2], len(key["components"]), GATEWAY in key["components"]) == ([ENTRANCE, AARE], 3, False)


def test_key_without_a_window_can_be_changed_too(bench: Bench) -> None:
    bench.faults({"kind": "half_key", "missing": "window"})
    created = bench.create()

    post(bench, "/panel/key", hand=created["id"], act="longer")

    assert "validFrom" not in bench.all_keys()[0]


def test_key_is_made_by_hand(bench: Bench) -> None:
    html = post(bench, "/panel/make")

    key = bench.all_keys()[0]
    assert (key["name"], key["publicRegistrationId"], key["live"]) == ("Von Hand", PHONE, True)
    assert key["validTo"].startswith(f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%S}")
    assert re.findall(r'data-state="(\w+)"', html) == ["active"]


def test_former_keys_cannot_be_changed(bench: Bench) -> None:
    created = bench.create()
    before = page(bench)
    html = post(bench, "/panel/key", hand=created["id"], act="take_back")

    assert (f'id="hand-{created["id"]}"' in before, f'id="hand-{created["id"]}"' in html) == (True, False)


def test_hardware_is_taken_out_and_put_back(bench: Bench) -> None:
    before = building(bench)

    html = post(bench, "/panel/component", component=AARE, act="remove")
    removed = [each["id"] for each in building(bench)]
    post(bench, "/panel/component", component=AARE, act="as_built")

    assert (AARE in removed, "ausgebaut" in html) == (False, True)
    assert sorted(building(bench), key=lambda each: each["id"]) == sorted(before, key=lambda each: each["id"])


def test_door_turns_into_a_gateway_and_back(bench: Bench) -> None:
    before = building(bench)

    post(bench, "/panel/component", component=AARE, act="gateway")
    kind = next(each["templateIdentifier"] for each in building(bench) if each["id"] == AARE)
    post(bench, "/panel/component", component=AARE, act="as_built")

    assert ("gateway" in kind.casefold(), building(bench) == before) == (True, True)


def test_only_what_is_in_sight_changes(bench: Bench) -> None:
    """A component of another branch is not in the list of this one."""
    assert bench.http.post("/panel/component", data={"site": BERN, "component": "nowhere", "act": "remove"}).status_code == 400


@pytest.mark.parametrize("fields", [{"hand": "nowhere", "act": "delete"}, {"act": "delete"}, {}])
def test_unknown_key_is_refused(bench: Bench, fields: dict[str, str]) -> None:
    assert bench.http.post("/panel/key", data={"site": BERN, **fields}).status_code == 400


def test_unknown_act_is_refused(bench: Bench) -> None:
    created = bench.create()

    answers = [
        bench.http.post("/panel/key", data={"site": BERN, "hand": created["id"], "act": "burn"}),
        bench.http.post("/panel/component", data={"site": BERN, "component": AARE, "act": "burn"}),
    ]

    assert ([answer.status_code for answer in answers], len(bench.all_keys())) == ([400, 400], 1)


def test_acts_speak_english_too(bench: Bench) -> None:
    bench.create()

    html = page(bench, lang="en")

    assert all(
        word in html for word in ("Change in exivo", "1 hour longer", "Make a key by hand", "Turn into a gateway", "More faults: answers")
    )
