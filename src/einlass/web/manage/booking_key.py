# SPDX-License-Identifier: Apache-2.0
"""The key card of the staff: state, what it means, what to do, time, every door and whether it answers. The truth is `queries/keys.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.access import AccessState
from einlass.core.bookings import Status
from einlass.core.grants import GRANTING, Admissible, chosen_doors, grant_for
from einlass.core.hours import local_date
from einlass.core.phones import national
from einlass.core.windows import Window
from einlass.models import Booking, Door
from einlass.queries.diagnosis import last_reading
from einlass.queries.keys import AccessView, Problem
from einlass.web import formats
from einlass.web.bands import Band, band
from einlass.web.key_problems import problem_sentence
from einlass.web.manage.key_advice import advice_on
from einlass.web.manage.rows import KEY_AFTER_APPROVAL, KEY_WORDS

MOVING = frozenset({AccessState.PREPARING, AccessState.CHANGING, AccessState.REVOKING, AccessState.TROUBLE})
SECONDS_WHILE_MOVING, SECONDS_AT_REST = 3, 30
# Counted down in hours and minutes from here on; before that the day is told.
SOON = timedelta(hours=12)
# What hinders a key that is ready is about another one, which ought to be gone.
FORMER = frozenset({"failed_to_revoke", "failed_to_expire", "held_by_brake", "duplicate"})
HEADINGS = {
    AccessState.NONE: _("No key"),
    AccessState.PREPARING: _("The key is being made"),
    AccessState.CHANGING: _("The key is being changed"),
    AccessState.REVOKING: _("The key is being taken back"),
    AccessState.TROUBLE: _("The key is not confirmed"),
}
MEANINGS = {
    AccessState.PREPARING: _("Einlass makes it at exivo and reads it back. Only then it is called ready."),
    AccessState.CHANGING: _("The present key goes, the new one comes."),
    AccessState.REVOKING: _("Until the phone has synchronised, it may still open until %(until)s."),
}


@dataclass(frozen=True, slots=True)
class DoorLine:
    """One door of the key; `state` is the mark beside the word, empty for a quiet one."""

    name: str
    word: str
    state: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What hinders the key. `detail` are the vendor's last words, redacted when they were kept."""

    code: str
    sentence: str
    since: str
    next_attempt: str
    advice: str
    detail: str


@dataclass(frozen=True, slots=True)
class StaffKey:
    """Ready to be drawn, in the order that never changes."""

    state: str
    word: str
    heading: str
    meaning: str
    read: str
    trouble: Trouble | None
    time: str
    day: str
    booked_from: str
    booked_until: str
    band: Band | None
    band_label: str
    now: str
    doors: tuple[DoorLine, ...]
    phone: str
    may_reissue: bool
    seconds: int

    @property
    def is_moving(self) -> bool:
        """Whether a change is read out: where somebody waits for it."""
        return self.state in MOVING

    @property
    def digest(self) -> str:
        """Changes when anything on the card does, so that it is only redrawn then."""
        return sha256(repr(self).encode()).hexdigest()[:16]


def staff_key(booking: Booking, access: AccessView, *, now: datetime) -> StaffKey:
    """The card of a booking; without a key it says why there is none."""
    zone = booking.branch.time_zone
    window = Window(access.valid_from, access.valid_until) if access.valid_from and access.valid_until else None
    has_key = access.state is not AccessState.NONE and window is not None
    drawn = band(window=window, booked=booking.window, now=now) if window and has_key and booking.window.collides(window) else None
    read = last_reading(booking)
    return StaffKey(
        state=access.state.value,
        word=_word(booking, access),
        heading=_heading(booking, access, window, now=now),
        meaning=_meaning(booking, access, window, now=now),
        read=formats.recent(read, zone, now=now) if read and access.state in {AccessState.READY, AccessState.ACTIVE} else "",
        trouble=_trouble(access.problem, zone, now=now) if access.problem else None,
        time=formats.span(window.start, window.end, zone) if window and has_key else "",
        day=formats.day_with_year(local_date(window.start, zone)) if window and has_key else "",
        booked_from=formats.clock(booking.start, zone),
        booked_until=formats.clock(booking.end, zone),
        band=drawn,
        band_label=_band_label(booking, window, zone) if window else "",
        now=formats.clock(now, zone) if window and now in window and access.state is AccessState.ACTIVE else "",
        doors=_doors(booking, access, now=now) if has_key else (),
        phone=national(booking.mobile) if booking.mobile and has_key else "",
        may_reissue=_may_reissue(booking, now=now),
        # Also while a key that is ready still names what hindered it: that goes in the same breath.
        seconds=SECONDS_WHILE_MOVING if access.state in MOVING or access.problem else SECONDS_AT_REST,
    )


