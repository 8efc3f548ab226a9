# SPDX-License-Identifier: Apache-2.0
"""Keys of ours at exivo that belong to no booking: a person ticks them and decides. What is done then: `operations/strays.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from einlass.core.hours import to_local
from einlass.core.roles import May
from einlass.models import Branch, StrayKey
from einlass.operations.strays import Decision, decide
from einlass.queries.strays import UNDECIDED, open_strays
from einlass.web.formats import day_with_year, span
from einlass.web.manage.desk import FORM, Crumb, actor_of, show, staff_page
from einlass.web.manage.exivo_steps import name_of

DECISIONS: Mapping[str, Decision] = {"revoke": "revoke", "kept": "kept"}


@dataclass(frozen=True, slots=True)
class Row:
    """One key as it is listed."""

    pk: int
    marker: str
    label: str
    time: str
    doors: str
    undecided: bool


@staff_page(May.CONFIGURE, FORM)
def strays(request: HttpRequest, key: str) -> HttpResponse:
    """What is there, and after a decision the same page with what is left."""
    branch = get_object_or_404(Branch, key=key)
    missed = False
    if request.method == "POST":
        ticked = [int(pk) for pk in request.POST.getlist("key") if pk.isascii() and pk.isdigit() and len(pk) < 16]
        decision = DECISIONS.get(request.POST.get("decision", ""))
        if ticked and decision:
            _decide(request, branch, ticked, decision)
            return redirect("manage_stray_keys", key=branch.key)
        missed = True
    crumbs = (Crumb(gettext("Readiness"), reverse("manage_readiness")), Crumb(gettext("Keys without a booking")))
    context = {"rows": _rows(branch), "name": name_of(branch), "missed": missed}
    answer = show(request, "manage/strays.html", context, at="readiness", crumbs=crumbs)
    answer.status_code = 422 if missed else 200
    return answer


def _decide(request: HttpRequest, branch: Branch, ticked: list[int], decision: Decision) -> None:
    count = decide(branch, ticked, decision, actor=actor_of(request), now=timezone.now())
    if not count:
        messages.warning(request, gettext("Somebody decided about these keys already. Below is how it is now."))
        return
    told = (
        ngettext("Einlass takes %(count)s key back within moments.", "Einlass takes %(count)s keys back within moments.", count)
        if decision == "revoke"
        else ngettext("%(count)s key is left alone.", "%(count)s keys are left alone.", count)
    )
    messages.success(request, told % {"count": count})


def _rows(branch: Branch) -> list[Row]:
    names = {door.component: str(door) for door in branch.doors.all()}
    return [_row(stray, names, zone=branch.time_zone) for stray in open_strays(branch)]


def _row(stray: StrayKey, names: Mapping[str, str], *, zone: str) -> Row:
    time = _time(stray, zone=zone)
    doors = ", ".join(names.get(component, component) for component in stray.doors) or gettext("without a door")
    return Row(stray.pk, stray.marker, stray.label, time, doors, stray.decision == UNDECIDED)


def _time(stray: StrayKey, *, zone: str) -> str:
    if stray.valid_from is None or stray.valid_until is None:
        return gettext("without a time")
    return f"{day_with_year(to_local(stray.valid_from, zone).date())}, {span(stray.valid_from, stray.valid_until, zone)}"
