# SPDX-License-Identifier: Apache-2.0
"""A small house as a configuration file, and applying it. Used by the tests of `einlass apply`."""

from __future__ import annotations

import copy
import socket
from typing import Any

import pytest
import yaml
from tests.conftest import NOW
from tests.factories import AARE, API_KEY, API_SECRET, BERN, ENTRANCE, WHOLE_WEEK

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.operations.config_file import Applied, ConfigFileError, apply

OPERATOR = Actor(ActorKind.STAFF, "test")
HOUSE: dict[str, Any] = {
    "organisation": {"name": "Haus", "languages": ["de", "en"], "default_language": "de"},
    "lock_systems": [{"key": "exivo", "enabled": True, "api_key": API_KEY, "api_secret": API_SECRET}],
    "branches": [
        {
            "key": "bern",
            "name": "Bern",
            "time_zone": "Europe/Zurich",
            "lock_system": "exivo",
            "site_id": BERN,
            "opening_hours": WHOLE_WEEK,
            "doors": [{"component": ENTRANCE, "use": "always"}, {"component": AARE, "use": "services"}],
            "rooms": [{"key": "aare", "name": "Aare", "doors": [AARE]}, {"key": "gurten", "name": "Gurten"}],
        }
    ],
    "services": [{"key": "seminar", "branch": "bern", "name": "Seminar", "rooms": ["aare"], "durations": [60, 120]}],
    "questions": [
        {"key": "first_name", "kind": "text", "required": True},
        {"key": "last_name", "kind": "text", "required": True},
        {"key": "email", "kind": "email", "required": True},
        {"key": "mobile", "kind": "mobile", "required": True},
    ],
}


def applied(data: Any, **how: Any) -> Applied:
    """Apply data, or a text, as the file house.yaml."""
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return apply(text, source=how.pop("source", "house.yaml"), now=NOW, actor=OPERATOR, **how)


def house(*path: str | int, value: Any = None) -> dict[str, Any]:
    """The house with one value set; None takes it away."""
    made = copy.deepcopy(HOUSE)
    if path:
        at: Any = made
        for part in path[:-1]:
            at = at[part]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value
    return made


def refused(data: Any, **how: Any) -> list[tuple[str, str]]:
    """(field, sentence) of every error of a file that is wrong."""
    with pytest.raises(ConfigFileError) as caught:
        applied(data, **how)
    return [(error.path, error.sentence) for error in caught.value.errors]


def door(n: int, **values: Any) -> dict[str, Any]:
    made = house()
    made["branches"][0]["doors"].append({"component": f"b0000000-0000-4000-8000-0000000000{n:02}", "use": "services"} | values)
    return made


def away(settings: Any) -> None:
    """exivo cannot be reached: nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EXIVO_URL = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
