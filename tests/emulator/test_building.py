# SPDX-License-Identifier: Apache-2.0
"""Building files: the shipped one, and what is said of a wrong one. And what the emulator must not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import exivo_emulator
from exivo_emulator import BuildingError, demo_building, load_building
from exivo_emulator.building import parse_building

RIGHT = """
name: Haus
account: {api_key: k, api_secret: s}
mobile_apps: [{name: App, id: "1"}]
sites:
  - id: s1
    name: Ort
    time_zone: Europe/Zurich
    components:
      - {id: c1, identifier: Eingang, template: doorFitting}
      - {id: c2, identifier: Gateway, template: Some-GateWay}
      - {id: c3, identifier: Ohne}
      - {id: c4, identifier: Vierte}
"""


def test_demo_building_is_the_one_of_the_demo() -> None:
    building = demo_building()

    assert building.name == "Seminarhaus Aare"
    assert [(site.name, len(site.components), sum(each.is_gateway for each in site.components)) for site in building.sites] == [
        ("Bern Bahnhof", 10, 1),
        ("Thun", 4, 1),
    ]
    assert all(sum(room.units for room in floor.rooms) == 12 for site in building.sites for floor in site.floors)


def test_ids_of_the_demo_have_the_form_of_the_live_ones() -> None:
    building = demo_building()
    ids = [building.account.api_key, building.account.api_secret, *(site.id for site in building.sites)]
    ids += [each.id for site in building.sites for each in site.components]

    assert [each for each in ids if not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each)] == []


def test_a_site_without_a_picture_gets_one(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(RIGHT)

    (site,) = load_building(tmp_path / "b.yaml").sites

    assert [(floor.label, [room.component for room in floor.rooms]) for floor in site.floors] == [("1", ["c4"]), ("0", ["c1", "c2", "c3"])]
    assert [each.is_gateway for each in site.components] == [False, True, False, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: Haus", "name: [", "no YAML"),
        ("name: Haus", "title: Haus", "the file: name is missing"),
        ("name: Haus", "name: 7", "name must be text"),
        ("name: Haus", "name: Haus\ncolour: red", "unknown field colour"),
        ("api_secret: s", "secret: s", "account: api_secret is missing"),
        ("account: {api_key: k, api_secret: s}", "account: x", "account must be a mapping"),
        ("id: c2", "id: c1", "used twice as an id: c1"),
        ("Europe/Zurich", "Europe/Bern", "time_zone 'Europe/Bern' is not known"),
        ("time_zone: Europe/Zurich", "time_zone: Europe/Zurich\n    connection: 1", "connection must be bool"),
        ("identifier: Ohne}", "identifer: Ohne}", "sites[0].components[2]: unknown field identifer"),
        ('[{name: App, id: "1"}]', "[]", "needs a site and a mobile app"),
        ('id: "1"', "id: 1", "mobile_apps[0]: id must be text"),
        ("    components:", "    floors: [{label: x, rooms: [{component: c9}]}]\n    components:", "draws a room for c9"),
        ("    components:", "    floors: [{label: x, rooms: [{component: c1, units: 13}]}]\n    components:", "at most 12 units"),
    ],
)
def test_a_wrong_file_is_refused_at_its_place(old: str, new: str, said: str) -> None:
    assert old in RIGHT

    with pytest.raises(BuildingError) as refused:
        parse_building(RIGHT.replace(old, new, 1), source="b.yaml")

    assert str(refused.value).startswith("b.yaml")
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BuildingError, match="cannot be read"):
        load_building(tmp_path / "none.yaml")


def test_the_emulator_knows_nothing_of_einlass() -> None:
    sources = Path(exivo_emulator.__file__).parent.rglob("*.py")

    assert [path.name for path in sources if re.search(r"^\s*(from|import) einlass", path.read_text(), re.MULTILINE)] == []
