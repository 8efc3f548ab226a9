# SPDX-License-Identifier: Apache-2.0
"""Every key as it is, and keys made, changed and deleted behind the client's back."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from exivo_emulator.control.taps import phone_number
from exivo_emulator.control.wording import Wrong, body_of, fields_of, instant_of, json_response, only, told
from exivo_emulator.visits import Visit
from exivo_emulator.world import World


def _key_json(world: World, visit: Visit) -> dict[str, object]:
    expired = world.expired(visit)
    return {**visit.as_json(expired=expired), "site": visit.site_id, "live": not visit.revoked and not expired}


@told
def keys(world: World, request: Request) -> Response:
    """Every key in the order of creation, revoked and expired ones included."""
    everything = sorted((visit for visits in world.visits.values() for visit in visits.values()), key=lambda visit: visit.number)
    return json_response([_key_json(world, visit) for visit in everything])


@told
def add_keys(world: World, request: Request) -> Response:
    """Make a key, or a list of them, behind the client's back. Nothing is checked but the site: so do people and other programs."""
    content = body_of(request)
    many = content if isinstance(content, list) else [content]
    facts = [_new_key(world, each) for each in many]
    made = [_key_json(world, world.add_visit(**each)) for each in facts]
    return json_response(made if isinstance(content, list) else made[0], status=201)


_KEY_FIELDS = ("validFrom", "validTo", "components", "phone", "name", "revoked")


def _new_key(world: World, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise Wrong(400, "A key is a JSON object.")
    facts = _key_facts(only(content, "site", *_KEY_FIELDS))
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
                facts["valid_from" if name == "validFrom" else "valid_to"] = None if value is None else instant_of(value)
            case "components":
                if not isinstance(value, list):
                    raise Wrong(400, "components must be a list of ids.")
                facts["components"] = tuple(map(str, value))
            case "phone":
                facts["registration"] = None if value is None else phone_number(value)
            case "name" | "revoked":
                facts[name] = value
    return facts


def _known_key(world: World, key_id: str) -> Visit:
    visit = world.find_visit(key_id)
    if visit is None:
        raise Wrong(404, f"There is no key {key_id}.")
    return visit


@told
def change_key(world: World, request: Request, key: str) -> Response:
    """Doors, window, phone or revocation of a key, as somebody in the vendor's own app would."""
    facts = _key_facts(fields_of(request, *_KEY_FIELDS))
    return json_response(_key_json(world, world.change_visit(_known_key(world, key), **facts)))


@told
def delete_key(world: World, request: Request, key: str) -> Response:
    world.delete_visit(_known_key(world, key))
    return Response(status=204)
