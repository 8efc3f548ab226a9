# SPDX-License-Identifier: Apache-2.0
"""Telling the staff what became of a key behind our back: deleted while its booking runs (F12), undone twice (F11), there twice (F04, F10).
What is not confirmed before it has to open: `alarms.py`."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from einlass.core.events import Event, KeyDrifted, KeyTrouble
from einlass.core.grants import GRANTING, key_window
from einlass.core.keys import DUPLICATE, OPENS_NOTHING
from einlass.models import Access, Booking
from einlass.operations.key_problems import ADVICE, SENTENCES
from einlass.operations.staff_mail import about, staff_of, write_to
from einlass.queries.bookings import with_facts
from einlass.queries.services import organisation

KIND = "message_key_changed"
# What stands in the mail, and what to do about it.
News = tuple[Promise, Promise]
DELETED: News = (
    _("The key was deleted in the exivo app while the booking runs."),
    _("Einlass makes it again at once; after the second time in a day a person decides. If the guest must not get in, cancel the booking."),
)
LEFT: News = (
    DELETED[0],
    _("At this branch it is not made again by itself. If the guest may get in, have the key made anew."),
)
TWICE: News = (SENTENCES[DUPLICATE], ADVICE[DUPLICATE])
UNDONE: News = (
    _("The key was deleted or changed in the exivo app twice within a day, so Einlass does not make it again."),
    ADVICE["changed_outside"],
)


def tell_staff(event: Event, booking: Booking, *, now: datetime) -> None:
    """Write the mail that follows from the event, in the caller's transaction; the same key makes no second one."""
    match event:
        case KeyDrifted(marker=marker, what=what) if OPENS_NOTHING & set(what.split(",")) and _runs(booking, now=now):
            _write(booking, DELETED if booking.branch.remake_running else LEFT, once=f"{KIND}.{marker}", now=now)
        case KeyTrouble(problem="duplicate"):
            _write(booking, TWICE, once=f"{KIND}.{booking.pk}.{_generation(booking)}", now=now)
        case KeyTrouble(problem="changed_outside") if booking.branch.remake_running or not _runs(booking, now=now):
            # Else the mail of the deletion has said it already.
            _write(booking, UNDONE, once=f"{KIND}.{booking.pk}.{_generation(booking)}.undone", now=now)


def _generation(booking: Booking) -> int | None:
    return Access.objects.filter(booking=booking).values_list("generation", flat=True).first()


def _runs(booking: Booking, *, now: datetime) -> bool:
    facts = with_facts(Booking.objects.filter(pk=booking.pk)).get().facts()
    return facts.status in GRANTING and now in key_window(facts)


def _write(booking: Booking, news: News, *, once: str, now: datetime) -> None:
    booking = with_facts(Booking.objects.filter(pk=booking.pk)).get()
    operator = organisation()
    with translation.override(operator.default_language):
        values = about(booking, operator) | {"problem": str(news[0]), "advice": str(news[1])}
    write_to(staff_of(booking.branch), KIND, values, operator=operator, once=once, booking=booking, useful_until=booking.end, now=now)
