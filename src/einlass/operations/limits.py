# SPDX-License-Identifier: Apache-2.0
"""Counting what people do who are not signed in, for all processes together. How much is too much: `core/limits.py`."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db import connection

from einlass.core.errors import Refusal
from einlass.core.limits import LONGEST, Deed, stretch_at, too_many
from einlass.models import DeedCount
from einlass.queries.bookings import open_bookings_of
from einlass.queries.services import organisation

# One statement, so that two at once are two. Both databases know it in these words.
COUNT_ONE_MORE = """
    INSERT INTO einlass_deedcount (what, who, since, count) VALUES (%s, %s, %s, 1)
    ON CONFLICT (what, who, since) DO UPDATE SET count = einlass_deedcount.count + 1 RETURNING count
"""


def count(what: Deed, who: str, *, now: datetime) -> None:
    """Count one more deed of somebody: of an address, of a number. Neither is kept, only a digest under our key.

    Within a transaction it makes the next one who counts the same wait until its end. Raises Refusal too_many.
    """
    since = connection.ops.adapt_datetimefield_value(stretch_at(what, now))
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ONE_MORE, [what.value, _digest(what, who), since])
        counted = cursor.fetchone()[0]
    if too_many(what, counted, factor=settings.LIMIT_FACTOR):
        raise Refusal("too_many")


def count_visitor(what: Deed, address: str, *, now: datetime) -> None:
    """The same for a visitor where his address is known: who books through no page has none. Raises Refusal too_many.

    Within the transaction of the deed, so that only what came about counts, and a wrong answer or a time that was taken does not.
    """
    if address:
        count(what, address, now=now)


def refuse_many_open(mobile: str, *, now: datetime) -> None:
    """Keep one number from taking ever more time, for guests on the page. To be called within the transaction that books.

    Counting first makes two bookings of one number at the same moment wait for one another. Raises Refusal too_many.
    """
    most = organisation().most_open_bookings
    if not mobile or most is None:
        return
    count(Deed.BOOKING_OF_NUMBER, mobile, now=now)
    if open_bookings_of(mobile, now=now) >= most:
        raise Refusal("too_many")


def forget_old(*, now: datetime) -> int:
    """Delete the counts of stretches that are over. Returns how many."""
    return DeedCount.objects.filter(since__lte=now - LONGEST).delete()[0]


def _digest(what: Deed, who: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{what.value}\n{who}".encode(), hashlib.sha256).hexdigest()