def _word(booking: Booking, access: AccessView) -> str:
    waits = access.state is AccessState.NONE and booking.status == Status.PENDING.value and bool(chosen_doors(booking.facts()))
    return str(KEY_AFTER_APPROVAL if waits else KEY_WORDS[access.state])


def _heading(booking: Booking, access: AccessView, window: Window | None, *, now: datetime) -> str:
    plain = HEADINGS.get(access.state)
    if plain is not None or window is None:
        return str(plain or HEADINGS[AccessState.NONE])
    if access.state is AccessState.ACTIVE:
        return gettext("Valid for another %(rest)s") % {"rest": formats.length_in_words(window.end - now)}
    if access.state is AccessState.READY and window.start - now <= SOON:
        return gettext("Valid in %(length)s") % {"length": formats.length_in_words(window.start - now)}
    if access.state is AccessState.READY:
        return gettext("Valid from %(moment)s") % {"moment": formats.moment(window.start, booking.branch.time_zone)}
    return gettext("The key has expired") if booking.status in GRANTING else gettext("The key has been taken back")


def _meaning(booking: Booking, access: AccessView, window: Window | None, *, now: datetime) -> str:
    if access.state is AccessState.NONE:
        return _why_none(booking)
    zone = booking.branch.time_zone
    if access.state is AccessState.CLOSED and access.others_until is not None:
        said = gettext("Einlass took back its own key only. The guest's phone has another one, which may still open until %(until)s.")
        return said % {"until": formats.recent(access.others_until, zone, now=now)}
    until = formats.clock(access.opens_until or window.end, zone) if window else ""
    if access.state is AccessState.REVOKING and window and (access.opens_until or window.end) <= now:
        return gettext("Its time is over, and exivo still lists it as valid. Einlass takes it back.")
    if access.state in {AccessState.READY, AccessState.ACTIVE} and access.problem and access.problem.code in FORMER:
        return gettext("This key is as booked. Another one of this booking is still there.")
    if access.state not in MEANINGS and access.opens_until:
        return gettext("The key that it had before may still open until %(until)s, until the phone has synchronised.") % {"until": until}
    return str(MEANINGS[access.state]) % {"until": until} if access.state in MEANINGS else ""


def _why_none(booking: Booking) -> str:
    system = booking.branch.lock_system
    if system is None or not system.grants:
        return gettext("The integration is switched off for this branch.")
    if not chosen_doors(booking.facts()):
        return gettext("This booking opens no door.")
    if booking.status == Status.PENDING.value:
        return gettext("It is made as soon as somebody confirms the booking.")
    return gettext("There never was one.")


def _trouble(problem: Problem, zone: str, *, now: datetime) -> Trouble:
    again = problem.next_attempt_at
    return Trouble(
        code=problem.code,
        sentence=problem_sentence(problem.code),
        since=formats.recent(problem.since, zone, now=now),
        next_attempt=formats.recent(again, zone, now=now) if again and again > now else "",
        advice=advice_on(problem.code),
        detail=problem.detail,
    )


def _band_label(booking: Booking, window: Window, zone: str) -> str:
    return gettext("Booking %(booked)s, key valid %(window)s") % {
        "booked": formats.span(booking.start, booking.end, zone),
        "window": formats.span(window.start, window.end, zone),
    }


def _doors(booking: Booking, access: AccessView, *, now: datetime) -> tuple[DoorLine, ...]:
    """The doors of the key, and those that the booking ought to open as well but cannot."""
    named = {component for component, _ in access.doors}
    if booking.status in GRANTING:
        named |= {door.component for door in chosen_doors(booking.facts())}
    zone = booking.branch.time_zone
    return tuple(_door_line(door, zone, now=now) for door in booking.branch.doors.all() if door.component in named)


def _door_line(door: Door, zone: str, *, now: datetime) -> DoorLine:
    if door.admissible is not Admissible.YES:
        return DoorLine(str(door), gettext("may not be in a key"), "trouble")
    if door.missing_since is not None:
        return DoorLine(str(door), gettext("exivo no longer lists it"), "trouble")
    if door.ready is False:
        return DoorLine(str(door), _silent(door.silent_since, zone, now=now), "late")
    return DoorLine(str(door), gettext("answers") if door.ready else gettext("not reported"), "")


def _silent(since: datetime | None, zone: str, *, now: datetime) -> str:
    if since is None:
        return gettext("not answering")
    return gettext("not answering since %(time)s") % {"time": formats.recent(since, zone, now=now)}


def _may_reissue(booking: Booking, *, now: datetime) -> bool:
    grant = grant_for(booking.facts()).grant
    return grant is not None and grant.window.end > now
