# SPDX-License-Identifier: Apache-2.0
"""The states of a booking, who may move it to what, and the deadlines. No tables, no doors."""

from enum import StrEnum


class Status(StrEnum):
    HELD = "held"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    LAPSED = "lapsed"


# The states that take the room; the database refuses two of them over one blocked time.
BLOCKING = frozenset({Status.HELD, Status.PENDING, Status.CONFIRMED})
