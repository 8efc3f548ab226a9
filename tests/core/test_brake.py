# SPDX-License-Identifier: Apache-2.0
"""What a brake holds back, and what would become of each key: one booking at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from einlass.core.bookings import Status
from einlass.core.brake import HeldBack, Outcome, brake_engages, held_back, is_explained
from einlass.core.grants import BookingFacts, DoorFacts, DoorUse, grant_for
from einlass.core.keys import OVERDUE, HeldKey, KeyState, reissued
from einlass.core.windows import Window

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
START = NOW + timedelta(hours=24)
FACTS = BookingFacts(
    status=Status.CONFIRMED,
    window=Window(START, START + timedelta(hours=2)),
    phone="+41780000001",
    branch_doors=(DoorFacts("d1", "Eingang", "doorFitting", DoorUse.ALWAYS),),
    service_doors=frozenset(),
    room_doors=frozenset(),
    early_minutes=15,
    late_minutes=15,
    lock_system=1,
    lock_system_enabled=True,
    site_id="s",
    site_confirmed=True,
)
WINDOW = FACTS.window.widened(before_minutes=15, after_minutes=15)
RIGHT = HeldKey(1, "EL-1", "v1", 1, "s", FACTS.phone, frozenset({"d1"}), WINDOW, KeyState.LIVE, 1, NOW - timedelta(hours=1))
DOORS = replace(RIGHT, drifted="doors")
DOUBLED = replace(RIGHT, id=2, vendor_id="v2", state=KeyState.ISSUED, drifted="doubled")
GATEWAY = replace(FACTS, branch_doors=(replace(FACTS.branch_doors[0], kind="gateway"),))
OVER = replace(FACTS, window=FACTS.window.widened(before_minutes=1800, after_minutes=-1620), status=Status.COMPLETED)
OVER_KEY = replace(RIGHT, window=OVER.window.widened(before_minutes=15, after_minutes=15), drifted=OVERDUE)


@pytest.mark.parametrize(("revocations", "live_keys", "stops"), [(5, 0, False), (6, 0, True), (10, 100, False), (11, 100, True)])
def test_f46_brake(revocations: int, live_keys: int, stops: bool) -> None:
    assert brake_engages(revocations=revocations, live=live_keys) is stops


@pytest.mark.parametrize(
    ("facts", "keys", "expected"),
    [
        (FACTS, [RIGHT], []),
        (FACTS, [DOORS], [(1, ("doors",), Outcome.REPLACED)]),
        (FACTS, [replace(RIGHT, drifted="doors,phone")], [(1, ("doors", "phone"), Outcome.REPLACED)]),
        (FACTS, [RIGHT, DOUBLED], [(2, ("doubled",), Outcome.SURPLUS)]),
        # Two that would do, none of them changed: the surplus one goes.
        (FACTS, [RIGHT, replace(DOUBLED, drifted="")], [(2, (), Outcome.SURPLUS)]),
        # A door that turned into a gateway is in no key any more.
        (GATEWAY, [RIGHT], [(1, (), Outcome.TAKEN_BACK)]),
        (OVER, [OVER_KEY], [(1, (OVERDUE,), Outcome.TAKEN_BACK)]),
        (OVER, [replace(OVER_KEY, drifted="doors")], []),
        (FACTS, [replace(DOORS, state=KeyState.REVOKED)], []),
        (replace(FACTS, status=Status.CANCELLED), [DOORS], []),
        (replace(FACTS, phone="+41780000002"), [DOORS], []),
        (FACTS, [replace(DOORS, drifted=reissued("doors"))], []),
    ],
)
def test_f46_what_waits_for_a_person(
    facts: BookingFacts, keys: list[HeldKey], expected: list[tuple[int, tuple[str, ...], Outcome]]
) -> None:
    found = held_back(facts, grant_for(facts).grant, keys, now=NOW)

    by_number = {key.id: key for key in keys}
    assert found == tuple(HeldBack(by_number[number], differs, outcome) for number, differs, outcome in expected)


def test_f46_a_branch_that_was_given_to_another_site_explains_its_old_keys() -> None:
    assert [is_explained(DOORS, FACTS), is_explained(DOORS, replace(FACTS, site_id="other"))] == [False, True]
