# SPDX-License-Identifier: Apache-2.0
"""Many keys would be taken back at once: which, why Einlass stopped, and what a person decides. What is done then:
`operations/brake.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from einlass.core.brake import Outcome
from einlass.core.errors import Refusal
from einlass.core.hours import to_local
from einlass.core.roles import May
from einlass.core.texts import in_language
from einlass.models import Branch, EventRecord
from einlass.operations.brake import Decision, decide_brake
from einlass.queries.brake import Held, digest_of, held_keys, story_of
from einlass.web.context import operator_of
from einlass.web.formats import recent, short_day, span
from einlass.web.manage.desk import FORM, Crumb, actor_of, show, staff_page
from einlass.web.manage.exivo_steps import name_of

PER_PAGE = 25
DECISIONS: Mapping[str, Decision] = {"release": "release", "keep": "keep"}
DIFFERS = {
    "doors": _("It opens other doors than booked."),
    "phone": _("It is for another number than booked."),
    "window": _("It is valid at other times than booked."),
    "doubled": _("exivo has a second key for this booking."),
    "overdue": _("It is still valid after its end."),
}
OF_THE_DOORS = _("It names a door that may be in no key any more, or it is one too many.")
OUTCOMES = {
    Outcome.REPLACED: _("A new one takes its place, as it is booked."),
    Outcome.SURPLUS: _("The booking keeps its other key."),
    Outcome.TAKEN_BACK: _("No other one takes its place."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One key as it is listed."""

    reference: str
    at: datetime
    day: str
    span: str
    guest: str
    room: str
    differs: str
    outcome: str
    now: bool


@staff_page(May.CONFIGURE, FORM)
def release(request: HttpRequest, key: str) -> HttpResponse:
    """The keys that wait (F46). Whoever decides has seen all that he decides about."""
    branch = get_object_or_404(Branch.objects.select_related("lock_system"), key=key)
    if request.method != "POST":
        return _page(request, branch)
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return _page(request, branch, missed=gettext("Choose what becomes of these keys."), status=422)
    try:
        decide_brake(branch, decision, seen=request.POST.get("seen", ""), actor=actor_of(request), now=timezone.now())
    except Refusal:
        branch.refresh_from_db()
        changed = gettext("Since you opened this page other keys have come to wait, or somebody has decided. Below is how it is now.")
        return _page(request, branch, missed=changed, status=409)
    if decision == "keep":
        messages.success(request, gettext("The keys stay as they are. They go on waiting here."))
        return redirect("manage_release_brake", key=branch.key)
    messages.success(request, gettext("Einlass takes these keys back now."))
    return redirect("manage_readiness")


def _page(request: HttpRequest, branch: Branch, *, missed: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    held = held_keys(branch, now=now)
    page = Paginator(held, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "branch": branch,
        "name": name_of(branch),
        "page": page,
        "rows": _rows(request, list(page), now=now),
        "seen": digest_of(branch, held),
        "story": _story(branch, now=now) if held else [],
        "missed": missed,
        "take": ngettext("Take %(count)s key back", "Take %(count)s keys back", len(held)) % {"count": len(held)},
    }
    crumbs = (Crumb(gettext("Readiness"), reverse("manage_readiness")), Crumb(gettext("Take keys back?")))
    return show(request, "manage/release_brake.html", context, at="readiness", crumbs=crumbs, status=status)


def _story(branch: Branch, *, now: datetime) -> list[str]:
    """Why it stopped, and who has left it at that."""
    story = story_of(branch)
    told = []
    if (engaged := story.engaged) is not None:
        why = gettext(
            "At the comparison with exivo (%(time)s) Einlass found %(planned)s keys that differ from their bookings. No change of a person"
            " explains it. Up to %(allowed)s it takes back by itself, with more it waits for a person."
        )
        told.append(why % (engaged.data | {"time": _when(engaged, branch, now=now)}))
    if (kept := story.kept) is not None:
        left = gettext("%(who)s left the keys as they are (%(time)s). They go on waiting.")
        told.append(left % {"who": kept.actor_name, "time": _when(kept, branch, now=now)})
    return told


def _when(event: EventRecord, branch: Branch, *, now: datetime) -> str:
    return recent(event.at, branch.time_zone, now=now)


def _rows(request: HttpRequest, held: Sequence[Held], *, now: datetime) -> list[Row]:
    default = operator_of(request).default_language
    return [_row(each, language=request.LANGUAGE_CODE, default=default, now=now) for each in held]


def _row(each: Held, *, language: str, default: str, now: datetime) -> Row:
    booking, held = each.booking, each.held
    zone = booking.branch.time_zone
    differs = [str(DIFFERS[what]) for what in held.differs if what in DIFFERS]
    return Row(
        booking.reference,
        booking.start,
        short_day(to_local(booking.start, zone).date()),
        span(booking.start, booking.end, zone),
        booking.guest_name or booking.reference,
        in_language(booking.room.name, language=language, default=default) or booking.room.key,
        " ".join(differs or [str(OF_THE_DOORS)]),
        str(OUTCOMES[held.outcome]),
        now in held.key.window,
    )
