# SPDX-License-Identifier: Apache-2.0
"""What happened: at once the audit line, the later webhook's body and the reason for a wake-up."""

from django.db import models

from einlass.models.bookings import Booking
from einlass.models.branches import Branch


class EventRecord(models.Model):
    """One event of `core/events.py` as a row; never changed after it was written. Carries no secret and no whole phone number."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=40, db_index=True)
    # What a change of settings was about, such as `branches.bern`; "" for what happened to a booking.
    subject = models.CharField(max_length=120, blank=True, default="", db_index=True)
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    # What was changed stays in the log when its branch is gone; `subject` names it.
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=200, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.kind
