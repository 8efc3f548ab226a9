# SPDX-License-Identifier: Apache-2.0
"""How a lock system is doing, and when it may be asked again. What was asked is the business of `locks`."""

from datetime import datetime, timedelta
from enum import StrEnum


class LockSystemState(StrEnum):
    """What the last answers of one vendor account say about it."""

    WORKING = "working"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    CREDENTIALS_REJECTED = "credentials_rejected"


PROBE_FIRST = timedelta(seconds=2)
PROBE_AT_MOST = timedelta(seconds=30)
THROTTLED_DEFAULT = timedelta(seconds=60)
THROTTLED_AT_MOST = timedelta(minutes=15)
REJECTED_PROBE = timedelta(minutes=15)
# How often the worker looks which account or site is to be asked; on the full ten seconds, see `jobs/engine.py:launch`.
PROBES_EVERY = timedelta(seconds=10)
# What the vendor says of a site that a person has to mend, and how often it is asked again by itself, so that what was mended over there
# goes on over here (F39, F40).
SITE_REFUSED = frozenset({"unknown_site", "site_mismatch", "not_active"})
ASK_AGAIN = timedelta(minutes=5)
# A list that does not tell all keys is told to somebody when it lasts (F15); one page that fails is nobody's business.
LIST_INCOMPLETE_FOR = timedelta(minutes=30)
# How many failures in a row mean that the vendor as a whole is away, and not one call unlucky.
FAILURES_TO_OPEN = 3


# More than this between two clocks, and a door opens noticeably too early or too late (F17).
CLOCKS_MAY_DIFFER = timedelta(seconds=30)


def clocks_differ(skew_seconds: int | None) -> bool:
    return abs(skew_seconds or 0) > CLOCKS_MAY_DIFFER.total_seconds()


def pause_after(state: LockSystemState, *, failures: int, retry_after: float | None, now: datetime) -> datetime | None:
    """When the account may be asked again; None for now. F05: a wait the vendor names counts, up to 15 minutes.

    F06: while it is away one call at a time asks whether it is back, every 2 s growing to 30 s, so that its return is
    noticed within half a minute and nothing hammers. F39: rejected credentials are tried again by themselves only
    every 15 minutes; a person who enters new ones makes them due at once.
    """
    match state:
        case LockSystemState.WORKING:
            return None
        case LockSystemState.THROTTLED:
            wait = THROTTLED_DEFAULT if retry_after is None else timedelta(seconds=max(retry_after, 0.0))
            return now + min(wait, THROTTLED_AT_MOST)
        case LockSystemState.CREDENTIALS_REJECTED:
            return now + REJECTED_PROBE
        case LockSystemState.UNREACHABLE:
            if failures < FAILURES_TO_OPEN:
                return None
            doublings: int = 2 ** min(failures - FAILURES_TO_OPEN, 10)
            return now + min(PROBE_FIRST * doublings, PROBE_AT_MOST)


def next_probe(*, at: datetime | None, now: datetime) -> datetime:
    """The first look of the worker that is not before `at`."""
    due = max(at or now, now)
    return due + (datetime.min.replace(tzinfo=due.tzinfo) - due) % PROBES_EVERY


def site_asked_again(*, not_before: datetime | None, problem: str, checked_at: datetime | None, now: datetime) -> datetime:
    """When an unconfirmed site is really asked again, whatever bookings wait for it: `not_before` is that of its account."""
    asked = checked_at + ASK_AGAIN if checked_at and problem not in {"", "unreachable"} else None
    return next_probe(at=max((at for at in (not_before, asked) if at), default=None), now=now)
