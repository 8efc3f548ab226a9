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

    class Meta:
        constraints = [models.CheckConstraint(name="lock_system_state_known", condition=one_of("state", LockSystemState))]

    def __str__(self) -> str:
        return self.key
