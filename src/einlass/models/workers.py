# SPDX-License-Identifier: Apache-2.0
"""Which workers are alive, and facts about this installation that every machine must share."""

from django.db import models


class Worker(models.Model):
    """The heartbeat of one worker process; older than 60 seconds means gone."""

    name = models.CharField(max_length=120, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # Its machine's clock minus the database's, in seconds; None where they are one and the same machine (SQLite).
    clock_skew_seconds = models.IntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Installation(models.Model):
    """One row: the fingerprint of the encryption keys, so that a machine with other keys says so and touches no secret."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key_fingerprint = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return "installation"
