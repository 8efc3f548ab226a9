# SPDX-License-Identifier: Apache-2.0
"""Who sees which branch. Every list of the staff starts here."""

from __future__ import annotations

from django.db.models import QuerySet

from einlass.core.roles import BOUND_TO_BRANCHES, Role
from einlass.models import ApiToken, Booking, Branch, User
from einlass.queries.bookings import real


def visible_branches(user: User) -> QuerySet[Branch]:
    """Owners and managers see every branch; others only those that they were given."""
    if Role(user.role) not in BOUND_TO_BRANCHES:
        return Branch.objects.all()
    return Branch.objects.filter(staff=user)


def bound_to(user: User) -> frozenset[int] | None:
    """The branches that a person is bound to, by their numbers; None for those who see all of them."""
    if Role(user.role) not in BOUND_TO_BRANCHES:
        return None
    return frozenset(Branch.objects.filter(staff=user).values_list("pk", flat=True))


def visible_bookings(user: User) -> QuerySet[Booking]:
    if Role(user.role) not in BOUND_TO_BRANCHES:
        return real(Booking.objects.all())
    return real(Booking.objects.filter(branch__staff=user))


def branches_of_token(token: ApiToken) -> QuerySet[Branch]:
    """The branches a program sees: those that its token was given, all where none was named or its role is not bound to any."""
    if Role(token.role) not in BOUND_TO_BRANCHES or not token.branches.exists():
        return Branch.objects.all()
    return Branch.objects.filter(tokens=token)


def token_sees(token: ApiToken, branch: int) -> bool:
    """Whether the branch of this number is among `branches_of_token`; asks nothing where the role is bound to none."""
    if Role(token.role) not in BOUND_TO_BRANCHES:
        return True
    given = set(token.branches.values_list("pk", flat=True))
    return not given or branch in given


def bookings_of_token(token: ApiToken) -> QuerySet[Booking]:
    return Booking.objects.filter(branch__in=branches_of_token(token))
