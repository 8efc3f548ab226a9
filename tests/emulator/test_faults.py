# SPDX-License-Identifier: Apache-2.0
"""Every kind of fault, and how a plan selects the calls it meets. In process, so lost answers are exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.emulator.conftest import AARE, BERN, ENTRANCE, THUN, Bench, payload

from exivo_emulator.faults import CALLS, KINDS

# That of callbacks in `test_callbacks.py`.
PROVEN = {"callback"}


def proves(*kinds: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Names the kinds a test is about; the last test of this file asks for all of them."""
    PROVEN.update(kinds)
    return lambda test: test


def create(bench: Bench) -> Any:
    return bench.api.post("/digitalKeyVisits", json=payload())


@proves("timeout_before", "drop", "timeout_after", "reset_before", "reset_after")
@pytest.mark.parametrize(
    ("kind", "error", "applied"),
    [
        ("timeout_before", TimeoutError, 0),
        ("drop", TimeoutError, 0),
        ("timeout_after", TimeoutError, 1),
        ("reset_before", ConnectionResetError, 0),
        ("reset_after", ConnectionResetError, 1),
    ],
)
def test_an_answer_is_lost_before_or_after_it_was_applied(bench: Bench, kind: str, error: type[Exception], applied: int) -> None:
    bench.faults({"kind": kind, "call": "create", "times": 1})

    with pytest.raises(error):
        create(bench)

    assert len(bench.all_keys()) == applied
    assert create(bench).status_code == 200
    assert bench.slept == []


@proves("status", "status_after")
@pytest.mark.parametrize(("kind", "status", "applied"), [("status", 503, 0), ("status_after", 502, 1), ("status_after", 504, 1)])
def test_an_error_is_told_before_or_after_it_was_applied(bench: Bench, kind: str, status: int, applied: int) -> None:
    bench.faults({"kind": kind, "status": status, "body": "Bad gateway", "headers": {"Via": "1.1 proxy"}})

    answer = create(bench)

    assert (answer.status_code, answer.text, answer.headers["Via"]) == (status, "Bad gateway", "1.1 proxy")
    assert len(bench.all_keys()) == applied


def test_an_error_has_a_json_body_unless_told_otherwise(bench: Bench) -> None:
    bench.faults({"kind": "status", "status": 500, "times": 1}, {"kind": "status", "status": 500, "body": {"code": 7}})

    assert "message" in create(bench).json()
    assert create(bench).json() == {"code": 7}


@proves("late")
def test_late_is_applied_after_the_client_was_told_of_an_error(bench: Bench) -> None:
    bench.faults({"kind": "late", "call": "create", "seconds": 5, "status": 504, "times": 1})

    assert create(bench).status_code == 504
    bench.clock.advance(seconds=4.9)
    assert bench.all_keys() == []
    bench.clock.advance(seconds=0.1)
    assert len(bench.all_keys()) == 1


def test_late_answers_nothing_unless_it_has_a_status(bench: Bench) -> None:
    created = bench.create()
    bench.faults({"kind": "late", "call": "revoke", "seconds": 5})

    with pytest.raises(TimeoutError):
        bench.api.post(f"/digitalKeyVisit/{created['id']}/revoke")

    bench.clock.advance(seconds=5)
    assert [key["revoked"] for key in bench.all_keys()] == [True]


@proves("throttle")
@pytest.mark.parametrize(
    ("wanted", "header"),
    [
        (30, "30"),
        ("Tue, 12 Jan 2027 09:01:00 GMT", "Tue, 12 Jan 2027 09:01:00 GMT"),
        ("date", "Tue, 12 Jan 2027 09:00:30 GMT"),
        ("absurd", "99999999999"),
        ("absent", None),
    ],
)
def test_throttle_says_when_to_come_back(bench: Bench, wanted: object, header: str | None) -> None:
    bench.faults({"kind": "throttle", "retry_after": wanted})

    answer = bench.api.get("/info")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)


@proves("slow")
def test_slow_waits_and_then_answers(bench: Bench) -> None:
    bench.faults({"kind": "slow", "seconds": 8})

    assert create(bench).status_code == 200
    assert bench.slept == [8]


@proves("html", "error_body", "schema")
@pytest.mark.parametrize(
    ("fault", "content_type"),
    [
        ({"kind": "html"}, "text/html"),
        ({"kind": "error_body", "message": "boom"}, "application/json"),
        ({"kind": "schema"}, "application/json"),
    ],
)
def test_a_200_need_not_be_an_answer(bench: Bench, fault: dict[str, Any], content_type: str) -> None:
    bench.faults(fault)

    answer = create(bench)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(content_type)
    assert "id" not in answer.text.replace("<title>", "")
    assert bench.all_keys() == []


