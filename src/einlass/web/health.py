# SPDX-License-Identifier: Apache-2.0
"""For load balancers and monitoring: is the process alive, and can it do its work. What a person has to set up: `queries/readiness.py`."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from einlass.queries.installation import database_answers, pending_migrations, worker_age_seconds


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nothing, so that a database that is away does not get every process restarted."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether to send visitors here: database and migrations. A worker that is away is told but hinders no booking (R15)."""
    state = _state()
    status = 200 if state["database"] == "ok" and state["migrations"] == "ok" else 503
    return JsonResponse({"status": "ok" if status == 200 else "unavailable", **state}, status=status)


def _state() -> dict[str, Any]:
    if not database_answers():
        return {"database": "unreachable", "migrations": "unknown", "worker_age_seconds": None}
    try:
        if pending_migrations():
            return {"database": "ok", "migrations": "pending", "worker_age_seconds": None}
        age = worker_age_seconds(now=timezone.now())
    except DatabaseError:
        return {"database": "unreachable", "migrations": "unknown", "worker_age_seconds": None}
    return {"database": "ok", "migrations": "ok", "worker_age_seconds": None if age is None else round(age, 1)}
