# SPDX-License-Identifier: Apache-2.0
"""The building as it is now, and changes to components, credentials and sites."""

from __future__ import annotations

from dataclasses import replace

from werkzeug.wrappers import Request, Response

from exivo_emulator.control.wording import Wrong, fields_of, json_response, told
from exivo_emulator.inventory import MISSING, Component, Site
from exivo_emulator.world import World


@told
def building(world: World, request: Request) -> Response:
    """Sites and components as they are now; the API key, never the secret."""
    sites = [
        {**site.info_json(), "connection": site.connection, "components": [each.as_json() for each in site.components]}
        for site in world.sites.values()
    ]
    apps = [{"name": app.name, "id": app.id} for app in world.building.mobile_apps]
    phones = list(world.building.phones)
    return json_response(
        {"name": world.building.name, "api_key": world.account.api_key, "mobile_apps": apps, "phones": phones, "sites": sites}
    )


_COMPONENT_FIELDS = {
    "identifier": "identifier",
    "labelling": "labelling",
    "remarks": "remarks",
    "templateIdentifier": "template",
    "ready": "ready",
    "open": "open",
    "mode": "mode",
}


@told
def set_component(world: World, request: Request) -> Response:
    """Change, add or remove (`"removed": true`) a component; `"missing": ["templateIdentifier"]` leaves the type out of answers."""
    fields = fields_of(request, "site", "id", "removed", "missing", *_COMPONENT_FIELDS)
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
    return json_response(after.as_json())


def _known_site(world: World, site_id: object) -> Site:
    site = world.sites.get(site_id) if isinstance(site_id, str) else None
    if site is None:
        raise Wrong(404, f"There is no site {site_id}.")
    return site


@told
def set_account(world: World, request: Request) -> Response:
    """Rotate key or secret."""
    fields = fields_of(request, "api_key", "api_secret")
    if not all(isinstance(value, str) and value for value in fields.values()):
        raise Wrong(400, "api_key and api_secret must be texts.")
    world.account = replace(world.account, **fields)
    return json_response({"api_key": world.account.api_key})


@told
def set_site(world: World, request: Request) -> Response:
    """Switch the Connection service of a site, or rename it."""
    fields = fields_of(request, "id", "connection", "name")
    site = _known_site(world, fields.pop("id", None))
    if not isinstance(fields.get("connection", True), bool) or not isinstance(fields.get("name", ""), str):
        raise Wrong(400, "connection must be true or false, name a text.")
    world.sites[site.id] = replace(site, **fields)
    return json_response({**world.sites[site.id].info_json(), "connection": world.sites[site.id].connection})
