# SPDX-License-Identifier: Apache-2.0
"""exivo's API as far as it is public: one function per call. Bent only by the faults that concern what a call does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from hmac import compare_digest
from typing import Any
from zoneinfo import ZoneInfo

from exivo_emulator.answers import Answer, Call, Refused, json_answer
from exivo_emulator.callbacks import Callback, forged
from exivo_emulator.faults import Fault
from exivo_emulator.inventory import Component, Site
from exivo_emulator.listings import listing
from exivo_emulator.payload import json_object, visit_facts
from exivo_emulator.visits import Visit
from exivo_emulator.world import DoorEvent, World

NOTHING = Answer(204)


def answer(world: World, call: Call, fault: Fault | None = None) -> Answer:
    """Carry a call out and answer it as the service would; refusals are answers too."""
    try:
        return _CALLS[call.endpoint](world, _admitted(world, call), call, fault)
    except Refused as refused:
        return refused.answer()


def _admitted(world: World, call: Call) -> Site:
    """The site of the call, once key, secret, site and its Connection service are in order."""
    account = world.account
    right = compare_digest(call.api_key.encode(), account.api_key.encode()) & compare_digest(
        call.api_secret.encode(), account.api_secret.encode()
    )
    if not right:
        raise Refused(401, "API key or API secret is not valid")
    site = world.sites.get(call.site_id)
    if site is None:
        raise Refused(404, f"site {call.site_id} not found")
    if not site.connection:
        raise Refused(403, "the Connection service is not active for this site")
    return site


def _info(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    told = site.info_json()
    if fault is not None and fault.kind == "other_site":
        told |= fault.options
    return json_answer(told)


def _components(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    return listing(call, site.components, fault, Component.as_json)


def _component(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    return json_answer(_known_component(site, call).as_json())


def _known_component(site: Site, call: Call) -> Component:
    component = site.component(call.item)
    if component is None:
        raise Refused(404, None)
    return component


def _unlock(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    """Asks a door to open: 204 says only that it was asked. Hardware that is not ready shows up in the access log."""
    content = json_object(call.body, content_type=call.content_type, may_be_empty=True)
    if set(content) - {"delegatedUser"} or not all(isinstance(value, str) for value in content.values()):
        raise Refused(400, "the body may have delegatedUser, a text, and nothing else")
    component = _known_component(site, call)
    if component.is_gateway:
        raise Refused(400, f"component {component.id} is a gateway")
    details: dict[str, object] = {"apiIdentifier": call.api_key}
    if content:
        details["user"] = {"name": content["delegatedUser"]}
    world.note_event("componentUnlocked" if component.ready else "componentNotReady", site.id, component, **details)
    return NOTHING


def _visits(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    return listing(call, list(_visits_seen(world, site, fault).values()), fault, lambda visit: _visit_json(world, visit))


def _visits_seen(world: World, site: Site, fault: Fault | None) -> dict[str, Visit]:
    if fault is not None and fault.kind == "stale_read":
        return world.visits_as_of(site.id, seconds_ago=fault.options["seconds"])
    return world.visits[site.id]


def _visit(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    visit = _visits_seen(world, site, fault).get(call.item)
    if visit is None:
        raise _unknown(fault)
    return json_answer(_visit_json(world, visit))


def _unknown(fault: Fault | None) -> Refused:
    return Refused(400 if fault is not None and fault.kind == "unknown_is_400" else 404, None)


def _visit_json(world: World, visit: Visit) -> dict[str, object]:
    return visit.as_json(expired=world.expired(visit))


def _create(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    """Not idempotent: the same body twice makes two visits, as the live service does."""
    content = json_object(call.body, content_type=call.content_type)
    facts = visit_facts(content, site=site, building=world.building, now=world.clocks.api())
    if fault is not None and fault.kind == "refuses_past_start" and facts["valid_from"] < world.clocks.api():
        raise Refused(400, "validFrom must not lie in the past")
    if fault is not None and fault.kind == "half_key":
        facts |= _lost(facts, fault.options["missing"])
    if fault is not None and fault.kind == "duplicate":
        world.add_visit(site.id, **facts)
    visit = world.add_visit(site.id, **facts)
    if visit.callback_uri:
        _call_back(world, Callback(visit.callback_uri, visit.id), fault if fault is not None and fault.kind == "callback" else None)
    return json_answer(_visit_json(world, visit))


def _call_back(world: World, callback: Callback, fault: Fault | None) -> None:
    match fault.options["how"] if fault is not None else "":
        case "late":
            assert fault is not None
            world.later(fault.options["seconds"], lambda: world.call_back(callback))
        case "replayed":
            for _ in range(3):
                world.call_back(callback)
        case "forged":
            world.call_back(forged(callback))
        case "":
            world.call_back(callback)


def _lost(facts: dict[str, Any], missing: str) -> dict[str, Any]:
    match missing:
        case "window":
            return {"valid_from": None, "valid_to": None}
        case "phone":
            return {"registration": None}
        case _:
            return {"components": facts["components"][: len(facts["components"]) // 2]}


def _revoke(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    """Revoking twice is refused: not documented, so that clients prove they can live with it."""
    json_object(call.body, content_type=call.content_type, may_be_empty=True)
    visit = world.visits[site.id].get(call.item)
    if visit is None:
        raise _unknown(fault)
    if visit.revoked:
        raise Refused(400, f"digital key visit {visit.id} is already revoked")
    if fault is None or fault.kind != "revoke_ignored":
        world.change_visit(visit, revoked=True)
    return NOTHING


def _access_log(world: World, site: Site, call: Call, fault: Fault | None) -> Answer:
    if call.item:
        _known_component(site, call)
    zone = ZoneInfo(site.time_zone)
    first, last = _day(call, "from") or date.min, _day(call, "to") or date.max
    events = [
        event
        for event in world.events
        if event.site_id == site.id and call.item in ("", event.component.id) and first <= _local_day(event.at, zone) <= last
    ]
    return listing(call, events, fault, DoorEvent.as_json)


def _local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _day(call: Call, name: str) -> date | None:
    text = call.query.get(name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Refused(400, f"{name} must be a date such as 2013-10-22") from error


_CALLS: dict[str, Callable[[World, Site, Call, Fault | None], Answer]] = {
    "info": _info,
    "components": _components,
    "component": _component,
    "unlock": _unlock,
    "visits": _visits,
    "visit": _visit,
    "create": _create,
    "revoke": _revoke,
    "access_log": _access_log,
}
