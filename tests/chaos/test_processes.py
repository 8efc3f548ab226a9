# SPDX-License-Identifier: Apache-2.0
"""Real processes: workers killed at any instant, exivo switched off during a booking. At rest every live booking has its one key."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import factories as make
from tests.environment import DATABASE
from tests.house import House, wait_until

AT_REST_WITHIN_SECONDS = 180
# After each six bookings the worker is killed; `make chaos` does it ten times.
MANY = os.environ.get("EINLASS_TEST_CHAOS") == "many"
KILLS = 10 if MANY else 4
pytestmark = pytest.mark.skipif(DATABASE == "sqlite" and not MANY, reason="SQLite has its turn with `make chaos`, PostgreSQL each time")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    try:
        house.build()
        house.start_web()
        yield house
    finally:
        house.stop()


def wish(start: datetime, *, duration: int = 60) -> dict[str, Any]:
    return {"service": "seminar", "start": start.isoformat(), "duration": duration, "answers": make.answers()}


def first_hour(days: int) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)


def expected_keys(house: House) -> list[tuple[str, ...]]:
    """What ought to be live at exivo, from what the API says of the bookings."""
    found = []
    for booking in house.bookings():
        if booking["status"] == "confirmed":
            doors = sorted([make.ENTRANCE, make.AARE if booking["room"] == "aare" else make.GURTEN])
            start = datetime.fromisoformat(booking["start"]) - timedelta(minutes=15)
            end = datetime.fromisoformat(booking["end"]) + timedelta(minutes=15)
            found.append((start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat(), *doors))
    return sorted(found)


def actual_keys(house: House) -> list[tuple[str, ...]]:
    return sorted(
        (
            datetime.fromisoformat(key["validFrom"]).isoformat(),
            datetime.fromisoformat(key["validTo"]).isoformat(),
            *sorted(key["components"]),
        )
        for key in house.live_keys()
    )


def change_something(house: House, chance: random.Random, references: list[str], number: int) -> None:
    """Book, and now and then move or cancel one that was booked before."""
    answer = house.api("POST", "/bookings", wish(first_hour(2) + timedelta(hours=number)))
    assert answer.status_code == 201, answer.text
    references.append(answer.json()["reference"])
    other = chance.choice(references)
    if number % 3 == 1:
        moved = first_hour(9) + timedelta(hours=number)
        assert house.api("POST", f"/bookings/{other}/reschedule", {"start": moved.isoformat()}).status_code in {200, 422}
    if number % 4 == 2:
        assert house.api("POST", f"/bookings/{other}/cancel", {}).status_code == 200


def test_a_worker_killed_again_and_again_leaves_one_right_key_for_every_booking(house: House) -> None:
    chance = random.Random(11)
    references: list[str] = []
    house.start_worker()
    for number in range(6 * KILLS):
        change_something(house, chance, references, number)
        if number % 6 == 5:
            time.sleep(chance.uniform(0.0, 1.5))
            house.kill("worker")
            house.start_worker()

    def at_rest() -> bool:
        states = {booking["access"]["state"] for booking in house.bookings()}
        return states <= {"ready", "closed", "none"} and len(house.live_keys()) == len(expected_keys(house))

    seconds = wait_until(at_rest, seconds=AT_REST_WITHIN_SECONDS, what="every key is settled")
    expected = expected_keys(house)
    print(f"{6 * KILLS} bookings, {KILLS} kills: {len(expected)} live keys, at rest {seconds:.0f} s after the last change")
    assert actual_keys(house) == expected
    assert len(expected) > 3 * KILLS
    ready = [booking for booking in house.bookings() if booking["status"] == "confirmed"]
    assert {booking["access"]["state"] for booking in ready} == {"ready"}


def test_two_workers_make_every_key_once(house: House) -> None:
    house.start_worker("first")
    house.start_worker("second")
    for number in range(20):
        assert house.api("POST", "/bookings", wish(first_hour(2) + timedelta(hours=number))).status_code == 201

    wait_until(lambda: {b["access"]["state"] for b in house.bookings()} == {"ready"}, seconds=90, what="every key is ready")
    assert len(house.all_keys()) == len(house.live_keys()) == 20
    assert actual_keys(house) == expected_keys(house)


def test_exivo_switched_off_during_a_booking_delays_only_the_key(house: House) -> None:
    house.start_worker()
    warm = house.api("POST", "/bookings", wish(first_hour(2)))
    wait_until(lambda: len(house.live_keys()) == 1, seconds=60, what="the first key")
    assert warm.status_code == 201
    house.kill("emulator")

    started = time.monotonic()
    answer = house.api("POST", "/bookings", wish(first_hour(3)))
    took = time.monotonic() - started
    reference = answer.json()["reference"]
    assert (answer.status_code, answer.json()["access"]["state"]) == (201, "preparing")

    def told() -> tuple[str, str]:
        access = house.api("GET", f"/bookings/{reference}").json()["access"]
        return access["state"], (access["problem"] or {}).get("code", "")

    wait_until(lambda: told() == ("preparing", "vendor_unreachable"), seconds=30, what="the booking says that exivo is away")

    house.start_emulator()
    seconds = wait_until(
        lambda: house.api("GET", f"/bookings/{reference}").json()["access"]["state"] == "ready", seconds=60, what="the key is ready"
    )
    print(f"booked in {took * 1000:.0f} ms while exivo was away; ready {seconds:.1f} s after it came back")
    assert reference in {booking["reference"] for booking in house.bookings()}
