# SPDX-License-Identifier: Apache-2.0
"""Every prerequisite of a working door, worst first, each with the button that mends it. What is checked: `queries/readiness.py`; the
words and the buttons: `readiness_words.py`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from einlass.core.roles import May
from einlass.models import Branch, LockSystem, Service
from einlass.queries.readiness import readiness as all_checks
from einlass.queries.scope import bound_to
from einlass.web.manage.desk import allowed, show, staff_of, staff_page
from einlass.web.manage.exivo_steps import name_of
from einlass.web.manage.readiness_words import Line, line_of


@staff_page(May.LOOK)
def readiness(request: HttpRequest) -> HttpResponse:
    """What is missing, what is worth knowing, and what is in order."""
    checks = all_checks(now=timezone.now(), only=bound_to(staff_of(request)))
    names = all_names()
    lines = [line_of(check, names=names, may=lambda needs: allowed(request, needs)) for check in checks]
    missing = [line for line in lines if line.state == "missing"]
    context = {
        "missing": missing,
        "warnings": [line for line in lines if line.state == "warning"],
        "fine": _by_subject([line for line in lines if line.state == "done"]),
        "first": next((line for line in missing if line.address), None),
    }
    return show(request, "manage/readiness.html", context, at="readiness")


def all_names() -> dict[str, str]:
    """The names of everything a check may be about, by kind and key."""
    accounts = {f"account.{key}": key for key in LockSystem.objects.values_list("key", flat=True)}
    if len(accounts) == 1:
        accounts = dict.fromkeys(accounts, "")
    branches = {f"branch.{branch.key}": name_of(branch) for branch in Branch.objects.all()}
    return accounts | branches | {f"service.{service.key}": name_of(service) for service in Service.objects.all()}


def _by_subject(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    """In the order in which they come, each subject once."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.about, []).append(line)
    return list(found.items())
