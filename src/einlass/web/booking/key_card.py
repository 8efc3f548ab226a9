# SPDX-License-Identifier: Apache-2.0
"""The key card: the truth about the key in the words of a guest. No vendor's word is said here; the truth itself is `queries/keys.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext

from einlass.core.access import AccessState
from einlass.core.bookings import Status
from einlass.core.hours import local_date
from einlass.core.phones import mask
from einlass.core.windows import Window
from einlass.models import Booking
from einlass.queries.keys import AccessView, Problem
from einlass.web import formats
from einlass.web.bands import Band, band
from einlass.web.door_information import App, app_of

# Of these it is true that nobody answers; the others go on by themselves as well, and nothing need be said of why.
SILENT = frozenset({"vendor_unreachable", "outcome_unknown"})
BY_ITSELF = SILENT | {"throttled", "not_compared", "clock_skew"}
MOVING_STATES = frozenset({AccessState.PREPARING, AccessState.CHANGING, AccessState.REVOKING, AccessState.TROUBLE})
OVER = frozenset({AccessState.CLOSED, AccessState.REVOKING})
ENDED_EARLY = frozenset({Status.CANCELLED.value, Status.DECLINED.value, Status.LAPSED.value})
# How soon the page asks again: at first, and at most as it slows down while nothing changes.
SECONDS_WHILE_MOVING, SECONDS_AT_REST, SECONDS_OVER = (3, 30), (30, 120), (0, 0)


@dataclass(frozen=True, slots=True)
class Words:
    """State, heading and sentence as in the table of the design notes."""

    state: str
    heading: str
    sentence: str


@dataclass(frozen=True, slots=True)
class KeyCard:
    """Ready to be drawn, in the order that never changes."""

    state: str
    words: Words
    checked: str
    next_attempt: str
    phone_trouble: bool
    time_title: str
    time: str
    day: str
    booked_from: str
    booked_until: str
    band: Band | None
    band_label: str
    now: str
    doors: tuple[str, ...]
    app: App
    phone: str
    late_minutes: int
    seconds: tuple[int, int]
    turns_in: int

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_live_region(self) -> bool:
        """Whether a change is read out: where somebody waits for it."""
        return self.state in MOVING_STATES

    @property
    def digest(self) -> str:
        """Changes when anything on the card does, so that a page that asks again is only redrawn then."""
        shown = (self.words, self.checked, self.next_attempt, self.time, self.band, self.doors, self.phone)
        return sha256(repr(shown).encode()).hexdigest()[:16]


def key_card(booking: Booking, access: AccessView, *, now: datetime) -> KeyCard | None:
    """The card of a booking, or None where it needs no key."""
    if access.state is AccessState.NONE or access.valid_from is None or access.valid_until is None:
        return None
    zone = booking.branch.time_zone
    window = Window(access.valid_from, access.valid_until)
    drawn = band(window=window, booked=booking.window, now=now) if booking.window.collides(window) else None
    return KeyCard(
        state=access.state.value,
        words=_words(booking, access, window, now=now),
        checked=_checked(access, zone, now=now),
        next_attempt=_next_attempt(access.problem, zone, now=now),
        phone_trouble=access.state is AccessState.TROUBLE and _code(access) == "phone_unusable",
        time_title=_time_title(access.state),
        time=formats.span(window.start, window.end, zone),
        day=formats.day_with_year(local_date(window.start, zone)),
        booked_from=formats.clock(booking.start, zone),
        booked_until=formats.clock(booking.end, zone),
        band=drawn,
        band_label=_band_label(booking, window, zone),
        now=formats.clock(now, zone) if now in window and access.state is AccessState.ACTIVE else "",
        doors=tuple(name for _, name in access.doors),
        app=app_of(booking.branch),
        phone=_masked(booking.mobile),
        late_minutes=max(0, int((window.end - booking.end).total_seconds() // 60)),
        seconds=_seconds(access.state),
        turns_in=_turns_in(window, now=now),
    )


def _seconds(state: AccessState) -> tuple[int, int]:
    """What has ended is not asked for any more."""
    if state is AccessState.CLOSED:
        return SECONDS_OVER
    return SECONDS_WHILE_MOVING if state in MOVING_STATES else SECONDS_AT_REST


def _turns_in(window: Window, *, now: datetime) -> int:
    """Seconds until the window begins or ends, when the card changes by itself; 0 where neither is to come within a day."""
    coming = [int((edge - now).total_seconds()) + 1 for edge in (window.start, window.end) if edge > now]
    return coming[0] if coming and coming[0] < 24 * 3600 else 0


def _code(access: AccessView) -> str:
    return access.problem.code if access.problem else ""


def _words(booking: Booking, access: AccessView, window: Window, *, now: datetime) -> Words:
    if access.state is AccessState.TROUBLE:
        return _trouble(booking, _code(access))
    if access.state is AccessState.CLOSED and booking.status in ENDED_EARLY:
        return _taken_back(access, booking.branch.time_zone, now=now)
    zone = booking.branch.time_zone
    facts = {
        "day": formats.day_in_words(local_date(window.start, zone)),
        "from": formats.clock(window.start, zone),
        "until": formats.clock(_until(access, window), zone),
        "before": formats.recent(access.opens_until, zone, now=now) if access.opens_until else "",
        "rest": formats.length_in_words(window.end - now),
    }
    found = _said_of(access, window, has_mail=bool(booking.email), now=now)
    return Words(found.state, found.heading, found.sentence % facts)


def _said_of(access: AccessView, window: Window, *, has_mail: bool, now: datetime) -> Words:
    """The words of the state, and what differs where they would not be true."""
    if access.state is AccessState.PREPARING and has_mail:
        return _prepared_with_mail()
    if access.state is AccessState.READY and access.opens_until:
        return _ready_beside_another()
    if access.state is AccessState.REVOKING and _until(access, window) <= now:
        return _overdue()
    return _PLAIN_WORDS[access.state]()


def _until(access: AccessView, window: Window) -> datetime:
    """How long the key opens; one that goes, as long as a phone may carry it."""
    return access.opens_until or window.end if access.state is AccessState.REVOKING else window.end


def _preparing() -> Words:
    return Words(
        gettext("Being prepared"),
        gettext("Your key is being made"),
        gettext("You need not do anything. As soon as it is ready, you will see it here."),
    )


def _prepared_with_mail() -> Words:
    plain = _preparing()
    sentence = gettext("You need not do anything. As soon as it is ready, you will see it here and get an e-mail.")
    return Words(plain.state, plain.heading, sentence)


def _ready() -> Words:
    return Words(
        gettext("Ready"),
        gettext("Your phone is the key"),
        gettext("It opens on %(day)s, from %(from)s. Until then the lock shows red."),
    )


def _ready_beside_another() -> Words:
    """Without saying that the lock shows red until then: the phone may still carry the key that it had before (F33)."""
    plain = _ready()
    sentence = gettext(
        "It opens on %(day)s, from %(from)s. Until your phone has synchronised, the key that you had before may open until %(before)s."
    )
    return Words(plain.state, plain.heading, sentence)


def _active() -> Words:
    return Words(gettext("Valid now"), gettext("Your phone opens now"), gettext("Another %(rest)s, until %(until)s."))


def _changing() -> Words:
    return Words(
        gettext("Being changed"),
        gettext("Your key is being changed"),
        gettext("You need not do anything. As soon as the new key is ready, you will see it here."),
    )


def _revoking() -> Words:
    return Words(
        gettext("Being taken back"),
        gettext("Your key is being taken back"),
        gettext("Until your phone has synchronised, it may still open until %(until)s."),
    )


def _overdue() -> Words:
    """It did not end with its time (F43); until when it opens, nobody knows."""
    plain = _revoking()
    return Words(plain.state, plain.heading, gettext("Its time is over. We see to it that it opens nothing any more."))


def _closed() -> Words:
    return Words(gettext("Ended"), gettext("Your key has expired"), gettext("It was valid until %(until)s."))


def _taken_back(access: AccessView, zone: str, *, now: datetime) -> Words:
    """Only ours was: a key that the operator gave the guest otherwise opens on (F14)."""
    sentence = gettext("It no longer opens any door.")
    if access.others_until is not None:
        said = gettext("Another key on your phone, which is not part of this booking, may still open until %(until)s.")
        sentence = said % {"until": formats.recent(access.others_until, zone, now=now)}
    return Words(gettext("Ended"), gettext("Your key has been taken back"), sentence)


_PLAIN_WORDS = {
    AccessState.PREPARING: _preparing,
    AccessState.READY: _ready,
    AccessState.ACTIVE: _active,
    AccessState.CHANGING: _changing,
    AccessState.REVOKING: _revoking,
    AccessState.CLOSED: _closed,
}


def _trouble(booking: Booking, code: str) -> Words:
    state = gettext("Problem")
    if code == "phone_unusable":
        number = _masked(booking.mobile)
        sentence = gettext("Check the number %(number)s or give another one.") % {"number": number}
        return Words(state, gettext("This number does not accept a key"), sentence)
    heading = gettext("Your key is not confirmed yet")
    if code in SILENT:
        return Words(state, heading, gettext("The locking system is not answering at the moment. Your booking counts all the same."))
    return Words(state, heading, gettext("We are taking care of it. Your booking counts all the same."))


def _checked(access: AccessView, zone: str, *, now: datetime) -> str:
    if access.checked_at is None or access.state not in {AccessState.READY, AccessState.ACTIVE}:
        return ""
    return formats.recent(access.checked_at, zone, now=now)


def _next_attempt(problem: Problem | None, zone: str, *, now: datetime) -> str:
    """When it is tried again; said only where trying again may help by itself."""
    if problem is None or problem.code not in BY_ITSELF or problem.next_attempt_at is None or problem.next_attempt_at <= now:
        return ""
    return formats.clock(problem.next_attempt_at, zone)


def _time_title(state: AccessState) -> str:
    if state in OVER:
        return gettext("For this time")
    return gettext("Valid") if state in {AccessState.READY, AccessState.ACTIVE} else gettext("To be valid")


def _band_label(booking: Booking, window: Window, zone: str) -> str:
    return gettext("Booking %(booked)s, key valid %(window)s") % {
        "booked": formats.span(booking.start, booking.end, zone),
        "window": formats.span(window.start, window.end, zone),
    }


def _masked(number: str) -> str:
    """Never broken between lines."""
    return mask(number).replace(" ", "\N{NO-BREAK SPACE}")
