# SPDX-License-Identifier: Apache-2.0
"""`einlass apply`: a file is merged as a whole or not at all; the vendor is the emulator."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
import yaml
from tests.conftest import NOW, Exivo

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.operations.config_file import Applied, apply

DEMO = (files("einlass.demo") / "demo.yaml").read_text()
OPERATOR = Actor(ActorKind.STAFF, "test")

pytestmark = pytest.mark.django_db(transaction=True)


def applied(data: Any, **how: Any) -> Applied:
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return apply(text, source=how.pop("source", "house.yaml"), now=NOW, actor=OPERATOR, **how)


def test_demo_file_applied_twice_changes_nothing_the_second_time(exivo: Exivo) -> None:
    first = applied(DEMO)
    second = applied(DEMO)

    assert "branches.bern added" in first.changes
    assert second == Applied((), ())
