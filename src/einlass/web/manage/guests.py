# SPDX-License-Identifier: Apache-2.0
"""What is kept of a guest: found, shown, taken out as a file, erased. All is posted: no name stands in an address or a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from einlass.core.roles import May
from einlass.models import Booking, Question
from einlass.operations.privacy import Erased, erase, hand_out
from einlass.queries.bookings import with_facts
from einlass.queries.privacy import SHORTEST_SEARCH, bookings_of_guest, everything_about, with_everything
from einlass.web import formats
from einlass.web.manage.booking import reader_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.event_words import sentence_of
from einlass.web.manage.rows import Reader, row_of

AT_MOST = 100
YES_OR_NO = {True: _("yes"), False: _("no")}


class SearchForm(forms.Form):
    """Whom it is about. Shorter words would list everybody."""

    q = forms.CharField(max_length=254, required=False, strip=True)


@staff_page(May.ADMINISTER, FORM)
def guest(request: HttpRequest) -> HttpResponse:
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["q"] if search.is_valid() else ""
    chosen = _chosen(request)
    do = request.POST.get("do", "")
    if do in DEEDS and chosen:
        return DEEDS[do](request, chosen, text)
    return _listed(request, text, missed=do in DEEDS)


def _listed(request: HttpRequest, text: str, *, missed: bool) -> HttpResponse:
    """The bookings of whoever was looked for, all of them ticked."""
    found = list(with_facts(bookings_of_guest(text))[: AT_MOST + 1])
    reader = reader_of(request, now=timezone.now())
    context = {
        "text": text,
        "too_short": request.method == "POST" and len(text) < SHORTEST_SEARCH,
        "shortest": SHORTEST_SEARCH,
        "rows": [row_of(booking, reader=reader) for booking in found[:AT_MOST]],
        "more": len(found) > AT_MOST,
        "at_most": AT_MOST,
        "missed": missed,
        "asked": request.method == "POST",
    }
    return _page(request, "manage/guest.html", context, status=422 if missed or context["too_short"] else 200)


def _shown(request: HttpRequest, chosen: list[Booking], text: str) -> HttpResponse:
    now = timezone.now()
    hand_out(chosen, actor=actor_of(request), now=now)
    reader = reader_of(request, now=now)
    labels = {key: reader.text(label, key) for key, label in Question.objects.values_list("key", "label")}
    told = [_told(booking, reader=reader, labels=labels) for booking in chosen]
    return _page(request, "manage/guest_shown.html", {"told": told, "text": text})


def _exported(request: HttpRequest, chosen: list[Booking], text: str) -> HttpResponse:
    """A file for the guest himself."""
    now = timezone.now()
    hand_out(chosen, actor=actor_of(request), now=now)
    data = {"exported_at": now.isoformat(), "bookings": [everything_about(booking) for booking in chosen]}
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="einlass-{chosen[0].reference}.json"'
    return response


def _asked(request: HttpRequest, chosen: list[Booking], text: str) -> HttpResponse:
    now = timezone.now()
    reader = reader_of(request, now=now)
    rows = [row_of(booking, reader=reader) for booking in chosen]
    return _page(request, "manage/guest_erase.html", {"rows": rows, "coming": [row for row in rows if not row.past], "text": text})


def _erased(request: HttpRequest, chosen: list[Booking], text: str) -> HttpResponse:
    done = erase(chosen, actor=actor_of(request), now=timezone.now())
    for sentence in _outcome(done):
        messages.success(request, sentence)
    return redirect("manage_privacy")


def _outcome(done: Erased) -> Iterable[str]:
    if done.erased:
        sentence = ngettext("The data of %(count)s booking are erased.", "The data of %(count)s bookings are erased.", done.erased)
        yield sentence % {"count": done.erased}
    if done.waiting:
        sentence = ngettext(
            "The data of %(count)s booking are erased as soon as its key is taken back.",
            "The data of %(count)s bookings are erased as soon as their keys are taken back.",
            done.waiting,
        )
        yield sentence % {"count": done.waiting}
    if not done.erased and not done.waiting:
        yield gettext("There was nothing left to erase.")


Deed = Callable[[HttpRequest, list[Booking], str], HttpResponse]
DEEDS: dict[str, Deed] = {"show": _shown, "export": _exported, "erase": _asked, "erase_now": _erased}


def _chosen(request: HttpRequest) -> list[Booking]:
    references = [reference for reference in request.POST.getlist("booking") if "\0" not in reference][:AT_MOST]
    found = with_everything(with_facts(Booking.objects.filter(reference__in=references)))
    return list(found.order_by("-start", "-id")) if references else []


def _told(booking: Booking, *, reader: Reader, labels: dict[str, str]) -> dict[str, Any]:
    zone, branch = booking.branch.time_zone, reader.text(booking.branch.name, "")
    return {
        "row": row_of(booking, reader=reader),
        "booking": booking,
        "contact": [value for value in (booking.email, booking.mobile) if value and value not in booking.answers.values()],
        "answers": [(labels.get(key, key), _answer(value)) for key, value in booking.answers.items()],
        "keys": [(row.phone, formats.moment(row.valid_from, zone), formats.moment(row.valid_until, zone)) for row in booking.keys.all()],
        "messages": [(formats.moment(row.created_at, zone), row.to_address, row.subject, row.text) for row in booking.messages.all()],
        "events": [(formats.moment(row.at, zone), sentence_of(row, branch=branch, questions=labels)) for row in booking.events.all()],
    }


def _answer(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(YES_OR_NO[value]) if isinstance(value, bool) else str(value)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    crumbs = settings_crumbs(Crumb(gettext("Privacy"), reverse("manage_privacy")), Crumb(gettext("Data of a guest")))
    return show(request, template, context, at="privacy", crumbs=crumbs, status=status)
