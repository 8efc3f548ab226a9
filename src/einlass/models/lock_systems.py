# SPDX-License-Identifier: Apache-2.0
"""One configured vendor account (an Anbindung), its secret sealed. How to speak to it is the business of `locks`."""

from django.db import models

from einlass.core.locks import LockSystemState
from einlass.models.fields import one_of


class LockSystem(models.Model):
    """Off until switched on (R1). The secret is sealed and bound to this row's key; only its last four are readable (R2)."""

    key = models.SlugField(max_length=60, unique=True)
    vendor = models.CharField(max_length=30, default="exivo")
    enabled = models.BooleanField(default=False)
    api_key = models.CharField(max_length=200, blank=True, default="")
    sealed_secret = models.TextField(blank=True, default="")
    secret_last4 = models.CharField(max_length=4, blank=True, default="")
    mobile_app_name = models.CharField(max_length=100, blank=True, default="dormakaba mobile access")
    mobile_app_id = models.CharField(max_length=40, blank=True, default="")
    install_notification = models.BooleanField(default=True)
    calls_per_second = models.PositiveSmallIntegerField(default=10)
    calls_at_once = models.PositiveSmallIntegerField(default=8)
    # What the vendor last answered, as seen by the workers; decides whether anybody asks it at all (F05, F06, F39).
    state = models.CharField(max_length=20, default=LockSystemState.WORKING.value)
    state_since = models.DateTimeField(null=True, blank=True)
    state_detail = models.CharField(max_length=300, blank=True, default="")
    not_before = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)
    # The last connection test that a person asked for (R2).
    tested_at = models.DateTimeField(null=True, blank=True)
    tested_code = models.CharField(max_length=30, blank=True, default="")
    tested_seconds = models.FloatField(null=True, blank=True)
    # Our clock minus the vendor's as last seen, in seconds; None until an answer carried its time (F17).
    clock_skew_seconds = models.IntegerField(null=True, blank=True)
    # Since when it is being switched off with its keys taken back first; no key is made any more, revocations still go out.
    closing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="lock_system_state_known", condition=one_of("state", LockSystemState))]

    def __str__(self) -> str:
        return self.key

    @property
    def grants(self) -> bool:
        """Whether bookings get keys of it: switched on, and not about to be switched off."""
        return self.enabled and self.closing_since is None
