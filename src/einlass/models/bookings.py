# SPDX-License-Identifier: Apache-2.0
"""Bookings, the only truth. That no room is booked twice is held by the database itself, see migration 0002."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models

from einlass.core.bookings import Status
from einlass.core.grants import SITE_MISMATCH, BookingFacts
from einlass.core.windows import Window
from einlass.models.branches import Branch, Room
from einlass.models.fields import one_of
from einlass.models.neighbours import TIMES, neighbour_times
from einlass.models.services import Service

# Without 0/O, 1/I/L and U: a reference is read out on the telephone.
REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """Such as K7Q4-MX2R: short enough to say, not a secret."""
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def new_link_token() -> str:
    """The unguessable part of the guest's own page: 192 bits."""
    return secrets.token_urlsafe(24)


class Booking(models.Model):
    """A Termin. `start`/`end` are what was booked, `blocked_*` what the room is taken for, buffers included."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference)
    link_token = models.CharField(max_length=64, unique=True, default=new_link_token)
    status = models.CharField(max_length=12, default=Status.CONFIRMED.value)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="bookings")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="bookings")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    start = models.DateTimeField()
    end = models.DateTimeField()
    blocked_from = models.DateTimeField()
    blocked_until = models.DateTimeField()
    answers = models.JSONField(default=dict)
    guest_name = models.CharField(max_length=400, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    mobile = models.CharField(max_length=20, blank=True, default="")
    language = models.CharField(max_length=8, default="de")
    sequence = models.PositiveIntegerField(default=0)
    # The digest of the wish and of the form that it came from: the same form is one booking, however often it is sent.
    once = models.CharField(max_length=64, unique=True, null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True, default="")
    reminded_at = models.DateTimeField(null=True, blank=True)
    # Somebody asked for the personal data to go; they go once no key of the booking can open any more (F45).
    erase_since = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="booking_status_known", condition=one_of("status", Status)),
            models.CheckConstraint(name="booking_ends_after_start", condition=models.Q(end__gt=models.F("start"))),
            models.CheckConstraint(
                name="booking_blocks_its_time",
                condition=models.Q(blocked_from__lte=models.F("start"), blocked_until__gte=models.F("end")),
            ),
        ]
        indexes = [
            models.Index(name="booking_branch_start", fields=["branch", "start"]),
            models.Index(name="booking_status_end", fields=["status", "end"]),
            # With all that the number of a list's pages depends on, so that nobody reads the rows to count them.
            models.Index(name="booking_start", fields=["start", "end", "status", "branch"]),
            # Looked through every minute for holds that are over, and at each booking for what a guest has open.
            models.Index(name="booking_held", fields=["held_until"], condition=models.Q(status="held")),
            models.Index(name="booking_open_mobile", fields=["mobile"], condition=models.Q(status__in=["held", "pending", "confirmed"])),
            # Looked through every minute for what is due to be erased.
            models.Index(
                name="booking_to_erase", fields=["erase_since"], condition=models.Q(erase_since__isnull=False, erased_at__isnull=True)
            ),
            models.Index(name="booking_kept", fields=["end"], condition=models.Q(erased_at__isnull=True)),
            # Free times are read per room over the blocking states only; queries repeat the predicate to use it.
            models.Index(
                name="booking_room_blocked",
                fields=["room", "blocked_from", "blocked_until"],
                condition=models.Q(status__in=["held", "pending", "confirmed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)

    def forget_neighbours(self) -> None:
        """Its time, room or number is another now: who is beside it has to be read anew."""
        for name in TIMES:
            self.__dict__.pop(name, None)

    def _neighbours(self) -> dict[str, datetime | None]:
        if not self.branch.shrink_margins:
            return {}
        read = self.__dict__
        if TIMES[0] not in read:
            read = Booking.objects.filter(pk=self.pk).annotate(**neighbour_times(Booking.objects.all())).values(*TIMES).first() or {}
        return {name: read.get(name) for name in TIMES}

    def facts(self) -> BookingFacts:
        """All that decides about its doors. Read with `queries.bookings.with_facts`, or it asks the database per relation."""
        branch = self.branch
        system = branch.lock_system
        return BookingFacts(
            # Whoever is to be erased has no key any more, however his booking ended (R12, F45).
            status=Status(self.status) if self.erase_since is None else Status.CANCELLED,
            window=self.window,
            phone=self.mobile,
            branch_doors=tuple(door.facts() for door in branch.doors.all()),
            service_doors=frozenset(door.component for door in self.service.doors.all()),
            room_doors=frozenset(door.component for door in self.room.doors.all()),
            early_minutes=branch.early_minutes,
            late_minutes=branch.late_minutes,
            lock_system=system.pk if system else None,
            lock_system_enabled=bool(system and system.grants),
            site_id=branch.site_id,
            site_confirmed=branch.site_is_confirmed,
            site_mismatch=branch.site_doubt == SITE_MISMATCH,
            **self._neighbours(),
        )
