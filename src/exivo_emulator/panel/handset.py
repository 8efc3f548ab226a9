# SPDX-License-Identifier: Apache-2.0
"""The parts of the panel within the phone: its number, its keys, what the last door said."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from exivo_emulator.panel import marks, view
from exivo_emulator.panel.hands import KEY_ACTS
from exivo_emulator.panel.pieces import NOTHING, hidden, join, spoken
from exivo_emulator.panel.view import Choice, Key
from exivo_emulator.panel.words import Words
from exivo_emulator.visits import Visit
from exivo_emulator.world import World


def phone(world: World, choice: Choice, words: Words) -> Markup:
    options = join(
        Markup('<option value="{}"{}>{}</option>').format(number, Markup(" selected") if number == choice.phone else "", spoken(number))
        for number in view.phones(world, choice)
    )
    wrong = NOTHING
    if choice.wrong_phone:
        wrong = Markup('<p class="error" id="falsch" role="alert">{}</p>').format(words("wrong_phone"))
    query = choice.query()
    del query["phone"]
    query.pop("key", None)
    return Markup(
        '<div data-part="phone"><form method="get" action="/" class="number">{fields}<label for="nr">{label}</label>'
        '<select class="input num" id="nr" name="phone">{options}</select>'
        '<noscript><button class="btn low">{show}</button></noscript></form>'
        '<details id="andere"{open}><summary>{other}</summary>'
        '<form method="get" action="/" class="other">{fields}'
        '<input class="input num" id="neu" name="other" type="tel" inputmode="tel" aria-label="{other}" '
        'value="{typed}"{invalid} required>'
        '<button class="btn low">{show}</button></form>{wrong}</details></div>'
    ).format(
        fields=hidden(query),
        label=words("phone"),
        options=options,
        other=words("other"),
        show=words("show"),
        open=Markup(" open") if choice.wrong_phone else "",
        typed=choice.wrong_phone,
        invalid=Markup(' aria-invalid="true" aria-describedby="falsch"') if choice.wrong_phone else "",
        wrong=wrong,
    )


def keys(world: World, choice: Choice, found: list[Key], shown: Key | None, words: Words) -> Markup:
    now = view.local_now(world, choice)
    coming = [key for key in found if key.state in ("active", "ready")]
    former = [key for key in found if key.state in ("closed", "revoked")]
    name = {0: "keys_0", 1: "keys_1"}.get(len(coming), "keys_n")
    folded = NOTHING
    if former:
        folded = Markup('<details id="fruehere"{}><summary>{}</summary>{}</details>').format(
            # With nothing valid left, the former keys are what explains the red light.
            Markup(" open") if not coming else "",
            words("former", len(former)),
            join(_chip(key, shown, now, choice, words) for key in former[:5]),
        )
    return Markup('<div data-part="keys"><h2 id="handy">{}</h2>{}{}{}{}</div>').format(
        words(name, len(coming)),
        join(_chip(key, shown, now, choice, words) for key in coming),
        NOTHING if found else Markup('<p class="small muted">{}</p>').format(words("keys_hint")),
        folded,
        Markup('<form method="post" action="/panel/make">{}<button class="link small" id="anlegen">{}</button></form>').format(
            hidden(choice.query()), words("make_by_hand")
        ),
    )


def _chip(key: Key, shown: Key | None, now: datetime, choice: Choice, words: Words) -> Markup:
    visit, zone = key.visit, ZoneInfo(choice.site.time_zone)
    time: str | Markup = words("always")
    if visit.valid_from and visit.valid_to:
        time = words.span(visit.valid_from.astimezone(zone), visit.valid_to.astimezone(zone), today=now.date())
    if shown is not None and shown.visit.id != visit.id and visit.valid_from and visit.valid_to:
        time = Markup('<a href="/?{}" data-swap>{}</a>').format(urlencode(choice.query(key=visit.id)), time)
    doors = ", ".join(door or words("unknown_door") for door in key.doors) or words("no_doors")
    elsewhere = "" if key.site.id == choice.site.id else f"{key.site.name}: "
    return Markup(
        '<div class="chip {state}" data-key="{id}" data-state="{state}"><span class="state {state}">{mark}{word}</span>'
        '<h3 class="num">{time}</h3><p>{elsewhere}{doors}</p>{by_hand}</div>'
    ).format(
        state=key.state,
        id=visit.id,
        mark=marks.state(key.state),
        word=words(key.state),
        time=time,
        elsewhere=elsewhere,
        doors=doors,
        by_hand=_by_hand(visit, choice, words) if key.state in ("active", "ready") else NOTHING,
    )


def _by_hand(visit: Visit, choice: Choice, words: Words) -> Markup:
    buttons = join(
        Markup('<button class="btn" id="{0}-{1}" name="act" value="{0}">{2}</button>').format(act, visit.id, words(f"key_{act}"))
        for act in KEY_ACTS
    )
    return Markup(
        '<details id="hand-{}"><summary>{}</summary><form method="post" action="/panel/key" class="acts">{}{}</form></details>'
    ).format(visit.id, words("by_hand"), hidden({**choice.query(), "hand": visit.id}), buttons)


def say(world: World, choice: Choice, words: Words) -> Markup:
    tap = view.last_tap(world, choice)
    if tap is None:
        return Markup('<div data-part="say" role="status"></div>')
    return Markup('<div data-part="say" role="status"><div class="say">{}<p><strong>{}: {}</strong><span>{}</span></p></div></div>').format(
        marks.lamp(tap.light, 24),
        tap.component.identifier or tap.component.title,
        words(tap.light),
        words(f"say_{tap.reason}"),
    )
