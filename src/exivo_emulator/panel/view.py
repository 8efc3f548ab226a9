# SPDX-License-Identifier: Apache-2.0
"""What the panel shows, as values: the choice of the address, doors with their last light, keys of the phone, faults. No HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from exivo_emulator.control.taps import phone_number
from exivo_emulator.control.wording import Wrong
from exivo_emulator.inventory import Component, Floor, Room, Site
from exivo_emulator.panel.band import Band, band_of
from exivo_emulator.visits import Visit, judge
from exivo_emulator.world import ApiCall, Tap, World

KeyState = Literal["active", "ready", "closed", "revoked"]
ROWS = 12
GLOW = timedelta(seconds=60)
"""How long a door shows its last light, of real time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address of the panel names. `wrong_phone` is a number that was typed and is none; `hardware` what the site has or had."""

    site: Site
    phone: str
    key: str
    language: str
    wrong_phone: str = ""
    hardware: tuple[Component, ...] = ()

    def query(self, **changes: str) -> dict[str, str]:
        found = {"site": self.site.id, "phone": self.phone, "key": self.key, "lang": self.language, **changes}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Key:
    visit: Visit
    state: KeyState
    doors: tuple[str | None, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Place:
    """A room of the picture. `component` None: it was taken out of the building."""

    room: Room
    component: Component | None
    tap: Tap | None


def choose(world: World, query: Mapping[str, str]) -> Choice:
    """The choice of an address. Unknown names fall back, so that an old address never fails."""
    site = world.sites.get(query.get("site", "")) or next(iter(world.sites.values()))
    typed, wrong = query.get("other", "").strip(), ""
    phone = query.get("phone", "")
    try:
        phone = phone_number(typed or phone) if typed or phone else _likely_phone(world, site)
    except Wrong:
        wrong, phone = typed or phone, _likely_phone(world, site)
    return Choice(
        site=site,
        phone=phone,
        key=query.get("key", ""),
        language=query.get("lang", ""),
        wrong_phone=wrong,
        hardware=_hardware(world, site),
    )


def _hardware(world: World, site: Site) -> tuple[Component, ...]:
    """What is there now, and what was taken out of the building."""
    built = next(each for each in world.building.sites if each.id == site.id)
    return (*site.components, *(each for each in built.components if site.component(each.id) is None))


def _likely_phone(world: World, site: Site) -> str:
    newest = max((visit for visit in world.visits[site.id].values() if _on_phone(visit)), key=lambda visit: visit.number, default=None)
    samples = world.building.phones
    return (newest.registration if newest else None) or (samples[0] if samples else "+41781234567")


def _on_phone(visit: Visit) -> bool:
    return visit.form_factor == "ma-phone" and visit.registration is not None


def phones(world: World, choice: Choice) -> list[str]:
    """Numbers to choose from: those with keys, the building's samples and the one just typed."""
    with_keys = {visit.registration for visits in world.visits.values() for visit in visits.values() if _on_phone(visit)}
    return sorted({choice.phone, *world.building.phones, *(number for number in with_keys if number)})


def keys_of(world: World, choice: Choice) -> list[Key]:
    """Valid ones first, then those to come by their start, then former ones, latest first."""
    rank = {"active": 0, "ready": 1, "closed": 2, "revoked": 2}
    keys = [_key(world, visit) for visit in world.visits_of_phone(choice.phone)]

    def order(key: Key) -> tuple[int, float]:
        start = key.visit.valid_from.timestamp() if key.visit.valid_from else 0.0
        return rank[key.state], start if rank[key.state] < 2 else -key.visit.number

    return sorted(keys, key=order)


def _key(world: World, visit: Visit) -> Key:
    site = world.sites[visit.site_id]
    found = (site.component(each) for each in visit.components)
    return Key(visit, _state(world, visit), tuple(each.identifier or each.title if each else None for each in found), site)


def _state(world: World, visit: Visit) -> KeyState:
    lasting = visit.site_id in world.ignoring_end()
    door = visit.components[0] if visit.components else ""
    match judge(visit, component=door, now=world.clocks.doors(), ignores_end=lasting):
        case "revoked":
            return "revoked"
        case "too_early":
            return "ready"
        case "too_late":
            return "closed"
        case _:
            return "active"


def shown_key(keys: list[Key], choice: Choice) -> Key | None:
    """The key whose time the band shows: the one chosen, else the first with a window."""
    drawable = [key for key in keys if key.visit.valid_from and key.visit.valid_to]
    chosen = next((key for key in drawable if key.visit.id == choice.key), None)
    return chosen or next(iter(drawable), None)


def band_for(key: Key, choice: Choice) -> Band:
    assert key.visit.valid_from is not None
    assert key.visit.valid_to is not None
    site = choice.site
    return band_of(
        key.visit.valid_from,
        key.visit.valid_to,
        zone=ZoneInfo(site.time_zone),
        early=timedelta(minutes=key.site.early_minutes),
        late=timedelta(minutes=key.site.late_minutes),
    )


def local_now(world: World, choice: Choice) -> datetime:
    return world.clocks.doors().astimezone(ZoneInfo(choice.site.time_zone))


def places(world: World, choice: Choice) -> list[tuple[Floor, list[Place]]]:
    """The floors from the top; hardware that has no room in the picture follows below."""
    site = choice.site
    drawn = {room.component for floor in site.floors for room in floor.rooms}
    extra = [each for each in site.components if each.id not in drawn]
    added = [Floor("", tuple(Room(each.id, 4) for each in extra[n : n + 3])) for n in range(0, len(extra), 3)]
    return [(floor, [_place(world, choice, room) for room in floor.rooms]) for floor in (*site.floors, *added)]


def _place(world: World, choice: Choice, room: Room) -> Place:
    tap = world.lights.get(room.component)
    fresh = tap is not None and tap.phone == choice.phone and world.clocks.base() - tap.really_at < GLOW
    return Place(room, choice.site.component(room.component), tap if fresh else None)


def last_tap(world: World, choice: Choice) -> Tap | None:
    mine = (tap for tap in reversed(world.lights.values()) if tap.phone == choice.phone and tap.site_id == choice.site.id)
    return next((tap for tap in mine if world.clocks.base() - tap.really_at < GLOW), None)


def entries(world: World, choice: Choice) -> list[Tap | ApiCall]:
    """The newest of this site; calls that name an unknown site belong to none and are shown at each."""
    fitting = (entry for entry in reversed(world.entries) if entry.site_id == choice.site.id or entry.site_id not in world.sites)
    return [entry for entry, _ in zip(fitting, range(ROWS), strict=False)]
