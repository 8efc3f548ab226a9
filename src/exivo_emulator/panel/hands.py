# SPDX-License-Identifier: Apache-2.0
"""What somebody does in exivo's own app or with a screwdriver: keys made, changed and deleted by hand, hardware taken out.

What is unknown raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from exivo_emulator.inventory import Component, Site
from exivo_emulator.panel.view import Choice
from exivo_emulator.visits import Visit
from exivo_emulator.world import World

LONGER = timedelta(hours=1)


def change_key(world: World, *, key: str, act: str) -> None:
    """One of KEY_ACTS."""
    visit = world.find_visit(key)
    if visit is None:
        raise KeyError(key)
    KEY_ACTS[act](world, visit)


def _longer(world: World, visit: Visit) -> None:
    """An hour at both ends, where there are ends."""
    start, end = visit.valid_from, visit.valid_to
    world.change_visit(visit, valid_from=start and start - LONGER, valid_to=end and end + LONGER)


def _wider(world: World, visit: Visit) -> None:
    doors = [each.id for each in world.sites[visit.site_id].components if not each.is_gateway and each.id not in visit.components]
    world.change_visit(visit, components=(*visit.components, *doors[:1]))


KEY_ACTS: dict[str, Callable[[World, Visit], object]] = {
    "delete": lambda world, visit: world.delete_visit(visit),
    "take_back": lambda world, visit: world.change_visit(visit, revoked=True),
    "longer": _longer,
    "wider": _wider,
}


def make_key(world: World, choice: Choice) -> None:
    """A key for the phone in sight that no program ordered: today and tomorrow, for the first door of the site."""
    now = world.clocks.api()
    app = world.building.mobile_apps[0]
    door = next(each.id for each in choice.site.components if not each.is_gateway)
    world.add_visit(
        choice.site.id,
        valid_from=now,
        valid_to=now + timedelta(days=1),
        components=(door,),
        registration=choice.phone,
        mobile_app=(("id", app.id), ("name", app.name)),
        name="Von Hand",
    )


def change_component(world: World, choice: Choice, *, component: str, act: str) -> None:
    """One of COMPONENT_ACTS."""
    site = choice.site
    original = next(each for each in world.building.sites if each.id == site.id)
    known = {each.id: each for each in (*original.components, *site.components)}
    world.sites[site.id] = COMPONENT_ACTS[act](site, known[component], original.component(component))


def _removed(site: Site, component: Component, original: Component | None) -> Site:
    return replace(site, components=tuple(each for each in site.components if each.id != component.id))


def _gateway(site: Site, component: Component, original: Component | None) -> Site:
    return _with(site, replace(component, template="exivo Gateway"))


def _as_built(site: Site, component: Component, original: Component | None) -> Site:
    return _with(site, original or component)


def _with(site: Site, component: Component) -> Site:
    """In its place, or at the end where it was taken out."""
    others = tuple(each for each in site.components if each.id != component.id)
    if len(others) == len(site.components):
        return replace(site, components=(*others, component))
    return replace(site, components=tuple(component if each.id == component.id else each for each in site.components))


COMPONENT_ACTS: dict[str, Callable[[Site, Component, Component | None], Site]] = {
    "remove": _removed,
    "gateway": _gateway,
    "as_built": _as_built,
}
