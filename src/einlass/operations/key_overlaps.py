# SPDX-License-Identifier: Apache-2.0
"""Keys that are not ours and open doors of a booking with its phone (F14): noted by the sweep, told with the booking, never touched."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from einlass.core.bookings import LONGEST_MARGIN, Status
from einlass.core.grants import chosen_doors, key_window, opens_doors
from einlass.core.keys import Listing, SeenKey
from einlass.locks.redaction import redacted
from einlass.models import Access, Booking, Branch
from einlass.operations.access import make_due
from einlass.queries.bookings import with_facts

# A request that was declined never had a key that somebody could mistake it for.
CONCERNED = sorted(status.value for status in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED))

Found = tuple[datetime | None, str]
NOTHING: Found = (None, "")


def note_overlaps(branch: Branch, listing: Listing, *, now: datetime) -> int:
    """Write down what a complete list shows, and what it no longer shows. Returns with how many bookings something is different; those
    are looked at again."""
    foreign = [key for key in listing.keys if not key.marker and key.alive(now)]
    noted = Q(access__unmanaged_until__isnull=False)
    near = Booking.objects.filter(branch=branch, status__in=CONCERNED, end__gt=now - LONGEST_MARGIN, access__isnull=False)
    bookings = with_facts(near.filter(noted | Q(mobile__in={key.phone for key in foreign if key.phone})))
    return sum(_note(booking, _overlapping(booking, foreign), now=now) for booking in bookings)


def _overlapping(booking: Booking, foreign: Collection[SeenKey]) -> Found:
    """Of several the one that opens longest."""
    facts = booking.facts()
    had_a_key = opens_doors(facts) and (facts.status is not Status.CANCELLED or any(key.vendor_id for key in booking.keys.all()))
    if not had_a_key or not facts.phone:
        return NOTHING
    doors, window = {door.component for door in chosen_doors(facts)}, key_window(facts)
    same = [
        key for key in foreign if key.phone == facts.phone and key.doors & doors and (key.window is None or key.window.collides(window))
    ]
    ends = [(key.window.end if key.window else window.end, redacted(key.name)[:100]) for key in same]
    return max(ends, default=NOTHING)


def _note(booking: Booking, found: Found, *, now: datetime) -> bool:
    until, name = found
    if (booking.access.unmanaged_until, booking.access.unmanaged_name) == found:
        return False
    with transaction.atomic():
        Access.objects.filter(pk=booking.pk).update(unmanaged_until=until, unmanaged_name=name)
        make_due(booking, now=now, reason="overlap")
    return True
