# SPDX-License-Identifier: Apache-2.0
"""A booking as a row of the staff's list: the words for its state and for its key. Staff may read the vendor's name, guests never do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from einlass.core.access import AccessState
from einlass.core.bookings import Status, shown
from einlass.core.grants import opens_doors
from einlass.core.hours import local_date
from einlass.core.texts import Text, in_language
from einlass.models import Booking
from einlass.queries.keys import AccessView, access_of
from einlass.web import formats
from einlass.web.key_problems import problem_sentence

LIVE = frozenset({Status.PENDING, Status.CONFIRMED})
STATUS_WORDS = {
    Status.HELD: _("held"),
    Status.PENDING: _("waits for approval"),
    Status.CONFIRMED: _("confirmed"),
    Status.CANCELLED: _("cancelled"),
    Status.DECLINED: _("declined"),
    Status.COMPLETED: _("completed"),
    Status.NO_SHOW: _("nobody came"),
    Status.LAPSED: _("cancelled"),
}
KEY_WORDS = {
    AccessState.NONE: _("no key needed"),
    AccessState.PREPARING: _("being prepared"),
    AccessState.READY: _("ready"),
    AccessState.ACTIVE: _("valid now"),
    AccessState.CHANGING: _("being changed"),
    AccessState.REVOKING: _("being taken back"),
    AccessState.CLOSED: _("ended"),
    AccessState.TROUBLE: _("Problem"),
}
# A booking that waits for approval gets its key with it (R17).
KEY_AFTER_APPROVAL = _("after approval")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which language, when."""

    language: str
    default: str
    now: datetime
    may_act: bool

    def text(self, text: Text, otherwise: str) -> str:
        return in_language(text, language=self.language, default=self.default) or otherwise


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    reference: str
    link_token: str
    day: date
    day_words: str
    span: str
    guest: str
    contact: str
    room: str
    branch: str
    service: str
    status: str
    status_word: str
    key_state: str
    key_word: str
    key_note: str
    past: bool
    may_confirm: bool
    may_cancel: bool

    @property
    def may_move(self) -> bool:
        """What may still be cancelled may be moved: the staff know no deadline."""
        return self.may_cancel


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of one local day."""

    id: str
    title: str
    count: str
    rows: tuple[Row, ...]


def days_of(bookings: Iterable[Booking], *, reader: Reader) -> tuple[Day, ...]:
    """The bookings, which come in order of their start, by day."""
    rows = [row_of(booking, reader=reader) for booking in bookings]
    return tuple(_day(day, tuple(group)) for day, group in groupby(rows, key=lambda row: row.day))


def row_of(booking: Booking, *, reader: Reader) -> Row:
    """Everything a row says. Reads nothing that `with_facts` has not read."""
    access = access_of(booking, now=reader.now)
    zone = booking.branch.time_zone
    status = Status(booking.status)
    day = local_date(booking.start, zone)
    return Row(
        reference=booking.reference,
        link_token=booking.link_token,
        day=day,
        day_words=formats.day_with_year(day),
        span=formats.span(booking.start, booking.end, zone),
        guest=guest_of(booking),
        contact=booking.email,
        room=reader.text(booking.room.name, booking.room.key),
        branch=reader.text(booking.branch.name, booking.branch.key),
        service=reader.text(booking.service.name, booking.service.key),
        status=shown(status).value,
        status_word=status_word(status),
        key_state=access.state.value,
        key_word=_key_word(booking, status, access.state),
        key_note=_note(access, zone, now=reader.now),
        past=booking.end <= reader.now or status not in {*LIVE, Status.HELD},
        may_confirm=reader.may_act and status is Status.PENDING and booking.end > reader.now,
        may_cancel=reader.may_act and status in LIVE and booking.end > reader.now,
    )


def guest_of(booking: Booking) -> str:
    """Whom a line is about; somebody whose data were erased is nobody any more, and whoever is still typing has no name yet."""
    if booking.erased_at is not None:
        return gettext("erased")
    if booking.status == Status.HELD.value and booking.held_until is not None:
        return gettext("reserved until %(time)s") % {"time": formats.clock(booking.held_until, booking.branch.time_zone)}
    return booking.guest_name or booking.email or booking.reference


def _key_word(booking: Booking, status: Status, state: AccessState) -> str:
    waits = state is AccessState.NONE and status is Status.PENDING and opens_doors(booking.facts())
    return str(KEY_AFTER_APPROVAL if waits else KEY_WORDS[state])


def status_word(status: Status) -> str:
    """The word of the list for a state of a booking."""
    return str(STATUS_WORDS[status])


def _day(day: date, rows: tuple[Row, ...]) -> Day:
    count = ngettext("%(count)s booking", "%(count)s bookings", len(rows)) % {"count": len(rows)}
    return Day(id=f"day-{day.isoformat()}", title=formats.day_with_year(day), count=count, rows=rows)


def _note(access: AccessView, zone: str, *, now: datetime) -> str:
    """What is in the way, and when it is tried again."""
    problem = access.problem
    if problem is None:
        return ""
    reason = problem_sentence(problem.code)
    if problem.next_attempt_at is None or problem.next_attempt_at <= now:
        return reason
    again = gettext("Next attempt %(time)s.") % {"time": formats.recent(problem.next_attempt_at, zone, now=now)}
    return f"{reason} {again}"
