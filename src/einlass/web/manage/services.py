# SPDX-License-Identifier: Apache-2.0
"""Settings › Services: the list in the order of the booking page, one service, a new one. Its form: `service_forms.py`."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.roles import May
from einlass.models import Branch, Service
from einlass.models.fields import text_in
from einlass.operations.config_export import Exported, service_part
from einlass.operations.questions import add_standard_questions, require_mobile_number
from einlass.operations.settings import key_for
from einlass.operations.settings import remove as remove_settings
from einlass.operations.settings import save as save_settings
from einlass.queries.services import configured_services, without_mobile_number
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.order import new_order
from einlass.web.manage.saved import tell_saved
from einlass.web.manage.service_forms import ServiceForm
from einlass.web.manage.service_preview import preview_of
from einlass.web.manage.service_rows import Shelf, service_row
from einlass.web.refusals import STATUS, sentence

NEW = {"durations": "60", "step": 30, "horizon_days": 365, "active": True, "notice_minutes": 0}
WHERE = _("Services")
LINES = (
    *("name", "description", "price", "durations", "step", "buffer_before", "buffer_after"),
    *("notice_minutes", "horizon_days", "cancel_until_minutes", "reschedule_until_minutes"),
)


@staff_page(May.CONFIGURE, FORM)
def services(request: HttpRequest) -> HttpResponse:
    rows = list(configured_services())
    if request.method == "POST":
        return _reordered(request, rows)
    language = request.LANGUAGE_CODE
    shelves = [
        Shelf(text_in(branch.name, language), branch.key, tuple(service_row(row, language=language) for row in group))
        for branch, group in groupby(rows, key=lambda row: row.branch)
    ]
    lacking = [text_in(row.name, language) for row in without_mobile_number()]
    context = {"shelves": shelves, "lacking": lacking, "has_branches": bool(rows) or Branch.objects.exists()}
    return show(request, "manage/services.html", context, at="services", crumbs=settings_crumbs(Crumb(str(WHERE))))


def _reordered(request: HttpRequest, rows: list[Service]) -> HttpResponse:
    """Branches stand in their own order; the services of each one are arranged among themselves."""
    keys = new_order([row.key for row in rows if row.branch.key == request.POST.get("branch")], request.POST.dict())
    here = iter(keys)
    order = [next(here) if row.key in keys else row.key for row in rows]
    part = {"services": [{"key": key} for key in order]}
    save_settings(part, subject="services", now=timezone.now(), actor=actor_of(request))
    return redirect("manage_services")


@staff_page(May.CONFIGURE, FORM)
def new(request: HttpRequest) -> HttpResponse:
    branches = list(Branch.objects.prefetch_related("rooms"))
    wanted = request.GET.get("branch", branches[0].key if len(branches) == 1 else "")
    if not wanted:
        places = [(branch.key, text_in(branch.name, request.LANGUAGE_CODE)) for branch in branches]
        return show(request, "manage/service_where.html", {"places": places}, at="services", crumbs=_crumbs(gettext("New service")))
    return _edit(request, _branch(wanted), None)


@staff_page(May.CONFIGURE, FORM)
def service(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(configured_services(), key=key)
    return _edit(request, _branch(row.branch.key), row)


@staff_page(May.CONFIGURE, ONLY_POST)
def preview(request: HttpRequest, branch: str) -> HttpResponse:
    """The part of the page that says what a booking would open, for the form as it stands."""
    row = configured_services().filter(key=request.GET.get("key", "")).first()
    form = _form(request, _branch(branch), row)
    return render(request, "manage/_opens.html", {"preview": preview_of(form, row=row, language=request.LANGUAGE_CODE)})


@staff_page(May.CONFIGURE, ONLY_POST)
def remove(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Service, key=key)
    try:
        done = remove_settings(subject=f"services.{key}", now=timezone.now(), actor=actor_of(request))
    except Refusal as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("manage_service", key)
    name = {"name": text_in(row.name, request.LANGUAGE_CODE)}
    removed, kept = gettext("%(name)s was removed."), gettext("%(name)s has been booked before, so it was switched off and not removed.")
    messages.success(request, (removed if done == "removed" else kept) % name)
    return redirect("manage_services")


def _branch(key: str) -> Branch:
    return get_object_or_404(Branch.objects.select_related("lock_system").prefetch_related("doors", "rooms__doors"), key=key)


def _form(request: HttpRequest, branch: Branch, row: Service | None) -> ServiceForm:
    data = None
    if request.method == "POST":
        data = request.POST.copy()
        data.setlist("room_order", new_order(data.getlist("room_order"), request.POST.dict()))
    rooms, doors = list(branch.rooms.all()), list(branch.doors.all())
    only_one = {"rooms": [rooms[0].key]} if len(rooms) == 1 else {}
    initial = {} if row else NEW | only_one
    part: Exported | None = service_part(row) if row else None
    return ServiceForm(
        data,
        files=request.FILES or None,
        branch=branch,
        rooms=rooms,
        doors=doors,
        operator=operator_of(request),
        part=part,
        initial=initial,
    )


def _edit(request: HttpRequest, branch: Branch, row: Service | None) -> HttpResponse:
    form, status = _form(request, branch, row), 200
    if request.method == "POST" and request.POST.keys() & {"move", "show", "repair"}:
        form.unjudged()
        if "repair" in request.POST:
            require_mobile_number(actor=actor_of(request), now=timezone.now())
    elif request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _saved(request, form, row)
            except Refusal as refusal:
                form.refused(refusal)
                status = STATUS.get(refusal.code, 422)
    name = text_in(row.name, request.LANGUAGE_CODE) if row else gettext("New service")
    context = {
        "form": form,
        "line": {name: form.row_of(name) for name in LINES},
        "row": row,
        "name": name,
        "branch": branch,
        "place": text_in(branch.name, request.LANGUAGE_CODE),
        "rooms": [(key, text_in(form.room_rows[key].name, request.LANGUAGE_CODE), key in form.typed_rooms) for key in form.room_order],
        "typed_doors": form.typed_doors,
        "preview": preview_of(form, row=row, language=request.LANGUAGE_CODE),
        "picture_lost": status != 200 and "picture" in request.FILES,
    }
    return show(request, "manage/service.html", context, at="services", crumbs=_crumbs(name), status=status)


def _saved(request: HttpRequest, form: ServiceForm, row: Service | None) -> HttpResponse:
    first = form.languages[0]
    key = row.key if row else key_for(form.cleaned_data[f"name__{first}"], taken=_taken, otherwise="service")
    seen = form.cleaned_data["seen"] if row else None
    subject = f"services.{key}"
    saved = save_settings(form.as_part(key), subject=subject, seen=seen, now=timezone.now(), actor=actor_of(request))
    if row:
        tell_saved(request, saved, subject=subject)
    else:
        messages.success(request, gettext("The service was added."))
    if add_standard_questions(actor=actor_of(request), now=timezone.now()).values:
        messages.success(request, gettext("Guests are asked for first name, last name, e-mail and mobile number: see Booking questions."))
    return redirect("manage_service", key)


def _taken(key: str) -> bool:
    return Service.objects.filter(key=key).exists()


def _crumbs(name: str) -> tuple[Crumb, ...]:
    return settings_crumbs(Crumb(str(WHERE), reverse("manage_services")), Crumb(name))
