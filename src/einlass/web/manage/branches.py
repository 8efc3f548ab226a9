# SPDX-License-Identifier: Apache-2.0
"""Settings › Branches: the list and its order, a new branch, one branch. What else can be done with one: `branch_actions.py`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from einlass.core.errors import Refusal
from einlass.core.grants import Admissible
from einlass.core.roles import May
from einlass.models import Branch, LockSystem
from einlass.models.fields import text_in
from einlass.operations.config_export import Exported, exported
from einlass.operations.lock_systems import doors_seen
from einlass.operations.settings import Saved, key_for, part_at, save
from einlass.queries.doors import coming_keys
from einlass.web.context import operator_of
from einlass.web.formats import recent
from einlass.web.manage.branch_forms import DOOR, BranchForm
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.door_rows import door_rows
from einlass.web.manage.order import new_order
from einlass.web.manage.saved import tell_saved
from einlass.web.setting_sentences import SETTING_SENTENCES

# The addresses of new branches and rooms.
TAKEN = frozenset({"new", "order"})


def crumbs_of(*steps: Crumb) -> tuple[Crumb, ...]:
    return settings_crumbs(Crumb(gettext("Branches"), reverse("manage_branches")), *steps)


def name_of(branch: Branch) -> str:
    return text_in(branch.name, get_language() or "de") or branch.key


@staff_page(May.CONFIGURE, FORM)
def branches(request: HttpRequest) -> HttpResponse:
    rows = Branch.objects.select_related("lock_system").annotate(room_count=Count("rooms")).order_by("position", "id")
    if request.method == "POST":
        wanted = new_order([branch.key for branch in rows], request.POST)
        save({"branches": [{"key": key} for key in wanted]}, subject="branches", now=timezone.now(), actor=actor_of(request))
        return redirect("manage_branches")
    items = [{"row": branch, "name": name_of(branch), "site": _site_in_a_word(branch)} for branch in rows]
    return show(request, "manage/branches.html", {"items": items}, at="branches", crumbs=settings_crumbs(Crumb(gettext("Branches"))))


def _site_in_a_word(branch: Branch) -> str:
    if not branch.site_id:
        return gettext("no Site-ID")
    if branch.site_is_confirmed:
        return gettext("confirmed by exivo: %(name)s") % {"name": branch.site_name}
    return gettext("Site-ID not confirmed yet")


@staff_page(May.CONFIGURE, FORM)
def new_branch(request: HttpRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = BranchForm(data, operator=operator_of(request), systems=_systems())
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data[f"name__{form.languages[0]}"]
        key = key_for(name, taken=lambda made: made in TAKEN or Branch.objects.filter(key=made).exists(), otherwise="branch")
        saved = _saved(request, form, key=key, confirmed=False)
        if saved is not None:
            _tell(request, form, saved, key=key)
            return redirect("manage_branch", key=key)
    context = {"form": form, "title": gettext("New branch"), "back": reverse("manage_branches")}
    return _page(request, context, form=form, crumbs=crumbs_of(Crumb(gettext("New branch"))))


@staff_page(May.CONFIGURE, FORM)
def branch(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Branch.objects.select_related("lock_system"), key=key)
    doors, part, now = list(row.doors.all()), part_at(exported(), f"branches.{key}"), timezone.now()
    components = [door.component for door in doors]
    data = request.POST if request.method == "POST" else None
    form = BranchForm(data, operator=operator_of(request), part=part, systems=_systems(), components=components)
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, form, key=key, confirmed=row.site_is_confirmed)
        if saved is not None:
            # A gateway has nothing to choose and was shown all the same.
            doors_seen(row, [d.component for d in doors if DOOR + d.component in request.POST or d.admissible is Admissible.GATEWAY])
            _tell(request, form, saved, key=key)
            return redirect("manage_branch", key=key)
    context = {
        "form": form,
        "title": name_of(row),
        "row": row,
        "doors": door_rows(row, doors, form, now=now) if row.site_is_confirmed else [],
        "doors_read": _doors_read(row, part),
        "rooms": [(room, text_in(room.name, get_language() or "de")) for room in row.rooms.all()],
        "site_says": _why_unconfirmed(row),
        "same_site": [name_of(other) for other in _same_site(row)],
        "coming_keys": coming_keys(row, now=now),
        "back": request.path,
    }
    return _page(request, context, form=form, crumbs=crumbs_of(Crumb(name_of(row))))


def _page(request: HttpRequest, context: dict[str, Any], *, form: BranchForm, crumbs: tuple[Crumb, ...]) -> HttpResponse:
    status = 409 if form.conflict else 422 if form.errors else 200
    return show(request, "manage/branch.html", context, at="branches", crumbs=crumbs, status=status)


def _systems() -> list[LockSystem]:
    return list(LockSystem.objects.order_by("pk"))


def _saved(request: HttpRequest, form: BranchForm, *, key: str, confirmed: bool) -> Saved | None:
    """None where it was refused; the form then says why."""
    try:
        return save(
            {"branches": [form.part_of(key)]},
            subject=f"branches.{key}",
            seen=form.cleaned_data["seen"],
            ask_vendor=form.asks_vendor(confirmed=confirmed),
            now=timezone.now(),
            actor=actor_of(request),
        )
    except Refusal as refusal:
        form.refused(refusal)
        return None


def _tell(request: HttpRequest, form: BranchForm, saved: Saved, *, key: str) -> None:
    """What changed, and what exivo said about the site."""
    tell_saved(request, saved, subject=f"branches.{key}")
    row = Branch.objects.select_related("lock_system").get(key=key)
    other_site = any(value["field"] == f"branches.{key}.site_id" for value in saved.values)
    if other_site and form.uses:
        messages.warning(request, gettext("The doors of the former site are forgotten. Choose the doors of this one."))
    if saved.warnings:
        messages.warning(
            request, gettext("exivo cannot be reached. The Site-ID is saved, not confirmed yet. Keys wait for it, bookings go on.")
        )
    elif other_site and row.site_is_confirmed:
        messages.success(request, gettext("exivo has confirmed the site: %(name)s") % {"name": row.site_name})


def _why_unconfirmed(branch: Branch) -> str:
    """Why exivo has not confirmed the site, and what happens next."""
    if not branch.site_id or branch.site_is_confirmed:
        return ""
    if branch.lock_system is None or not branch.lock_system.grants:
        return gettext("Not confirmed yet. Einlass asks exivo as soon as the integration is switched on.")
    known = SETTING_SENTENCES.get(branch.site_problem) if branch.site_problem != "unreachable" else None
    if known:
        return gettext("Not confirmed: %(why)s") % {"why": known}
    return gettext("Not confirmed yet. Einlass asks exivo again by itself, and no key is made until then.")


def _same_site(branch: Branch) -> QuerySet[Branch]:
    if not branch.site_id:
        return Branch.objects.none()
    return Branch.objects.filter(site_id=branch.site_id, lock_system=branch.lock_system_id).exclude(pk=branch.pk)


def _doors_read(branch: Branch, part: Exported) -> str:
    """When the components were last read; "" where they never were."""
    read_at = branch.doors.order_by("-read_at").exclude(read_at=None).values_list("read_at", flat=True).first()
    return recent(read_at, part["time_zone"], now=timezone.now()) if read_at else ""
