# SPDX-License-Identifier: Apache-2.0
"""Telling the staff that a key which ought to be gone may open the next booking's doors (F33, F42). Taking it back: `keys.py`."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from einlass.core.bookings import Status
from einlass.core.grants import chosen_doors
from einlass.core.keys import KeyState
from einlass.models import Booking, Key, Message
from einlass.operations.key_problems import problem_sentence
from einlass.operations.message_values import clock_after
from einlass.operations.staff_mail import about, staff_of, write_to
from einlass.queries.bookings import with_facts
from einlass.queries.keys import MAY_OPEN
from einlass.queries.services import organisation

KIND = "message_key_stays"
# So long before the next booking somebody hears of it; time enough to go there.
AHEAD = timedelta(hours=1)
# A key that is just being taken back is gone in a moment.
GRACE = timedelta(minutes=2)
ENDED = sorted(status.value for status in (Status.CANCELLED, Status.DECLINED))


def raise_revocation_alarms(*, now: datetime, at_most: int = 200) -> int:
    """Tell the staff once for each such key and next booking. Returns how many are told."""
    going = Q(state=KeyState.REVOKING.value) | Q(state__in=MAY_OPEN, booking__status__in=ENDED)
    # Also one that is gone for the vendor and that a phone still carries (F33).
    going = Q(going, valid_until__gt=now) | Q(opens_until__gt=now)
    may_open = Key.objects.filter(going, lock_system__enabled=True, valid_from__lte=now + AHEAD)
    keys = may_open.select_related("booking__access").order_by("valid_from", "id")[:at_most]
    return sum(_alarm(key, now=now) for key in keys)


def _alarm(key: Key, *, now: datetime) -> bool:
    asked_at = key.revoke_sent_at or key.booking.ended_at or key.created_at
    following = _next_booking(key, now=now) if now - asked_at >= GRACE else None
    if following is None:
        return False
    once = f"{KIND}.{key.pk}.{following.pk}"
    # The word of the first of them; another worker that comes at the same moment writes none twice.
    if Message.objects.filter(once__startswith=f"{once}.").exists():
        return False
    booking = with_facts(Booking.objects.filter(pk=key.booking_id)).get()
    with transaction.atomic():
        _write(booking, key, following, once=once, now=now)
    return True


def _next_booking(key: Key, *, now: datetime) -> Booking | None:
    """The first booking that begins within an hour, or has begun, while this key may open a door of it that does not open for everybody."""
    coming = Booking.objects.filter(branch=key.branch_id, status=Status.CONFIRMED.value, end__gt=now, start__lte=now + AHEAD)
    others = with_facts(coming.filter(start__lt=key.valid_until, end__gt=key.valid_from).exclude(pk=key.booking_id).order_by("start", "id"))
    return next((booking for booking in others if booking.room_id == key.booking.room_id or _own_doors(booking) & set(key.doors)), None)


def _own_doors(booking: Booking) -> frozenset[str]:
    """The doors of its service and its room; those that open for every booking of the branch tell nobody apart."""
    facts = booking.facts()
    return frozenset(door.component for door in chosen_doors(facts)) & (facts.service_doors | facts.room_doors)


def _write(booking: Booking, key: Key, following: Booking, *, once: str, now: datetime) -> None:
    operator = organisation()
    language, zone = operator.default_language, booking.branch.time_zone
    problem = booking.access.problem
    with translation.override(language):
        reason = problem_sentence(problem) if problem else ""
    begins = clock_after(following.start, now, zone, language=language)
    values = about(booking, operator) | {
        "problem": reason,
        "key_until": clock_after(key.opens_until or key.valid_until, booking.start, zone, language=language),
        "next_time": begins,
        "next_booking": f"{following.reference}, {begins}",
    }
    write_to(staff_of(booking.branch), KIND, values, operator=operator, once=once, booking=booking, useful_until=key.valid_until, now=now)
