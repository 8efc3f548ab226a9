# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen says what follows from it."""

from __future__ import annotations

from einlass.core import events
from einlass.core.events import Event
from einlass.operations.events import FOLLOWS

CLASSES = [found for found in vars(events).values() if isinstance(found, type) and issubclass(found, Event) and found is not Event]


def test_every_event_stands_in_the_table_of_what_follows() -> None:
    assert set(FOLLOWS) == set(CLASSES)


def test_every_event_has_a_kind_of_its_own() -> None:
    kinds = [found.kind for found in CLASSES]

    assert sorted(set(kinds)) == sorted(kinds)
    assert "" not in kinds


def test_kinds_name_a_thing_and_what_happened_to_it() -> None:
    assert [
        found.kind for found in CLASSES if found.kind.count(".") != 1 or not found.kind.replace(".", "").replace("_", "").islower()
    ] == []


def test_every_event_says_what_it_is() -> None:
    assert [
        found.__name__ for found in CLASSES if not (found.__doc__ or "").strip() or (found.__doc__ or "").startswith(found.__name__)
    ] == []