@proves("half_key")
@pytest.mark.parametrize(
    ("missing", "lost"),
    [("doors", []), ("window", ["validFrom", "validTo"]), ("phone", ["publicRegistrationId"])],
)
def test_a_key_may_be_made_only_in_part(bench: Bench, missing: str, lost: list[str]) -> None:
    bench.faults({"kind": "half_key", "missing": missing})

    created = create(bench).json()

    assert [name for name in payload() if name not in created] == lost
    assert created["components"] == ([ENTRANCE] if missing == "doors" else [ENTRANCE, AARE])
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").json() == created


def test_a_key_without_a_window_opens_at_any_time(bench: Bench) -> None:
    bench.faults({"kind": "half_key", "missing": "window"})
    create(bench)

    assert bench.tap() == "open"


@proves("duplicate")
def test_a_key_may_be_made_twice(bench: Bench) -> None:
    bench.faults({"kind": "duplicate", "call": "create"})

    created = create(bench).json()

    first, second = bench.all_keys()
    assert first["id"] != second["id"]
    assert second["id"] == created["id"]
    assert first["name"] == second["name"]


@proves("truncated_page")
def test_a_page_may_be_shorter_than_what_follows(bench: Bench) -> None:
    for n in range(3):
        bench.create(name=str(n))
    bench.faults({"kind": "truncated_page", "items": 1, "call": "list"})

    assert [each["name"] for each in bench.api.get("/digitalKeyVisits?limit=2").json()] == ["0"]
    assert [each["name"] for each in bench.api.get("/digitalKeyVisits?skip=2&limit=2").json()] == ["2"]


def test_a_page_may_break_off_in_the_middle(bench: Bench) -> None:
    bench.create()
    bench.faults({"kind": "truncated_page", "broken": True})

    with pytest.raises(ValueError):
        bench.api.get("/digitalKeyVisits?limit=2").json()


@proves("list_fails_after_page")
def test_the_second_page_may_fail(bench: Bench) -> None:
    bench.faults({"kind": "list_fails_after_page"})

    assert bench.api.get("/component?limit=5").status_code == 200
    assert bench.api.get("/component?skip=5&limit=5").status_code == 500


@proves("empty_list")
def test_a_list_may_be_empty(bench: Bench) -> None:
    created = bench.create()
    bench.faults({"kind": "empty_list", "call": "list"})

    assert bench.api.get("/digitalKeyVisits").json() == []
    assert bench.api.get(f"/digitalKeyVisit/{created['id']}").status_code == 200
    assert len(bench.api.get("/component").json()) == 10


@proves("stale_read")
def test_reads_may_show_an_old_state(bench: Bench) -> None:
    bench.faults({"kind": "stale_read", "seconds": 60})
    created = bench.create()
    path = f"/digitalKeyVisit/{created['id']}"

    assert bench.api.get(path).status_code == 404
    assert bench.api.get("/digitalKeyVisits").json() == []
    bench.clock.advance(seconds=60)
    assert bench.api.get(path).json() == created
    bench.api.post(f"{path}/revoke")
    assert bench.api.get(path).json()["revoked"] is False
    bench.clock.advance(seconds=60)
    assert [each["revoked"] for each in bench.api.get("/digitalKeyVisits").json()] == [True]
    bench.http.delete(f"/control/keys/{created['id']}")
    assert bench.api.get(path).status_code == 200
    bench.clock.advance(seconds=60)
    assert bench.api.get(path).status_code == 404


@proves("shuffle")
def test_pages_may_double_and_skip(bench: Bench) -> None:
    for n in range(20):
        bench.create(name=f"{n:02}")
    bench.faults({"kind": "shuffle", "call": "list", "seed": 1})

    pages = [bench.api.get(f"/digitalKeyVisits?skip={skip}&limit=10").json() for skip in (0, 10)]
    names = [each["name"] for page in pages for each in page]

    assert len(names) == 20
    assert len(set(names)) < 20


@proves("revoke_ignored")
def test_a_revocation_may_be_ignored(bench: Bench) -> None:
    created = bench.create()
    bench.faults({"kind": "revoke_ignored"})

    assert bench.api.post(f"/digitalKeyVisit/{created['id']}/revoke").status_code == 204
    assert [key["revoked"] for key in bench.all_keys()] == [False]


@proves("refuses_past_start")
def test_a_start_in_the_past_may_be_refused(bench: Bench) -> None:
    bench.faults({"kind": "refuses_past_start"})
    coming = create(bench).status_code
    bench.clock.advance(hours=25)

    assert (coming, create(bench).status_code, len(bench.all_keys())) == (200, 400, 1)


@proves("unknown_is_400")
def test_an_unknown_key_may_be_answered_by_400(bench: Bench) -> None:
    known = bench.create()["id"]
    bench.faults({"kind": "unknown_is_400"})

    assert bench.api.get(f"/digitalKeyVisit/{known}").status_code == 200
    assert bench.api.get("/digitalKeyVisit/gone").status_code == 400
    assert bench.api.post("/digitalKeyVisit/gone/revoke").status_code == 400


