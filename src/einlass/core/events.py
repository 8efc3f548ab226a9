# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen, as values. What follows from each stands in `operations/events.py:FOLLOWS`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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
class BookingNoShow(Event):
    """Somebody of the staff said that nobody came."""

    kind: ClassVar[str] = "booking.no_show"


@dataclass(frozen=True, slots=True)
class BookingAnswersChanged(Event):
    """Answers of a booking were corrected; another mobile number replaces the key (F24). Names the questions, never the answers."""

    kind: ClassVar[str] = "booking.answers_changed"
    questions: list[str]


@dataclass(frozen=True, slots=True)
class NumberChangeAsked(Event):
    """A guest asked for another mobile number; a code was sent to his mail address. Nothing changes until he gives it back."""

    kind: ClassVar[str] = "booking.number_asked"


@dataclass(frozen=True, slots=True)
class BookingLinkRenewed(Event):
    """The guest's own page has another address; the old one leads nowhere."""

    kind: ClassVar[str] = "booking.link_renewed"


@dataclass(frozen=True, slots=True)
class KeyReissueAsked(Event):
    """Somebody asked for a new key in place of the present one, for a guest with another handset (F26)."""

    kind: ClassVar[str] = "key.reissue_asked"


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
class KeyExposed(Event):
    """A key that ought to have been gone may have opened its doors all the same: an incident for the operator (F32, F43). The times
    are ISO 8601 in UTC, `until` is when it ended at last."""

    kind: ClassVar[str] = "key.exposed"
    marker: str
    since: str
    until: str


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
class BrakeKept(Event):
    """A person looked at the keys that wait and left them as they are; they go on waiting."""

    kind: ClassVar[str] = "brake.kept"
    keys: int


@dataclass(frozen=True, slots=True)
class BrakeEnded(Event):
    """No key waits any more: the last one was changed back, its booking ended, or its time is over."""

    kind: ClassVar[str] = "brake.ended"


@dataclass(frozen=True, slots=True)
class BackupRestored(Event):
    """A backup was put back: all that happened between `taken_at` and now is not in it."""

    kind: ClassVar[str] = "backup.restored"
    taken_at: str
    version: str


@dataclass(frozen=True, slots=True)
class SiteCompared(Event):
    """After an upgrade or a restored backup a site was compared with all its keys: what waited for it goes on (F54)."""

    kind: ClassVar[str] = "site.compared"
    keys: int


@dataclass(frozen=True, slots=True)
class StrayKeyFound(Event):
    """The vendor has a key with a mark of ours that we know nothing of (F21). A person decides."""

    kind: ClassVar[str] = "stray_key.found"
    marker: str


@dataclass(frozen=True, slots=True)
class StrayKeyDecided(Event):
    """A person said what is to become of a key that we know nothing of: "revoke" or "kept"."""

    kind: ClassVar[str] = "stray_key.decided"
    marker: str
    decision: str


@dataclass(frozen=True, slots=True)
class StrayKeyEnded(Event):
    """A key that we knew nothing of opens nothing any more, or belongs to a booking after all: "revoked", "gone" or "known"."""

    kind: ClassVar[str] = "stray_key.ended"
    marker: str
    how: str


@dataclass(frozen=True, slots=True)
class ConfigurationApplied(Event):
    """A configuration file changed something. Names what, with the values before and after, never a secret."""

    kind: ClassVar[str] = "configuration.applied"
    changes: list[str]
    values: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SettingsChanged(Event):
    """A person saved a settings page that no key hangs on. `values` are {field, old, new}, never a secret or a whole phone number."""

    kind: ClassVar[str] = "settings.changed"
    values: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DoorSettingsChanged(Event):
    """A person saved a settings page on which doors, windows or keys hang: coming bookings are looked at again (F36)."""

    kind: ClassVar[str] = "settings.doors_changed"
    values: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DoorOpeningAsked(Event):
    """Somebody of the staff asked to open a door now."""

    kind: ClassVar[str] = "door.opening_asked"
    component: str
    name: str


@dataclass(frozen=True, slots=True)
class DoorOpeningEnded(Event):
    """What became of it: opened (the vendor accepted), refused, unknown (the answer was lost) or dropped (too late)."""

    kind: ClassVar[str] = "door.opening_ended"
    component: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class GuestDataShown(Event):
    """Somebody took out what is kept of a guest. Names no guest: the bookings are those of the request."""

    kind: ClassVar[str] = "guest.exported"
    bookings: list[str]


@dataclass(frozen=True, slots=True)
class GuestErasureAsked(Event):
    """Somebody asked for the personal data of a booking to go; they go once no key of it can open any more (F45)."""

    kind: ClassVar[str] = "guest.erasure_asked"


@dataclass(frozen=True, slots=True)
class GuestErased(Event):
    """The personal data of a booking are gone: somebody asked for it, or their time was over. Its key was taken back before (F45)."""

    kind: ClassVar[str] = "guest.erased"
    why: str


@dataclass(frozen=True, slots=True)
class MessageFailed(Event):
    """A message could not be sent and is not tried again."""

    kind: ClassVar[str] = "message.failed"
    message: str


@dataclass(frozen=True, slots=True)
class MessageBounced(Event):
    """A mail was accepted and came back later. `status` is the code of RFC 3463 such as 5.1.1; the words stand with the message alone."""

    kind: ClassVar[str] = "message.bounced"
    message: str
    status: str


@dataclass(frozen=True, slots=True)
class MessageSent(Event):
    """A message was accepted by the mail server or the SMS gateway."""

    kind: ClassVar[str] = "message.sent"
    message: str


@dataclass(frozen=True, slots=True)
class UserCreated(Event):
    """An account for somebody of the staff was made."""

    kind: ClassVar[str] = "user.created"
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class UserChanged(Event):
    """An account has another role, other branches, or was switched off or on. `values` are {field, old, new}."""

    kind: ClassVar[str] = "user.changed"
    email: str
    values: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UserSecured(Event):
    """An account got another password, or a second factor came or went. Says which, never the secret."""

    kind: ClassVar[str] = "user.secured"
    email: str
    what: str


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    """An API token counts no longer."""

    kind: ClassVar[str] = "token.revoked"
    name: str


@dataclass(frozen=True, slots=True)
class TokenCreated(Event):
    """An API token was made; the token itself is never recorded."""

    kind: ClassVar[str] = "token.created"
    name: str
    role: str
