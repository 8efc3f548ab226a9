# SPDX-License-Identifier: Apache-2.0
"""The two clocks of the emulator: the one in the locks and the one in exivo's cloud. Both run on; they can be moved apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def as_text(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`, as the service writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


class Clocks:
    """`doors` judges taps, `api` judges expiry; `base` is the clock both are measured against and is never moved."""

    def __init__(self, base: Clock) -> None:
        self.base = base
        self.doors_offset = timedelta(0)
        self.api_offset = timedelta(0)

    def doors(self) -> datetime:
        return self.base() + self.doors_offset

    def api(self) -> datetime:
        return self.base() + self.api_offset

    def reset(self) -> None:
        self.doors_offset = self.api_offset = timedelta(0)

    def as_json(self) -> dict[str, object]:
        return {
            "now": as_text(self.doors()),
            "offset_seconds": self.doors_offset.total_seconds(),
            "api_now": as_text(self.api()),
            "api_offset_seconds": self.api_offset.total_seconds(),
        }