@proves("ignores_end")
def test_a_key_may_outlive_its_end(bench: Bench) -> None:
    bench.create()
    bench.clock.advance(days=1)
    bench.faults({"kind": "ignores_end", "site": BERN})

    assert bench.tap() == "open"
    assert [(key["expired"], key["live"]) for key in bench.all_keys()] == [(False, True)]
    bench.faults({"kind": "ignores_end", "site": THUN})
    assert bench.tap() == "too_late"


@proves("reject_credentials", "connection_inactive")
@pytest.mark.parametrize(("kind", "status"), [("reject_credentials", 401), ("connection_inactive", 403)])
def test_the_account_may_be_refused(bench: Bench, kind: str, status: int) -> None:
    bench.faults({"kind": kind})

    assert create(bench).status_code == status
    assert bench.all_keys() == []


@proves("other_site")
def test_info_may_name_another_site(bench: Bench) -> None:
    bench.faults({"kind": "other_site", "name": "Luzern"})

    assert bench.api.get("/info").json() | {"id": ""} == {
        "id": "",
        "name": "Luzern",
        "language": "de",
        "timeZone": "Europe/Zurich",
        "type": "exivo",
    }
    assert bench.api.get("/info").json()["id"] != BERN


def test_every_kind_is_proven() -> None:
    assert set(KINDS) == PROVEN


# how a plan selects


def test_a_fault_meets_its_call_and_site_only(bench: Bench) -> None:
    bench.faults({"kind": "status", "call": "info", "site": BERN})

    assert bench.api.get("/info").status_code == 503
    assert bench.api.get("/component").status_code == 200
    assert bench.api_of(THUN).get("/info").status_code == 200


def test_after_skips_and_times_ends(bench: Bench) -> None:
    bench.faults({"kind": "status", "after": 1, "times": 2})

    assert [bench.api.get("/info").status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    assert bench.http.get("/control/faults").json() == [{"kind": "status", "after": 1, "times": 2, "seen": 5, "fired": 2}]


def test_the_first_that_fits_is_met_and_does_not_use_up_the_others(bench: Bench) -> None:
    bench.faults({"kind": "status", "status": 500, "times": 1}, {"kind": "status", "status": 502, "times": 1})

    assert [bench.api.get("/info").status_code for _ in range(3)] == [500, 502, 200]


def test_probability_is_repeatable_by_its_seed(bench: Bench) -> None:
    def met() -> list[int]:
        bench.faults({"kind": "status", "probability": 0.5, "seed": 7})
        return [bench.api.get("/info").status_code for _ in range(40)]

    first = met()

    assert first == met()
    assert 5 < first.count(503) < 35


def test_an_empty_plan_clears(bench: Bench) -> None:
    bench.faults({"kind": "status"})
    bench.faults()

    assert bench.api.get("/info").status_code == 200


@pytest.mark.parametrize(
    "plan",
    [
        {},
        [1],
        [{}],
        [{"kind": "meteor"}],
        [{"kind": ["status"]}],
        [{"kind": "status", "colour": "red"}],
        [{"kind": "status", "call": "meteor"}],
        [{"kind": "half_key", "call": "list"}],
        [{"kind": "half_key", "missing": "name"}],
        [{"kind": "status", "status": 99}],
        [{"kind": "status", "times": -1}],
        [{"kind": "status", "after": "1"}],
        [{"kind": "status", "probability": 2}],
        [{"kind": "slow", "seconds": "8"}],
        [{"kind": "ignores_end", "times": 1}],
        [{"kind": "status"}, {"kind": "meteor"}],
    ],
)
def test_a_wrong_plan_changes_nothing(bench: Bench, plan: Any) -> None:
    bench.faults({"kind": "slow"})

    answer = bench.http.post("/control/faults", json=plan)

    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")
    assert [fault["kind"] for fault in bench.http.get("/control/faults").json()] == ["slow"]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_can_be_met(bench: Bench, call: str) -> None:
    created = bench.create()
    requests = {
        "create": ("POST", "/digitalKeyVisits"),
        "list": ("GET", "/digitalKeyVisits"),
        "read": ("GET", f"/digitalKeyVisit/{created['id']}"),
        "revoke": ("POST", f"/digitalKeyVisit/{created['id']}/revoke"),
        "info": ("GET", "/info"),
        "components": ("GET", "/component"),
        "unlock": ("POST", f"/component/{AARE}/unlock"),
        "accesslog": ("GET", "/accesslog/component"),
    }
    bench.faults({"kind": "status", "call": call})

    assert {name for name, request in requests.items() if bench.api.request(*request).status_code == 503} == {call}
