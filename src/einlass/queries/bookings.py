# SPDX-License-Identifier: Apache-2.0
"""Bookings as they are looked at: one by its link or reference, lists with filters. Who sees which branch is in `scope.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from einlass.core.bookings import LONGEST, Status
from einlass.core.events import BookingLinkRenewed
from einlass.models import Booking, EventRecord, Service
from einlass.models.neighbours import neighbour_times

HOLDS = (Status.HELD.value, Status.LAPSED.value)


def with_facts(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with all that decides about their doors and tells the state of their keys; a fixed number of queries."""
    near = neighbour_times(Booking.objects.all())
    return (
        bookings.annotate(**near)
        .select_related("branch__lock_system", "service", "room", "access")
        .prefetch_related("branch__doors", "service__doors", "room__doors", "keys")
    )


def booking_by_link(token: str) -> Booking | None:
    """The booking of a guest's own page, unless his data were erased. The token is the whole proof; a guest has no other way in."""
    # PostgreSQL refuses to look for a NUL, which an address may hold.
    if "\0" in token:
        return None
    return with_facts(real(Booking.objects.filter(link_token=token, erased_at__isnull=True))).first()


def real(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Without the times that are only held for a visitor, or were: nobody booked them, and no list, count or link shows them."""
    return bookings.exclude(status__in=HOLDS)


def held(bookings: QuerySet[Booking], *, now: datetime) -> QuerySet[Booking]:
    """The times among them that are held for a visitor at this moment."""
    return bookings.filter(status=Status.HELD.value, held_until__gt=now)


def hold_of(tokens: Sequence[str], *, service: Service, now: datetime) -> Booking | None:
    """The first hold of this service among these that has not run out."""
    named = [token for token in tokens if token and "\0" not in token]
    if not named:
        return None
    found = {row.link_token: row for row in held(Booking.objects.filter(link_token__in=named, service=service), now=now)}
    return next((found[token] for token in named if token in found), None)


def language_by_link(token: str) -> str:
    """The language in which the booking of this link was made; empty where there is none."""
    found = (
        None
        if "\0" in token
        else Booking.objects.filter(link_token=token, erased_at__isnull=True).values_list("language", flat=True).first()
    )
    return found or ""


def booking_of_form(once: str) -> Booking | None:
    """The booking that this form, sent before, has made already."""
    return with_facts(Booking.objects.filter(once=once)).first()


def has_another_link(booking: Booking) -> bool:
    """Whether the guest's page moved to another address since he booked, or is gone with his data."""
    return booking.erased_at is not None or EventRecord.objects.filter(booking=booking, kind=BookingLinkRenewed.kind).exists()


def booking_by_reference(reference: str) -> Booking | None:
    return with_facts(Booking.objects.filter(reference=reference.upper())).first()


def open_bookings_of(mobile: str, *, now: datetime) -> int:
    """How many bookings this number has that are not over, those that wait for approval included."""
    coming = Booking.objects.filter(status__in=[Status.PENDING.value, Status.CONFIRMED.value], end__gt=now, erased_at__isnull=True)
    return coming.filter(mobile=mobile).count()


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """What a list is narrowed to; empty means everything. Times are instants: a booking counts when it reaches into [start, end).

    With `key_problem` only those whose key is hindered by something at the moment.
    """

    start: datetime | None = None
    end: datetime | None = None
    branch: str = ""
    status: str = ""
    text: str = ""
    service: str = ""
    room: str = ""
    key_problem: bool = False


def matching(bookings: QuerySet[Booking], wanted: BookingFilter) -> QuerySet[Booking]:
    """The bookings that fit, soonest first. `text` looks into name, address, number and reference."""
    if wanted.start:
        bookings = bookings.filter(end__gt=wanted.start, start__gt=wanted.start - LONGEST)
    if wanted.end:
        bookings = bookings.filter(start__lt=wanted.end)
    if wanted.branch:
        bookings = bookings.filter(branch__key=wanted.branch)
    if wanted.status:
        bookings = bookings.filter(status=wanted.status)
    if wanted.service:
        bookings = bookings.filter(service__key=wanted.service)
    if wanted.room:
        bookings = bookings.filter(room__key=wanted.room)
    if wanted.key_problem:
        bookings = bookings.filter(access__problem__gt="")
    if text := wanted.text.strip():
        digits = "".join(c for c in text if c.isdigit()).lstrip("0")
        found = Q(guest_name__icontains=text) | Q(email__icontains=text) | Q(reference__icontains=text)
        bookings = bookings.filter(found | Q(mobile__contains=digits) if len(digits) >= 4 else found)
    return with_facts(bookings).order_by("start", "id")
