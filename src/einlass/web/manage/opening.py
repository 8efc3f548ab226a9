# SPDX-License-Identifier: Apache-2.0
"""Opening a door now for a booking: asks once, then shows what becomes of it. Who asks the vendor: `operations/openings.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.openings import OpeningState
from einlass.core.roles import May
from einlass.models import Booking, Door, DoorOpening
from einlass.operations.openings import ask, openable
from einlass.web import formats, refusals
from einlass.web.key_problems import problem_sentence
from einlass.web.manage.booking import booking_for, crumbs_to, reader_of
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.rows import row_of

# What it means, and whether it is over.
WORDS = {
    OpeningState.ASKED: (_("Asked"), _("exivo is asked in a moment. The wish counts for 30 seconds.")),
    OpeningState.SENT: (_("On its way"), _("exivo was asked and has not answered yet.")),
    OpeningState.OPENED: (_("Accepted"), _("exivo accepted the opening. Whether somebody went in is not reported.")),
    OpeningState.REFUSED: (_("Not opened"), _("exivo was not asked, or said no. The door stays as it is.")),
    OpeningState.UNKNOWN: (_("Not known"), _("The answer of exivo was lost. The door may be open: have a look, then ask again.")),
    OpeningState.DROPPED: (_("Given up"), _("It took longer than 30 seconds, so nobody was asked. Please ask again.")),
}
# What stands in the detail where it was we who said no, before exivo was asked.
OURS = frozenset({"doors_off", "door_not_openable", "throttled"})
MOVING = frozenset({OpeningState.ASKED, OpeningState.SENT})
MARKS = {OpeningState.ASKED: "preparing", OpeningState.SENT: "preparing", OpeningState.OPENED: "active"}


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a wish so far; `detail` are exivo's words, redacted when they were kept."""

    id: int
    state: str
    mark: str
    word: str
    sentence: str
    door: str
    component: str
    asked: str
    detail: str
    moving: bool


@staff_page(May.WORK, FORM)
def open_door(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask once, then ask exivo for it."""
    booking, now = booking_for(request, reference), timezone.now()
    component = (request.POST if request.method == "POST" else request.GET).get("door", "")
    if request.method != "POST":
        return _asked(request, booking, component, now=now)
    try:
        opening = ask(booking.branch, component, actor=actor_of(request), now=now, booking=booking)
    except Refusal as refusal:
        return _asked(request, booking, component, now=now, refusal=refusal)
    # A colleague may have asked for the same door a moment ago, for another booking of the branch.
    asked_for = opening.booking or booking
    return redirect("manage_opening", asked_for.reference, opening.pk)


@staff_page(May.WORK)
def opening(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """What becomes of it, drawn anew until it is over."""
    booking, progress = _progress(request, reference, pk)
    context = {"row": row_of(booking, reader=reader_of(request, now=timezone.now())), "opening": progress}
    crumbs = crumbs_to(booking, gettext("Open a door"))
    return show(request, "manage/opening.html", context, at="bookings", crumbs=crumbs)


@staff_page(May.WORK)
def opening_state(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """The part of that page that changes; nothing (204) while it is as shown."""
    booking, progress = _progress(request, reference, pk)
    if progress.state == request.GET.get("seen"):
        return HttpResponse(status=204)
    context = {"row": row_of(booking, reader=reader_of(request, now=timezone.now())), "opening": progress}
    return render(request, "manage/_opening.html", context)


def _progress(request: HttpRequest, reference: str, pk: int) -> tuple[Booking, Progress]:
    booking, now = booking_for(request, reference), timezone.now()
    found = DoorOpening.objects.filter(pk=pk, booking=booking).first()
    if found is None:
        raise Http404
    state = OpeningState(found.state)
    # Nobody does it any more; the sweep writes it down within seconds.
    if state is OpeningState.ASKED and found.expires_at <= now:
        state = OpeningState.DROPPED
    word, sentence = WORDS[state]
    return booking, Progress(
        id=found.pk,
        state=state.value,
        mark=MARKS.get(state, "trouble"),
        word=str(word),
        sentence=_refused(found) or str(sentence),
        door=found.door_name,
        component=found.component,
        asked=gettext("%(time)s, %(name)s")
        % {"time": formats.recent(found.asked_at, booking.branch.time_zone, now=now), "name": found.asked_by},
        detail="" if found.detail in OURS else found.detail,
        moving=state in MOVING,
    )


def _refused(found: DoorOpening) -> str:
    """Where we said no ourselves: the same words as when somebody asks for it."""
    if found.detail == "throttled":
        return problem_sentence(found.detail)
    return refusals.sentence(Refusal(found.detail)) if found.detail in OURS else ""


def _asked(request: HttpRequest, booking: Booking, component: str, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    doors = [door for door in booking.branch.doors.all() if openable(door)]
    chosen = next((door for door in doors if door.component == component), None)
    context = {
        "row": row_of(booking, reader=reader_of(request, now=now)),
        "doors": tuple((door.component, str(door), door is chosen) for door in doors),
        "door": chosen,
        "refusal_title": refusals.title(refusal) if refusal else "",
        "refusal": refusals.sentence(refusal) if refusal else _none_at_all(doors),
    }
    status = refusals.STATUS[refusal.code] if refusal else 200
    return show(request, "manage/open_door.html", context, at="bookings", crumbs=crumbs_to(booking, gettext("Open a door")), status=status)


def _none_at_all(doors: list[Door]) -> str:
    return "" if doors else gettext("No door of this branch is chosen yet.")
