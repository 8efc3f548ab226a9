# SPDX-License-Identifier: Apache-2.0
"""The order of a list that people arrange: one step by a button, or the whole order after a drag (`static/order.js`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

STEPS = {"up": -1, "down": 1}


def new_order(keys: Sequence[str], posted: Mapping[str, str]) -> list[str]:
    """The keys as they were asked to stand: `move` is `key:up` or `key:down`, `order` is all of them with commas.

    What is unknown is left out, and what was not named keeps its place at the end: the list may have changed meanwhile.
    """
    if "order" in posted:
        wanted = [key for key in dict.fromkeys(posted["order"].split(",")) if key in keys]
        return [*wanted, *(key for key in keys if key not in wanted)]
    key, _, way = posted.get("move", "").rpartition(":")
    moved = list(keys)
    if key in moved and way in STEPS:
        at = moved.index(key)
        moved.insert(max(0, at + STEPS[way]), moved.pop(at))
    return moved
