# SPDX-License-Identifier: Apache-2.0
"""What the doors make of a phone: the reasons, their order, several keys, and both clocks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, GATEWAY, GURTEN, PHONE, THUN, Bench, payload

MORNING = {"validFrom": "2027-01-12T08:00:00Z", "validTo": "2027-01-12T10:00:00Z"}


@pytest.mark.parametrize(
    ("at", "door", "reason"),
    [
        ("2027-01-12T12:44:59Z", AARE, "too_early"),
        ("2027-01-12T12:45:00Z", AARE, "open"),
        ("2027-01-12T17:14:59Z", AARE, "open"),
        ("2027-01-12T17:15:00Z", AARE, "too_late"),
        ("2027-01-12T14:00:00Z", ENTRANCE, "open"),
        ("2027-01-12T14:00:00Z", GURTEN, "wrong_door"),
        ("2027-01-12T09:00:00Z", GURTEN, "wrong_door"),
        ("2027-01-12T19:00:00Z", GURTEN, "wrong_door"),
    ],
)
def test_one_key_is_judged_by_door_then_time(bench: Bench, at: str, door: str, reason: str) -> None:
    bench.create()
    bench.doors_at(at)

    assert bench.tap(door) == reason


def test_a_phone_without_keys_has_none(bench: Bench) -> None:
    bench.create()

    assert bench.tap(phone="+41790000000") == "no_key"


def test_a_key_taken_back_says_so_before_anything_else(bench: Bench) -> None:
    created = bench.create()
    bench.api.post(f"/digitalKeyVisit/{created['id']}/revoke")

    assert [bench.tap(AARE), bench.tap(GURTEN)] == ["revoked", "revoked"]


def test_of_several_keys_one_that_opens_wins(bench: Bench) -> None:
    bench.create(**MORNING)
    newest = bench.create(components=[GURTEN])
    bench.api.post(f"/digitalKeyVisit/{newest['id']}/revoke")

    assert bench.tap(AARE) == "open"


def test_of_several_keys_that_do_not_open_the_newest_tells_the_reason(bench: Bench) -> None:
    old = bench.create(**MORNING)
    bench.api.post(f"/digitalKeyVisit/{old['id']}/revoke")
    bench.create()

    assert [bench.tap(AARE), bench.tap(GURTEN)] == ["too_early", "wrong_door"]


def test_a_key_of_another_site_is_the_wrong_door(bench: Bench) -> None:
    bench.api_of(THUN).post("/digitalKeyVisits", json=payload(components=["c0000000-0000-4000-8000-000000000001"]))

    assert bench.tap() == "wrong_door"


def test_a_number_may_be_written_with_blanks(bench: Bench) -> None:
    bench.create(**MORNING)

    assert bench.tap(phone="+41 78 123 45 67") == "open"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"phone": PHONE, "component": "nowhere"}, 404),
        ({"phone": PHONE}, 404),
        ({"phone": PHONE, "component": GATEWAY}, 400),
        ({"phone": "078", "component": ENTRANCE}, 400),
        ({"component": ENTRANCE}, 400),
        ({"phone": PHONE, "door": ENTRANCE}, 400),
        ([], 400),
    ],
)
def test_a_tap_that_cannot_be_is_refused_with_a_sentence(bench: Bench, content: Any, status: int) -> None:
    answer = bench.http.post("/control/tap", json=content)

    assert answer.status_code == status
    assert answer.json()["message"].endswith(".")


def test_a_removed_component_cannot_be_tapped(bench: Bench) -> None:
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "removed": True})

    assert bench.http.post("/control/tap", json={"phone": PHONE, "component": AARE}).status_code == 404


def test_moving_the_doors_clock_leaves_exivos_alone(bench: Bench) -> None:
    created = bench.create()
    bench.doors_at("2027-01-13T08:00:00Z")

    assert bench.tap() == "too_late"
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json()["expired"] is False


def test_both_clocks_can_be_moved(bench: Bench) -> None:
    created = bench.create()

    bench.http.post("/control/clock", json={"offset_seconds": 86400, "api": True})

    assert bench.tap() == "too_late"
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json()["expired"] is True


def test_exivos_clock_alone_can_be_wrong(bench: Bench) -> None:
    bench.http.post("/control/clock", json={"offset_seconds": 86400, "api": True, "doors": False})

    assert bench.api.post("/digitalKeyVisits", json=payload()).status_code == 400
    assert bench.http.get("/control/clock").json() == {
        "now": "2027-01-12T09:00:00.000Z",
        "offset_seconds": 0.0,
        "api_now": "2027-01-13T09:00:00.000Z",
        "api_offset_seconds": 86400.0,
    }


@pytest.mark.parametrize("body", ["null", "{}", ""])
def test_clocks_are_put_right_again(bench: Bench, body: str) -> None:
    bench.http.post("/control/clock", json={"offset_seconds": -60, "api": True})

    answer = bench.http.post("/control/clock", content=body.encode())

    assert (answer.json()["offset_seconds"], answer.json()["api_offset_seconds"]) == (0.0, 0.0)


def test_a_moved_clock_runs_on(bench: Bench) -> None:
    bench.doors_at("2027-01-12T13:00:00+01:00")
    bench.clock.advance(minutes=5)

    assert bench.http.get("/control/clock").json()["now"] == "2027-01-12T12:05:00.000Z"


@pytest.mark.parametrize("content", [{"now": "13:00"}, {"now": "2027-01-12T13:00:00"}, {"now": 7}, {"offset_seconds": "1"}, {"then": 1}])
def test_a_time_that_is_none_is_refused(bench: Bench, content: dict[str, Any]) -> None:
    assert bench.http.post("/control/clock", json=content).status_code == 400
