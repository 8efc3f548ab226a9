# SPDX-License-Identifier: Apache-2.0
"""The page around the parts of the panel."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from exivo_emulator.panel import clock, handset, house, records, switches, view
from exivo_emulator.panel.pieces import hidden, join
from exivo_emulator.panel.view import Choice
from exivo_emulator.panel.words import Words
from exivo_emulator.world import World


def address(choice: Choice, **changes: str) -> str:
    return "/?" + urlencode(choice.query(**changes))


def body(world: World, choice: Choice) -> Markup:
    """Everything that changes, for the page and for the script that keeps it fresh."""
    words = Words(choice.language)
    found = view.keys_of(world, choice)
    shown = view.shown_key(found, choice)
    return Markup(
        '{clock}<div class="stage">{house}'
        '<section class="handy" aria-labelledby="handy"><div class="ear"></div>{phone}{keys}{say}</section></div>'
        '<div class="below">{log}{faults}</div>'
    ).format(
        clock=clock.clock(world, choice, shown, words),
        house=house.house(world, choice, words),
        phone=handset.phone(world, choice, words),
        keys=handset.keys(world, choice, found, shown, words),
        say=handset.say(world, choice, words),
        log=records.log(world, choice, words),
        faults=switches.faults(world, choice, words),
    )


def page(world: World, choice: Choice) -> str:
    words = Words(choice.language)
    return Markup(
        '<!doctype html><html lang="{html}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>{title} – {site}</title><link rel="icon" href="/panel/static/icon.svg">'
        '<link rel="stylesheet" href="/panel/static/panel.css">'
        '<script src="/panel/static/panel.js" defer></script></head><body><a class="skip" href="#inhalt">{skip}</a><div class="emu">'
        '<header class="emu-top"><div><h1>{title}</h1><p class="emu-note">{note}</p></div><div class="emu-acts">'
        '<a class="link" href="{turn}" lang="{other}" hreflang="{other}">{language}</a>'
        '<form method="post" action="/panel/reset">{fields}<button class="btn low" id="zurueck">{reset}</button></form></div></header>'
        '<p class="offline" role="alert" data-offline hidden>{offline}</p>{sites}<main id="inhalt">{body}</main></div></body></html>'
    ).format(
        html="de-CH" if words.language == "de" else "en",
        title=words("title"),
        site=choice.site.name,
        skip=words("skip"),
        note=words("note"),
        language=words("language"),
        turn=address(choice, lang="en" if words.language == "de" else "de"),
        other="en" if words.language == "de" else "de",
        fields=hidden(choice.query()),
        reset=words("reset"),
        offline=words("offline"),
        sites=_sites(world, choice, words),
        body=body(world, choice),
    )


def _sites(world: World, choice: Choice, words: Words) -> Markup:
    if len(world.sites) < 2:
        return Markup("")
    links = join(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            address(choice, site=site.id, key=""), Markup(' aria-current="page"') if site.id == choice.site.id else "", site.name
        )
        for site in world.sites.values()
    )
    return Markup('<nav class="sites" aria-label="{}"><ul>{}</ul></nav>').format(words("sites"), links)
