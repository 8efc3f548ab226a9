# SPDX-License-Identifier: Apache-2.0
"""A digital key visit, as exivo calls the key on a phone, and the judgement of a lock about it. No state lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from exivo_emulator.clock import as_text

Reason = Literal["open", "no_key", "wrong_door", "too_early", "too_late", "revoked"]


@dataclass(frozen=True, slots=True)
class Visit:
    """`number` counts creations: of two keys the one with the higher number is the newer. None stands for what a broken
    creation lost: without a window a key opens at any time, without a registration it is on no phone."""

    id: str
    number: int
    site_id: str
    valid_from: datetime | None
    valid_to: datetime | None
    components: tuple[str, ...]
    registration: str | None
    form_factor: str = "ma-phone"
    mobile_app: tuple[tuple[str, str], ...] = ()
    install_notification: bool = False
    name: str | None = None
    message: str | None = None
    callback_uri: str | None = None
    revoked: bool = False

    def expired(self, now: datetime) -> bool:
        return self.valid_to is not None and now >= self.valid_to

    def as_json(self, *, expired: bool) -> dict[str, object]:
        """The object as the API answers it; what was not given is left out."""
        found: dict[str, object | None] = {
            "id": self.id,
            "expired": expired,
            "revoked": self.revoked,
            "name": self.name,
            "validFrom": self.valid_from and as_text(self.valid_from),
            "validTo": self.valid_to and as_text(self.valid_to),
            "components": list(self.components),
            "formFactor": self.form_factor,
            "publicRegistrationId": self.registration,
            "mobileApp": dict(self.mobile_app),
            "installNotification": self.install_notification,
            "message": self.message,
            "callbackUri": self.callback_uri,
        }
        return {name: value for name, value in found.items() if value is not None}


def judge(visit: Visit, *, component: str, now: datetime, ignores_end: bool = False) -> Reason:
    """What a lock makes of one key. A key taken back says so first, then the door, then the time; the end is exclusive."""
    if visit.revoked:
        return "revoked"
    if component not in visit.components:
        return "wrong_door"
    if visit.valid_from is not None and now < visit.valid_from:
        return "too_early"
    if visit.expired(now) and not ignores_end:
        return "too_late"
    return "open"


def judge_all(visits: Sequence[Visit], *, component: str, now: datetime, ignores_end: frozenset[str] = frozenset()) -> Reason:
    """Of several keys on a phone one that opens wins, else the newest tells the reason. `ignores_end` holds sites (a fault)."""
    if not visits:
        return "no_key"
    newest_first = sorted(visits, key=lambda visit: visit.number, reverse=True)
    reasons = [judge(each, component=component, now=now, ignores_end=each.site_id in ignores_end) for each in newest_first]
    return "open" if "open" in reasons else reasons[0]
