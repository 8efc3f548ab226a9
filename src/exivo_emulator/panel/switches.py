# SPDX-License-Identifier: Apache-2.0
"""The part of the panel with the switches of the faults and what can be done to the hardware."""

from __future__ import annotations

from markupsafe import Markup

from exivo_emulator.panel import presets
from exivo_emulator.panel.pieces import NOTHING, hidden, join
from exivo_emulator.panel.presets import Group, Preset
from exivo_emulator.panel.view import Choice
from exivo_emulator.panel.words import Words
from exivo_emulator.world import World


def faults(world: World, choice: Choice, words: Words) -> Markup:
    others = presets.other_faults(world)
    more = Markup('<p class="small muted more">{}</p>').format(words("faults_more", ", ".join(others))) if others else NOTHING
    return Markup(
        '<section data-part="faults" aria-labelledby="stoer"><h2 id="stoer">{}</h2>'
        '<form method="post" action="/panel/fault">{}{}</form>{}{}</section>'
    ).format(
        words("faults"),
        hidden(choice.query()),
        join(_group(world, group, words) for group in presets.GROUPS),
        more,
        _hardware(choice, words),
    )


def _group(world: World, group: Group, words: Words) -> Markup:
    switches = Markup('<ul class="faults">{}</ul>').format(join(_switch(world, preset, words) for preset in group.presets))
    if not group.word:
        return switches
    number = sum(presets.is_on(world, preset) for preset in group.presets)
    return Markup('<details id="gruppe-{}"{}><summary>{}</summary>{}</details>').format(
        group.name,
        # What is on is in sight, also for whoever comes to the page without having switched it on.
        Markup(" open") if number else NOTHING,
        words(group.word),
        switches,
    )


def _switch(world: World, preset: Preset, words: Words) -> Markup:
    return Markup(
        '<li><button class="switch" id="schalter-{0}" role="switch" name="preset" value="{0}" aria-checked="{1}" data-fault="{0}">'
        '<span>{2}</span><span class="knob" aria-hidden="true"></span></button></li>'
    ).format(preset.name, "true" if presets.is_on(world, preset) else "false", words.pick(preset.german, preset.english))


def _hardware(choice: Choice, words: Words) -> Markup:
    """Every component that is there or was built in, so that what was taken out can be put back."""
    options = join(
        Markup('<option value="{}">{}</option>').format(each.id, each.identifier or each.title or each.id) for each in choice.hardware
    )
    buttons = join(
        Markup('<button class="btn" id="technik-{0}" name="act" value="{0}">{1}</button>').format(act, words(f"component_{act}"))
        for act in ("remove", "gateway", "as_built")
    )
    return Markup(
        '<details id="technik"><summary>{}</summary><form method="post" action="/panel/component" class="acts">{}'
        '<label for="bauteil">{}</label><select class="input" id="bauteil" name="component">{}</select>{}</form></details>'
    ).format(words("hardware"), hidden(choice.query()), words("component"), options, buttons)
