# SPDX-License-Identifier: Apache-2.0
"""Who has an account. What each of them sees is decided in `scope.py`; changing one: `operations/team.py`."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.db.models.functions import Lower

from einlass.models import User


def all_members() -> QuerySet[User]:
    """Every account with its branches: those that are on first, by name."""
    return User.objects.prefetch_related("branches").order_by("-is_active", Lower("name"), "email")


def with_second_factor() -> frozenset[int]:
    """The numbers of those who sign in with more than a password. Recovery codes alone are none: they stand in for another factor."""
    factors = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return frozenset(factors.values_list("user_id", flat=True))
