# SPDX-License-Identifier: Apache-2.0
"""How the state of a key is told to people and programs. What is done about it is planned in `keys.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from einlass.core.grants import Grant
from einlass.core.keys import AT_VENDOR, OPEN, OVERDUE, HeldKey, KeyState
from einlass.core.windows import Window


class AccessState(StrEnum):
    """Stable words of the API. Nothing branches on what is shown for them."""

    NONE = "none"
    PREPARING = "preparing"
    READY = "ready"
    ACTIVE = "active"
    CHANGING = "changing"
    REVOKING = "revoking"
    CLOSED = "closed"
    TROUBLE = "trouble"


# The stable problem codes of the API.
PROBLEMS = (
    "vendor_unreachable",
    "throttled",
    "credentials_rejected",
    "site_unconfirmed",
    "site_mismatch",
    "not_compared",
    "outcome_unknown",
    "refused",
    "quota_exhausted",
    "phone_unusable",
    "door_missing",
    "door_forbidden",
    "changed_outside",
    "duplicate",
    "overlap_unmanaged",
    "failed_to_revoke",
    "failed_to_expire",
    "held_by_brake",
    "clock_skew",
)
# These mend themselves as a rule: they become trouble only when they last, or when the door must open soon.
PATIENT = frozenset(
    {"vendor_unreachable", "throttled", "not_compared", "outcome_unknown", "site_unconfirmed", "door_missing", "clock_skew"}
)
PATIENCE = timedelta(minutes=10)
PATIENCE_SHORT = timedelta(minutes=2)
SOON = timedelta(minutes=30)


def is_trouble(problem: str, *, since: datetime | None, window: Window | None, now: datetime) -> bool:
    """Whether a problem is told as trouble: at once where a person has to act, else after 10 minutes, or 2 when the window is near."""
    if not problem or window is None or window.end <= now:
        return False
    if problem not in PATIENT:
        return True
    patience = PATIENCE_SHORT if window.start - now <= SOON else PATIENCE
    return since is not None and now - since >= patience


def access_state(
    *,
    grant: Grant | None,
    expected: Window | None,
    keys: Sequence[HeldKey],
    problem: str,
    problem_since: datetime | None,
    now: datetime,
) -> AccessState:
    """The state of a booking's key. `expected` is the window of the key that the booking ought to have even where it cannot
    be granted yet (a site that is not confirmed), None where it opens no door or no longer does."""
    window = grant.window if grant else expected
    if any(key.state in OPEN and key.drifted == OVERDUE for key in keys):
        return AccessState.REVOKING
    open_keys = [key for key in keys if key.state in OPEN and key.window.end > now]
    if window is None:
        return _without_grant(open_keys, keys, now=now)
    if window.end <= now:
        return AccessState.CLOSED
    serving = [key for key in open_keys if grant is not None and key.serves(grant)]
    if any(key.state is KeyState.LIVE for key in serving):
        return AccessState.ACTIVE if now in window else AccessState.READY
    if is_trouble(problem, since=problem_since, window=window, now=now):
        return AccessState.TROUBLE
    old = [key for key in open_keys if key.state in AT_VENDOR and key not in serving]
    return AccessState.CHANGING if old else AccessState.PREPARING


def may_open_until(keys: Sequence[HeldKey], *, state: AccessState, now: datetime) -> datetime | None:
    """Until when a key that goes, or has gone, may open all the same; None where none can (F33)."""
    gone = [key.opens_until for key in keys if key.unheard(now)]
    going = [key.window.end for key in keys if key.state in AT_VENDOR and key.window.end > now and state is AccessState.REVOKING]
    return max((until for until in (*gone, *going) if until is not None), default=None)


def _without_grant(open_keys: Sequence[HeldKey], keys: Sequence[HeldKey], *, now: datetime) -> AccessState:
    if any(key.state is not KeyState.WANTED for key in open_keys) or any(key.unheard(now) for key in keys):
        return AccessState.REVOKING
    return AccessState.CLOSED if any(key.vendor_id for key in keys) else AccessState.NONE
