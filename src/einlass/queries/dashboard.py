# SPDX-License-Identifier: Apache-2.0
"""What the start page and the calendar of the staff look at: the bookings of a time, and what needs a person. How it is told is web."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from einlass.core.access import PATIENCE, PATIENCE_SHORT, AccessState
from einlass.core.bookings import LONGEST, LONGEST_BUFFER, LONGEST_MARGIN, Status
from einlass.core.grants import chosen_doors
from einlass.core.hours import day_window, local_date
from einlass.core.messages import NOT_CONFIGURED
from einlass.models import Booking, Branch, Door, Message
from einlass.queries.bookings import held, with_facts
from einlass.queries.door_log import nobody_came_to
from einlass.queries.keys import AccessView, access_of

# What was cancelled, declined or only held takes no place on these pages.
TAKES_PLACE = sorted(status.value for status in (Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW))
# A key that is not confirmed this long before it has to open is told to somebody.
LATE = timedelta(hours=2)
# The vendor said yes to taking the key back, or the key ought to have ended, and it opens all the same.
STAYS = frozenset({"failed_to_revoke", "failed_to_expire"})
# More than anybody reads; beyond it the list of bookings is the place to look.
AT_MOST = 300
FAILED_LATELY = timedelta(days=7)
# As the index of it says, so that the few are found among the many.
TOLD_OF = Q(access__problem__gt="") | Q(access__alarmed_minutes__isnull=False)


@dataclass(frozen=True, slots=True)
class KeyNeed:
    """A key that needs a person: in trouble, or not confirmed although it has to open soon."""

    booking: Booking
    access: AccessView

    @property
    def is_late(self) -> bool:
        return self.access.state in {AccessState.PREPARING, AccessState.CHANGING}

    @property
    def opens_at(self) -> datetime:
        return self.access.valid_from or self.booking.start


@dataclass(frozen=True, slots=True)
class SilentDoor:
    """A lock that does not answer, and how many of today's bookings that are not over it concerns."""

    door: Door
    concerned: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the start page needs, of the branches that a person sees. `week` counts bookings by the local day of their start."""

    today: tuple[Booking, ...]
    keys: tuple[KeyNeed, ...]
    waiting: tuple[Booking, ...]
    silent: tuple[SilentDoor, ...]
    failed: tuple[Message, ...]
    nobody: tuple[Booking, ...]
    week: Counter[date]
    week_trouble: Counter[date]


def dashboard(branches: Sequence[Branch], *, now: datetime) -> Dashboard:
    """A fixed number of queries, however many branches and bookings there are."""
    today = tuple(booking for booking in booked(branches, *_around_today(branches, now)) if _is_of_today(booking, now))
    keys = _keys(branches, now)
    return Dashboard(
        today=today,
        keys=keys,
        waiting=_waiting(branches, now),
        silent=_silent(branches, today, now=now),
        failed=_failed(branches, now),
        nobody=tuple(nobody_came_to(None, branches=branches, now=now)),
        week=_week(branches, now),
        week_trouble=Counter(local_date(need.booking.start, need.booking.branch.time_zone) for need in keys if not need.is_late),
    )


def booked(branches: Iterable[Branch], start: datetime, end: datetime) -> list[Booking]:
    """The bookings whose rooms are taken in [start, end), buffers included, in order, with all that tells the state of their keys."""
    reaching = Booking.objects.filter(blocked_from__lt=end, blocked_until__gt=start)
    near = reaching.filter(start__gt=start - LONGEST - LONGEST_BUFFER, start__lt=end + LONGEST_BUFFER)
    found = near.filter(branch__in=list(branches), status__in=TAKES_PLACE)
    return list(with_facts(found).order_by("start", "id"))


def reserved(branch: Branch, start: datetime, end: datetime, *, now: datetime) -> list[Booking]:
    """The times in [start, end) that are held for a visitor at this moment: nobody else gets them, and they are no bookings."""
    found = held(Booking.objects.filter(branch=branch, blocked_from__lt=end, blocked_until__gt=start), now=now)
    return list(with_facts(found).order_by("start", "id"))


def week_of(branches: Sequence[Branch], *, now: datetime) -> tuple[date, ...]:
    """Monday to Sunday around today, by the clock of the first branch."""
    today = local_date(now, branches[0].time_zone if branches else "UTC")
    monday = today - timedelta(days=today.weekday())
    return tuple(monday + timedelta(days=n) for n in range(7))


def _around_today(branches: Sequence[Branch], now: datetime) -> tuple[datetime, datetime]:
    """From the first midnight to the last one of today in any of the branches' zones."""
    days = [day_window(zone, local_date(now, zone)) for zone in {branch.time_zone for branch in branches}]
    return min((day.start for day in days), default=now), max((day.end for day in days), default=now)


