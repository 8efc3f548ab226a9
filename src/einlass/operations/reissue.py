# SPDX-License-Identifier: Apache-2.0
"""A new key in place of the present one although nothing about the booking changed (F26). How it is replaced: `core/keys.py`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from einlass.core.errors import Refusal
from einlass.core.events import Actor, KeyReissueAsked
from einlass.core.grants import grant_for
from einlass.core.keys import KeyState, reissued
from einlass.models import Access, Booking
from einlass.operations.events import record
from einlass.queries.bookings import with_facts

# Never sent, or on its way: such a key is new anyway.
NEW_ANYWAY = frozenset({KeyState.WANTED, KeyState.SENDING})


def reissue(booking: Booking, *, actor: Actor, now: datetime) -> None:
    """Have the key replaced; the guest is told of the new one, and what stopped after changes in the vendor's app goes on.

    Raises Refusal nothing_to_reissue where the booking ought to have no key now. Records KeyReissueAsked.
    """
    with transaction.atomic():
        # Before the keys, as the workers do, so that neither waits for the other for ever.
        list(Access.objects.select_for_update().filter(booking=booking).values_list("pk"))
        booking = with_facts(Booking.objects.filter(pk=booking.pk)).get()
        grant = grant_for(booking.facts()).grant
        if grant is None or grant.window.end <= now:
            raise Refusal("nothing_to_reissue")
        for row in booking.keys.all():
            if KeyState(row.state) not in NEW_ANYWAY:
                row.drifted = reissued(row.drifted)
                row.save(update_fields=["drifted"])
        # Another generation: when the new key is ready, that is said once more.
        Access.objects.filter(booking=booking).update(generation=F("generation") + 1)
        record(KeyReissueAsked(), actor=actor, now=now, booking=booking)
