# SPDX-License-Identifier: Apache-2.0
"""How often somebody who is not signed in may do something: each deed, how many, in what time. Counted in `operations/limits.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Deed(StrEnum):
    """What is counted. By the visitor's address, but the last two: by the mobile number that was given, by the key that is spoken of."""

    HOLD = "hold"
    BOOKING = "booking"
    CODE = "code"
    WRONG_LINK = "wrong_link"
    BOOKING_OF_NUMBER = "booking_of_number"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in each stretch. Stretches are those of the clock, from the full hour on."""

    most: int
    stretch: timedelta = timedelta(hours=1)


LIMITS: Mapping[Deed, Limit] = MappingProxyType(
    {
        Deed.HOLD: Limit(30),
        Deed.BOOKING: Limit(20),
        Deed.CODE: Limit(10),
        Deed.WRONG_LINK: Limit(60),
        Deed.BOOKING_OF_NUMBER: Limit(10),
        Deed.CALLBACK: Limit(20),
    }
)
LONGEST = max(limit.stretch for limit in LIMITS.values())
_START = datetime(2000, 1, 1, tzinfo=UTC)


def stretch_at(deed: Deed, now: datetime) -> datetime:
    """When the stretch began in which this moment counts."""
    return now - (now - _START) % LIMITS[deed].stretch


def too_many(deed: Deed, count: int, *, factor: float) -> bool:
    """Whether this count is above what is let through. `factor` stretches every limit alike; with 0 there is none."""
    return factor > 0 and count > max(1, int(LIMITS[deed].most * factor))
