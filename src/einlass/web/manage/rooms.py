# SPDX-License-Identifier: Apache-2.0
"""The rooms of a branch: their order, a new one, one with the doors of its own (R7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.grants import DoorUse
from einlass.core.roles import May
from einlass.models import Branch, Door, Room
from einlass.models.fields import text_in
from einlass.operations.config_export import exported
from einlass.operations.settings import key_for, part_at, save
from einlass.queries.doors import coming_keys
from einlass.web.context import operator_of
from einlass.web.manage.branch_actions import removing
from einlass.web.manage.branches import TAKEN, crumbs_of, name_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, show, staff_page
from einlass.web.manage.forms import Row, SettingsForm
from einlass.web.manage.order import new_order
from einlass.web.manage.saved import tell_saved


class RoomForm(SettingsForm):
    texts = ("name",)
    name = forms.CharField(label=_("Name"), max_length=200)
    capacity = forms.IntegerField(label=_("For how many people"), min_value=1, max_value=100_000, required=False)
    floor = forms.CharField(label=_("Floor"), help_text=_("Guests see it beside the room."), max_length=60, required=False)
    doors = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label=_("Doors of this room"))
    active = forms.BooleanField(label=_("Active"), help_text=_("A room that is not active is not given to any booking."), required=False)

    def __init__(self, *args: Any, doors: Sequence[Door], **kwargs: Any) -> None:
        self.always = [door for door in doors if door.use == DoorUse.ALWAYS.value]
        super().__init__(*args, **kwargs)
        # A door that opens always is not taken from the room, nor given to it: it opens anyway.
        self.kept = [door.component for door in self.always if door.component in (self.part or {}).get("doors", ())]
        field = self.fields["doors"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(door.component, str(door)) for door in doors if door.use == DoorUse.SERVICES.value]

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        return super().initial_of(part) if part else {"active": True}

    @property
    def lines(self) -> list[Row]:
        return [self.row_of(name) for name in ("name", "capacity", "floor")]

    def part_of(self, key: str) -> dict[str, Any]:
        typed: Mapping[str, Any] = self.cleaned_data
        plain = {name: typed[name] for name in ("capacity", "floor", "active")}
        return {"key": key, "name": self.text("name"), "doors": [*typed["doors"], *self.kept], **plain}


@staff_page(May.CONFIGURE, FORM)
def new_room(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Branch, key=key)
    form = _form(request, row, part=None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data[f"name__{form.languages[0]}"]
        made = key_for(name, taken=lambda made: made in TAKEN or Room.objects.filter(key=made).exists(), otherwise="room")
        if _saved(request, form, branch=key, room=made):
            return redirect("manage_branch", key=key)
    return _page(request, row, form, title=gettext("New room"))


@staff_page(May.CONFIGURE, FORM)
def room(request: HttpRequest, key: str, room: str) -> HttpResponse:
    branch = get_object_or_404(Branch.objects.select_related("lock_system"), key=key)
    row = get_object_or_404(Room, branch=branch, key=room)
    form = _form(request, branch, part=part_at(exported(), f"branches.{key}.rooms.{room}"))
    if request.method == "POST" and form.is_valid() and _saved(request, form, branch=key, room=room):
        return redirect("manage_branch", key=key)
    return _page(request, branch, form, title=text_in(row.name, get_language() or "de"), room=row)


@staff_page(May.CONFIGURE, ONLY_POST)
def order_rooms(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Branch, key=key)
    wanted = new_order([room.key for room in row.rooms.all()], request.POST)
    part = {"key": key, "rooms": [{"key": room} for room in wanted]}
    save({"branches": [part]}, subject=f"branches.{key}", now=timezone.now(), actor=actor_of(request))
    return redirect(reverse("manage_branch", kwargs={"key": key}) + "#rooms")


@staff_page(May.CONFIGURE, FORM)
def remove_room(request: HttpRequest, key: str, room: str) -> HttpResponse:
    branch = get_object_or_404(Branch, key=key)
    row = get_object_or_404(Room, branch=branch, key=room)
    at = reverse("manage_branch", kwargs={"key": key})
    back = reverse("manage_room", kwargs={"key": key, "room": room})
    name = text_in(row.name, get_language() or "de")
    says = gettext("A room that was booked before is switched off instead.")
    crumbs = crumbs_of(Crumb(name_of(branch), at), Crumb(name, back), Crumb(gettext("Remove")))
    return removing(request, subject=f"branches.{key}.rooms.{room}", name=name, says=says, back=back, done=at, crumbs=crumbs)


def _form(request: HttpRequest, branch: Branch, *, part: Any) -> RoomForm:
    data = request.POST if request.method == "POST" else None
    return RoomForm(data, operator=operator_of(request), part=part, doors=list(branch.doors.all()))


def _saved(request: HttpRequest, form: RoomForm, *, branch: str, room: str) -> bool:
    subject = f"branches.{branch}.rooms.{room}"
    part = {"branches": [{"key": branch, "rooms": [form.part_of(room)]}]}
    try:
        saved = save(part, subject=subject, seen=form.cleaned_data["seen"], now=timezone.now(), actor=actor_of(request))
    except Refusal as refusal:
        form.refused(refusal)
        return False
    tell_saved(request, saved, subject=subject)
    return True


def _page(request: HttpRequest, branch: Branch, form: RoomForm, *, title: str, room: Room | None = None) -> HttpResponse:
    at = reverse("manage_branch", kwargs={"key": branch.key})
    context = {
        "form": form,
        "title": title,
        "branch": branch,
        "room": room,
        "back": at,
        "coming_keys": coming_keys(branch, now=timezone.now()),
    }
    status = 409 if form.conflict else 422 if form.errors else 200
    crumbs = crumbs_of(Crumb(name_of(branch), at), Crumb(title))
    return show(request, "manage/room.html", context, at="branches", crumbs=crumbs, status=status)
