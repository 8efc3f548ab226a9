# SPDX-License-Identifier: Apache-2.0
"""The calls beside exivo's API, for tests and for the panel: taps, keys made behind a client's back, clocks, faults, log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from werkzeug.wrappers import Request, Response

from exivo_emulator.building import MISSING, Component, Site
from exivo_emulator.clock import as_text
from exivo_emulator.faults import FaultError, read_plan
from exivo_emulator.visits import Visit
from exivo_emulator.world import Tap, World

Handler = Callable[..., Response]


class Wrong(Exception):
    """A control call that cannot be carried out, with a sentence for who sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def _json(content: object, *, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def _told(handler: Handler) -> Handler:
    @wraps(handler)
    def wrapped(world: World, request: Request, **values: str) -> Response:
        try:
            return handler(world, request, **values)
        except Wrong as wrong:
            return _json({"message": wrong.sentence}, status=wrong.status)

    return wrapped


def _body(request: Request) -> Any:
    try:
        return json.loads(request.get_data() or b"null")
    except ValueError as error:
        raise Wrong(400, "The body is not valid JSON.") from error


def _fields(request: Request, *known: str) -> dict[str, Any]:
    content = _body(request)
    if not isinstance(content, dict):
        raise Wrong(400, "The body must be a JSON object.")
    return _only(content, *known)


def _only(content: dict[str, Any], *known: str) -> dict[str, Any]:
    unknown = sorted(set(content) - set(known))
    if unknown:
        raise Wrong(400, f"Unknown: {', '.join(unknown)}. Known are {', '.join(known)}.")
    return content


# taps


def phone_number(text: object) -> str:
    """A number as keys carry it: E.164 without blanks. Raises Wrong."""
    number = re.sub(r"[\s().-]", "", text) if isinstance(text, str) else ""
    if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise Wrong(400, "The phone must be a number such as +41781234567.")
    return number


def hold(world: World, *, phone: object, component_id: object) -> Tap:
    """Hold a phone at a door. Raises Wrong for an unknown component (404) and for one that is no door (400)."""
    number = phone_number(phone)
    found = world.find_component(component_id) if isinstance(component_id, str) else None
    if found is None:
        raise Wrong(404, f"There is no component {component_id}.")
    site, component = found
    if component.is_gateway:
        raise Wrong(400, f"{component.title} is a gateway and no door; nothing can be held at it.")
    return world.tap(number, site=site, component=component)


@_told
def tap(world: World, request: Request) -> Response:
    fields = _fields(request, "phone", "component")
    held = hold(world, phone=fields.get("phone"), component_id=fields.get("component"))
    return _json({"light": held.light, "reason": held.reason})


# keys


def _key_json(world: World, visit: Visit) -> dict[str, object]:
    expired = world.expired(visit)
    return {**visit.as_json(expired=expired), "site": visit.site_id, "live": not visit.revoked and not expired}


@_told
def keys(world: World, request: Request) -> Response:
    """Every key in the order of creation, revoked and expired ones included."""
    everything = sorted((visit for visits in world.visits.values() for visit in visits.values()), key=lambda visit: visit.number)
    return _json([_key_json(world, visit) for visit in everything])


@_told
def add_keys(world: World, request: Request) -> Response:
    """Make a key, or a list of them, behind the client's back. Nothing is checked but the site: so do people and other programs."""
    content = _body(request)
    many = content if isinstance(content, list) else [content]
    facts = [_new_key(world, each) for each in many]
    made = [_key_json(world, world.add_visit(**each)) for each in facts]
    return _json(made if isinstance(content, list) else made[0], status=201)


_KEY_FIELDS = ("validFrom", "validTo", "components", "phone", "name", "revoked")


def _new_key(world: World, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise Wrong(400, "A key is a JSON object.")
    facts = _key_facts(_only(content, "site", *_KEY_FIELDS))
    missing = [name for name in ("validFrom", "validTo", "components", "phone") if name not in content]
    if missing:
        raise Wrong(400, f"Missing: {', '.join(missing)}.")
    site = content.get("site") or _site_of(world, facts["components"])
    if site not in world.sites:
        raise Wrong(404, f"There is no site {site}.")
    app = world.building.mobile_apps[0]
    return {"site_id": site, "mobile_app": (("id", app.id), ("name", app.name)), **facts}


def _site_of(world: World, components: tuple[str, ...]) -> str:
    found = world.find_component(components[0]) if components else None
    return found[0].id if found else next(iter(world.sites))


def _key_facts(content: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in content.items():
        match name:
            case "validFrom" | "validTo":
                facts["valid_from" if name == "validFrom" else "valid_to"] = None if value is None else _instant(value)
            case "components":
                if not isinstance(value, list):
                    raise Wrong(400, "components must be a list of ids.")
                facts["components"] = tuple(map(str, value))
            case "phone":
                facts["registration"] = None if value is None else phone_number(value)
            case "name" | "revoked":
                facts[name] = value
    return facts


def _instant(text: object) -> datetime:
    try:
        instant = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Wrong(400, f"{text!r} is no ISO time with a zone, such as 2027-01-12T13:00:00Z.")
    return instant.astimezone(UTC)


def _known_key(world: World, key_id: str) -> Visit:
    visit = world.find_visit(key_id)
    if visit is None:
        raise Wrong(404, f"There is no key {key_id}.")
    return visit


@_told
def change_key(world: World, request: Request, key: str) -> Response:
    """Doors, window, phone or revocation of a key, as somebody in the vendor's own app would."""
    facts = _key_facts(_fields(request, *_KEY_FIELDS))
    return _json(_key_json(world, world.change_visit(_known_key(world, key), **facts)))


@_told
def delete_key(world: World, request: Request, key: str) -> Response:
    world.delete_visit(_known_key(world, key))
    return Response(status=204)


# clocks, faults, log


@_told
def read_clock(world: World, request: Request) -> Response:
    return _json(world.clocks.as_json())


@_told
def set_clock(world: World, request: Request) -> Response:
    """Move the doors' clock; with `"api": true` exivo's too, with `"doors": false` not the doors'. null or {} puts both right."""
    content = _body(request)
    if not content:
        world.move_doors(timedelta(0))
        world.clocks.reset()
        return _json(world.clocks.as_json())
    fields = _fields(request, "now", "offset_seconds", "api", "doors")
    offset = _offset(world, fields)
    if fields.get("doors", True):
        world.move_doors(offset)
    if fields.get("api", False):
        world.clocks.api_offset = offset
    return _json(world.clocks.as_json())


def _offset(world: World, fields: dict[str, Any]) -> timedelta:
    now, seconds = fields.get("now"), fields.get("offset_seconds")
    if now is not None and seconds is not None:
        raise Wrong(400, "Either now or offset_seconds.")
    if now is not None:
        return _instant(now) - world.clocks.base()
    if seconds is None:
        return timedelta(0)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or abs(seconds) > 1e9:
        raise Wrong(400, "offset_seconds must be a number of seconds.")
    return timedelta(seconds=seconds)


@_told
def read_faults(world: World, request: Request) -> Response:
    return _json([fault.as_json() for fault in world.plan.faults])


@_told
def set_faults(world: World, request: Request) -> Response:
    """Replace the plan; counters start anew. A wrong plan changes nothing."""
    try:
        world.plan = read_plan(_body(request))
    except FaultError as error:
        raise Wrong(400, f"{error}.") from error
    return read_faults(world, request)


@_told
def reset(world: World, request: Request) -> Response:
    world.reset()
    return Response(status=204)


@_told
def log(world: World, request: Request) -> Response:
    """Taps and calls of the API, newest first; `?limit=` (100 when not given). Times are those of the doors' clock."""
    limit = request.args.get("limit", "100")
    if not limit.isdecimal():
        raise Wrong(400, "limit must be a whole number.")
    newest = list(world.entries)[::-1][: int(limit)]
    return _json([_entry_json(entry) for entry in newest])


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
    }


# the building


@_told
def building(world: World, request: Request) -> Response:
    """Sites and components as they are now; the API key, never the secret."""
    sites = [
        {**site.info_json(), "connection": site.connection, "components": [each.as_json() for each in site.components]}
        for site in world.sites.values()
    ]
    apps = [{"name": app.name, "id": app.id} for app in world.building.mobile_apps]
    phones = list(world.building.phones)
    return _json({"name": world.building.name, "api_key": world.account.api_key, "mobile_apps": apps, "phones": phones, "sites": sites})


_COMPONENT_FIELDS = {
    "identifier": "identifier",
    "labelling": "labelling",
    "remarks": "remarks",
    "templateIdentifier": "template",
    "ready": "ready",
    "open": "open",
    "mode": "mode",
}


@_told
def set_component(world: World, request: Request) -> Response:
    """Change, add or remove (`"removed": true`) a component; `"missing": ["templateIdentifier"]` leaves the type out of answers."""
    fields = _fields(request, "site", "id", "removed", "missing", *_COMPONENT_FIELDS)
    site, component_id = _known_site(world, fields.get("site")), fields.get("id")
    if not isinstance(component_id, str):
        raise Wrong(400, "id must be the id of a component.")
    others = tuple(each for each in site.components if each.id != component_id)
    if fields.get("removed"):
        world.sites[site.id] = replace(site, components=others)
        return Response(status=204)
    before = site.component(component_id)
    changes = {_COMPONENT_FIELDS[name]: value for name, value in fields.items() if name in _COMPONENT_FIELDS}
    if "templateIdentifier" in fields.get("missing", ()):
        changes["template"] = MISSING
    after = replace(before or Component(id=component_id, identifier=None), **changes)
    components = tuple(after if each.id == component_id else each for each in site.components) if before else (*others, after)
    world.sites[site.id] = replace(site, components=components)
    return _json(after.as_json())


def _known_site(world: World, site_id: object) -> Site:
    site = world.sites.get(site_id) if isinstance(site_id, str) else None
    if site is None:
        raise Wrong(404, f"There is no site {site_id}.")
    return site


@_told
def set_account(world: World, request: Request) -> Response:
    """Rotate key or secret."""
    fields = _fields(request, "api_key", "api_secret")
    if not all(isinstance(value, str) and value for value in fields.values()):
        raise Wrong(400, "api_key and api_secret must be texts.")
    world.account = replace(world.account, **fields)
    return _json({"api_key": world.account.api_key})


@_told
def set_site(world: World, request: Request) -> Response:
    """Switch the Connection service of a site, or rename it."""
    fields = _fields(request, "id", "connection", "name")
    site = _known_site(world, fields.pop("id", None))
    if not isinstance(fields.get("connection", True), bool) or not isinstance(fields.get("name", ""), str):
        raise Wrong(400, "connection must be true or false, name a text.")
    world.sites[site.id] = replace(site, **fields)
    return _json({**world.sites[site.id].info_json(), "connection": world.sites[site.id].connection})


ROUTES: dict[str, tuple[str, str, Handler]] = {
    "tap": ("POST", "/control/tap", tap),
    "keys": ("GET", "/control/keys", keys),
    "add_keys": ("POST", "/control/keys", add_keys),
    "change_key": ("PATCH", "/control/keys/<key>", change_key),
    "delete_key": ("DELETE", "/control/keys/<key>", delete_key),
    "read_clock": ("GET", "/control/clock", read_clock),
    "set_clock": ("POST", "/control/clock", set_clock),
    "read_faults": ("GET", "/control/faults", read_faults),
    "set_faults": ("POST", "/control/faults", set_faults),
    "reset": ("POST", "/control/reset", reset),
    "log": ("GET", "/control/log", log),
    "building": ("GET", "/control/building", building),
    "set_component": ("POST", "/control/components", set_component),
    "set_account": ("POST", "/control/account", set_account),
    "set_site": ("POST", "/control/sites", set_site),
}
