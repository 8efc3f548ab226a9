# SPDX-License-Identifier: Apache-2.0
"""The box "Why does the door not open?" of a booking, for one door and one moment. What is found is decided in `core/diagnosis.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from einlass.core.diagnosis import Diagnosis, DoorQuestion, Finding, Remedy, Subject, diagnose
from einlass.core.hours import local_instant, to_local
from einlass.core.phones import national
from einlass.models import Booking, Door, DoorEntry
from einlass.queries.diagnosis import doors_to_ask_about, question_of
from einlass.queries.door_log import last_entry_at
from einlass.queries.keys import AccessView
from einlass.web import formats
from einlass.web.manage.why_words import QUESTIONS, SOURCES, VERDICTS, cause_in_words, check_in_words
from einlass.web.manage.why_zoom import Zoom, zoom

# From when to when the box stands open on top: the guest may be at the door.
NEAR_BEFORE, NEAR_AFTER = timedelta(hours=2), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One of the five checks: mark, question, what was found, and where it is known from."""

    verdict: str
    verdict_word: str
    question: str
    found: str
    source: str


@dataclass(frozen=True, slots=True)
class Action:
    """A button below the cause."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class WhyBox:
    """Ready to be drawn. `is_open` where the booking is near or somebody asked; else it is folded."""

    is_open: bool
    cause: str
    follows: str
    actions: tuple[Action, ...]
    zoom: Zoom | None
    checks: tuple[CheckLine, ...]
    tapped: str
    doors: tuple[tuple[str, str, bool], ...]
    moment: str
    asked: bool


def why_box(booking: Booking, access: AccessView, query: Mapping[str, str], *, now: datetime) -> WhyBox | None:
    """The box for the door and the moment in the address; None where the branch has no door to ask about.

    The actions are those of people who may work; the template leaves them out for others.
    """
    doors = doors_to_ask_about(booking)
    if not doors:
        return None
    door = next((d for d in doors if d.component == query.get("door")), doors[0])
    asked_at = _moment_in(query.get("at", ""), booking.branch.time_zone)
    tap = last_entry_at(booking, door.component, moment=asked_at or now)
    opened_at = tap.at if tap and tap.opened else None
    question = question_of(booking, door, access, moment=asked_at or now, now=now, opened_at=opened_at)
    diagnosis = diagnose(question)
    values = _values(booking, door, access, question)
    window = question.window
    near = window.start - NEAR_BEFORE <= now <= window.end + NEAR_AFTER
    cause, follows = cause_in_words(diagnosis.cause, values)
    return WhyBox(
        is_open=near or "door" in query or asked_at is not None,
        cause=cause,
        follows=follows,
        actions=_actions(booking, door, diagnosis),
        zoom=_zoom(booking, question) if diagnosis.cause and diagnosis.cause.by is not None else None,
        checks=tuple(_line(finding, diagnosis, values, booking, now=now) for finding in diagnosis.findings),
        tapped=_tapped(tap, door, booking.branch.time_zone, now=now) if tap else "",
        doors=tuple((d.component, str(d), d.pk == door.pk) for d in doors),
        moment=f"{to_local(asked_at, booking.branch.time_zone):%Y-%m-%dT%H:%M}" if asked_at else "",
        asked="door" in query or asked_at is not None,
    )


def _zoom(booking: Booking, question: DoorQuestion) -> Zoom | None:
    is_now = question.moment == question.now
    return zoom(question.moment, window=question.window, booked=booking.window, zone=booking.branch.time_zone, is_now=is_now)


def _moment_in(text: str, zone: str) -> datetime | None:
    """What a field of date and time sends, on the wall of the branch; nonsense counts as now."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if typed.tzinfo is not None or not 2000 <= typed.year <= 2200:
        return None
    return local_instant(zone, typed.date(), typed.hour * 60 + typed.minute)


def _values(booking: Booking, door: Door, access: AccessView, question: DoorQuestion) -> dict[str, str]:
    zone, window = booking.branch.time_zone, question.window
    off = window.start - question.moment if question.moment < window.start else question.moment - window.end
    return {
        "door": str(door),
        "doors": ", ".join(name for _, name in access.doors) or gettext("none"),
        "by": formats.length_in_words(off) if off > timedelta(0) else gettext("A moment"),
        "moment": formats.recent(question.moment, zone, now=question.now),
        "window": formats.span(window.start, window.end, zone),
        "from": formats.recent(window.start, zone, now=question.now),
        "until": formats.recent(window.end, zone, now=question.now),
        "phone": national(booking.mobile) if booking.mobile else "",
        "opened": formats.recent(question.opened_at, zone, now=question.now) if question.opened_at else "",
    }


def _tapped(tap: DoorEntry, door: Door, zone: str, *, now: datetime) -> str:
    """The last tap as exivo tells it: it says whether the door opened, and rarely why not."""
    values = {"door": str(door), "moment": formats.recent(tap.at, zone, now=now), "reason": tap.reason}
    if tap.opened:
        return gettext("Last tap at %(door)s: %(moment)s, opened.") % values
    if tap.reason:
        return gettext("Last tap at %(door)s: %(moment)s, not opened: %(reason)s.") % values
    return gettext("Last tap at %(door)s: %(moment)s, not opened. exivo does not say why.") % values


def _line(finding: Finding, diagnosis: Diagnosis, values: dict[str, str], booking: Booking, *, now: datetime) -> CheckLine:
    return CheckLine(
        verdict=finding.verdict.value,
        verdict_word=gettext("the cause") if finding is diagnosis.cause else str(VERDICTS[finding.verdict]),
        question=str(QUESTIONS[finding.subject.value]),
        found=check_in_words(finding, values),
        source=_source(finding, booking.branch.time_zone, now=now),
    )


def _source(finding: Finding, zone: str, *, now: datetime) -> str:
    if finding.code in SOURCES:
        return str(SOURCES[finding.code])
    if finding.subject is Subject.TIME:
        return gettext("clock of Einlass")
    if finding.at is None:
        return ""
    words = gettext("since %(time)s") if finding.code in {"silent", "missing"} else gettext("read %(time)s")
    return words % {"time": formats.recent(finding.at, zone, now=now)}


def _actions(booking: Booking, door: Door, diagnosis: Diagnosis) -> tuple[Action, ...]:
    reference = booking.reference
    opening = f"{reverse('manage_open_door', args=[reference])}?{urlencode({'door': door.component})}"
    known = {
        Remedy.OPEN_DOOR: Action(gettext("Open %(door)s now") % {"door": str(door)}, opening),
        Remedy.REISSUE: Action(gettext("Make the key anew"), reverse("manage_reissue", args=[reference])),
        Remedy.EDIT_NUMBER: Action(gettext("Correct the number"), reverse("manage_answers", args=[reference])),
        Remedy.READINESS: Action(gettext("See what is missing"), reverse("manage_readiness")),
    }
    return tuple(known[remedy] for remedy in diagnosis.remedies)
