# SPDX-License-Identifier: Apache-2.0
"""What Einlass asks of a lock system, and the four ways in which one can fail. No vendor is named here.

LockFailure
 ├─ LockUnavailable      nothing was applied; ask again after `retry_after` seconds
 ├─ LockRefused          a documented no; asking again with the same words changes nothing
 ├─ LockNeedsOperator    credentials or site are wrong; a person has to mend them
 └─ LockOutcomeUnknown   it may or may not have been applied; observe before trying again
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from einlass.core.capabilities import Capabilities
from einlass.core.door_log import SeenTap
from einlass.core.keys import Listing, SeenKey
from einlass.core.windows import Window


class LockFailure(Exception):
    """Base of the four. `detail` is safe to keep: no secret, no whole phone number; `status` is the HTTP status or None."""

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


class LockUnavailable(LockFailure):
    """Not answering, or answering with something that is no answer. Nothing was applied."""

    def __init__(self, detail: str, *, status: int | None = None, retry_after: float | None = None, throttled: bool = False) -> None:
        super().__init__(detail, status=status)
        self.retry_after = retry_after
        self.throttled = throttled


class LockRefused(LockFailure):
    """A documented refusal (400, 404, 409, 422 of a well-formed call), or our own before anything was sent (R5).

    `forbidden` and `missing` name the doors of the order that the vendor lists as inadmissible or does not list, `full`
    those that hold as many keys as they can (F41): there the same order may succeed once one of them is over.
    `phone` says that it is the guest's number that the vendor does not take (F25): another try changes nothing.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        forbidden: frozenset[str] = frozenset(),
        missing: frozenset[str] = frozenset(),
        full: frozenset[str] = frozenset(),
        phone: bool = False,
    ) -> None:
        super().__init__(detail, status=status)
        self.forbidden = forbidden
        self.missing = missing
        self.full = full
        self.phone = phone


class LockNeedsOperator(LockFailure):
    """`what` says which of the two has to be mended; for a site `reason` tells unknown from not active (R2)."""

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        what: Literal["credentials", "site"],
        reason: Literal["rejected", "unknown_site", "not_active"] = "rejected",
    ) -> None:
        super().__init__(detail, status=status)
        self.what = what
        self.reason = reason


class LockOutcomeUnknown(LockFailure):
    """A time-out, a reset or a 5xx after sending something that changes the vendor's state."""


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """`answered_at` is the vendor's own clock when it answered; None where the answer does not say (F17)."""

    id: str
    name: str
    time_zone: str
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of hardware at a site. `kind` is "" where the vendor gives no readable type (R5)."""

    id: str
    name: str
    kind: str
    ready: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """The key to be made. `label` already ends with the marker and reads well on a guest's phone; `notify` asks the
    vendor to text the guest a link to the app; `allow_unknown` are the doors without a type that a person allowed;
    `callback` is an address of ours that the vendor may call once the key is made, "" for none."""

    marker: str
    label: str
    phone: str
    doors: frozenset[str]
    window: Window
    notify: bool
    allow_unknown: frozenset[str] = frozenset()
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, calls a second and calls at once; the defaults are those of docs/architecture.md."""

    connect_seconds: float = 5.0
    answer_seconds: float = 15.0
    calls_per_second: float = 10.0
    calls_at_once: int = 8


@dataclass(frozen=True, slots=True, repr=False)
class LockAccount:
    """One configured vendor account. Not printable: it carries the secret."""

    base_url: str
    api_key: str
    api_secret: str
    mobile_app_name: str
    mobile_app_id: str
    limits: Limits = Limits()


class LockDriver(Protocol):
    """One vendor account. Every method may raise any LockFailure and refuses to work inside a database transaction."""

    @property
    def capabilities(self) -> Capabilities:
        """What the keys of this vendor can do. The same for every account and at all times."""

    def site(self, site_id: str) -> SiteInfo:
        """Prove key, secret and site."""

    def components(self, site_id: str) -> tuple[Component, ...]:
        """Everything listed at the site, gateways included."""

    def issue(self, site_id: str, order: KeyOrder) -> SeenKey:
        """Create one key. Raises LockRefused before sending when a door of the order is not an admissible one."""

    def read(self, site_id: str, key_id: str) -> SeenKey | None:
        """One key as the vendor has it now; None when the vendor does not know it (404)."""

    def listing(self, site_id: str, *, known: frozenset[str], now: datetime) -> Listing:
        """All keys of the site, revoked and expired ones included. `known` are the vendor ids we have read before and
        believe alive: the listing is complete only when each of them is in it or answers 404 when read alone
        (then it stands in `absent`); one that is found alone but is over does not make it incomplete, a live one does.
        `now` becomes `taken_at`: the instant before the first page was asked for."""

    def revoke(self, site_id: str, key_id: str) -> None:
        """Take one key back. Returns when the vendor says it is revoked or does not know it. Never takes away time or doors
        that another key of the same person has (F34)."""

    def open_door(self, site_id: str, component: str, *, who: str, allow_unknown: frozenset[str]) -> None:
        """Ask a door to open now; `who` is the person on whose wish. Returns when the vendor accepted it, which does not say that the
        door is open. Raises LockRefused before sending when it is not an admissible one (R5)."""


@runtime_checkable
class AmendingDriver(LockDriver, Protocol):
    """A driver whose capabilities say that keys can be changed in place."""

    def amend(self, site_id: str, key_id: str, order: KeyOrder) -> SeenKey:
        """Give one key the doors and the window of the order; phone and marker stay. What both have in common opens all the while.
        Raises LockRefused before sending as `issue` does, and when the vendor does not know the key (404)."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What a vendor's log tells since an instant. `complete` is False where there was more than was read."""

    taps: tuple[SeenTap, ...]
    complete: bool


@runtime_checkable
class TellsEntries(Protocol):
    """A driver whose vendor keeps a log of its doors. Not every vendor does."""

    def entries(self, site_id: str, *, since: datetime) -> Entries:
        """Phones and badges that were held at doors since then, in no order. Raises any LockFailure; refuses to work inside a database
        transaction; a bounded number of calls."""


class BeforeCall(Protocol):
    def __call__(self) -> None:
        """Called before every single call to the vendor; may raise to stop it (the lease was lost)."""


DriverFactory = Callable[[LockAccount], LockDriver]
