# SPDX-License-Identifier: Apache-2.0
"""What the brake holds back (F46): keys that would go although neither the booking nor a person explains it; and when it engages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from einlass.core.grants import GRANTING, BookingFacts, Grant, key_window
from einlass.core.keys import AT_VENDOR, OPEN, OVERDUE, HeldKey, best, was_reissued


def brake_allows(live: int) -> int:
    """So many keys go in one sweep without asking."""
    return max(5, live // 10)


def brake_engages(*, revocations: int, live: int) -> bool:
    """F46: more than max(5, 10 % of the site's live keys) that no person's or program's change explains wait for a person."""
    return revocations > brake_allows(live)


class Outcome(StrEnum):
    """What becomes of a key once the brake is released."""

    REPLACED = "replaced"
    # The booking keeps another key that is as it ought to be.
    SURPLUS = "surplus"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One key that waits for a person. `differs` names what is otherwise than booked; empty where the doors it has may no longer be
    in any key."""

    key: HeldKey
    differs: tuple[str, ...]
    outcome: Outcome


def is_explained(key: HeldKey, facts: BookingFacts) -> bool:
    """Whether the booking itself says that this key must go: it ended, it moved, it has another phone, a person asked for a new one, or
    its branch was given to another site."""
    if key.place != (facts.lock_system, facts.site_id):
        return True
    return facts.status not in GRANTING or (key_window(facts), facts.phone) != (key.window, key.phone) or was_reissued(key.drifted)


def held_back(facts: BookingFacts, grant: Grant | None, keys: Sequence[HeldKey], *, now: datetime) -> tuple[HeldBack, ...]:
    """The keys of one booking that a braked site leaves as they are, with what would become of each. `grant` is what it ought to have."""
    if grant is not None and grant.window.end <= now:
        grant = None
    kept = best(grant, [key for key in keys if key.state in OPEN])
    outcome = Outcome.SURPLUS if kept else Outcome.REPLACED if grant else Outcome.TAKEN_BACK
    opening = [key for key in keys if key.state in AT_VENDOR and (key.window.end > now or key.drifted == OVERDUE)]
    going = [key for key in opening if key is not kept and not is_explained(key, facts)]
    return tuple(HeldBack(key, tuple(filter(None, key.drifted.split(","))), outcome) for key in going)