def _is_of_today(booking: Booking, now: datetime) -> bool:
    zone = booking.branch.time_zone
    return booking.window.collides(day_window(zone, local_date(now, zone)))


def _keys(branches: Sequence[Branch], now: datetime) -> tuple[KeyNeed, ...]:
    """Keys that need a person, those that have to open soonest first. Two questions, because no index answers both at once."""
    coming = Booking.objects.filter(branch__in=list(branches), end__gt=now - LONGEST_MARGIN, start__gt=now - LONGEST_MARGIN - LONGEST)
    soon = coming.filter(start__lt=now + LATE + LONGEST_MARGIN, status__in=TAKES_PLACE)
    told = Q(access__problem__gt="") | Q(access__alarmed_minutes__isnull=False, status__in=TAKES_PLACE)
    known = coming.filter(TOLD_OF, told)
    found = {booking.pk: booking for some in (soon, known) for booking in with_facts(some).order_by("start", "id")[:AT_MOST]}
    needs = [KeyNeed(booking, access_of(booking, now=now)) for booking in found.values()]
    return tuple(sorted((need for need in needs if _needs_a_person(need, now)), key=lambda need: (need.opens_at, need.booking.pk)))


def _needs_a_person(need: KeyNeed, now: datetime) -> bool:
    state, problem = need.access.state, need.access.problem
    if state is AccessState.TROUBLE:
        return True
    if state is AccessState.REVOKING:
        return problem is not None and (problem.code in STAYS or (_may_open_soon(need, now) and now - problem.since >= PATIENCE))
    if state is AccessState.CLOSED:
        # It was cancelled, and the guest's phone opens all the same with a key that is not ours (F14).
        return need.access.others_until is not None and need.booking.status == Status.CANCELLED.value
    waits = need.is_late and now - need.booking.created_at >= PATIENCE_SHORT
    # Whatever was told by mail stands here as long as it is so.
    return waits and (need.opens_at - now <= LATE or need.booking.access.alarmed_minutes is not None)


def _may_open_soon(need: KeyNeed, now: datetime) -> bool:
    """Whether a key that ought to be gone may open now or in a moment."""
    until = need.access.valid_until
    return until is not None and need.opens_at - LATE <= now < until


def _waiting(branches: Sequence[Branch], now: datetime) -> tuple[Booking, ...]:
    """Requests that somebody has to approve or decline."""
    requests = Booking.objects.filter(branch__in=list(branches), status=Status.PENDING.value, end__gt=now)
    return tuple(requests.select_related("branch", "room", "service").order_by("start", "id")[:AT_MOST])


def _silent(branches: Sequence[Branch], today: Iterable[Booking], *, now: datetime) -> tuple[SilentDoor, ...]:
    doors = Door.objects.filter(branch__in=list(branches), branch__lock_system__enabled=True, silent_since__isnull=False)
    used = doors.exclude(use="none").select_related("branch").order_by("silent_since", "id")
    opened = Counter(
        (booking.branch_id, door.component) for booking in today if booking.end > now for door in chosen_doors(booking.facts())
    )
    return tuple(SilentDoor(door, opened[door.branch_id, door.component]) for door in used)


def _failed(branches: Sequence[Branch], now: datetime) -> tuple[Message, ...]:
    """Messages about coming bookings that did not arrive: not tried again, or come back. That nothing can be sent at all is said once."""
    lost = Q(failed_at__gt=now - FAILED_LATELY) | Q(bounced_at__gt=now - FAILED_LATELY)
    messages = Message.objects.filter(lost, booking__branch__in=list(branches), booking__end__gt=now).exclude(error=NOT_CONFIGURED)
    # Not put in order by the database: it would go through all coming bookings in their order to find the few.
    found = messages.select_related("booking__branch", "booking__room")[:AT_MOST]
    return tuple(sorted(found, key=lambda message: (message.booking.start if message.booking else now, message.pk)))


def _week(branches: Sequence[Branch], now: datetime) -> Counter[date]:
    days = week_of(branches, now=now)
    zones = {branch.pk: branch.time_zone for branch in branches}
    windows = [day_window(zone, day) for zone in set(zones.values()) for day in (days[0], days[-1])]
    if not windows:
        return Counter()
    first, last = min(window.start for window in windows), max(window.end for window in windows)
    starts = Booking.objects.filter(branch__in=zones, status__in=TAKES_PLACE, start__gte=first, start__lt=last)
    return Counter(local_date(start, zones[branch]) for branch, start in starts.values_list("branch_id", "start"))
