# SPDX-License-Identifier: Apache-2.0
"""What needs a person, in words, worst first. What counts as such is decided in `queries/dashboard.py` and `queries/readiness.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from einlass.models import Booking, Branch
from einlass.queries.dashboard import Dashboard, KeyNeed, SilentDoor
from einlass.web import formats
from einlass.web.key_problems import problem_sentence
from einlass.web.manage.readiness_words import Line
from einlass.web.manage.rows import Reader
from einlass.web.manage.timeline_words import message_word

# A key in trouble that has to open later than this comes after what hinders every booking.
PRESSING = timedelta(hours=24)
# So many of one kind are named; the others are a number and a link.
NAMED = 6


@dataclass(frozen=True, slots=True)
class Need:
    """One line: the mark and its word, what it is about, why, and the one thing to do about it (with `post` a deed, else a page)."""

    id: str
    mark: str
    state: str
    word: str
    title: str
    why: str
    action: str
    address: str
    post: bool = False


@dataclass(frozen=True, slots=True)
class More:
    """What is left out of the lines."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The lines in order, and what did not fit."""

    lines: tuple[Need, ...]
    more: tuple[More, ...]


def needs_of(found: Dashboard, branches: Sequence[Branch], missing: Iterable[Need], *, reader: Reader) -> Needs:
    """Keys that open within a day first, then what stops many bookings, then everything that can wait.

    `missing` is red readiness, for those who can mend it; a brake stands in it, so only the others are told of it beside.
    """
    missing = tuple(missing)
    trouble = [need for need in found.keys if not need.is_late]
    pressing = [need for need in trouble if need.opens_at - reader.now <= PRESSING]
    late = [need for need in found.keys if need.is_late]
    later = [need for need in trouble if need not in pressing]
    lines = (
        *_keys(pressing[:NAMED], reader),
        *(missing or _brakes(branches, reader)),
        *_keys(late[:NAMED], reader),
        *_keys(later[: max(0, NAMED - len(pressing))], reader),
        *(_silent(door, reader) for door in found.silent),
        *(_waiting(booking, reader) for booking in found.waiting[:NAMED]),
        *_failed(found, reader),
        *(_nobody(booking, reader) for booking in found.nobody[:NAMED]),
    )
    return Needs(lines, tuple(_more(trouble=len(trouble), waiting=len(found.waiting))))


def missing_needs(lines: Iterable[Line]) -> Iterator[Need]:
    """Red readiness, each with what mends it; without a button for somebody else it leads to the page."""
    for number, line in enumerate(lines):
        yield Need(
            id=f"missing-{number}",
            mark="trouble",
            state="trouble",
            word=gettext("missing"),
            title=line.about,
            why=line.sentence,
            action=line.label or gettext("Look"),
            address=line.address or reverse("manage_readiness"),
            post=line.post and bool(line.address),
        )


def _keys(found: Sequence[KeyNeed], reader: Reader) -> Iterator[Need]:
    for need in found:
        yield Need(
            id=f"key-{need.booking.reference}",
            mark="revoking" if need.is_late else "trouble",
            state="late" if need.is_late else "trouble",
            word=gettext("not confirmed yet") if need.is_late else gettext("Problem"),
            title=_booked(need.booking, reader),
            why=_why(need, reader),
            action=gettext("Look"),
            address=reverse("manage_booking", args=[need.booking.reference]),
        )


def _why(need: KeyNeed, reader: Reader) -> str:
    zone = need.booking.branch.time_zone
    parts = []
    if need.is_late and need.opens_at > reader.now:
        length = formats.length_in_words(need.opens_at - reader.now)
        parts.append(gettext("The door has to open in %(length)s.") % {"length": length})
    elif need.is_late:
        parts.append(gettext("The door ought to open already."))
    problem = need.access.problem
    if problem:
        parts.append(problem_sentence(problem.code))
        if problem.next_attempt_at and problem.next_attempt_at > reader.now:
            time = formats.recent(problem.next_attempt_at, zone, now=reader.now)
            parts.append(gettext("Next attempt %(time)s.") % {"time": time})
    return " ".join(parts)


