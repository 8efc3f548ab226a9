# SPDX-License-Identifier: Apache-2.0
"""A guest's data handed out and erased. Keys are taken back first: data go only when no key of the booking can open any more (F45)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from einlass.core.bookings import Status
from einlass.core.events import CLOCK, Actor, GuestDataShown, GuestErased, GuestErasureAsked
from einlass.core.keys import KeyState
from einlass.models import Access, Booking, EventRecord, Key, VendorCall
from einlass.models.bookings import new_link_token
from einlass.operations.bookings import cancel
from einlass.operations.events import record
from einlass.operations.messages import forget
from einlass.operations.numbers import forget as forget_number_change
from einlass.queries.keys import OPEN_STATES
from einlass.queries.privacy import due_to_be_erased, may_open

# Why data went, as GuestErased says it.
ASKED, KEPT_LONG_ENOUGH = "asked", "kept_long_enough"


@dataclass(frozen=True, slots=True)
class Erased:
    """How many bookings lost their data at once, and how many wait until their key is taken back."""

    erased: int = 0
    waiting: int = 0


def erase(bookings: Iterable[Booking], *, actor: Actor, now: datetime) -> Erased:
    """Have the personal data of bookings go; those to come are cancelled, and every key that may open is taken back first (R12, F45).

    What cannot go yet is done by `erase_due`. Twice is the same as once. Records GuestErasureAsked, GuestErased.
    """
    asked = [booking.pk for booking in bookings if booking.erased_at is None]
    for pk in asked:
        _ask(pk, actor=actor, now=now)
    done = sum(_erase(pk, why=ASKED, actor=actor, now=now) for pk in asked)
    return Erased(done, len(asked) - done)


def erase_due(*, now: datetime, at_most: int = 200) -> int:
    """Erase what somebody asked for and what was kept long enough, each booking by itself. Returns how many."""
    done = 0
    for bookings in due_to_be_erased(now=now):
        for pk, asked in bookings.values_list("pk", "erase_since")[:at_most]:
            done += _erase(pk, why=ASKED if asked else KEPT_LONG_ENOUGH, actor=CLOCK, now=now)
    return done


def hand_out(bookings: Iterable[Booking], *, actor: Actor, now: datetime) -> None:
    """Write down that somebody took out what is kept of these bookings. Records GuestDataShown."""
    record(GuestDataShown(bookings=[booking.reference for booking in bookings]), actor=actor, now=now)


def _ask(pk: int, *, actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        booking = Booking.objects.select_for_update(no_key=True).get(pk=pk)
        if booking.erase_since is not None or booking.erased_at is not None:
            return
        if booking.status in {Status.PENDING.value, Status.CONFIRMED.value} and booking.end > now:
            booking = cancel(booking, actor=actor, now=now)
        Booking.objects.filter(pk=pk).update(erase_since=now)
        record(GuestErasureAsked(), actor=actor, now=now, booking=booking)


def _erase(pk: int, *, why: str, actor: Actor, now: datetime) -> bool:
    """False where a key may still open, or where a worker is at it just now."""
    with transaction.atomic():
        booking = Booking.objects.select_for_update(no_key=True).get(pk=pk)
        if booking.erased_at is not None or not _quiet(booking, now=now):
            return False
        _forget_at_vendor(booking, now=now)
        _forget_words(booking)
        # Last: a new link token locks the row for everybody who writes an event about it, such as the sender of its messages.
        _forget_guest(booking, now=now)
        record(GuestErased(why=why), actor=actor, now=now, booking=booking)
    return True


def _quiet(booking: Booking, *, now: datetime) -> bool:
    """No key may open, and no worker has read the number to make one. Whoever lost his lease is kept out by the fence."""
    work = Access.objects.select_for_update().filter(booking=booking).first()
    if work is not None and work.lease_until is not None and work.lease_until > now:
        return False
    if booking.keys.filter(may_open(now)).exists():
        return False
    told = {"problem_text": "", "unmanaged_name": "", "unmanaged_until": None}
    Access.objects.filter(booking=booking).update(fence=F("fence") + 1, lease_until=None, digest="", **told)
    return True


def _forget_at_vendor(booking: Booking, *, now: datetime) -> None:
    """What our rows say of the number. The keys themselves ended before."""
    over = booking.keys.filter(state__in=OPEN_STATES)
    over.update(state=KeyState.EXPIRED.value, closed_at=now, closed_reason="window_over")
    booking.keys.update(phone="")
    VendorCall.objects.filter(Q(booking=booking) | Q(key__in=Key.objects.filter(booking=booking))).update(detail="")
    booking.openings.update(detail="")
    booking.entries.all().delete()


def _forget_words(booking: Booking) -> None:
    """Messages to the guest, the number that he asked for, and what somebody wrote as a reason."""
    forget(booking)
    forget_number_change(booking)
    for row in EventRecord.objects.filter(booking=booking, data__has_key="reason"):
        row.data["reason"] = ""
        row.save(update_fields=["data"])


def _forget_guest(booking: Booking, *, now: datetime) -> None:
    Booking.objects.filter(pk=booking.pk).update(
        guest_name="",
        email="",
        mobile="",
        answers={},
        ended_reason="",
        link_token=new_link_token(),
        erase_since=booking.erase_since or now,
        erased_at=now,
    )
