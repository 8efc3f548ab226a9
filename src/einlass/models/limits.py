# SPDX-License-Identifier: Apache-2.0
"""How often somebody did something lately. Who it was stands here as a keyed digest only. How often is too often: `core/limits.py`."""

from __future__ import annotations

from django.db import models


class DeedCount(models.Model):
    """How often `who` did `what` in the stretch of time that began at `since`."""

    what = models.CharField(max_length=30)
    who = models.CharField(max_length=64)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="deed_counted_once", fields=["what", "who", "since"])]
        indexes = [models.Index(name="deed_since", fields=["since"])]

    def __str__(self) -> str:
        return f"{self.what} {self.since:%Y-%m-%d %H:%M}"
