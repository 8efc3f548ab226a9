# SPDX-License-Identifier: Apache-2.0
"""How the button of the guests' pages looks in a colour, on light and dark paper, and what was done to it. The rule: `core/colours.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from einlass.core.colours import DARK, LIGHT, Accent, Surface, accent_on


@dataclass(frozen=True, slots=True)
class Sample:
    """One button on its paper, and a sentence about it."""

    paper: str
    accent: Accent
    sentence: str


def samples_of(colour: str) -> list[Sample]:
    """None where the colour is the product's own: that one is known to be right."""
    if not colour:
        return []
    light, dark = accent_on(colour, LIGHT), accent_on(colour, DARK)
    return [
        _sample(
            LIGHT,
            light,
            gettext("On light paper") if light.fill == colour else gettext("On light paper, a trace darker so that it can be read"),
        ),
        _sample(DARK, dark, gettext("On dark paper") if dark.fill == colour else gettext("On dark paper, in a lightness that can be seen")),
    ]


def _sample(surface: Surface, accent: Accent, sentence: str) -> Sample:
    return Sample(surface.paper, accent, sentence)
