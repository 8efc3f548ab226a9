# SPDX-License-Identifier: Apache-2.0
"""How exivo pages and sorts what it lists, and the faults a listing can have."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from exivo_emulator.answers import Answer, Call, Refused, json_answer
from exivo_emulator.faults import Fault
from exivo_emulator.payload import page

Item = TypeVar("Item")


def listing(call: Call, items: Sequence[Item], fault: Fault | None, show: Callable[[Item], dict[str, object]]) -> Answer:
    """One page of `items`. Without `sort` they come in the order given, which is that of creation: our assumption."""
    skip, limit = page(call.query)
    kind = fault.kind if fault else ""
    if fault is not None and kind == "list_fails_after_page" and skip > 0:
        return json_answer({"message": "internal error"}, status=fault.options["status"])
    ordered = _sorted(call, items, show)
    if fault is not None and kind == "shuffle":
        ordered = fault.random.sample(ordered, len(ordered))
    shown = [] if kind == "empty_list" else [show(item) for item in ordered[skip : skip + limit]]
    if fault is not None and kind == "truncated_page":
        return _truncated(shown, fault)
    return json_answer(shown)


def _truncated(shown: list[dict[str, object]], fault: Fault) -> Answer:
    """A page that is shorter than asked for although more follows, or, if `broken`, one whose JSON stops in the middle."""
    answer = json_answer(shown[: fault.options["items"]])
    if not fault.options["broken"]:
        return answer
    whole = json.dumps(shown, ensure_ascii=False).encode()
    return replace(answer, body=whole[: len(whole) // 2])


def _sorted(call: Call, items: Sequence[Item], show: Callable[[Item], dict[str, object]]) -> Sequence[Item]:
    direction = call.query.get("sortDir", "asc")
    if direction not in ("asc", "desc"):
        raise Refused(400, "sortDir must be asc or desc")
    field = call.query.get("sort")
    if field is None:
        return items if direction == "asc" else items[::-1]
    known = {name for item in items for name in show(item)}
    if items and field not in known:
        raise Refused(400, f"cannot sort by {field}")

    def rank(item: Item) -> tuple[bool, Any]:
        value = show(item).get(field)
        return value is None, json.dumps(value) if not isinstance(value, str) else value

    return sorted(items, key=rank, reverse=direction == "desc")
