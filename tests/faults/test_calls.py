# SPDX-License-Identifier: Apache-2.0
"""F01 to F10: calls that are lost, late, refused or answered by nonsense."""

from __future__ import annotations

from tests.faults.watched import Watched

from einlass.core.access import AccessState


def test_f01_key_that_was_never_made_is_made_after_a_complete_list(house: Watched) -> None:
    house.faults({"call": "create", "kind": "reset_before", "times": 1})
    booking = house.book()

    house.ring()
    assert (house.state(booking), house.access(booking).problem) == (AccessState.PREPARING, "outcome_unknown")
    house.forward(seconds=31)
    house.minute()

    assert house.state(booking) is AccessState.READY
    assert house.asked("create", "visits") == ["create", "visits", "create"]
    house.rest()


def test_f02_key_whose_answer_was_lost_is_found_by_its_mark(house: Watched) -> None:
    house.faults({"call": "create", "kind": "reset_after", "times": 1})
    booking = house.book()

    house.ring()
    house.forward(seconds=31)
    house.minute()

    assert house.state(booking) is AccessState.READY
    assert (house.asked("create"), len(house.exivo.all_keys())) == (["create"], 1)
    house.rest()
