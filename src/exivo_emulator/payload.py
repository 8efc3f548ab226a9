# SPDX-License-Identifier: Apache-2.0
"""How strictly exivo reads what it is sent: the body of a new visit, JSON in general, paging. Every no is a `Refused`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from exivo_emulator.answers import Refused
from exivo_emulator.inventory import Building, Site

DEFAULT_LIMIT = 10
MAXIMUM_LIMIT = 1000
"""Our assumptions. The description says that both `skip` and `limit` default to 0 and not what 0 means: a listing without
a limit is cut to DEFAULT_LIMIT here, so that a client which forgets it is found out; more than MAXIMUM_LIMIT is refused."""

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_REGISTRATIONS = {"ma-phone": _PHONE, "ma-email": _EMAIL, "ma-custom": _UUID4}

_REQUIRED = {
    "validFrom": str,
    "validTo": str,
    "components": list,
    "publicRegistrationId": str,
    "formFactor": str,
    "mobileApp": dict,
    "installNotification": bool,
}
_OPTIONAL = {"name": str, "message": str, "callbackUri": str}


def json_object(body: bytes, *, content_type: str, may_be_empty: bool = False) -> dict[str, Any]:
    """415 for another content type, 400 for broken JSON or anything but an object."""
    if not body and may_be_empty:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "the body must be application/json")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise Refused(400, "the body is not valid JSON") from error
    if not isinstance(content, dict):
        raise Refused(400, "the body must be a JSON object")
    return content


def page(query: Mapping[str, str]) -> tuple[int, int]:
    """`skip` and `limit` of a listing, see DEFAULT_LIMIT."""
    skip, limit = _count(query, "skip"), _count(query, "limit")
    if limit > MAXIMUM_LIMIT:
        raise Refused(400, f"limit must not exceed {MAXIMUM_LIMIT}")
    return skip, limit or DEFAULT_LIMIT


def _count(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(400, f"{name} must be a whole number, not negative")
    return int(text)


def instant(text: object, field: str) -> datetime:
    """RFC 3339 in UTC, ending in `Z`: an offset, even +00:00, is refused."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise Refused(400, f"{field} must be an RFC 3339 timestamp in UTC ending in Z")
    try:
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(400, f"{field} is no valid date and time") from error


def visit_facts(content: dict[str, Any], *, site: Site, building: Building, now: datetime) -> dict[str, Any]:
    """The facts of a new visit, ready for the world. `now` is exivo's clock."""
    _check_fields(content)
    valid_from, valid_to = instant(content["validFrom"], "validFrom"), instant(content["validTo"], "validTo")
    if valid_to <= valid_from:
        raise Refused(400, "validTo must be after validFrom")
    if valid_to <= now:
        raise Refused(400, "validTo must be in the future")
    return {
        "valid_from": valid_from,
        "valid_to": valid_to,
        "components": _components(content["components"], site),
        "registration": _registration(content["formFactor"], content["publicRegistrationId"]),
        "form_factor": content["formFactor"],
        "mobile_app": _mobile_app(content["mobileApp"], building),
        "install_notification": content["installNotification"],
        "name": content.get("name"),
        "message": content.get("message"),
        "callback_uri": content.get("callbackUri"),
    }


def _check_fields(content: dict[str, Any]) -> None:
    missing = [name for name in _REQUIRED if name not in content]
    if missing:
        raise Refused(400, f"required but missing: {', '.join(missing)}")
    kinds: dict[str, type] = {**_REQUIRED, **_OPTIONAL}
    unknown = sorted(set(content) - set(kinds))
    if unknown:
        raise Refused(400, f"additional properties are not allowed: {', '.join(unknown)}")
    for name, value in content.items():
        if not isinstance(value, kinds[name]):
            raise Refused(400, f"{name} is of the wrong type")


def _components(wanted: list[Any], site: Site) -> tuple[str, ...]:
    if not wanted or not all(isinstance(each, str) for each in wanted):
        raise Refused(400, "components must be a list of at least one component id")
    if len(set(wanted)) != len(wanted):
        raise Refused(400, "components names a component twice")
    for each in wanted:
        component = site.component(each)
        if component is None:
            raise Refused(400, f"component {each} does not exist")
        if component.is_gateway:
            raise Refused(400, f"component {each} is a gateway")
    return tuple(wanted)


def _registration(form_factor: str, registration: str) -> str:
    pattern = _REGISTRATIONS.get(form_factor)
    if pattern is None:
        raise Refused(400, "formFactor must be ma-phone, ma-email or ma-custom")
    if not pattern.fullmatch(registration):
        raise Refused(400, f"publicRegistrationId has not the format of {form_factor}")
    return registration


def _mobile_app(content: dict[str, Any], building: Building) -> tuple[tuple[str, str], ...]:
    if set(content) - {"name", "id"} or not all(isinstance(value, str) for value in content.values()):
        raise Refused(400, "mobileApp must be an object with name and id")
    app_id = content.get("id", "")
    if not (app_id.isascii() and app_id.isdigit()):
        raise Refused(400, "mobileApp.id must consist of digits")
    if app_id not in {app.id for app in building.mobile_apps}:
        raise Refused(400, f"mobile app {app_id} is not registered")
    return tuple(sorted(content.items()))
