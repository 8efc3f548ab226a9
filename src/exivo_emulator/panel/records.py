# SPDX-License-Identifier: Apache-2.0
"""The part of the panel below the building with the log."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from markupsafe import Markup

from exivo_emulator.panel import marks, view
from exivo_emulator.panel.pieces import NOTHING, join, spoken
from exivo_emulator.panel.view import Choice
from exivo_emulator.panel.words import Words
from exivo_emulator.world import ApiCall, Tap, World


def log(world: World, choice: Choice, words: Words) -> Markup:
    rows = join(_row(entry, choice, words) for entry in view.entries(world, choice))
    heads = join(
        Markup('<th scope="col">{}</th>').format(words(name)) for name in ("col_time", "col_who", "col_what", "col_light", "col_reason")
    )
    table = Markup('<table class="tbl log"><caption class="sr">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        words("log_caption"), heads, rows
    )
    return Markup('<section data-part="log" aria-labelledby="prot"><h2 id="prot">{}</h2>{}</section>').format(
        words("log"), table if rows else Markup('<p class="muted">{}</p>').format(words("log_empty"))
    )


def _row(entry: Tap | ApiCall, choice: Choice, words: Words) -> Markup:
    at = entry.at.astimezone(ZoneInfo(choice.site.time_zone))
    cells = _tap_cells(entry, words) if isinstance(entry, Tap) else _call_cells(entry, words)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(f"{at:%H:%M:%S}", join(cells))


def _tap_cells(tap: Tap, words: Words) -> list[Markup]:
    return [
        Markup('<td class="num">{}</td>').format(words("handset", spoken(tap.phone))),
        Markup("<td>{}</td>").format(tap.component.identifier or tap.component.title),
        Markup('<td><span class="lamp-word {}">{}{}</span></td>').format(tap.light[0], marks.lamp(tap.light), words(tap.light)),
        Markup('<td class="num">{}</td>').format(words(f"reason_{tap.reason}")),
    ]


def _call_cells(call: ApiCall, words: Words) -> list[Markup]:
    done = call.status is not None and call.status < 300
    about = Markup('<span class="about">{}</span>').format(call.about) if call.call == "create" and call.about else NOTHING
    outcome = words("no_answer") if call.status is None else str(call.status)
    return [
        Markup("<td>{}</td>").format(call.who or words("program")),
        Markup("<td>{}{}</td>").format(words.call(call.call, done=done), about),
        Markup('<td class="none"></td>'),
        Markup('<td class="num">{}, {} ms</td>').format(outcome, call.milliseconds),
    ]
