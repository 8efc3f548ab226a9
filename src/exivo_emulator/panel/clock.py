# SPDX-License-Identifier: Apache-2.0
"""The part of the panel with the doors' clock: time, band, slider, jump buttons."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup

from exivo_emulator.panel import view
from exivo_emulator.panel.band import MOMENTS, Band, elapsed
from exivo_emulator.panel.pieces import NOTHING, hidden, join
from exivo_emulator.panel.view import Choice, Key
from exivo_emulator.panel.words import Words
from exivo_emulator.world import World


def clock(world: World, choice: Choice, key: Key | None, words: Words) -> Markup:
    now = view.local_now(world, choice)
    band = view.band_for(key, choice) if key else None
    moved = abs(world.clocks.doors_offset) > timedelta(0)
    return Markup(
        '<section class="clock" data-part="clock" aria-labelledby="uhr"><div><h2 id="uhr" class="sr">{title}</h2>'
        '<p class="t"><time datetime="{iso}" data-clock>{time}</time></p><p class="d num">{day} {year}</p></div>'
        "<div>{band}{jump}</div></section>"
    ).format(
        title=words("clock"),
        iso=f"{now:%Y-%m-%dT%H:%M%z}",
        time=f"{now:%H:%M}",
        day=words.day(now.date()),
        year=now.year,
        band=_band(band, key, now, choice, words) if band and key else Markup('<p class="empty">{}</p>').format(words("no_band")),
        jump=_jumps(band, now, words, fields=hidden(choice.query(key=key.visit.id if key else "")), moved=moved),
    )


def _band(band: Band, key: Key, now: datetime, choice: Choice, words: Words) -> Markup:
    within = band.first <= now <= band.last
    minute = min(max(round(elapsed(band.first, now).total_seconds() / 60), 0), band.minutes)
    window = band.percent(band.window_from), band.percent(band.window_to)
    booking = band.percent(band.booking_from), band.percent(band.booking_to)
    return Markup(
        '<form class="scrub {state}" method="post" action="/panel/clock"><svg height="66" aria-hidden="true">'
        '<rect class="line" x="0" y="25" width="100%" height="1.5"/>'
        '<rect class="win" x="{wx:.2f}%" y="23.5" width="{ww:.2f}%" height="5"/>'
        '<rect class="book" x="{bx:.2f}%" y="18" width="{bw:.2f}%" height="16" rx="2"/>{ticks}</svg>{fields}'
        '<input id="regler" type="range" class="{thumb}" name="minutes" min="0" max="{minutes}" step="1" value="{minute}" '
        'data-first="{first}" aria-label="{label}" aria-valuetext="{time}">'
        '<noscript><button class="btn">{set}</button></noscript></form>{away}'
    ).format(
        state=key.state,
        wx=window[0],
        ww=window[1] - window[0],
        bx=booking[0],
        bw=booking[1] - booking[0],
        ticks=_ticks(band),
        fields=hidden({**choice.query(key=key.visit.id), "axis": band.first.isoformat()}),
        thumb="within" if within else "away",
        minutes=band.minutes,
        minute=minute,
        first=band.first.hour * 60 + band.first.minute,
        label=words("time"),
        time=f"{now:%H:%M}",
        set=words("set"),
        away=NOTHING if within else Markup('<p class="small muted away-note">{}</p>').format(words("away")),
    )


def _ticks(band: Band) -> Markup:
    ticks = band.ticks()
    text = "{:%H:%M}" if band.step < timedelta(days=1) else "{0.day}.{0.month}."
    anchors = {0: "start", len(ticks) - 1: "end"}
    return join(
        Markup('<text x="{:.2f}%" y="62" text-anchor="{}">{}</text>').format(
            band.percent(tick), anchors.get(n, "middle"), text.format(tick)
        )
        for n, tick in enumerate(ticks)
    )


def _jumps(band: Band | None, now: datetime, words: Words, *, fields: Markup, moved: bool) -> Markup:
    """The form names the key: once its time is over, the band would else turn to the next one."""
    standing = band.moment(now) if band else None
    buttons = [
        Markup('<button class="btn" id="sprung-{0}" name="to" value="{1}" aria-pressed="{2}">{3}</button>').format(
            moment, band.jump(moment).isoformat(), "true" if moment == standing else "false", words(moment)
        )
        for moment in MOMENTS
        if band
    ]
    if moved:
        buttons.append(Markup('<button class="link" id="sprung-real" name="to" value="real">{}</button>').format(words("real")))
    if not buttons:
        return NOTHING
    return Markup('<form method="post" action="/panel/clock"><div class="jump" role="group" aria-label="{}">{}{}</div></form>').format(
        words("jump"), fields, join(buttons)
    )