def _booked(booking: Booking, reader: Reader) -> str:
    """Samuel Wyss, 15:30, meeting room; another day than today is named."""
    zone = booking.branch.time_zone
    when = formats.recent(booking.start, zone, now=reader.now)
    guest = booking.guest_name or booking.reference
    return f"{guest}, {when}, {reader.text(booking.room.name, booking.room.key)}"


def _brakes(branches: Sequence[Branch], reader: Reader) -> Iterator[Need]:
    for branch in branches:
        if branch.brake_since is None:
            continue
        count = {"count": branch.brake_count}
        yield Need(
            id=f"brake-{branch.key}",
            mark="trouble",
            state="trouble",
            word=gettext("stopped"),
            title=gettext("Taking back keys in %(branch)s") % {"branch": reader.text(branch.name, branch.key)},
            why=ngettext(
                "%(count)s key would be taken back at once. Somebody has to agree.",
                "%(count)s keys would be taken back at once. Somebody has to agree.",
                branch.brake_count,
            )
            % count,
            action=gettext("Look"),
            address=reverse("manage_readiness"),
        )


def _silent(silent: SilentDoor, reader: Reader) -> Need:
    branch = silent.door.branch
    since = silent.door.silent_since or reader.now
    parts = [gettext("Since %(time)s.") % {"time": formats.recent(since, branch.time_zone, now=reader.now)}]
    concerns = ngettext("Concerns %(count)s booking today.", "Concerns %(count)s bookings today.", silent.concerned)
    parts.append(concerns % {"count": silent.concerned})
    return Need(
        id=f"door-{silent.door.pk}",
        mark="revoking",
        state="late",
        word=gettext("not answering"),
        title=gettext("Lock %(door)s, %(branch)s") % {"door": str(silent.door), "branch": reader.text(branch.name, branch.key)},
        why=" ".join(parts),
        action=gettext("Look"),
        address=f"{reverse('manage_bookings')}?{urlencode({'branch': branch.key})}",
    )


def _waiting(booking: Booking, reader: Reader) -> Need:
    service = reader.text(booking.service.name, booking.service.key)
    return Need(
        id=f"request-{booking.reference}",
        mark="preparing",
        state="preparing",
        word=gettext("waits"),
        title=_booked(booking, reader),
        why=gettext("Asks for %(service)s and waits for approval. Until then there is no key.") % {"service": service},
        action=gettext("Decide") if reader.may_act else gettext("Look"),
        address=reverse("manage_booking", args=[booking.reference]),
    )


def _nobody(booking: Booking, reader: Reader) -> Need:
    """A suggestion: whoever looks says whether it is so."""
    return Need(
        id=f"nobody-{booking.reference}",
        mark="preparing",
        state="preparing",
        word=gettext("nobody there?"),
        title=_booked(booking, reader),
        why=gettext("The booking is over, and exivo's door log tells of no phone at its doors."),
        action=gettext("Look"),
        address=reverse("manage_booking", args=[booking.reference]),
    )


def _failed(found: Dashboard, reader: Reader) -> Iterator[Need]:
    for message in found.failed[:NAMED]:
        if message.booking is None:
            continue
        yield Need(
            id=f"message-{message.pk}",
            mark="trouble",
            state="trouble",
            word=gettext("came back") if message.bounced_at else gettext("not sent"),
            title=_booked(message.booking, reader),
            why=gettext("The message “%(subject)s” could not be delivered.") % {"subject": message.subject or message_word(message.kind)},
            action=gettext("Look"),
            address=reverse("manage_booking", args=[message.booking.reference]),
        )


def _more(*, trouble: int, waiting: int) -> Iterator[More]:
    if trouble > NAMED:
        words = ngettext("%(count)s more key in trouble", "%(count)s more keys in trouble", trouble - NAMED)
        yield More(words % {"count": trouble - NAMED}, f"{reverse('manage_bookings')}?key=problem")
    if waiting > NAMED:
        words = ngettext("%(count)s more request", "%(count)s more requests", waiting - NAMED)
        yield More(words % {"count": waiting - NAMED}, f"{reverse('manage_bookings')}?status=pending")
