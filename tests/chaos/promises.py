# SPDX-License-Identifier: Apache-2.0
"""The invariants of docs/faults.md: after each step, at each request, and at rest. Judges by what the vendor has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests import factories as make
from tests.chaos.seams import Sent
from tests.conftest import Exivo, FakeClock
from tests.faults import invariants
from tests.faults.sight import look

from einlass.core.access import AccessState
from einlass.core.grants import Grant, grant_for
from einlass.core.keys import AT_VENDOR, OPEN, READ_LAG, KeyState, was_reissued
from einlass.core.windows import Window
from einlass.models import Access, Booking, Key, VendorCall
from einlass.queries.bookings import with_facts
from einlass.queries.keys import access_of

# What a key of this house may ever name: the doors of Bern, without the gateway and without the one of no type (I1).
ADMISSIBLE = frozenset({*make.ALWAYS_OPEN, make.AARE, make.GURTEN, make.MEETING, make.CONSULTING})
UNFINISHED = [state.value for state in OPEN - {KeyState.LIVE}]
Seen = dict[str, Any]


@dataclass
class Promises:
    """`windows` are all that a booking ever had, `meddled` the keys that somebody changed at the vendor, `foreign` those of others;
    `extra` counts those that the vendor itself made twice, and after `lists_lie` it may have shown less than there is."""

    exivo: Exivo
    clock: FakeClock
    windows: dict[int, set[Window]] = field(default_factory=dict)
    meddled: set[str] = field(default_factory=set)
    foreign: dict[str, Seen] = field(default_factory=dict)
    extra: int = 0
    lists_lie: bool = False
    broken: list[str] = field(default_factory=list)

    def note(self, booking: Booking) -> None:
        """Remember the time that a booking has now."""
        margins = {"before_minutes": booking.branch.early_minutes, "after_minutes": booking.branch.late_minutes}
        self.windows.setdefault(booking.pk, set()).add(booking.window.widened(**margins))

    def at_request(self, sent: Sent) -> None:
        """Kept, not raised: an exception here would be taken for one of the vendor's."""
        if sent.creates:
            self._at_create(sent)
        elif sent.revokes:
            self._at_revoke(sent.revokes)

    def _at_create(self, sent: Sent) -> None:
        marker = sent.body["name"].rpartition(" ")[2]
        row = Key.objects.get(marker=marker)
        booking = booking_of(row.booking_id)
        self.note(booking)
        if not set(sent.body["components"]) <= ADMISSIBLE:
            self.broken.append(f"I1: asked for {sent.body['components']}")
        window = Window(_instant(sent.body["validFrom"]), _instant(sent.body["validTo"]))
        if not any(window.start >= each.start and window.end <= each.end for each in self.windows[row.booking_id]):
            self.broken.append(f"I2: asked for {window}")
        if not VendorCall.objects.filter(key=row, kind="issue").exists():
            self.broken.append(f"I9: {marker} is made without a row")
        grant = granted(booking, self.clock.now)
        there = [key for key in self.live_of(row.booking_id) if grant and as_granted(key, grant)]
        told = [each.drifted for each in Key.objects.filter(vendor_id__in=[key["id"] for key in there])]
        if there and not self._seemed_absent(there) and not self.extra and not any(map(was_reissued, told)):
            self.broken.append(f"I3: booking {row.booking_id} has its key, and another one is asked for")
        # Not known to be made, and not known not to be: that takes a list which is taken late enough (F01, F04).
        unsure = VendorCall.objects.filter(booking=row.booking_id, kind="issue", outcome__in=["", "unknown"], key__vendor_id="")
        if unsure.filter(started_at__gt=self.clock.now - READ_LAG).exclude(key=row).exists():
            self.broken.append(f"I3: booking {row.booking_id} may have its key, and another one is asked for")

    def _seemed_absent(self, there: list[Seen]) -> bool:
        """Whether a list that lied may have proven them absent. Not one of this moment that lacked others which we hold and which are
        there: nothing is complete without them (F15)."""
        if not self.lists_lie:
            return False
        gone = Key.objects.filter(marker__in=[_marker(key) for key in there], state=KeyState.ABANDONED.value)
        at_vendor = Key.objects.filter(state__in=[state.value for state in AT_VENDOR], valid_until__gt=self.clock.now)
        alive = {key["id"] for key in self.exivo.live() if "validTo" in key and _instant(key["validTo"]) > self.clock.now}
        held = alive & set(at_vendor.filter(created_at__lt=self.clock.now).values_list("vendor_id", flat=True))
        return not (held and gone.filter(closed_at=self.clock.now, closed_reason="absent").exists())

    def _at_revoke(self, vendor_id: str) -> None:
        if vendor_id in self.foreign:
            self.broken.append("I5: a key of others is taken back")
            return
        row = Key.objects.get(vendor_id=vendor_id)
        if not VendorCall.objects.filter(key=row, kind="revoke").exists():
            self.broken.append(f"I9: {row.marker} is taken back without a row")
        grant = granted(booking_of(row.booking_id), self.clock.now)
        equal = [key["id"] for key in self.live_of(row.booking_id) if grant and as_granted(key, grant)]
        # One that others made, with our mark, goes even where it is as ours ought to be.
        wanted = was_reissued(row.drifted) or vendor_id in self.meddled or row.drifted == "doubled"
        if grant and equal == [vendor_id] and not wanted:
            self.broken.append(f"I11: the right key of booking {row.booking_id} is taken back ({row.drifted or 'no drift'})")
        opening = [key["id"] for key in self.live_of(row.booking_id) if self._opens(key)]
        if (
            grant
            and self.clock.now in grant.window
            and opening == [vendor_id]
            and not wanted
            and (row.phone, row.drifted) == (grant.phone, "")
        ):
            self.broken.append(f"I7: booking {row.booking_id} is running, and its only key is taken back")

    def _opens(self, key: Seen) -> bool:
        return "validTo" in key and _instant(key["validFrom"]) <= self.clock.now < _instant(key["validTo"])

    def live_of(self, booking: int) -> list[Seen]:
        markers = set(Key.objects.filter(booking=booking).values_list("marker", flat=True))
        return [key for key in self.exivo.live() if _marker(key) in markers]

    def after_step(self) -> None:
        # Who died after the commit has told nobody what he booked or moved.
        for booking in Booking.objects.select_related("branch"):
            self.note(booking)
        assert self.broken == []
        live = self.exivo.live()
        now = {key["id"]: key for key in self.exivo.all_keys() if key["id"] in self.foreign}
        assert now == {pk: key | {"expired": now[pk]["expired"], "live": now[pk]["live"]} for pk, key in self.foreign.items()}, "I5"
        owners = dict(Key.objects.values_list("marker", "booking_id"))
        counted = Counter(owners[marker] for marker in map(_marker, live) if marker in owners)
        assert all(count <= 2 + self.extra for count in counted.values()), f"I12: {counted}"
        said = Key.objects.filter(state=KeyState.LIVE.value).exclude(calls__kind="read", calls__outcome="ok", read_at__isnull=False)
        assert list(said.values_list("pk")) == [], "I6: said to be live, and nobody read it"
        stuck = Key.objects.filter(state__in=UNFINISHED, booking__access__next_check_at__isnull=True)
        assert list(stuck.values_list("pk", "state")) == [], "I8"

    def at_rest(self) -> None:
        """The whole catalogue's invariants, over what there is in the end."""
        sight = replace(look(self.exivo, now=self.clock.now, lines=()), fresh=())
        found = [sentence for check in (*invariants.ALWAYS, *invariants.AT_REST) for sentence in check(sight, sight)]
        assert found == []

    def unrest(self) -> list[str]:
        """What is not yet as I3 and I4 want it; empty at rest."""
        found = []
        for booking in with_facts(Booking.objects.all()):
            grant = granted(booking, self.clock.now)
            live = self.live_of(booking.pk)
            if grant is None and live:
                found.append(f"I4: booking {booking.pk} ({booking.status}) has {len(live)} keys")
            if grant is not None and not (len(live) == 1 and as_granted(live[0], grant)):
                found.append(f"I3: booking {booking.pk} has {len(live)} keys, {_told(booking)}")
            if grant is not None and access_of(booking, now=self.clock.now).state not in {AccessState.READY, AccessState.ACTIVE}:
                found.append(f"I6: booking {booking.pk} is {access_of(booking, now=self.clock.now).state}, {_told(booking)}")
        return found


def _told(booking: Booking) -> str:
    access = Access.objects.filter(booking=booking).first()
    rows = [(row.state, row.drifted, row.closed_reason) for row in booking.keys.all()]
    return f"problem {access.problem if access else None!r}, looked at {access.next_check_at if access else None}, rows {rows}"


def booking_of(pk: int) -> Booking:
    return with_facts(Booking.objects.filter(pk=pk)).get()


def granted(booking: Booking, now: datetime) -> Grant | None:
    grant = grant_for(booking.facts()).grant
    return grant if grant and grant.window.end > now else None


def as_granted(key: Seen, grant: Grant) -> bool:
    times = [_instant(key[name]) if name in key else None for name in ("validFrom", "validTo")]
    wanted = (set(grant.doors), grant.phone, [grant.window.start, grant.window.end])
    return (set(key["components"]), key.get("publicRegistrationId"), times) == wanted


def _marker(key: Seen) -> str:
    return str(key.get("name") or "").rpartition(" ")[2]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
