# SPDX-License-Identifier: Apache-2.0
"""Why a door does not open for a booking: five checks in a fixed order, and the one cause. Says only what the facts carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from einlass.core.access import AccessState
from einlass.core.bookings import Status
from einlass.core.grants import GRANTING, SITE_IN_DOUBT, Admissible, DoorUse
from einlass.core.locks import LockSystemState
from einlass.core.windows import Window

# A lock that opened a moment ago works, whatever else is not known of it.
OPENED_LATELY = timedelta(hours=1)


class Subject(StrEnum):
    """What is looked at, in this order: the first that is wrong is the cause."""

    TIME = "time"
    DOOR = "door"
    KEY = "key"
    PHONE = "phone"
    LOCK = "lock"


class Verdict(StrEnum):
    OK = "ok"
    NO = "no"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """What a person can do about the cause."""

    OPEN_DOOR = "open_door"
    REISSUE = "reissue"
    EDIT_NUMBER = "edit_number"
    READINESS = "readiness"


@dataclass(frozen=True, slots=True)
class DoorSituation:
    """The door that was asked about. `belongs` says by what it is one of the booking's: always, service, room, or "" for not."""

    component: str
    use: DoorUse
    admissible: Admissible
    belongs: str
    missing_since: datetime | None
    ready: bool | None
    silent_since: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class DoorQuestion:
    """Everything known at `moment`. `window` is when a key of this booking is valid; `key_read_at` the last time it was read.

    `key_off` is why no key is made here at all: "off", a doubt about the site, or "". `account_since` is since when the account does not
    answer.
    """

    moment: datetime
    now: datetime
    status: Status
    window: Window
    door: DoorSituation
    key_state: AccessState
    key_off: str
    problem: str
    key_read_at: datetime | None
    phone_given: bool
    phone_is_mobile: bool
    phone_read_at: datetime | None
    account: LockSystemState
    account_since: datetime | None
    # When this door last opened for this booking or for nobody known, as the vendor's log says; None where it does not say so.
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `code` is stable, `at` when its source was read, `by` how far off the time is."""

    subject: Subject
    verdict: Verdict
    code: str
    at: datetime | None = None
    by: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The five findings in order, the first that explains a closed door, and what can be done about it, the best first."""

    findings: tuple[Finding, ...]
    cause: Finding | None
    remedies: tuple[Remedy, ...]


def diagnose(asked: DoorQuestion) -> Diagnosis:
    """The same facts give the same answer, whoever asks."""
    findings = (_time(asked), _door(asked.door), _key(asked), _phone(asked), _lock(asked))
    cause = next((finding for finding in findings if finding.verdict is Verdict.NO), None)
    return Diagnosis(findings, cause, _remedies(asked, cause))


def _time(asked: DoorQuestion) -> Finding:
    moment, window = asked.moment, asked.window
    if asked.status in {Status.PENDING, Status.HELD}:
        return Finding(Subject.TIME, Verdict.NO, "not_confirmed")
    if asked.status not in GRANTING:
        return Finding(Subject.TIME, Verdict.NO, "booking_ended")
    if moment < window.start:
        return Finding(Subject.TIME, Verdict.NO, "too_early", by=window.start - moment)
    if moment >= window.end:
        return Finding(Subject.TIME, Verdict.NO, "too_late", by=moment - window.end)
    return Finding(Subject.TIME, Verdict.OK, "in_time")


def _door(door: DoorSituation) -> Finding:
    if door.admissible is not Admissible.YES:
        return Finding(Subject.DOOR, Verdict.NO, door.admissible.value, at=door.read_at)
    if door.use is DoorUse.NONE:
        return Finding(Subject.DOOR, Verdict.NO, "not_used")
    if not door.belongs:
        return Finding(Subject.DOOR, Verdict.NO, "not_of_booking")
    if door.missing_since is not None:
        return Finding(Subject.DOOR, Verdict.NO, "missing", at=door.missing_since)
    return Finding(Subject.DOOR, Verdict.OK, door.belongs)


def _key(asked: DoorQuestion) -> Finding:
    state = asked.key_state
    if state in {AccessState.READY, AccessState.ACTIVE}:
        return Finding(Subject.KEY, Verdict.OK, "as_it_should_be", at=asked.key_read_at)
    if asked.key_off:
        return Finding(Subject.KEY, Verdict.NO, asked.key_off)
    # What the key was like before it ended is not kept: its state is that of now.
    if state is AccessState.CLOSED and asked.now >= asked.window.end > asked.moment and asked.status in GRANTING:
        return Finding(Subject.KEY, Verdict.UNKNOWN, "over_by_now", at=asked.key_read_at)
    if asked.problem and state is not AccessState.CLOSED:
        return Finding(Subject.KEY, Verdict.NO, f"problem_{asked.problem}", at=asked.key_read_at)
    return Finding(Subject.KEY, Verdict.NO, state.value, at=asked.key_read_at)


def _phone(asked: DoorQuestion) -> Finding:
    if not asked.phone_given:
        return Finding(Subject.PHONE, Verdict.NO, "no_number")
    if not asked.phone_is_mobile:
        return Finding(Subject.PHONE, Verdict.NO, "not_mobile")
    if asked.phone_read_at is None:
        return Finding(Subject.PHONE, Verdict.UNKNOWN, "not_read")
    return Finding(Subject.PHONE, Verdict.OK, "as_in_the_key", at=asked.phone_read_at)


def _lock(asked: DoorQuestion) -> Finding:
    door = asked.door
    if door.ready is False:
        return Finding(Subject.LOCK, Verdict.NO, "silent", at=door.silent_since)
    if asked.opened_at is not None and timedelta(0) <= asked.moment - asked.opened_at <= OPENED_LATELY:
        return Finding(Subject.LOCK, Verdict.OK, "opened_lately", at=asked.opened_at)
    if asked.account is not LockSystemState.WORKING:
        return Finding(Subject.LOCK, Verdict.UNKNOWN, f"account_{asked.account.value}", at=asked.account_since)
    if door.ready is None:
        return Finding(Subject.LOCK, Verdict.UNKNOWN, "not_reported", at=door.read_at)
    return Finding(Subject.LOCK, Verdict.OK, "answers", at=door.read_at)


_SETUP = frozenset({"off", *SITE_IN_DOUBT, *(f"problem_{doubt}" for doubt in SITE_IN_DOUBT), "problem_credentials_rejected"})
_SETUP_DOORS = frozenset({"not_used", "unknown_type", "missing", "problem_door_missing", "problem_door_forbidden", "problem_held_by_brake"})
_NUMBER = frozenset({"no_number", "not_mobile", "problem_phone_unusable"})
_AGAIN = frozenset({"problem_refused", "problem_changed_outside", "problem_outcome_unknown", "problem_duplicate"})


def _remedies(asked: DoorQuestion, cause: Finding | None) -> tuple[Remedy, ...]:
    """The best first. A door can be opened from here wherever it may be named at all and the account is switched on."""
    code = cause.code if cause else ""
    can_open = _can_open(asked)
    opening = (Remedy.OPEN_DOOR,) if can_open else ()
    if code in _NUMBER:
        return (Remedy.EDIT_NUMBER, *opening)
    if code in _SETUP | _SETUP_DOORS:
        return (Remedy.READINESS, *opening)
    if code in _AGAIN or cause is None:
        return (*opening, Remedy.REISSUE)
    return opening


def _can_open(asked: DoorQuestion) -> bool:
    door = asked.door
    named = door.admissible is Admissible.YES and door.use is not DoorUse.NONE and door.missing_since is None
    return named and not asked.key_off
