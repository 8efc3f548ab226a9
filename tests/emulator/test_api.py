# SPDX-License-Identifier: Apache-2.0
"""exivo's API: what it answers when all is well, and how strict it is when not."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, GATEWAY, KEY, PHONE, SECRET, THUN, UNTYPED, Bench, payload


def test_info_names_the_site(bench: Bench) -> None:
    assert bench.api.get("/info").json() == {
        "id": BERN,
        "name": "Bern Bahnhof",
        "language": "de",
        "timeZone": "Europe/Zurich",
        "type": "exivo",
    }


def test_create_answers_the_whole_object(bench: Bench) -> None:
    answer = bench.api.post("/digitalKeyVisits", json=payload(message="Willkommen", callbackUri="https://example.org/c"))

    created = answer.json()
    assert answer.status_code == 200
    assert created == {
        **payload(message="Willkommen", callbackUri="https://example.org/c"),
        "id": created["id"],
        "expired": False,
        "revoked": False,
        "validFrom": "2027-01-12T12:45:00.000Z",
        "validTo": "2027-01-12T17:15:00.000Z",
    }
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json() == created
    assert bench.api.get("/digitalKeyVisits?limit=100").json() == [created]


def test_create_is_not_idempotent(bench: Bench) -> None:
    assert bench.create()["id"] != bench.create()["id"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"validFrom": "2027-01-12T12:45:00+00:00"}, id="offset instead of Z"),
        pytest.param({"validTo": "2027-01-12T18:15:00+01:00"}, id="another offset"),
        pytest.param({"validFrom": "2027-01-12 12:45:00Z"}, id="blank for T"),
        pytest.param({"validFrom": "2027-02-30T12:45:00Z"}, id="no such day"),
        pytest.param({"validFrom": 1799757900}, id="a number for a time"),
        pytest.param({"validFrom": "2027-01-12T07:00:00Z", "validTo": "2027-01-12T09:00:00Z"}, id="end not in the future"),
        pytest.param({"validTo": "2027-01-12T12:45:00Z"}, id="end at the start"),
        pytest.param({"validFrom": "2027-01-12T18:00:00Z"}, id="end before the start"),
        pytest.param({"publicRegistrationId": "0781234567"}, id="national number"),
        pytest.param({"publicRegistrationId": "+41 78 123 45 67"}, id="blanks in the number"),
        pytest.param({"publicRegistrationId": None}, id="null for the number"),
        pytest.param({"formFactor": "ma-email"}, id="number as e-mail"),
        pytest.param({"formFactor": "ma-custom"}, id="number as uuid"),
        pytest.param({"formFactor": "phone"}, id="unknown form factor"),
        pytest.param({"components": []}, id="no components"),
        pytest.param({"components": ENTRANCE}, id="text for components"),
        pytest.param({"components": [1]}, id="number as component"),
        pytest.param({"components": [ENTRANCE, ENTRANCE]}, id="component twice"),
        pytest.param({"components": [ENTRANCE, "c0000000-0000-4000-8000-000000000001"]}, id="component of another site"),
        pytest.param({"components": [ENTRANCE, GATEWAY]}, id="gateway"),
        pytest.param({"mobileApp": {"name": "x", "id": "10 02 00"}}, id="mobile app not digits"),
        pytest.param({"mobileApp": {"name": "x", "id": "100201"}}, id="unknown mobile app"),
        pytest.param({"mobileApp": {"name": "x", "id": 100200}}, id="mobile app as number"),
        pytest.param({"mobileApp": {"name": "x"}}, id="mobile app without id"),
        pytest.param({"mobileApp": {"name": "x", "id": "100200", "os": "ios"}}, id="unknown field of mobile app"),
        pytest.param({"installNotification": "true"}, id="text for a flag"),
        pytest.param({"name": 7}, id="number as name"),
        pytest.param({"note": "x"}, id="unknown field"),
        *[
            pytest.param({name: ...}, id=f"without {name}")
            for name in ("validFrom", "validTo", "components", "publicRegistrationId", "formFactor", "mobileApp", "installNotification")
        ],
    ],
)
def test_create_refuses(bench: Bench, changes: dict[str, Any]) -> None:
    answer = bench.api.post("/digitalKeyVisits", json=payload(**changes))

    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]
    assert bench.all_keys() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"formFactor": "ma-email", "publicRegistrationId": "a@example.org"},
        {"formFactor": "ma-custom", "publicRegistrationId": "9a7b3c1e-0000-4000-8000-000000000001"},
        {"name": ...},
        {"components": [UNTYPED]},
        {"validFrom": "2027-01-12T08:00:00.123Z"},
        {"mobileApp": {"id": "100200"}},
    ],
)
def test_create_accepts(bench: Bench, changes: dict[str, Any]) -> None:
    assert bench.api.post("/digitalKeyVisits", json=payload(**changes)).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff"])
def test_broken_json_is_refused(bench: Bench, body: bytes) -> None:
    answer = bench.api.post("/digitalKeyVisits", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert "message" in answer.json()


def test_another_content_type_is_refused(bench: Bench) -> None:
    assert bench.api.post("/digitalKeyVisits", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(("key", "secret"), [(KEY, "wrong"), ("wrong", SECRET), ("", "")])
def test_wrong_credentials_are_rejected(bench: Bench, key: str, secret: str) -> None:
    answer = bench.api_of(BERN, key=key, secret=secret).get("/info")

    assert answer.status_code == 401
    assert answer.json() == {"message": "API key or API secret is not valid"}


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic %%%", "Basic " + base64.b64encode(b"no-colon").decode()])
def test_unreadable_credentials_are_rejected(bench: Bench, header: str) -> None:
    assert bench.http.get(f"/v1/{BERN}/info", headers={"Authorization": header}).status_code == 401


def test_unknown_site_is_named(bench: Bench) -> None:
    unknown = "51000000-0000-4000-8000-0000000000ee"

    answer = bench.api_of(unknown).get("/info")

    assert answer.status_code == 404
    assert unknown in answer.json()["message"]


def test_site_without_connection_service_is_forbidden(bench: Bench) -> None:
    bench.http.post("/control/sites", json={"id": BERN, "connection": False})

    assert bench.api.get("/info").status_code == 403
    assert bench.api_of(THUN).get("/info").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/digitalKeyVisit/9a7b3c1e-0000-4000-8000-000000000001"),
        ("POST", "/digitalKeyVisit/9a7b3c1e-0000-4000-8000-000000000001/revoke"),
        ("GET", "/component/9a7b3c1e-0000-4000-8000-000000000001"),
        ("POST", "/component/9a7b3c1e-0000-4000-8000-000000000001/unlock"),
        ("GET", "/accesslog/component/9a7b3c1e-0000-4000-8000-000000000001"),
    ],
)
def test_unknown_ids_answer_404_with_an_empty_body(bench: Bench, method: str, path: str) -> None:
    answer = bench.api.request(method, path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_a_visit_of_another_site_is_unknown(bench: Bench) -> None:
    created = bench.create()

    assert bench.api_of(THUN).get(f"/digitalKeyVisit/{created['id']}").status_code == 404


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/digitalKeyVisits"), ("PUT", "/digitalKeyVisit/1"), ("POST", "/info")])
def test_wrong_method_answers_405(bench: Bench, method: str, path: str) -> None:
    answer = bench.api.request(method, path)

    assert answer.status_code == 405
    assert answer.json() == {"message": "method not allowed"}


def test_unknown_address_answers_404_as_json(bench: Bench) -> None:
    assert "message" in bench.api.get("/visits").json()


def test_revoke_is_final_and_keeps_the_visit(bench: Bench) -> None:
    created = bench.create()

    first = bench.api.post(f"/digitalKeyVisit/{created['id']}/revoke")
    again = bench.api.post(f"/digitalKeyVisit/{created['id']}/revoke", json={})

    assert (first.status_code, first.content) == (204, b"")
    assert again.status_code == 400
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json() == {**created, "revoked": True}


def test_expired_follows_exivos_clock(bench: Bench) -> None:
    created = bench.create()

    bench.clock.advance(hours=8, minutes=15)

    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json()["expired"] is True


def test_components_list_gateways_too(bench: Bench) -> None:
    listed = bench.api.get("/component?limit=100").json()

    assert len(listed) == 10
    assert listed[0] == {
        "id": ENTRANCE,
        "identifier": "Haupteingang",
        "labelling": "H-01",
        "remarks": None,
        "accessZones": [],
        "templateIdentifier": "remoteReader",
        "ready": True,
        "open": False,
        "mode": "normal",
    }
    assert [each["id"] for each in listed if "gateway" in (each["templateIdentifier"] or "").lower()] == [GATEWAY]
    assert bench.api.get(f"/component/{AARE}").json() == listed[3]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", range(10)),
        ("?limit=0", range(10)),
        ("?limit=5", range(5)),
        ("?skip=5&limit=5", range(5, 10)),
        ("?skip=20&limit=100", range(20, 25)),
        ("?skip=25&limit=5", range(0)),
        ("?limit=3&sortDir=desc", range(24, 21, -1)),
        ("?limit=3&sort=name&sortDir=desc", range(24, 21, -1)),
        ("?limit=1000&sort=name", range(25)),
    ],
)
def test_listing_is_paged_in_the_order_of_creation(bench: Bench, query: str, names: range) -> None:
    for n in range(25):
        bench.create(name=f"{n:02}")

    assert [each["name"] for each in bench.api.get(f"/digitalKeyVisits{query}").json()] == [f"{n:02}" for n in names]


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "skip=1.5", "limit=1001", "sort=colour", "sortDir=up"])
def test_listing_refuses_what_it_cannot_page(bench: Bench, query: str) -> None:
    bench.create()

    assert bench.api.get(f"/digitalKeyVisits?{query}").status_code == 400


def test_unlock_is_only_asked(bench: Bench) -> None:
    answer = bench.api.post(f"/component/{AARE}/unlock", json={"delegatedUser": "Empfang"})

    (event,) = bench.api.get(f"/accesslog/component/{AARE}").json()
    assert (answer.status_code, answer.content) == (204, b"")
    assert event == {
        "id": event["id"],
        "name": "componentUnlocked",
        "occurredAt": "2027-01-12T09:00:00.000Z",
        "data": {
            "component": {"id": AARE, "identifier": "Seminarraum Aare", "labelling": "S-01", "title": "Seminarraum Aare S-01"},
            "user": {"name": "Empfang"},
            "apiIdentifier": KEY,
        },
    }


def test_unlock_without_a_body_is_allowed(bench: Bench) -> None:
    assert bench.api.post(f"/component/{AARE}/unlock").status_code == 204


@pytest.mark.parametrize(("component", "body"), [(GATEWAY, {}), (AARE, {"user": "x"}), (AARE, {"delegatedUser": 1})])
def test_unlock_refuses(bench: Bench, component: str, body: dict[str, Any]) -> None:
    assert bench.api.post(f"/component/{component}/unlock", json=body).status_code == 400


def test_unlocking_hardware_that_is_not_ready_shows_in_the_log(bench: Bench) -> None:
    bench.http.post("/control/components", json={"site": BERN, "id": AARE, "ready": False})

    assert bench.api.post(f"/component/{AARE}/unlock").status_code == 204
    assert [each["name"] for each in bench.api.get("/accesslog/component").json()] == ["componentNotReady"]


def test_access_log_tells_taps_apart(bench: Bench) -> None:
    bench.create()
    bench.tap(AARE)
    bench.doors_at("2027-01-12T13:00:00Z")
    bench.tap(AARE)
    bench.tap(ENTRANCE)

    everywhere = bench.api.get("/accesslog/component?limit=50").json()
    there = bench.api.get(f"/accesslog/component/{AARE}?limit=50&sort=occurredAt&sortDir=desc").json()

    assert [each["name"] for each in everywhere] == ["accessDenied", "accessPermitted", "accessPermitted"]
    assert [each["occurredAt"] for each in there] == ["2027-01-12T13:00:00.000Z", "2027-01-12T09:00:00.000Z"]
    assert there[0]["data"]["medium"]["publicRegistrationId"] == PHONE
    assert bench.api_of(THUN).get("/accesslog/component").json() == []


@pytest.mark.parametrize(
    ("query", "count"),
    [("from=2027-01-12", 1), ("from=2027-01-13", 0), ("to=2027-01-12", 1), ("to=2027-01-11", 0), ("from=2027-01-12&to=2027-01-12", 1)],
)
def test_access_log_is_cut_by_days_of_the_site(bench: Bench, query: str, count: int) -> None:
    bench.tap()

    assert len(bench.api.get(f"/accesslog/component?{query}").json()) == count


def test_access_log_refuses_a_day_that_is_none(bench: Bench) -> None:
    assert bench.api.get("/accesslog/component?from=gestern").status_code == 400
