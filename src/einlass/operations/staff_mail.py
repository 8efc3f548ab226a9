# SPDX-License-Identifier: Apache-2.0
"""Mails to the people of the house: whom, and one text for all of them. What is told and when: `alarms.py` and its like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from einlass.core.roles import Role
from einlass.models import Booking, Branch, Organisation, User
from einlass.operations.addresses import address_of
from einlass.operations.message_values import booking_values, letter
from einlass.operations.messages import queue
from einlass.queries.templates import wording


def staff_of(branch: Branch) -> list[User]:
    """Owners and managers, and the staff who were given this branch; nobody who has not followed his invitation."""
    everywhere = Q(role__in=[Role.OWNER.value, Role.MANAGER.value])
    here = Q(role=Role.STAFF.value, branches=branch)
    return list(User.objects.filter(everywhere | here, is_active=True, invited_at__isnull=True).distinct().order_by("pk"))


def owners() -> list[User]:
    """Who can mend an account; nobody who has not followed his invitation."""
    return list(User.objects.filter(role=Role.OWNER.value, is_active=True, invited_at__isnull=True).order_by("pk"))


def about(booking: Booking, operator: Organisation) -> dict[str, str]:
    """What can be said of the booking to the staff: its link leads to their page. Read it with `queries.bookings.with_facts`."""
    return booking_values(booking, operator, language=operator.default_language) | {
        "guest": booking.guest_name or booking.reference,
        "link": address_of("manage_booking", booking.reference),
    }


def write_to(
    people: Iterable[User],
    kind: str,
    values: Mapping[str, str],
    *,
    operator: Organisation,
    once: str,
    now: datetime,
    booking: Booking | None = None,
    useful_until: datetime | None = None,
) -> None:
    """Write the template to each of them, in the language of the house and the caller's transaction; with the same `once` only once."""
    language = operator.default_language
    made = letter(kind, wording(kind, language=language, operator=operator), values, language=language, operator=operator)
    for person in people:
        queue(
            kind=kind,
            to=person.email,
            language=language,
            subject=made.subject,
            text=made.text,
            html=made.html,
            once=f"{once}.{person.pk}",
            booking=booking,
            useful_until=useful_until,
            now=now,
        )
