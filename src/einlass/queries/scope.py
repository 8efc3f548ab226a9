# SPDX-License-Identifier: Apache-2.0
"""Who sees which branch. Every list of the staff starts here."""

from __future__ import annotations

from django.db.models import QuerySet

from einlass.core.roles import Role
from einlass.models import Booking, Branch, User

EVERYWHERE = frozenset({Role.OWNER, Role.MANAGER})


def visible_branches(user: User) -> QuerySet[Branch]:
    """Owners and managers see every branch; others only those that they were given."""
    if Role(user.role) in EVERYWHERE:
        return Branch.objects.all()
    return Branch.objects.filter(staff=user)


def visible_bookings(user: User) -> QuerySet[Booking]:
    if Role(user.role) in EVERYWHERE:
        return Booking.objects.all()
    return Booking.objects.filter(branch__staff=user)
