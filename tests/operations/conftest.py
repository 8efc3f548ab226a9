# SPDX-License-Identifier: Apache-2.0
"""The house in which most operations are tried. Files that need another one make their own."""

from __future__ import annotations

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.models import Service


@pytest.fixture
def service(clock: FakeClock, exivo: Exivo) -> Service:
    """Its service, and exivo as the vendor."""
    return make.make_house(clock.now)
