# SPDX-License-Identifier: Apache-2.0
"""The building that the emulator plays for the measures: a site for each branch, an entrance and ten rooms. Values, and its file."""

from __future__ import annotations

import json

from bench.dataset import ROOMS, ZONE

ACCOUNT = {"api_key": "a0000000-0000-4000-8000-000000000001", "api_secret": "a0000000-0000-4000-8000-0000000000ff"}
APP = {"name": "dormakaba mobile access", "id": "100200"}


def site_of(branch: int) -> str:
    return f"51000000-0000-4000-8000-{branch:012d}"


def entrance_of(branch: int) -> str:
    return f"e0000000-0000-4000-8000-{branch:012d}"


def component_of(branch: int, room: int) -> str:
    return f"b0000000-0000-4000-8000-{branch * ROOMS + room:012d}"


def building(branches: int) -> str:
    """As a building file; what is JSON is YAML too."""
    return json.dumps({"name": "Seminarhaus", "account": ACCOUNT, "mobile_apps": [APP], "sites": [_site(n) for n in range(branches)]})


def _site(branch: int) -> dict[str, object]:
    rooms = [{"id": component_of(branch, n), "identifier": f"Raum {n}", "template": "doorFitting"} for n in range(ROOMS)]
    entrance = {"id": entrance_of(branch), "identifier": "Eingang", "template": "remoteReader"}
    return {"id": site_of(branch), "name": f"Haus {branch}", "time_zone": ZONE, "components": [entrance, *rooms]}
