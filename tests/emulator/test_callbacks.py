# SPDX-License-Identifier: Apache-2.0
"""The address that comes with a key is called when the key was made, or otherwise as told."""

from __future__ import annotations

import pytest
from tests.emulator.conftest import Bench

ADDRESS = "http://127.0.0.1:9/callbacks/1"


@pytest.mark.parametrize(("how", "at_once", "later"), [("", 1, 1), ("late", 0, 1), ("replayed", 3, 3), ("forged", 1, 1), ("lost", 0, 0)])
def test_the_address_of_a_key_is_called_as_told(bench: Bench, how: str, at_once: int, later: int) -> None:
    bench.faults(*([{"kind": "callback", "call": "create", "how": how, "seconds": 30}] if how else []))

    made = bench.create(callbackUri=ADDRESS)

    called = bench.http.get("/control/callbacks").json()
    assert called == [{"uri": ADDRESS if how != "forged" else "http://127.0.0.1:9/callbacks/0", "id": made["id"]}] * at_once
    bench.clock.advance(seconds=31)
    bench.all_keys()
    assert len(bench.http.get("/control/callbacks").json()) == later


def test_a_key_without_an_address_calls_nobody(bench: Bench) -> None:
    bench.create()

    assert bench.http.get("/control/callbacks").json() == []
