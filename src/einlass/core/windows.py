# SPDX-License-Identifier: Apache-2.0
"""Half-open spans of instants in UTC. Knows nothing of zones, rooms or doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """[start, end) as aware instants, kept in UTC whatever zone they came in.

    UTC is the point: `aware + timedelta` is wall-clock arithmetic within one zone, and would open a door
    60 minutes wrong on the two nights of the year on which the clocks change.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs aware instants")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("a window ends after it starts")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def collides(self, other: Window) -> bool:
        """True when the two share an instant; windows that only touch do not collide."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: Window) -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, *, before_minutes: int, after_minutes: int) -> Window:
        """The window with margins in minutes of elapsed time, also across a clock change (R11)."""
        return Window(self.start - timedelta(minutes=before_minutes), self.end + timedelta(minutes=after_minutes))

    def cut(self, *, after: datetime | None, before: datetime | None, keep: Window) -> Window:
        """The part of it that lies after one instant and before another, and all of `keep` in any case."""
        start = self.start if after is None else max(self.start, min(after, keep.start))
        end = self.end if before is None else min(self.end, max(before, keep.end))
        return Window(start, end)

    @property
    def minutes(self) -> int:
        """Elapsed length in whole minutes."""
        return int((self.end - self.start).total_seconds() // 60)
