# SPDX-License-Identifier: Apache-2.0
"""What we know of the keys at the vendor: the work per booking, one row a key, one row a call, one row a door to be opened. Rows are
written before the vendor is asked."""

from __future__ import annotations

from django.db import models

from einlass.core.keys import HeldKey, KeyState
from einlass.core.openings import OpeningState
from einlass.core.windows import Window
from einlass.models.bookings import Booking
from einlass.models.branches import Branch
from einlass.models.fields import one_of
from einlass.models.lock_systems import LockSystem


class Access(models.Model):
    """The key work of one booking: who is at it (lease, fence), when it is looked at next and why, and what is wrong."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, primary_key=True, related_name="access")
    generation = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")
    next_check_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=60, blank=True, default="")
    urgency = models.SmallIntegerField(default=5)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=40, blank=True, default="")
    problem_since = models.DateTimeField(null=True, blank=True)
    problem_text = models.CharField(max_length=300, blank=True, default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    # The last mark before the window (in minutes) at which staff were told that the key is not confirmed.
    alarmed_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    # Until when a key that is not ours opens doors of this booking with its phone, and what that key is called over there (F14).
    unmanaged_until = models.DateTimeField(null=True, blank=True)
    unmanaged_name = models.CharField(max_length=100, blank=True, default="")
    ready_generation = models.PositiveIntegerField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    # Counts what made this booking due: a worker may put off only what it has looked at.
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(name="access_due", fields=["next_check_at"], condition=models.Q(next_check_at__isnull=False)),
            # Looked through each time that somebody opens the start page.
            models.Index(
                name="access_told", fields=["booking"], condition=models.Q(problem__gt="") | models.Q(alarmed_minutes__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"access of {self.booking_id}"


class Key(models.Model):
    """One credential at the vendor, from the intent to make it to its end. One row stands for one create call."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="keys")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="keys")
    lock_system = models.ForeignKey(LockSystem, on_delete=models.PROTECT, related_name="keys")
    site_id = models.CharField(max_length=100)
    generation = models.PositiveIntegerField()
    marker = models.CharField(max_length=20, db_index=True)
    vendor_id = models.CharField(max_length=100, blank=True, default="")
    phone = models.CharField(max_length=20)
    doors = models.JSONField(default=list)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=12)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    revoke_sent_at = models.DateTimeField(null=True, blank=True)
    # Of a key that was taken back: until when a phone that has not synchronised may still open (F33).
    opens_until = models.DateTimeField(null=True, blank=True)
    drifted = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="key_state_known", condition=one_of("state", KeyState)),
            models.UniqueConstraint(
                name="key_vendor_id_once", fields=["lock_system", "site_id", "vendor_id"], condition=~models.Q(vendor_id="")
            ),
        ]
        indexes = [models.Index(name="key_site_state", fields=["branch", "state"])]

    def __str__(self) -> str:
        return self.marker

    def facts(self) -> HeldKey:
        return HeldKey(
            id=self.pk,
            marker=self.marker,
            vendor_id=self.vendor_id,
            lock_system=self.lock_system_id,
            site_id=self.site_id,
            phone=self.phone,
            doors=frozenset(self.doors),
            window=Window(self.valid_from, self.valid_until),
            state=KeyState(self.state),
            generation=self.generation,
            sent_at=self.sent_at,
            drifted=self.drifted,
            opens_until=self.opens_until,
            read_at=self.read_at,
            closed_at=self.closed_at,
        )


class VendorCall(models.Model):
    """One thing that a vendor was asked (I9), in so many `requests`: a list takes one for each page, and reads what it lacks alone.
    For a change it is committed before the call: without an outcome it may have happened (F18)."""

    lock_system = models.ForeignKey(LockSystem, on_delete=models.CASCADE, related_name="calls")
    site_id = models.CharField(max_length=100, blank=True, default="")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="vendor_calls")
    key = models.ForeignKey(Key, null=True, blank=True, on_delete=models.CASCADE, related_name="calls")
    kind = models.CharField(max_length=12)
    fence = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True, default="")
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="vendor_call_started", fields=["started_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome or 'open'}"


class DoorOpening(models.Model):
    """One wish of a person to open a door now. Urgent work: dropped when it was not done in time, never repeated after a lost answer."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="openings")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="openings")
    component = models.CharField(max_length=100)
    door_name = models.CharField(max_length=300, blank=True, default="")
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=12, default=OpeningState.ASKED.value)
    ended_at = models.DateTimeField(null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(name="opening_state_known", condition=one_of("state", OpeningState))]
        indexes = [models.Index(name="opening_asked", fields=["asked_at"], condition=models.Q(state="asked"))]

    def __str__(self) -> str:
        return f"{self.component} {self.state}"


class StrayKey(models.Model):
    """A key with a mark like ours at the vendor that no row knows, perhaps from before a backup was put back (F21). A person decides."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="stray_keys")
    site_id = models.CharField(max_length=100, blank=True, default="")
    vendor_id = models.CharField(max_length=100)
    marker = models.CharField(max_length=20)
    label = models.CharField(max_length=200, blank=True, default="")
    doors = models.JSONField(default=list)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField()
    # What became of it: "" waits for a person, "revoke" is to be taken back, "revoked", "kept", "gone", "known".
    decision = models.CharField(max_length=10, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    # While it is to be taken back: when that is tried next, and how often it failed.
    next_check_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="stray_key_once", fields=["branch", "vendor_id"])]

    def __str__(self) -> str:
        return self.marker


class DoorEntry(models.Model):
    """One tap as the vendor's log tells it, kept with the booking whose key it was. Holds no phone number."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="entries")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="entries")
    component = models.CharField(max_length=100)
    at = models.DateTimeField()
    opened = models.BooleanField()
    # In the vendor's words, redacted; empty where it only says yes or no.
    reason = models.CharField(max_length=100, blank=True, default="")
    vendor_id = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(name="door_entry_once", fields=["branch", "vendor_id"])]
        indexes = [models.Index(name="door_entry_at", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.component} {self.at:%Y-%m-%d %H:%M}"
