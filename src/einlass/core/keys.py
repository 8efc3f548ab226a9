# SPDX-License-Identifier: Apache-2.0
"""The keys at the vendor: what was seen, what we hold, and the plan that says what to do next. Pure; `operations/keys.py` does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from einlass.core.windows import Window


@dataclass(frozen=True, slots=True)
class SeenKey:
    """One key as the vendor showed it. Anything may be missing: a vendor can answer half a key (F09).

    `id` is the vendor's; `marker` is "" for a key that is not ours (its name carries no marker of ours).
    """

    id: str
    marker: str
    name: str
    phone: str
    doors: frozenset[str]
    window: Window | None
    revoked: bool
    expired: bool

    def alive(self, now: datetime) -> bool:
        """live = not revoked, not expired, and its end not yet past (F51); a key without a readable window counts as alive."""
        return not self.revoked and not self.expired and (self.window is None or self.window.end > now)


@dataclass(frozen=True, slots=True)
class Listing:
    """All keys of one site as read at `taken_at`. An incomplete one is a hint only: nothing is created or revoked because of it (I11)."""

    keys: tuple[SeenKey, ...]
    complete: bool
    taken_at: datetime
    reason: str = ""
    absent: frozenset[str] = field(default_factory=frozenset)
