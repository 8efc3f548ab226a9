# SPDX-License-Identifier: Apache-2.0
"""Booking, looking up, cancelling, moving and a new key by a program. The rules are those of `operations/bookings.py`, as for everybody."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Body, Query, Router, Status

from einlass.core.bookings import SHOWN
from einlass.core.bookings import Status as BookingStatus
from einlass.core.errors import Refusal
from einlass.core.hours import day_window
from einlass.models import Booking, Service
from einlass.operations import bookings as operations
from einlass.operations.config_types import SLUG
from einlass.operations.reissue import reissue
from einlass.queries.bookings import BookingFilter, booking_by_reference, held, matching, real
from einlass.queries.scope import bookings_of_token, branches_of_token
from einlass.queries.services import organisation, service_by_key
from einlass.web.api import schemas
from einlass.web.api.auth import token_of, writer
from einlass.web.api.problems import Invalid, answers_of
from einlass.web.api.shapes import booking_out

REFERENCE = re.compile(r"[0-9A-Za-z-]{1,12}")
PER_PAGE = 50

router = Router(tags=["bookings"])


@router.post("/bookings", response={201: schemas.BookingOut, **answers_of(403, 409)}, operation_id="create_booking")
def create(request: HttpRequest, wish: schemas.BookingIn) -> Status[Any]:
    """Book a free time. 409 `slot_taken`; 422 `invalid`, `not_offered` or `service_not_bookable`."""
    actor = writer(request)
    now = timezone.now()
    booking = operations.book(
        operations.Wish(
            service=_bookable(request, wish.service),
            start=wish.start,
            duration=wish.duration,
            answers=wish.answers,
            language=_language(wish.language),
        ),
        actor=actor,
        now=now,
    )
    return Status(201, booking_out(_found(request, booking.reference), now=now))


@router.get("/bookings", response={200: schemas.Bookings, **answers_of()}, operation_id="list_bookings")
def list_bookings(request: HttpRequest, asked: Query[schemas.BookingQuery]) -> dict[str, Any]:
    """Bookings that reach into the time, soonest first, 50 a page. Times held for a visitor are listed when `status=held` asks for them."""
    zone = _zone_of(request, asked.branch)
    wanted = BookingFilter(
        start=_instant(asked.first, zone, after=0),
        end=_instant(asked.last, zone, after=1),
        branch=asked.branch,
        text=asked.q.replace("\x00", ""),
    )
    now = timezone.now()
    found = matching(_with_status(request, asked.status, now=now), wanted)
    total = found.count()
    rows = found[(asked.page - 1) * PER_PAGE : asked.page * PER_PAGE]
    return {
        "items": [booking_out(row, now=now) for row in rows],
        "page": asked.page,
        "pages": max(1, -(-total // PER_PAGE)),
        "total": total,
    }


@router.get("/bookings/{reference}", response={200: schemas.BookingOut, **answers_of(404)}, operation_id="get_booking")
def read(request: HttpRequest, reference: str) -> dict[str, Any]:
    """One booking with the state of its key."""
    return booking_out(_found(request, reference), now=timezone.now())


@router.post("/bookings/{reference}/cancel", response={200: schemas.BookingOut, **answers_of(403, 404, 409)}, operation_id="cancel_booking")
def cancel(request: HttpRequest, reference: str, why: Annotated[schemas.CancelIn | None, Body()] = None) -> dict[str, Any]:
    """End a booking early; its key is taken back. Twice is the same as once. 422 `deadline_passed` for guests."""
    actor = writer(request)
    now = timezone.now()
    operations.cancel(_found(request, reference), actor=actor, now=now, reason=why.reason if why else "")
    return booking_out(_found(request, reference), now=now)


@router.post(
    "/bookings/{reference}/reschedule", response={200: schemas.BookingOut, **answers_of(403, 404, 409)}, operation_id="reschedule_booking"
)
def reschedule(request: HttpRequest, reference: str, to: schemas.RescheduleIn) -> dict[str, Any]:
    """Move a booking, perhaps to another room of its service. 409 `slot_taken` leaves all as it was."""
    actor = writer(request)
    now = timezone.now()
    operations.reschedule(_found(request, reference), start=to.start, duration=to.duration, actor=actor, now=now)
    return booking_out(_found(request, reference), now=now)


@router.post("/bookings/{reference}/keys/reissue", response={202: schemas.BookingOut, **answers_of(403, 404)}, operation_id="reissue_key")
def reissue_key(request: HttpRequest, reference: str) -> Status[Any]:
    """Have the key made anew, for a guest with another phone and the same number. It follows at once; 422 `nothing_to_reissue`."""
    actor = writer(request)
    now = timezone.now()
    reissue(_found(request, reference), actor=actor, now=now)
    return Status(202, booking_out(_found(request, reference), now=now))


def _found(request: HttpRequest, reference: str) -> Booking:
    """Raises Http404, also for a booking of a branch that the token does not see."""
    booking = booking_by_reference(reference) if REFERENCE.fullmatch(reference) else None
    if booking is None or not branches_of_token(token_of(request)).filter(pk=booking.branch_id).exists():
        raise Http404
    return booking


def _bookable(request: HttpRequest, key: str) -> Service:
    """A service of a branch that the token does not see is as unknown as one that there is not."""
    seen = (
        Service.objects.filter(key=key, branch__in=branches_of_token(token_of(request))) if SLUG.fullmatch(key) else Service.objects.none()
    )
    known = seen.exists()
    if known and (service := service_by_key(key)):
        return service
    if known:
        raise Refusal("service_not_bookable")
    raise Invalid("service", "unknown_service", "There is no such service; see GET /api/v1/services.")


def _language(asked: str | None) -> str:
    operator = organisation()
    if asked is None:
        return operator.default_language
    if asked not in operator.languages:
        raise Invalid("language", "not_a_choice", f"The languages are {', '.join(operator.languages)}.")
    return asked


def _with_status(request: HttpRequest, status: str | None, *, now: datetime) -> Any:
    seen = bookings_of_token(token_of(request))
    if status is None:
        return real(seen)
    if status == BookingStatus.HELD.value:
        return held(seen, now=now)
    return real(seen).filter(status__in=[inner.value for inner, outer in SHOWN.items() if outer is BookingStatus(status)])


def _zone_of(request: HttpRequest, branch: str) -> str:
    """Where a day begins: at the branch asked for, else at the operator's first."""
    if branch and not SLUG.fullmatch(branch):
        raise Invalid("branch", "unknown_branch", "There is no such branch.")
    seen = branches_of_token(token_of(request))
    branches = seen.filter(key=branch) if branch else seen
    zone = branches.values_list("time_zone", flat=True).first()
    if branch and zone is None:
        raise Invalid("branch", "unknown_branch", "There is no such branch.")
    return zone or "UTC"


def _instant(given: date | datetime | None, zone: str, *, after: int) -> datetime | None:
    """The instant; of a day its beginning, or `after` days later."""
    if given is None or isinstance(given, datetime):
        return given
    return day_window(zone, given + timedelta(days=after)).start
