# SPDX-License-Identifier: Apache-2.0
"""Where rooms and doors are: the organisation, its branches, their rooms and their components at the vendor."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from einlass.core.grants import SITE_MISMATCH, SITE_UNCONFIRMED, Admissible, DoorFacts, DoorUse, admissible
from einlass.core.hours import OpeningHours
from einlass.models.fields import TextByLanguage, one_of
from einlass.models.lock_systems import LockSystem
from einlass.models.pictures import Picture


class Organisation(models.Model):
    """The operator. One row, always number 1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=200, default="Einlass")
    languages = models.JSONField(default=list)
    default_language = models.CharField(max_length=8, default="de")
    address = models.CharField(max_length=300, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    privacy_url = models.CharField(max_length=500, blank=True, default="")
    imprint_url = models.CharField(max_length=500, blank=True, default="")
    logo = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Of the one next step on the guests' pages, such as "#1f5fbf"; empty is the product's own.
    accent_colour = models.CharField(max_length=7, blank=True, default="")
    # How many coming bookings guests may have with one mobile number; None is no limit.
    most_open_bookings = models.PositiveIntegerField(null=True, blank=True, default=10)
    # The messages that also go by SMS, by the key of their template.
    sms_messages = models.JSONField(default=list, blank=True)
    # For how many days the vendor's log of taps is kept with the bookings; None reads none.
    door_log_days = models.PositiveIntegerField(null=True, blank=True)
    # Days after the end of a booking at which its personal data go; None keeps them.
    keep_personal_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="organisation_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """A place with rooms. Its hours are local wall time in `time_zone`; everything else is UTC."""

    key = models.SlugField(max_length=60, unique=True)
    name = TextByLanguage()
    address = models.CharField(max_length=300, blank=True, default="")
    directions_url = models.CharField(max_length=500, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    time_zone = models.CharField(max_length=64)
    country = models.CharField(max_length=2, default="CH")
    holidays = models.CharField(max_length=16, blank=True, default="")
    opening_hours = models.JSONField(default=dict, blank=True)
    exceptions = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    # Other people's pages that may show the booking pages of this branch within theirs, such as "https://www.example.org".
    embed_origins = models.JSONField(default=list, blank=True)
    lock_system = models.ForeignKey(LockSystem, null=True, blank=True, on_delete=models.PROTECT, related_name="branches")
    early_minutes = models.PositiveSmallIntegerField(default=15)
    late_minutes = models.PositiveSmallIntegerField(default=15)
    # Between two guests in a row the margins end where the other's booking begins or ends (F35).
    shrink_margins = models.BooleanField(default=False)
    # Whether a key that somebody deletes at the vendor while its booking runs is made again; else a person decides (F12).
    remake_running = models.BooleanField(default=True)
    site_id = models.CharField(max_length=100, blank=True, default="")
    site_name = models.CharField(max_length=200, blank=True, default="")
    site_confirmed_at = models.DateTimeField(null=True, blank=True)
    site_problem = models.CharField(max_length=40, blank=True, default="")
    site_checked_at = models.DateTimeField(null=True, blank=True)
    # Since when the vendor says no to the site, and what it said last, redacted; None while it does not (F39, F40).
    site_problem_since = models.DateTimeField(null=True, blank=True)
    site_detail = models.CharField(max_length=300, blank=True, default="")
    # Since when no list of its keys told all of them, and what hindered it (F15).
    list_incomplete_since = models.DateTimeField(null=True, blank=True)
    list_detail = models.CharField(max_length=300, blank=True, default="")
    keys_swept_at = models.DateTimeField(null=True, blank=True)
    # By which version of our own notes the site was last compared as a whole: after an upgrade nothing is changed before (F54).
    compared_by = models.CharField(max_length=20, blank=True, default="")
    # Up to when the vendor's log of taps was read.
    entries_read_until = models.DateTimeField(null=True, blank=True)
    sweep_lease_until = models.DateTimeField(null=True, blank=True)
    brake_since = models.DateTimeField(null=True, blank=True)
    brake_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.key

    @property
    def site_is_confirmed(self) -> bool:
        return self.site_confirmed_at is not None and bool(self.site_id)

    @property
    def site_doubt(self) -> str:
        """The code of the problem that its keys have while nothing may be changed at the site; "" where it is confirmed."""
        if self.site_is_confirmed:
            return ""
        return SITE_MISMATCH if self.site_problem == SITE_MISMATCH else SITE_UNCONFIRMED

    def hours(self) -> OpeningHours:
        """The opening hours as core reads them; the columns were validated when they were written."""
        exceptions: list[dict[str, Any]] = self.exceptions
        return OpeningHours.from_config(zone=self.time_zone, week=self.opening_hours, exceptions=exceptions, holidays=self.holidays)


class Door(models.Model):
    """One component of a branch's site (R4, R5). Called component only where the vendor's API is spoken."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="doors")
    component = models.CharField(max_length=100)
    name = models.CharField(max_length=300, blank=True, default="")
    kind = models.CharField(max_length=200, blank=True, default="")
    use = models.CharField(max_length=10, choices=[(u.value, u.value) for u in DoorUse], default=DoorUse.NONE.value)
    allow_unknown = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(null=True, blank=True)
    # Whether the hardware answered when the list was last read, and since when it does not; None where the vendor does not say.
    ready = models.BooleanField(null=True, blank=True)
    silent_since = models.DateTimeField(null=True, blank=True)
    # What a person has not seen yet: "new", "renamed" from `former_name`, or "gateway" where it was chosen and turned into
    # one; "" once the doors were saved by somebody.
    news = models.CharField(max_length=10, blank=True, default="")
    former_name = models.CharField(max_length=300, blank=True, default="")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(name="door_once_per_branch", fields=["branch", "component"]),
            models.CheckConstraint(name="door_use_known", condition=one_of("use", DoorUse)),
            # R5 in the database itself: no gateway is ever chosen, whoever writes the row. A component that was not read
            # yet (exivo unreachable while applying a file) has no type and may be chosen, but grants leave it out.
            models.CheckConstraint(name="door_is_no_gateway", condition=Q(use="none") | ~Q(kind__icontains="gateway")),
        ]

    def __str__(self) -> str:
        return self.name or self.component

    @property
    def admissible(self) -> Admissible:
        return admissible(kind=self.kind, allow_unknown=self.allow_unknown)

    def facts(self) -> DoorFacts:
        return DoorFacts(
            component=self.component,
            name=self.name,
            kind=self.kind,
            use=DoorUse(self.use),
            allow_unknown=self.allow_unknown,
            missing=self.missing_since is not None,
        )


class Room(models.Model):
    """What cannot be booked twice. It may carry doors of its own (R7)."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="rooms")
    key = models.SlugField(max_length=60, unique=True)
    name = TextByLanguage()
    capacity = models.PositiveIntegerField(null=True, blank=True)
    floor = models.CharField(max_length=60, blank=True, default="")
    doors = models.ManyToManyField(Door, blank=True, related_name="rooms")
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.key
