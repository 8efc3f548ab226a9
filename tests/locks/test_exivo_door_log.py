# SPDX-License-Identifier: Apache-2.0
"""exivo's door log beyond the contract: its pages, its days, and what is no tap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.locks.wires import DOOR, NOW, SITE, Scripted, driver_on, says

from einlass.core.door_log import SeenTap
from einlass.locks.exivo import driver as driver_module
from einlass.locks.exivo.words import instant_text

PHONE = "+41781234567"
MEDIUM = {"formFactor": "ma-phone", "publicRegistrationId": "+41 78 123 45 67"}


def event(number: int, name: str = "accessPermitted", *, at: datetime = NOW, **data: Any) -> dict[str, Any]:
    told = {"component": {"id": DOOR, "identifier": "S-01"}, "medium": MEDIUM} | data
    return {"id": f"event-{number}", "name": name, "occurredAt": instant_text(at), "data": told}


def read(*pages: list[dict[str, Any]], since: datetime = NOW) -> Any:
    wire = Scripted([says(200, page) for page in pages])
    return driver_on(wire).entries(SITE, since=since), wire


def test_a_tap_says_door_time_and_phone() -> None:
    found, _ = read([event(1), event(2, "accessDenied")], [])

    assert found.taps == (
        SeenTap("event-1", DOOR, NOW, opened=True, phone=PHONE),
        SeenTap("event-2", DOOR, NOW, opened=False, phone=PHONE),
    )
    assert found.complete


@pytest.mark.parametrize(
    "other",
    [
        event(1, "componentUnlocked", apiIdentifier="key"),
        event(1, "componentNotReady"),
        event(1, "sabotageAlarm"),
        event(1, "something new"),
        event(1, component=None),
        event(1, component={"id": 7}),
        {"id": "event-1", "name": "accessPermitted", "occurredAt": "yesterday", "data": {"component": {"id": DOOR}}},
        {"id": "event-1", "name": ["accessPermitted"], "occurredAt": instant_text(NOW), "data": {"component": {"id": DOOR}}},
        {"id": "event-1", "name": "accessPermitted", "occurredAt": instant_text(NOW), "data": None},
        {"id": "event-1"},
    ],
)
def test_what_is_no_tap_is_left_out_and_hides_no_other(other: dict[str, Any]) -> None:
    found, _ = read([other, event(2)], [])

    assert [tap.id for tap in found.taps] == ["event-2"]


@pytest.mark.parametrize(
    "medium",
    [None, "x", {}, {"formFactor": "card", "publicRegistrationId": "0012345678"}, {"formFactor": "ma-phone", "publicRegistrationId": 7}],
)
def test_a_badge_is_no_phone(medium: Any) -> None:
    found, _ = read([event(1, medium=medium)], [])

    assert [tap.phone for tap in found.taps] == [""]


def test_log_is_read_page_by_page_until_nothing_is_new() -> None:
    found, wire = read([event(1), event(2)], [event(2), event(3)], [event(3)])

    assert [tap.id for tap in found.taps] == ["event-1", "event-2", "event-3"]
    assert [request.url.params["skip"] for request in wire.requests] == ["0", "500", "1000"]
    assert {request.url.path.rpartition(f"{SITE}/")[2] for request in wire.requests} == {"accesslog/component"}


def test_log_that_is_too_long_is_told_as_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "MOST_LOG_PAGES", 2)

    found, wire = read([event(1)], [event(2)], [event(3)])

    assert (len(found.taps), found.complete, len(wire.requests)) == (2, False, 2)


@pytest.mark.parametrize(
    ("since", "day"),
    [
        (datetime(2027, 1, 12, 13, tzinfo=UTC), "2027-01-12"),
        # In some zone this is still the day before.
        (datetime(2027, 1, 12, 11, 59, tzinfo=UTC), "2027-01-11"),
    ],
)
def test_log_is_asked_from_a_day_that_has_begun_in_every_zone(since: datetime, day: str) -> None:
    _, wire = read([], since=since)

    assert wire.requests[0].url.params["from"] == day


def test_log_of_the_day_is_cut_to_what_was_asked_for() -> None:
    found, _ = read([event(1, at=NOW - timedelta(seconds=1)), event(2)], [])

    assert [tap.id for tap in found.taps] == ["event-2"]
