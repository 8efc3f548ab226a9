# SPDX-License-Identifier: Apache-2.0
"""The steps that bring a vendor to what a booking ought to have, as values. Which one comes next is planned in `keys.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from einlass.core.grants import Grant

if TYPE_CHECKING:
    from einlass.core.keys import HeldKey, SeenKey


@dataclass(frozen=True, slots=True)
class Expire:
    """The window is over: the key ended by itself, nobody is asked."""

    key: HeldKey


@dataclass(frozen=True, slots=True)
class Adopt:
    """The vendor has a key with our marker whose answer we never got: it is ours (F02)."""

    key: HeldKey
    seen: SeenKey


@dataclass(frozen=True, slots=True)
class TakeIn:
    """The vendor has a second key with the marker of one we hold: make a row of it, so that it can be taken back (F10)."""

    like: HeldKey
    seen: SeenKey


@dataclass(frozen=True, slots=True)
class Reopen:
    """A key whose row is closed opens all the same: it counts again."""

    key: HeldKey
    seen: SeenKey


@dataclass(frozen=True, slots=True)
class Abandon:
    """The row stands for no key: never sent, or proven absent by a complete listing."""

    key: HeldKey
    reason: str


@dataclass(frozen=True, slots=True)
class Revoke:
    key: HeldKey
    reason: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Make the key of the grant; `row` is a row that was never sent, else a new one is written first."""

    grant: Grant
    row: HeldKey | None


@dataclass(frozen=True, slots=True)
class Amend:
    """Give a key the doors and the window of the grant, where the vendor can (F29). Asking twice does no harm."""

    key: HeldKey
    grant: Grant


@dataclass(frozen=True, slots=True)
class Listen:
    """Ask whether the phone has heard that this key was taken back (F33)."""

    key: HeldKey


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Read the key alone: only then it may be called ready (I6)."""

    key: HeldKey


@dataclass(frozen=True, slots=True)
class Observe:
    """List the site at which this key was asked for: something may exist there of which we do not know."""

    key: HeldKey


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be done before `until`; `reason` is one of the problem codes of `access.py`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What is, is what ought to be."""


Step = Expire | Adopt | TakeIn | Reopen | Abandon | Revoke | Issue | Amend | ReadBack | Observe | Listen | Wait | Settled
