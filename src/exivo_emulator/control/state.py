# SPDX-License-Identifier: Apache-2.0
"""Clocks, the fault plan, the log, and the way back to the beginning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from exivo_emulator.clock import as_text
from exivo_emulator.control.wording import Wrong, body_of, fields_of, instant_of, json_response, told
from exivo_emulator.faults import FaultError, read_plan
from exivo_emulator.world import Tap, World


@told
def read_clock(world: World, request: Request) -> Response:
    return json_response(world.clocks.as_json())


@told
def set_clock(world: World, request: Request) -> Response:
    """Move the doors' clock; with `"api": true` exivo's too, with `"doors": false` not the doors'. null or {} puts both right."""
    content = body_of(request)
    if not content:
        world.move_doors(timedelta(0))
        world.clocks.reset()
        return json_response(world.clocks.as_json())
    fields = fields_of(request, "now", "offset_seconds", "api", "doors")
    offset = _offset(world, fields)
    if fields.get("doors", True):
        world.move_doors(offset)
    if fields.get("api", False):
        world.clocks.api_offset = offset
    return json_response(world.clocks.as_json())


def _offset(world: World, fields: dict[str, Any]) -> timedelta:
    now, seconds = fields.get("now"), fields.get("offset_seconds")
    if now is not None and seconds is not None:
        raise Wrong(400, "Either now or offset_seconds.")
    if now is not None:
        return instant_of(now) - world.clocks.base()
    if seconds is None:
        return timedelta(0)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or abs(seconds) > 1e9:
        raise Wrong(400, "offset_seconds must be a number of seconds.")
    return timedelta(seconds=seconds)


@told
def read_faults(world: World, request: Request) -> Response:
    return json_response([fault.as_json() for fault in world.plan.faults])


@told
def set_faults(world: World, request: Request) -> Response:
    """Replace the plan; counters start anew. A wrong plan changes nothing."""
    try:
        world.plan = read_plan(body_of(request))
    except FaultError as error:
        raise Wrong(400, f"{error}.") from error
    return read_faults(world, request)


@told
def reset(world: World, request: Request) -> Response:
    world.reset()
    return Response(status=204)


@told
def callbacks(world: World, request: Request) -> Response:
    """The addresses of keys that were called, newest first, whatever they answered."""
    return json_response([callback.as_json() for callback in reversed(world.called)])


@told
def log(world: World, request: Request) -> Response:
    """Taps and calls of the API, newest first; `?limit=` (100 when not given). Times are those of the doors' clock."""
    limit = request.args.get("limit", "100")
    if not limit.isdecimal():
        raise Wrong(400, "limit must be a whole number.")
    newest = list(world.entries)[::-1][: int(limit)]
    return json_response([_entry_json(entry) for entry in newest])


def _entry_json(entry: Any) -> dict[str, object]:
    if isinstance(entry, Tap):
        return {
            "kind": "tap",
            "at": as_text(entry.at),
            "phone": entry.phone,
            "site": entry.site_id,
            "component": entry.component.id,
            "light": entry.light,
            "reason": entry.reason,
        }
    return {
        "kind": "call",
        "at": as_text(entry.at),
        "who": entry.who,
        "method": entry.method,
        "path": entry.path,
        "call": entry.call,
        "site": entry.site_id,
        "status": entry.status,
        "milliseconds": entry.milliseconds,
        "fault": entry.fault,
        "about": entry.about,
        "sent": entry.sent,
    }
