# SPDX-License-Identifier: Apache-2.0
"""The keys at the vendor: what was seen, what we hold, and the plan that says what to do next. Pure; `operations/keys.py` does it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from einlass.core.bookings import BLOCKING, Status
from einlass.core.capabilities import PLAIN, Capabilities
from einlass.core.grants import Grant
from einlass.core.key_steps import (
    Abandon,
    Adopt,
    Amend,
    Expire,
    Issue,
    Listen,
    Observe,
    ReadBack,
    Reopen,
    Revoke,
    Settled,
    Step,
    TakeIn,
    Wait,
)
from einlass.core.windows import Window

# How long a vendor may take to show what it has just accepted (F04, F16); our own assumption, no vendor promises any.
READ_LAG = timedelta(seconds=30)


# A list may show what was taken back for a little longer than a key that is read alone.
LIST_LAG = 2 * READ_LAG
# In front of what differs, where a person asked for another key: nothing need be wrong with the one that is there.
REISSUED = "reissued"
# How much later than asked for a key may begin whose start had passed already.
CLAMPED_BY = timedelta(minutes=2)
# How often it is asked whether a phone has synchronised.
LISTEN_AGAIN = timedelta(minutes=5)
# What differs of a key whose time is over and that the vendor still lists as valid (F43).
OVERDUE = "overdue"
# The same of a second key with one mark (F10), and why one of two that would both do goes.
DOUBLED, DUPLICATE = "doubled", "duplicate"
# A vendor's clock may differ from ours by less than this: until then a key that is not said to be over is none of our business.
OVERDUE_AFTER = timedelta(minutes=10)


class KeyState(StrEnum):
    """The life of one key row. WANTED was never sent, or certainly not applied; SENDING may or may not exist at the vendor; AMENDING
    exists, and has what it had before or what it was to become."""

    WANTED = "wanted"
    SENDING = "sending"
    ISSUED = "issued"
    LIVE = "live"
    AMENDING = "amending"
    REVOKING = "revoking"
    REVOKED = "revoked"
    EXPIRED = "expired"
    GONE = "gone"
    ABANDONED = "abandoned"


AT_VENDOR = frozenset({KeyState.ISSUED, KeyState.LIVE, KeyState.AMENDING, KeyState.REVOKING})
OPEN = AT_VENDOR | {KeyState.WANTED, KeyState.SENDING}


# In the order in which they come nearer to a key that opens.
SERVING = (KeyState.WANTED, KeyState.SENDING, KeyState.ISSUED, KeyState.LIVE)
# The same of keys that can be changed where they are: one that was begun is finished first.
CHANGEABLE = (KeyState.ISSUED, KeyState.LIVE, KeyState.AMENDING)


# A lock system and one of its sites.
Place = tuple[int, str]


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
    # Of a key that was taken back: until when a phone that has not synchronised may still open with it; None where none can (F33).
    opens_until: datetime | None = None

    def alive(self, now: datetime) -> bool:
        """live = not revoked, not expired, and its end not yet past (F51); a key without a readable window counts as alive."""
        return not self.revoked and not self.expired and (self.window is None or self.window.end > now)

    def overdue(self, now: datetime) -> bool:
        """Whether it ought to have ended by itself and has not."""
        return not self.revoked and not self.expired and self.window is not None and self.window.end + OVERDUE_AFTER <= now


@dataclass(frozen=True, slots=True)
class Listing:
    """All keys of one site as read at `taken_at`. An incomplete one is a hint only: nothing is created or revoked because of it (I11)."""

    keys: tuple[SeenKey, ...]
    complete: bool
    taken_at: datetime
    reason: str = ""
    absent: frozenset[str] = field(default_factory=frozenset)
    # Where it was read, as in `HeldKey.place`; None while only one site is looked at.
    place: Place | None = None

    def speaks_of(self, key: HeldKey) -> bool:
        """A list says nothing about a key that was asked for at another site."""
        return self.place is None or self.place == key.place


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One key row. `drifted` names what the vendor has otherwise than we asked for; "" while nothing is known to differ.
    It begins with REISSUED where a person asked for another key."""

    id: int
    marker: str
    vendor_id: str
    lock_system: int
    site_id: str
    phone: str
    doors: frozenset[str]
    window: Window
    state: KeyState
    generation: int
    sent_at: datetime | None
    drifted: str = ""
    # Of a key that was taken back and that a phone may still carry (F33), and when it was last asked whether it does.
    opens_until: datetime | None = None
    read_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Where the key was asked for. The branch may belong to another site, or to another lock system, by now."""
        return self.lock_system, self.site_id

    def serves(self, grant: Grant) -> bool:
        """Whether this is the key that the grant asks for, once it is at the vendor."""
        wanted = (grant.lock_system, grant.site_id, grant.phone, grant.window.end)
        ours = (self.lock_system, self.site_id, self.phone, self.window.end)
        if not self._starts_as(grant):
            return False
        opens_what_it_should = grant.doors <= self.doors <= grant.doors | grant.missing
        return wanted == ours and opens_what_it_should and not self.drifted and self.state in SERVING

    def unheard(self, now: datetime) -> bool:
        """Whether it was taken back and may open all the same, until a phone has synchronised (F33)."""
        return self.state not in OPEN and self.opens_until is not None and self.opens_until > now

    def _starts_as(self, grant: Grant) -> bool:
        """A vendor that takes no start in the past gets the moment at which it was asked instead (F17, F44): that is not another time."""
        started_when_asked = self.sent_at is not None and abs(self.window.start - self.sent_at) <= CLAMPED_BY
        return self.window.start == grant.window.start or (grant.window.start < self.window.start and started_when_asked)


def reissued(drifted: str) -> str:
    """What is noted of a key in whose place a person asked for another one."""
    return drifted if was_reissued(drifted) else f"{REISSUED},{drifted}".rstrip(",")[:60]


def was_reissued(drifted: str) -> bool:
    return drifted.partition(",")[0] == REISSUED


def plan(
    grant: Grant | None,
    keys: Sequence[HeldKey],
    *,
    listings: Sequence[Listing] = (),
    now: datetime,
    off: Collection[Place] = (),
    can: Capabilities = PLAIN,
) -> Step:
    """The one next thing to do so that the vendor comes to hold exactly the key of the grant; asked again after each step.

    `keys` are all rows of the booking, ended ones included: a key that was applied late is recognised by its row (F04).
    `listings` are what was observed in this round, the latest of each site; none where nobody looked. `off` are places that
    are not asked now, because their lock system is switched off or says no: their keys hold up nothing that another place is asked for.
    `can` is what the keys of the grant's lock system can do.
    """
    if grant is not None and grant.window.end <= now:
        grant = None
    expiring = [key for key in keys if key.state in OPEN]
    open_keys = [key for key in expiring if key.place not in off]
    kept, changed = best(grant, open_keys), _changeable(grant, open_keys) if can.amends else None
    if kept is not None and kept.state is not KeyState.WANTED:
        changed = None
    elif changed is not None:
        kept = None
    surplus = [key for key in open_keys if key not in (kept, changed)]
    # Where a person has one key only, the old one has to go before another one can be made.
    in_the_way = not can.holds_two and changed is None and (kept is None or kept.state is KeyState.WANTED)
    spared = [key for key in surplus if not in_the_way and _may_be_inside(key, grant=grant, kept=kept, now=now)]
    return (
        _expired(expiring, now=now)
        or next((step for each in listings if (step := _ours_at_vendor(keys, listing=each, now=now))), None)
        or _surplus(surplus, grant=grant, spared=spared)
        or _unsure(open_keys, listings=listings, now=now)
        or _serve(grant, kept, changed)
        or _held_back(surplus)
        or _unheard(keys, now=now, off=off)
        or Settled()
    )


def best(grant: Grant | None, open_keys: Sequence[HeldKey]) -> HeldKey | None:
    """Of several keys that would do, the one that is furthest; the rest is surplus (I12)."""
    serving = [key for key in open_keys if grant is not None and key.serves(grant)]
    return max(serving, key=lambda key: (SERVING.index(key.state), -key.id), default=None)


def _changeable(grant: Grant | None, open_keys: Sequence[HeldKey]) -> HeldKey | None:
    """The key that becomes the one of the grant without another one being made: of the same person at the same place, and right so far."""
    if grant is None:
        return None
    whose = (grant.lock_system, grant.site_id, grant.phone)
    fitting = [key for key in open_keys if (*key.place, key.phone) == whose and key.state in CHANGEABLE and not key.drifted]
    return max(fitting, key=lambda key: (CHANGEABLE.index(key.state), -key.id), default=None)


def _expired(open_keys: Sequence[HeldKey], *, now: datetime) -> Step | None:
    return next((Expire(key) for key in open_keys if key.window.end <= now and key.drifted != OVERDUE), None)


def _ours_at_vendor(keys: Sequence[HeldKey], *, listing: Listing, now: datetime) -> Step | None:
    """Keys with our marker that no row knows by the vendor's id, or only one that is closed. Seeing one is certain even in an incomplete
    listing."""
    keys = [key for key in keys if listing.speaks_of(key)]
    closed = {key.vendor_id: key for key in keys if key.vendor_id and key.closed_at and key.closed_at + LIST_LAG <= listing.taken_at}
    returned = next((seen for seen in listing.keys if seen.id in closed and seen.marker and seen.alive(now)), None)
    if returned is not None:
        return Reopen(closed[returned.id], returned)
    known = {key.vendor_id for key in keys if key.vendor_id}
    by_marker: dict[str, list[HeldKey]] = {}
    for key in keys:
        by_marker.setdefault(key.marker, []).append(key)
    found = [seen for seen in listing.keys if seen.marker in by_marker and seen.id not in known and seen.alive(now)]
    # Of two with one marker the equal one is adopted, so that the other is the one to go (F04).
    for seen in sorted(found, key=lambda seen: bool(differences(by_marker[seen.marker][0], seen))):
        unnamed = next((key for key in by_marker[seen.marker] if not key.vendor_id), None)
        return Adopt(unnamed, seen) if unnamed else TakeIn(by_marker[seen.marker][0], seen)
    return None


def _surplus(surplus: Sequence[HeldKey], *, grant: Grant | None, spared: Sequence[HeldKey]) -> Step | None:
    """Revoke first is the rule: what does not serve goes before anything new is made, except what a guest inside may need."""
    for key in surplus:
        if key.state is KeyState.WANTED:
            return Abandon(key, "not_sent")
        if key.state in AT_VENDOR and key not in spared:
            return Revoke(key, revocation_reason(key, grant))
    return None


def _may_be_inside(key: HeldKey, *, grant: Grant | None, kept: HeldKey | None, now: datetime) -> bool:
    """I7: a key that opens now, of a booking whose new window covers now as well, goes only after its successor is live."""
    return (
        grant is not None
        and (kept is None or kept.state is not KeyState.LIVE)
        and key.state is not KeyState.REVOKING
        and key.drifted in {"", REISSUED}
        and now in key.window
        and now in grant.window
        and (key.phone, key.lock_system, key.site_id) == (grant.phone, grant.lock_system, grant.site_id)
    )


def revocation_reason(key: HeldKey, grant: Grant | None) -> str:
    """Why a key goes: nobody ought to have one, it is not the one they ought to have, somebody asked for another one, or somebody
    changed it at the vendor."""
    if grant is not None and was_reissued(key.drifted):
        return REISSUED
    if grant is not None and key.drifted == DOUBLED:
        return DUPLICATE
    if key.drifted:
        return OVERDUE if key.drifted == OVERDUE else "drifted"
    if grant is None:
        return "no_grant"
    return "replaced" if not key.serves(grant) else DUPLICATE


def _unsure(open_keys: Sequence[HeldKey], *, listings: Sequence[Listing], now: datetime) -> Step | None:
    """Unknown is not absent: only a complete listing of the site at which it was asked for, taken late enough, proves that a lost
    call left no key."""
    waits: list[Wait] = []
    for key in open_keys:
        if key.state is not KeyState.SENDING:
            continue
        settled_at = (key.sent_at or now) + READ_LAG
        listing = next((each for each in reversed(listings) if each.speaks_of(key)), None)
        if listing is None:
            return Observe(key)
        if listing.complete and listing.taken_at >= settled_at:
            return Abandon(key, "absent")
        waits.append(Wait(settled_at if listing.taken_at < settled_at else now + READ_LAG, "outcome_unknown"))
    return min(waits, key=lambda wait: wait.until, default=None)


def _serve(grant: Grant | None, kept: HeldKey | None, changed: HeldKey | None) -> Step | None:
    if grant is None:
        return None
    if changed is not None:
        return Amend(changed, grant)
    if kept is None or kept.state is KeyState.WANTED:
        return Issue(grant, kept)
    return ReadBack(kept) if kept.state is KeyState.ISSUED else None


def _held_back(surplus: Sequence[HeldKey]) -> Step | None:
    """The successor is live: what was held back for the guest inside goes now."""
    return next((Revoke(key, "replaced") for key in surplus if key.state in AT_VENDOR), None)


def _unheard(keys: Sequence[HeldKey], *, now: datetime, off: Collection[Place]) -> Step | None:
    waiting = (key for key in keys if key.unheard(now) and key.place not in off)
    return next((Listen(key) for key in waiting if key.read_at is None or key.read_at + LISTEN_AGAIN <= now), None)


# Of what can differ: a key that has one of them opens nothing any more.
OPENS_NOTHING = frozenset({"deleted", "revoked", "expired"})


def differences(held: HeldKey, seen: SeenKey) -> tuple[str, ...]:
    """What the vendor has otherwise than the row says; empty when the key is as it ought to be."""
    found = {
        "revoked": seen.revoked,
        "expired": seen.expired,
        "doors": seen.doors != held.doors,
        "phone": seen.phone != held.phone,
        "window": seen.window != held.window,
    }
    return tuple(name for name, differs in found.items() if differs)


NEAR = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=2)
NEAR_AT_MOST = timedelta(seconds=30)
FAR_AT_MOST = timedelta(minutes=15)


def retry_at(*, attempts: int, start: datetime, now: datetime, jitter: float) -> datetime:
    """When to try again after the `attempts`-th failure: 2 s doubling to 30 s while a start is near, else to 15 minutes.

    `jitter` in [0, 1) takes off up to a quarter, so that what failed together does not come back together.
    """
    longest = NEAR_AT_MOST if start - now <= NEAR else FAR_AT_MOST
    doublings: int = 2 ** min(max(attempts - 1, 0), 12)
    pause = min(FIRST_PAUSE * doublings, longest)
    return now + pause * (1 - jitter / 4)


# Lower goes first.
MOST_URGENT = 1


def opens_and_has_to_go(grant: Grant | None, keys: Sequence[HeldKey], *, now: datetime) -> bool:
    """Whether a key lets somebody in now who ought not to get in: taking it back goes before everything else, also where the booking
    itself was moved far away (F30)."""
    going = [key for key in keys if key.state in AT_VENDOR and now in key.window and not (grant and key.serves(grant))]
    return any(not _may_be_inside(key, grant=grant, kept=None, now=now) for key in going)


def urgency(*, start: datetime, end: datetime, status: Status, now: datetime) -> int:
    """Order of work, lower first: take back what opens now, then what starts soonest, then changes, then the rest (1 to 9)."""
    margin = timedelta(hours=1)
    if status not in BLOCKING and start - margin <= now <= end + margin:
        return MOST_URGENT
    until = start - now
    for step, reach in enumerate((timedelta(minutes=30), timedelta(hours=2), NEAR, timedelta(days=7)), start=2):
        if until <= reach:
            return step
    return 6
