# SPDX-License-Identifier: Apache-2.0
"""The part of the panel with the building: floors, rooms, doors and their lights."""

from __future__ import annotations

from markupsafe import Markup

from exivo_emulator.panel import marks, view
from exivo_emulator.panel.pieces import NOTHING, hidden, join
from exivo_emulator.panel.view import Choice, Place
from exivo_emulator.panel.words import Words
from exivo_emulator.world import World


def house(world: World, choice: Choice, words: Words) -> Markup:
    floors = join(
        Markup('<div class="floor"><span class="lvl">{}</span>{}</div>').format(
            floor.label, join(_room(place, choice, words) for place in rooms)
        )
        for floor, rooms in view.places(world, choice)
    )
    return Markup(
        '<section class="house" data-part="house" aria-labelledby="haus"><h2 id="haus" class="sr">{}: {}</h2><div class="roof"></div>'
        '<form method="post" action="/panel/tap">{}{}</form><div class="earth"></div></section>'
    ).format(words("house"), choice.site.name, hidden(choice.query()), floors)


def _room(place: Place, choice: Choice, words: Words) -> Markup:
    component = place.component
    if component is None:
        return Markup('<div class="room tech u{}"><div class="lab"><h3>{}</h3></div></div>').format(place.room.units, words("removed"))
    name = component.identifier or component.title or component.id
    facts = [component.labelling or "", words("no_door") if component.is_gateway else "", "" if component.ready else words("not_ready")]
    label = Markup('<div class="lab"><h3>{}</h3><p>{}</p>{}</div>').format(
        name, ", ".join(fact for fact in facts if fact), NOTHING if component.is_gateway else _result(place, component.id, words)
    )
    if component.is_gateway:
        return Markup('<div class="room tech u{}">{}<div class="gate">{}</div></div>').format(place.room.units, label, marks.GATEWAY)
    return Markup(
        '<div class="room u{units}">{label}<button class="door" id="tuer-{id}" name="component" value="{id}" data-component="{id}" '
        'aria-label="{hold}">{drawing}</button></div>'
    ).format(
        units=place.room.units,
        label=label,
        id=component.id,
        hold=words("hold", name),
        drawing=marks.door(place.tap.light if place.tap else None),
    )


def _result(place: Place, component_id: str, words: Words) -> Markup:
    tap = place.tap
    if tap is None:
        return Markup('<p class="res" data-result-for="{}"></p>').format(component_id)
    return Markup('<p class="res {}" data-result-for="{}" data-light="{}" data-reason="{}">{}<span>{}: {}</span></p>').format(
        tap.light[0], component_id, tap.light, tap.reason, marks.lamp(tap.light), words(tap.light), words(f"reason_{tap.reason}")
    )
