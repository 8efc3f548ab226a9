# SPDX-License-Identifier: Apache-2.0
"""How a building file becomes a building, and what is said of a wrong one: file, place and reason."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from exivo_emulator.inventory import MISSING, Account, Building, Component, Floor, MobileApp, Room, Site


class BuildingError(Exception):
    """The building file is not usable; the text names the place and can be shown as it is."""


def demo_building() -> Building:
    """The building shipped with the emulator, "Seminarhaus Aare"."""
    return parse_building((resources.files("exivo_emulator") / "building.yaml").read_text(encoding="utf-8"), source="building.yaml")


def load_building(path: Path) -> Building:
    """Read a building file. Raises BuildingError with file and place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildingError(f"{path}: cannot be read ({error})") from error
    return parse_building(text, source=str(path))


def parse_building(text: str, *, source: str) -> Building:
    """Raises BuildingError when the text is no YAML, a field is unknown, missing or of another kind, or an id is used twice."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildingError(f"{source}: no YAML ({error})") from error
    top = _Fields(content, f"{source}: the file")
    account = _Fields(top.take("account"), f"{source}: account")
    building = Building(
        name=top.text("name"),
        account=Account(api_key=account.text("api_key"), api_secret=account.text("api_secret")),
        mobile_apps=tuple(_mobile_app(each, f"{source}: mobile_apps[{n}]") for n, each in enumerate(top.items("mobile_apps"))),
        sites=tuple(_site(each, f"{source}: sites[{n}]") for n, each in enumerate(top.items("sites"))),
        phones=tuple(str(phone) for phone in top.items("phones", default=[])),
    )
    account.done()
    top.done()
    _check(building, source)
    return building


class _Fields:
    """One mapping of the file; remembers which names were used so that a misspelt one is found."""

    def __init__(self, content: object, place: str) -> None:
        if not isinstance(content, dict):
            raise BuildingError(f"{place} must be a mapping")
        self.content: dict[str, Any] = {str(name): value for name, value in content.items()}
        self.place = place

    def take(self, name: str, default: Any = MISSING) -> Any:
        if name not in self.content and default is MISSING:
            raise BuildingError(f"{self.place}: {name} is missing")
        return self.content.pop(name, default)

    def _of(self, kind: type, name: str, default: Any) -> Any:
        value = self.take(name, default)
        right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if value is not default and not right:
            raise BuildingError(f"{self.place}: {name} must be {'text' if kind is str else kind.__name__}, not {value!r}")
        return value

    def text(self, name: str, default: Any = MISSING) -> Any:
        return self._of(str, name, default)

    def number(self, name: str, default: Any = MISSING) -> Any:
        return self._of(int, name, default)

    def flag(self, name: str, default: Any = MISSING) -> Any:
        return self._of(bool, name, default)

    def items(self, name: str, default: Any = MISSING) -> list[Any]:
        found: list[Any] = self._of(list, name, default)
        return found

    def done(self) -> None:
        if self.content:
            raise BuildingError(f"{self.place}: unknown field {', '.join(sorted(self.content))}")


def _mobile_app(content: object, place: str) -> MobileApp:
    fields = _Fields(content, place)
    app = MobileApp(name=fields.text("name"), id=fields.text("id"))
    fields.done()
    return app


def _site(content: object, place: str) -> Site:
    fields = _Fields(content, place)
    site = Site(
        id=fields.text("id"),
        name=fields.text("name"),
        time_zone=fields.text("time_zone"),
        language=fields.text("language", "de"),
        connection=fields.flag("connection", True),
        early_minutes=fields.number("early_minutes", 15),
        late_minutes=fields.number("late_minutes", 15),
        components=tuple(_component(each, f"{place}.components[{n}]") for n, each in enumerate(fields.items("components"))),
        floors=tuple(_floor(each, f"{place}.floors[{n}]") for n, each in enumerate(fields.items("floors", []))),
    )
    fields.done()
    try:
        ZoneInfo(site.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise BuildingError(f"{place}: time_zone {site.time_zone!r} is not known") from error
    return site if site.floors else _with_plain_floors(site)


def _component(content: object, place: str) -> Component:
    fields = _Fields(content, place)
    component = Component(
        id=fields.text("id"),
        identifier=fields.text("identifier", None),
        labelling=fields.text("labelling", None),
        remarks=fields.text("remarks", None),
        template=fields.take("template", None),
        ready=fields.flag("ready", True),
        mode=fields.text("mode", "normal"),
    )
    fields.done()
    return component


def _floor(content: object, place: str) -> Floor:
    fields = _Fields(content, place)
    floor = Floor(
        label=fields.text("label"),
        rooms=tuple(_room(each, f"{place}.rooms[{n}]") for n, each in enumerate(fields.items("rooms"))),
    )
    fields.done()
    if sum(room.units for room in floor.rooms) > 12 or any(room.units < 1 for room in floor.rooms):
        raise BuildingError(f"{place}: the rooms of a floor are at least one and together at most 12 units wide")
    return floor


def _room(content: object, place: str) -> Room:
    fields = _Fields(content, place)
    room = Room(component=fields.text("component"), units=fields.number("units", 4))
    fields.done()
    return room


def _with_plain_floors(site: Site) -> Site:
    """A site without a picture gets three doors to a floor."""
    rows = [site.components[n : n + 3] for n in range(0, len(site.components), 3)]
    floors = tuple(Floor(str(n), tuple(Room(each.id, 12 // len(row)) for each in row)) for n, row in enumerate(rows))
    return replace(site, floors=floors[::-1])


def _check(building: Building, source: str) -> None:
    if not building.sites or not building.mobile_apps:
        raise BuildingError(f"{source}: a building needs a site and a mobile app")
    ids = [site.id for site in building.sites] + [each.id for site in building.sites for each in site.components]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise BuildingError(f"{source}: used twice as an id: {', '.join(twice)}")
    for site in building.sites:
        known = {each.id for each in site.components}
        for room in (room for floor in site.floors for room in floor.rooms):
            if room.component not in known:
                raise BuildingError(f"{source}: site {site.name} draws a room for {room.component}, which is no component of it")
