# SPDX-License-Identifier: Apache-2.0
"""A guest's wish for another mobile number, until he has proved by a code that the mail address is his. Rule: `operations/numbers.py`."""

from __future__ import annotations

from django.db import models

from einlass.models.bookings import Booking


class NumberChange(models.Model):
    """One at a time for a booking. The code itself is nowhere kept."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="number_change")
    mobile = models.CharField(max_length=20)
    code_digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"number change of booking {self.booking_id}"
