# SPDX-License-Identifier: Apache-2.0
"""Holding a phone at a door."""

from __future__ import annotations

import re

from werkzeug.wrappers import Request, Response

from exivo_emulator.control.wording import Wrong, fields_of, json_response, told
from exivo_emulator.world import Tap, World


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


@told
def tap(world: World, request: Request) -> Response:
    fields = fields_of(request, "phone", "component")
    held = hold(world, phone=fields.get("phone"), component_id=fields.get("component"))
    return json_response({"light": held.light, "reason": held.reason})
