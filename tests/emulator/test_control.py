# SPDX-License-Identifier: Apache-2.0
"""The calls beside the API: keys behind a client's back, components, credentials, the log, reset."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, GATEWAY, GURTEN, KEY, PHONE, SECRET, THUN, Bench, payload


def test_keys_lists_all_with_site_and_life(bench: Bench) -> None:
    first = bench.create()
    bench.api_of(THUN).post("/digitalKeyVisits", json=payload(components=["c0000000-0000-4000-8000-000000000001"]))
    bench.api.post(f"/digitalKeyVisit/{first['id']}/revoke")

    assert [(key["site"], key["revoked"], key["expired"], key["live"]) for key in bench.all_keys()] == [
        (BERN, True, False, False),
        (THUN, False, False, True),
    ]


def test_a_key_is_made_behind_the_clients_back(bench: Bench) -> None:
    answer = bench.http.post(
        "/control/keys",
        json={"phone": PHONE, "components": [GATEWAY, AARE], "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-01-02T00:00:00+01:00"},
    )

    made = answer.json()
    assert answer.status_code == 201
    assert (made["site"], made["expired"], made["live"]) == (BERN, True, False)
    assert bench.api.get(f"/digitalKeyVisit/{made['id']}").json()["validTo"] == "2026-01-01T23:00:00.000Z"


def test_many_keys_are_made_at_once(bench: Bench) -> None:
    one = {"phone": PHONE, "components": [AARE], "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-01-02T00:00:00Z", "site": BERN}

    assert len(bench.http.post("/control/keys", json=[one] * 300).json()) == 300
    assert len(bench.api.get("/digitalKeyVisits?limit=1000").json()) == 300


def test_a_wrong_key_of_many_makes_none(bench: Bench) -> None:
    one = {"phone": PHONE, "components": [AARE], "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-01-02T00:00:00Z"}

    assert bench.http.post("/control/keys", json=[one, {}]).status_code == 400
    assert bench.all_keys() == []


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"components": [GURTEN]}, {"components": [GURTEN]}),
        ({"validTo": "2027-01-12T20:00:00Z"}, {"validTo": "2027-01-12T20:00:00.000Z"}),
        ({"phone": "+41790001122"}, {"publicRegistrationId": "+41790001122"}),
        ({"revoked": True}, {"revoked": True}),
        ({"name": "Umbenannt"}, {"name": "Umbenannt"}),
    ],
)
def test_a_key_is_changed_in_the_vendors_app(bench: Bench, change: dict[str, Any], shown: dict[str, Any]) -> None:
    created = bench.create()

    assert bench.http.patch(f"/control/keys/{created['id']}", json=change).status_code == 200
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json() == {**created, **shown}


def test_a_key_is_deleted_in_the_vendors_app(bench: Bench) -> None:
    created = bench.create()

    assert bench.http.delete(f"/control/keys/{created['id']}").status_code == 204
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").status_code == 404
    assert bench.tap() == "no_key"
    assert bench.http.delete(f"/control/keys/{created['id']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"identifier": "Saal"}, "identifier", "Saal"),
        ({"templateIdentifier": "WirelessGateway"}, "templateIdentifier", "WirelessGateway"),
        ({"templateIdentifier": None}, "templateIdentifier", None),
        ({"templateIdentifier": 7}, "templateIdentifier", 7),
        ({"templateIdentifier": ""}, "templateIdentifier", ""),
        ({"missing": ["templateIdentifier"]}, "templateIdentifier", "absent"),
        ({"ready": False}, "ready", False),
    ],
)
def test_a_component_changes(bench: Bench, change: dict[str, Any], field: str, value: object) -> None:
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, **change})

    assert bench.api.get(f"/component/{AARE}").json().get(field, "absent") == value
    assert len(bench.api.get("/component?limit=100").json()) == 10


def test_a_door_that_becomes_a_gateway_can_no_longer_be_given(bench: Bench) -> None:
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "templateIdentifier": "GateWay"})

    assert bench.api.post("/digitalKeyVisits", json=payload()).status_code == 400


def test_a_component_is_removed_and_another_added(bench: Bench) -> None:
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "removed": True})
    bench.http.post("/control/components", json={"site": BERN, "id": "new", "identifier": "Neu"})

    assert bench.api.get(f"/component/{AARE}").status_code == 404
    assert bench.api.get("/component?limit=100").json()[-1]["identifier"] == "Neu"


def test_credentials_are_rotated(bench: Bench) -> None:
    bench.http.post("/control/account", json={"api_secret": "new"})

    assert bench.api.get("/info").status_code == 401
    assert bench.api_of(BERN, secret="new").get("/info").status_code == 200


def test_building_names_everything_but_the_secret(bench: Bench) -> None:
    answer = bench.http.get("/control/building")

    assert SECRET not in answer.text
    assert answer.json()["api_key"] == KEY
    assert [(site["name"], len(site["components"])) for site in answer.json()["sites"]] == [("Bern Bahnhof", 10), ("Thun", 4)]


def test_log_is_newest_first_and_keeps_no_secret(bench: Bench) -> None:
    bench.api.get("/info", headers={"User-Agent": "Einlass/0.1"})
    bench.tap()
    bench.faults({"kind": "drop"})
    with pytest.raises(TimeoutError):
        bench.create()

    answer = bench.http.get("/control/log")

    create, tap, info = answer.json()
    assert SECRET not in answer.text
    assert (create["call"], create["status"], create["fault"], create["about"]) == ("create", None, "drop", payload()["name"])
    assert create["sent"] == payload()
    assert (tap["kind"], tap["phone"], tap["component"], tap["light"], tap["reason"]) == ("tap", PHONE, ENTRANCE, "red", "no_key")
    assert (info["who"], info["method"], info["path"], info["status"]) == ("Einlass", "GET", f"/v1/{BERN}/info", 200)
    assert [each["call"] for each in bench.http.get("/control/log?limit=1").json()] == ["create"]


def test_reset_puts_everything_back(bench: Bench) -> None:
    bench.create()
    bench.tap()
    bench.faults({"kind": "status", "call": "unlock"})
    bench.http.post("/control/clock", json={"offset_seconds": 60, "api": True})
    bench.http.post("/control/account", json={"api_secret": "new"})
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "removed": True})

    assert bench.http.post("/control/reset").status_code == 204
    assert [bench.all_keys(), bench.http.get("/control/log").json(), bench.http.get("/control/faults").json()] == [[], [], []]
    assert bench.http.get("/control/clock").json()["api_offset_seconds"] == 0.0
    assert bench.api.get(f"/component/{AARE}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/control/keys", {"phone": PHONE}, 400),
        ("POST", "/control/keys", 7, 400),
        ("POST", "/control/keys", {"phone": PHONE, "components": [], "validFrom": None, "validTo": None, "site": "x"}, 404),
        ("PATCH", "/control/keys/unknown", {}, 404),
        ("PATCH", "/control/keys/unknown", {"doors": []}, 400),
        ("POST", "/control/components", {"site": "x", "id": AARE}, 404),
        ("POST", "/control/components", {"site": BERN}, 400),
        ("POST", "/control/account", {"api_secret": ""}, 400),
        ("POST", "/control/sites", {"id": "x"}, 404),
        ("POST", "/control/sites", {"id": BERN, "connection": "no"}, 400),
        ("GET", "/control/log?limit=x", None, 400),
    ],
)
def test_a_control_call_that_cannot_be_is_refused_with_a_sentence(
    bench: Bench, method: str, path: str, content: object, status: int
) -> None:
    answer = bench.http.request(method, path, json=content)

    assert answer.status_code == status
    assert answer.json()["message"].endswith(".")


def test_broken_json_is_refused(bench: Bench) -> None:
    assert bench.http.post("/control/tap", content=b"{").status_code == 400
