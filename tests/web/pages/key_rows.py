# SPDX-License-Identifier: Apache-2.0
"""Keys of a booking as they stand at the vendor, and what hinders one: rows for the tests of the key card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.conftest import NOW

from einlass.core.grants import grant_for
from einlass.core.keys import KeyState
from einlass.models import Access, Booking, Key


def own(booking: Booking) -> str:
    return f"/b/{booking.link_token}/"


def give_key(booking: Booking, state: KeyState = KeyState.LIVE, **changed: Any) -> Key:
    """A key at the vendor just as the booking ought to have it."""
    booking = Booking.objects.get(pk=booking.pk)
    grant = grant_for(booking.facts()).grant
    assert grant
    facts = {
        "booking": booking,
        "branch": booking.branch,
        "lock_system": booking.branch.lock_system,
        "site_id": grant.site_id,
        "phone": grant.phone,
        "doors": sorted(grant.doors),
        "valid_from": grant.window.start,
        "valid_until": grant.window.end,
        "marker": f"m-{booking.reference}",
        "vendor_id": f"v-{booking.reference}",
        "state": state.value,
        "generation": 1,
        "created_at": NOW,
    }
    return Key.objects.create(**(facts | changed))


def give_trouble(booking: Booking, problem: str, **changed: Any) -> None:
    facts = {"problem": problem, "problem_since": NOW - timedelta(hours=1), "problem_text": "HTTP 500 from exivo: digitalKeyVisits"}
    Access.objects.update_or_create(booking=booking, defaults=facts | changed)
