# SPDX-License-Identifier: Apache-2.0
"""An operator's accent colour made readable: contrast as WCAG 2 reckons it, and the variants that a page needs of one colour."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

# What can be read, and what can be told from its ground: WCAG 2.2, 1.4.3 and 1.4.11.
READABLE, VISIBLE = 4.5, 3.0
WHITE, INK = "#ffffff", "#16181d"
# How far a button under the pointer differs: a fifth of the way to black or white.
PRESSED = 0.2
# Steps of lightness that are tried; finer ones no eye tells apart.
STEPS = 400


@dataclass(frozen=True, slots=True)
class Surface:
    """What the accent lies on, light or dark: the tokens of the same names."""

    paper: str
    ground: str
    well: str

    @property
    def all(self) -> tuple[str, str, str]:
        return self.paper, self.ground, self.well


LIGHT = Surface(paper="#ffffff", ground="#f6f5f1", well="#eae8e1")
DARK = Surface(paper="#121316", ground="#1a1c20", well="#282b31")


@dataclass(frozen=True, slots=True)
class Accent:
    """The button of the next step: its ground, the same pressed, its text; `ring` is its edge and whatever else is seen on the page."""

    fill: str
    press: str
    text: str
    ring: str


def contrast(one: str, other: str) -> float:
    """Between 1 and 21, whichever of the two is lighter."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def accent_on(colour: str, surface: Surface) -> Accent:
    """The colour as it is where that can be read and seen, else moved in lightness alone, and only as far as needed.

    On light paper a pale ground keeps its colour, for its edge shows where it ends; on dark paper it has to shine by itself.
    """
    fill = colour if surface is LIGHT else _moved(colour, surface=surface, until=lambda made: contrast(made, surface.paper) >= VISIBLE)
    fill = _with_readable_text(fill)
    text = _text_on(fill)
    return Accent(
        fill=fill,
        press=_pressed(fill, text),
        text=text,
        ring=_moved(fill, surface=surface, until=lambda made: all(contrast(made, ground) >= VISIBLE for ground in surface.all)),
    )


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value / 255) for value in bytes.fromhex(colour[1:]))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)


def _text_on(fill: str) -> str:
    """White as long as it can be read: that is what people expect of a button."""
    return WHITE if contrast(WHITE, fill) >= READABLE else INK


def _with_readable_text(colour: str) -> str:
    """There is a narrow band in which neither white nor ink can be read; such a colour becomes a trace darker."""
    return _lightness(colour, towards=0.0, until=lambda made: contrast(_text_on(made), made) >= READABLE)


def _pressed(fill: str, text: str) -> str:
    """Away from the text, where there is room: so it is read at least as well."""
    away = "#000000" if text == WHITE else WHITE
    pressed = _mixed(fill, away)
    towards = _mixed(fill, WHITE if text == WHITE else INK)
    return pressed if contrast(pressed, fill) >= 1.1 or contrast(towards, text) < READABLE else towards


def _mixed(colour: str, other: str) -> str:
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(one + (two - one) * PRESSED) for one, two in pairs).hex()


def _moved(colour: str, *, surface: Surface, until: Callable[[str], bool]) -> str:
    return _lightness(colour, towards=0.0 if surface is LIGHT else 1.0, until=until)


def _lightness(colour: str, *, towards: float, until: Callable[[str], bool]) -> str:
    """The same hue, lighter or darker until it is enough."""
    if until(colour):
        return colour
    red, green, blue = (value / 255 for value in bytes.fromhex(colour[1:]))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    for step in range(1, STEPS + 1):
        made = colorsys.hls_to_rgb(hue, lightness + (towards - lightness) * step / STEPS, saturation)
        found = "#" + bytes(round(channel * 255) for channel in made).hex()
        if until(found):
            return found
    return "#000000" if towards == 0.0 else WHITE
