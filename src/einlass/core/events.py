# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen, as values. What follows from each stands in `operations/events.py:FOLLOWS`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from einlass.core.bookings import Actor as ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a guest, somebody of the staff, a program through the API, or the clock."""

    kind: ActorKind
    name: str = ""


CLOCK = Actor(ActorKind.CLOCK)
GUEST = Actor(ActorKind.GUEST)


@dataclass(frozen=True, slots=True)
class Event:
    """Base. `kind` is stable and stands in the database, the API and the webhooks; fields hold no secret and no whole phone number."""

    kind: ClassVar[str] = ""

    def data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BookingRequested(Event):
    """A booking that waits for approval was made: it takes the room but gets no key (R17)."""

    kind: ClassVar[str] = "booking.requested"


@dataclass(frozen=True, slots=True)
class BookingConfirmed(Event):
    """A booking counts from now on; its key is asked for at once (R17)."""

    kind: ClassVar[str] = "booking.confirmed"


@dataclass(frozen=True, slots=True)
class BookingMoved(Event):
    """A booking has another time, perhaps another room. Times are ISO 8601 in UTC (R13)."""

    kind: ClassVar[str] = "booking.moved"
    old_start: str
    old_end: str
    old_room: str
    new_start: str
    new_end: str
    new_room: str


@dataclass(frozen=True, slots=True)
class BookingCancelled(Event):
    """A booking was cancelled; its key is taken back (R12)."""

    kind: ClassVar[str] = "booking.cancelled"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BookingDeclined(Event):
    """A booking that waited for approval was declined."""

    kind: ClassVar[str] = "booking.declined"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BookingCompleted(Event):
    """A booking is over, late margin included."""

    kind: ClassVar[str] = "booking.completed"


@dataclass(frozen=True, slots=True)
class KeyReady(Event):
    """The key was read back from the vendor with the same doors, phone and window (I6)."""

    kind: ClassVar[str] = "key.ready"
    generation: int


@dataclass(frozen=True, slots=True)
class KeyRevoked(Event):
    """A key was taken back, and the vendor said so."""

    kind: ClassVar[str] = "key.revoked"
    marker: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyDrifted(Event):
    """A key of ours was found deleted or changed at the vendor by somebody else (F11, F13). `what` names what differs."""

    kind: ClassVar[str] = "key.drifted"
    marker: str
    what: str


@dataclass(frozen=True, slots=True)
class KeyTrouble(Event):
    """A key could not be made, read or taken back. `problem` is one of the stable problem codes."""

    kind: ClassVar[str] = "key.trouble"
    problem: str


@dataclass(frozen=True, slots=True)
class KeyTroubleOver(Event):
    """What hindered a key is gone."""

    kind: ClassVar[str] = "key.trouble_over"
    problem: str


@dataclass(frozen=True, slots=True)
class SiteConfirmed(Event):
    """The vendor knows the branch's site; the keys of all its coming bookings are made (R3, R17)."""

    kind: ClassVar[str] = "site.confirmed"
    site: str


@dataclass(frozen=True, slots=True)
class DoorsChanged(Event):
    """Doors of a branch were chosen, renamed, or changed at the vendor (F36, F37, F38). Names component ids."""

    kind: ClassVar[str] = "doors.changed"
    components: list[str]
    cause: str


@dataclass(frozen=True, slots=True)
class BrakeEngaged(Event):
    """A sweep planned more revocations than a person's change explains; they wait for a person (F46)."""

    kind: ClassVar[str] = "brake.engaged"
    planned: int
    allowed: int


@dataclass(frozen=True, slots=True)
class BrakeReleased(Event):
    """A person let the waiting revocations go ahead."""

    kind: ClassVar[str] = "brake.released"


@dataclass(frozen=True, slots=True)
class ConfigurationApplied(Event):
    """A configuration file changed something. Names what, never a secret."""

    kind: ClassVar[str] = "configuration.applied"
    changes: list[str]


@dataclass(frozen=True, slots=True)
class UserCreated(Event):
    """An account for somebody of the staff was made."""

    kind: ClassVar[str] = "user.created"
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class TokenCreated(Event):
    """An API token was made; the token itself is never recorded."""

    kind: ClassVar[str] = "token.created"
    name: str
    role: str
