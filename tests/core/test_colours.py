# SPDX-License-Identifier: Apache-2.0
"""Whatever colour an operator chooses, the button can be read and seen, on light and on dark paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.core.colours import DARK, INK, LIGHT, READABLE, VISIBLE, WHITE, Surface, accent_on, contrast

TOKENS = Path(__file__).parents[2] / "frontend" / "tokens.css"
SURFACES = pytest.mark.parametrize("surface", [LIGHT, DARK], ids=["light", "dark"])
any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
# Neither white nor ink can be read on these: where the luminance lies between 0.183 and 0.216.
IN_BETWEEN = ("#757575", "#7b7b7b", "#e4405f", "#0a84d6")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#ffffff", "#000000", 21.0), ("#16181d", "#ffffff", 17.75), ("#1F45C4", "#ffffff", 7.75), ("#777777", "#777777", 1.0)],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@SURFACES
@given(colour=any_colour)
def test_text_on_the_button_can_always_be_read(surface: Surface, colour: str) -> None:
    made = accent_on(colour, surface)

    assert made.text in {WHITE, INK}
    assert min(contrast(made.text, made.fill), contrast(made.text, made.press)) >= READABLE


@SURFACES
@given(colour=any_colour)
def test_ring_is_seen_on_everything_that_it_lies_on(surface: Surface, colour: str) -> None:
    ring = accent_on(colour, surface).ring

    assert min(contrast(ring, ground) for ground in (surface.paper, surface.ground, surface.well)) >= VISIBLE


@given(colour=any_colour)
def test_button_on_dark_paper_shines_by_itself(colour: str) -> None:
    assert contrast(accent_on(colour, DARK).fill, DARK.paper) >= VISIBLE


@given(colour=any_colour)
def test_button_on_light_paper_keeps_its_colour_where_it_can_be_read(colour: str) -> None:
    readable = max(contrast(colour, WHITE), contrast(colour, INK)) >= READABLE

    assert (accent_on(colour, LIGHT).fill == colour) == readable


@SURFACES
@given(colour=any_colour)
def test_button_under_the_pointer_differs(surface: Surface, colour: str) -> None:
    made = accent_on(colour, surface)

    assert contrast(made.press, made.fill) > 1.05


@SURFACES
@given(colour=any_colour)
def test_colour_that_is_enough_already_is_not_moved(surface: Surface, colour: str) -> None:
    made = accent_on(colour, surface)

    assert accent_on(made.ring, surface).ring == made.ring


@pytest.mark.parametrize("colour", IN_BETWEEN)
def test_colour_between_white_and_ink_is_moved_by_a_trace(colour: str) -> None:
    moved = accent_on(colour, LIGHT).fill

    distances = [abs(a - b) for a, b in zip(bytes.fromhex(colour[1:]), bytes.fromhex(moved[1:]), strict=True)]
    assert max(distances) <= 24


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [("#1f5fbf", WHITE, WHITE), ("#ffd400", INK, INK), ("#000000", WHITE, WHITE), ("#ffffff", INK, INK), ("#c8102e", WHITE, WHITE)],
)
def test_text_is_white_as_long_as_it_can_be_read(colour: str, light: str, dark: str) -> None:
    assert (accent_on(colour, LIGHT).text, accent_on(colour, DARK).text) == (light, dark)


@pytest.mark.parametrize(("surface", "marker"), [(LIGHT, ":root {"), (DARK, ':root[data-theme="dark"] {')], ids=["light", "dark"])
def test_surfaces_are_those_of_the_stylesheet(surface: Surface, marker: str) -> None:
    block = TOKENS.read_text().partition(marker)[2].partition("}")[0]

    tokens = dict(re.findall(r"--([a-z0-9-]+):\s+(#[0-9A-Fa-f]{6})", block))
    assert (tokens["paper"].lower(), tokens["ground"].lower(), tokens["well"].lower()) == (surface.paper, surface.ground, surface.well)


def test_ink_is_that_of_the_stylesheet() -> None:
    assert f"--ink:          {INK.upper()};" in TOKENS.read_text()
