# SPDX-License-Identifier: Apache-2.0
"""exivo's words and ours: what is sent, and what an answer says. Missing is half a key (F09); of another type is no answer (F08)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from einlass.core.door_log import SeenTap
from einlass.core.keys import SeenKey
from einlass.core.windows import Window
from einlass.locks.port import Component, KeyOrder, LockAccount, SiteInfo
from einlass.locks.redaction import printable

# Crockford's alphabet: no I, L, O, U, which are misread over the telephone.
MARKER = re.compile(r"(?<!\S)EL-[0-9A-HJKMNP-TV-Z]{10}(?=\s*\Z)")


class WrongShape(Exception):
    """The answer is JSON, but not what was asked for. Says which field, never its value."""


def marker_in(name: str) -> str:
    """The marker at the end of a key's name, or "" for a key that is not ours."""
    found = MARKER.search(name)
    return found[0] if found else ""


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`; exivo refuses an offset. Fractions only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_of(text: object) -> datetime | None:
    """A time of exivo as UTC, or None where it cannot be read. Without an offset it is UTC, as all its times are."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text.strip().upper())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def payload_of(order: KeyOrder, *, account: LockAccount) -> dict[str, object]:
    """The body that makes a mobile key. The doors are sorted so that equal orders are equal requests."""
    body: dict[str, object] = {
        "name": order.label,
        "validFrom": instant_text(order.window.start),
        "validTo": instant_text(order.window.end),
        "components": sorted(order.doors),
        "formFactor": "ma-phone",
        "publicRegistrationId": order.phone,
        "mobileApp": {"name": account.mobile_app_name, "id": account.mobile_app_id},
        "installNotification": order.notify,
    }
    return body | ({"callbackUri": order.callback} if order.callback else {})


def site_of(answer: object) -> SiteInfo:
    site = _mapping(answer, "site")
    return SiteInfo(id=_id(site), name=_text(site, "name"), time_zone=_text(site, "timeZone"))


def component_of(answer: object) -> Component:
    """All but the id is optional, and a type that is not text is no type (R5)."""
    component = _mapping(answer, "component")
    named = [_lenient(component.get(part)) for part in ("identifier", "labelling")]
    ready = component.get("ready")
    return Component(
        id=_id(component),
        name=" ".join(part for part in named if part),
        kind=_lenient(component.get("templateIdentifier")),
        ready=ready if isinstance(ready, bool) else None,
    )


def key_of(answer: object) -> SeenKey:
    key = _mapping(answer, "key")
    name = _text(key, "name")
    return SeenKey(
        id=_id(key),
        marker=marker_in(name),
        name=name,
        phone=_registration(key),
        doors=_doors(key),
        window=_window(key),
        revoked=_truth(key, "revoked"),
        expired=_truth(key, "expired"),
    )


TAPS = {"accessPermitted": True, "accessDenied": False}


def event_of(answer: object) -> tuple[str, SeenTap | None]:
    """One event of the door log: its id, and the tap that it tells of. Other events (a door that was opened from afar, an alarm) are none,
    nor is one of which door or time cannot be read. exivo says that a door stayed closed, and not why."""
    event = _mapping(answer, "event")
    data = event.get("data")
    component = data.get("component") if isinstance(data, dict) else None
    door = component.get("id") if isinstance(component, dict) else None
    at, name = instant_of(event.get("occurredAt")), _lenient(event.get("name"))
    if name not in TAPS or at is None or not isinstance(door, str) or not usable_id(door):
        return _id(event), None
    medium = data.get("medium") if isinstance(data, dict) else None
    return _id(event), SeenTap(_id(event), door, at, TAPS[name], phone=_phone_of(medium))


def _phone_of(medium: object) -> str:
    """A badge has a registration as well, which is no number."""
    if not isinstance(medium, dict) or medium.get("formFactor") != "ma-phone":
        return ""
    value = medium.get("publicRegistrationId")
    return "".join(value.split()) if isinstance(value, str) else ""


def items_of(answer: object) -> list[object]:
    if not isinstance(answer, list):
        raise WrongShape("a list was asked for")
    return answer


def _mapping(answer: object, what: str) -> dict[str, object]:
    if not isinstance(answer, dict):
        raise WrongShape(f"a {what} was asked for")
    return answer


def _id(answer: dict[str, object]) -> str:
    """Ids go into addresses and rows, so an odd one is no answer at all."""
    value = answer.get("id")
    if not isinstance(value, str) or not usable_id(value):
        raise WrongShape("no usable id")
    return value


def usable_id(value: str) -> bool:
    return 0 < len(value) <= 100 and value.strip(". ") != "" and printable(value) == value


def _text(answer: dict[str, object], field: str) -> str:
    value = answer.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongShape(f"{field} is not text")
    return printable(value)


def _lenient(value: object) -> str:
    return printable(value).strip() if isinstance(value, str) else ""


def _truth(answer: dict[str, object], field: str) -> bool:
    value = answer.get(field)
    if value is not None and not isinstance(value, bool):
        raise WrongShape(f"{field} is neither true nor false")
    return value is True


def _registration(key: dict[str, object]) -> str:
    """The phone. The description's prose nests it as `{formFactor, id}`, its schema has it flat; both are read."""
    value = key.get("publicRegistrationId")
    text = _text(value, "id") if isinstance(value, dict) else _text(key, "publicRegistrationId")
    return "".join(text.split())


def _doors(key: dict[str, object]) -> frozenset[str]:
    doors = key.get("components")
    if doors is None:
        return frozenset()
    if not isinstance(doors, list) or not all(isinstance(door, str) for door in doors):
        raise WrongShape("components is not a list of ids")
    return frozenset(doors)


def _window(key: dict[str, object]) -> Window | None:
    start, end = instant_of(key.get("validFrom")), instant_of(key.get("validTo"))
    return Window(start, end) if start and end and start < end else None
