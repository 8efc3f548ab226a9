# SPDX-License-Identifier: Apache-2.0
"""The house that the catalogue of faults is tried on: one service with its doors, the emulator, a worker by hand. Steps: `watched.py`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.faults.watched import Bell, Watched

from einlass.jobs import work
from einlass.locks.exivo import driver
from einlass.operations import wakeups


@pytest.fixture
def house(
    transactional_db: None, clock: FakeClock, exivo: Exivo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Watched]:
    """A branch in Bern with its doors read and confirmed, nothing booked. The jobs go by the clock of the test."""
    monkeypatch.setattr(work, "now", clock)
    caplog.set_level(logging.DEBUG, logger="einlass")
    driver._door_lists.clear()
    bell = Bell()
    wakeups.register(bell)
    yield Watched(make.make_house(clock.now), clock=clock, exivo=exivo, bell=bell, log=caplog)
    wakeups.register(wakeups.NoEngine())
