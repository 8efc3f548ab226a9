# SPDX-License-Identifier: Apache-2.0
"""What the emulator is made of: account, mobile apps, sites, components, floors. Values only; `building` reads them."""

from __future__ import annotations

from dataclasses import dataclass

MISSING = object()
"""Stands for a field that exivo leaves out altogether, which is not the same as null."""


@dataclass(frozen=True, slots=True)
class MobileApp:
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Account:
    api_key: str
    api_secret: str


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of hardware. `template` is a text for well-behaved hardware, but may be anything JSON can say, or MISSING."""

    id: str
    identifier: str | None
    labelling: str | None = None
    remarks: str | None = None
    template: object = None
    ready: bool = True
    open: bool = False
    mode: str = "normal"

    @property
    def is_gateway(self) -> bool:
        """A gateway connects locks with the cloud and is no door; the service says so only within the name of the type."""
        return isinstance(self.template, str) and "gateway" in self.template.lower()

    @property
    def title(self) -> str:
        return " ".join(part for part in (self.identifier, self.labelling) if part)

    def as_json(self) -> dict[str, object]:
        found: dict[str, object] = {
            "id": self.id,
            "identifier": self.identifier,
            "labelling": self.labelling,
            "remarks": self.remarks,
            "accessZones": [],
            "templateIdentifier": self.template,
            "ready": self.ready,
            "open": self.open,
            "mode": self.mode,
        }
        if self.template is MISSING:
            del found["templateIdentifier"]
        return found


@dataclass(frozen=True, slots=True)
class Room:
    """A place in the picture; `units` is its width, a floor has twelve."""

    component: str
    units: int


@dataclass(frozen=True, slots=True)
class Floor:
    label: str
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    time_zone: str
    language: str = "de"
    connection: bool = True
    early_minutes: int = 15
    late_minutes: int = 15
    components: tuple[Component, ...] = ()
    floors: tuple[Floor, ...] = ()

    def component(self, component_id: str) -> Component | None:
        return next((each for each in self.components if each.id == component_id), None)

    def info_json(self) -> dict[str, object]:
        return {"id": self.id, "name": self.name, "language": self.language, "timeZone": self.time_zone, "type": "exivo"}


@dataclass(frozen=True, slots=True)
class Building:
    name: str
    account: Account
    mobile_apps: tuple[MobileApp, ...]
    sites: tuple[Site, ...]
    phones: tuple[str, ...] = ()
