# SPDX-License-Identifier: Apache-2.0
"""Holds: a time kept for a visitor while he types his details. A hold takes a room, has no guest and no key, and becomes the booking."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from einlass.core.bookings import HOLD, Status
from einlass.core.errors import Refusal
from einlass.core.events import GUEST
from einlass.core.limits import Deed
from einlass.core.windows import Window
from einlass.models import Booking, Service
from einlass.operations.limits import count_visitor
from einlass.operations.rooms import refuse_unoffered, take_room
from einlass.queries.bookings import hold_of
from einlass.queries.services import needs_mobile_number, questions_of

# So long a visitor changes his mind without being counted again; else a program would keep all times for ever.
CHOOSING = timedelta(hours=1)


def hold(
    service: Service, *, start: datetime, duration: int, language: str, now: datetime, replacing: str = "", visitor: str = ""
) -> Booking:
    """Keep a room of the service from `start` for `duration` minutes, for ten minutes from now; no event, no key (R17).

    With `replacing`, the token of the visitor's earlier hold, that one is moved: it gives its time back as the new one is taken,
    and stays as it is where the new one cannot be had. `visitor` is an address, by which holds are counted: new ones, and those
    that are kept up by moving for longer than anybody chooses.
    Raises Refusal: service_not_bookable (R8), not_offered, slot_taken, too_many.
    """
    if not service.active or needs_mobile_number(service, questions_of(service)):
        raise Refusal("service_not_bookable")
    refuse_unoffered(service, start=start, duration=duration, actor=GUEST, now=now)
    held = Booking(
        service=service,
        branch=service.branch,
        status=Status.HELD.value,
        language=language,
        created_at=now,
        held_until=now + HOLD,
    )
    with transaction.atomic():
        if not _is_choosing(service, replacing, now=now):
            count_visitor(Deed.HOLD, visitor, now=now)
        take_room(held, window=Window(start, start + timedelta(minutes=duration)), persons=0, now=now, hold=replacing)
    return held


def _is_choosing(service: Service, replacing: str, *, now: datetime) -> bool:
    """Whether this is a hold that its visitor took not long ago and moves."""
    kept = hold_of([replacing], service=service, now=now)
    return kept is not None and kept.created_at > now - CHOOSING


def lapse_expired(*, now: datetime, at_most: int = 500) -> int:
    """Forget holds that ran out: nobody's name is on them, and nothing happened. Returns how many.

    First they lapse and then they go: what lapsed can become nothing else, so nobody's booking is deleted who took up his hold meanwhile.
    """
    with transaction.atomic():
        # Whoever is being taken up or lapsed by another just now is left for the next time, so that nobody waits for us as we for him.
        over = Booking.objects.select_for_update(skip_locked=True).filter(status=Status.HELD.value, held_until__lte=now)
        found = list(over.values_list("pk", flat=True)[:at_most])
        Booking.objects.filter(pk__in=found).update(status=Status.LAPSED.value)
    lapsed = Booking.objects.filter(status=Status.LAPSED.value).values_list("pk", flat=True)[:at_most]
    return Booking.objects.filter(pk__in=list(lapsed)).delete()[0]
