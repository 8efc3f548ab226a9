# SPDX-License-Identifier: Apache-2.0
"""What is offered, and when it is free. Which starts are offered is `core/slots.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from einlass.core.errors import FieldError, Refusal
from einlass.core.hours import local_date
from einlass.models import Service
from einlass.operations.config_types import SLUG
from einlass.queries.availability import free_starts
from einlass.queries.scope import branches_of_token, token_sees
from einlass.queries.services import needs_mobile_number, offered_services, questions_by_service, service_with_times
from einlass.web.api import schemas
from einlass.web.api.auth import token_of
from einlass.web.api.problems import Invalid, answers_of
from einlass.web.api.shapes import service_out
from einlass.web.api.slot_texts import slots_json

MOST_DAYS = 62
JSON = "application/json; charset=utf-8"

router = Router(tags=["services"])


@router.get("/services", response={200: schemas.Services, **answers_of()}, operation_id="list_services")
def services(request: HttpRequest) -> dict[str, Any]:
    """The services that can be booked, with their branch, durations and questions. Texts in the language of Accept-Language."""
    offered = list(offered_services().filter(branch__in=branches_of_token(token_of(request))))
    questions = questions_by_service(offered)
    bookable = [service for service in offered if not needs_mobile_number(service, questions[service.pk])]
    return {"items": [service_out(service, questions[service.pk]) for service in bookable]}


@router.get("/services/{key}/slots", response={200: schemas.Slots, **answers_of(404)}, operation_id="list_slots")
def slots(
    request: HttpRequest,
    key: str,
    first: Annotated[schemas.Day | None, Query(alias="from", description="First local day; today where left out.")] = None,
    last: Annotated[schemas.Day | None, Query(alias="to", description="Last local day, inclusive; the first where left out.")] = None,
    duration: Annotated[schemas.Minutes | None, Query(description="Minutes; the first duration of the service where left out.")] = None,
) -> HttpResponse:
    """The free times of a service by local day of its branch, at most 62 days."""
    service = _found(request, key)
    now = timezone.now()
    zone = service.branch.time_zone
    start = first or local_date(now, zone)
    end = last or start
    if end < start:
        raise Invalid("to", "before_from", "The last day lies before the first.")
    if end - start >= timedelta(days=MOST_DAYS):
        raise Invalid("to", "too_many_days", f"At most {MOST_DAYS} days can be asked for at once.")
    minutes = duration if duration is not None else service.durations[0]
    if minutes not in service.durations:
        raise Refusal("not_offered", fields=(FieldError("duration", "duration"),))
    starts = free_starts(service, duration=minutes, first=start, last=end, now=now)
    return HttpResponse(slots_json(starts, zone=zone, duration=minutes, first=start, last=end), content_type=JSON)


def _found(request: HttpRequest, key: str) -> Service:
    """Raises Http404, also for a service of a branch that the token does not see."""
    service = service_with_times(key) if SLUG.fullmatch(key) else None
    if service is None or not token_sees(token_of(request), service.branch_id):
        raise Http404
    return service
