# SPDX-License-Identifier: Apache-2.0
"""Settings › Team: who may sign in, inviting, changing one account. Following an invitation: `welcome.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.errors import Refusal
from einlass.core.roles import BOUND_TO_BRANCHES, May, Role
from einlass.core.texts import in_language
from einlass.models import Branch, User
from einlass.operations.invitations import Invitation, invite, invite_again
from einlass.operations.team import change_member, member_part
from einlass.queries.team import all_members, with_second_factor
from einlass.web import formats
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.team_forms import InviteForm, MemberForm


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One person in the list."""

    pk: int
    name: str
    email: str
    role: str
    branches: str
    active: bool
    invited: str
    second_factor: bool


@staff_page(May.ADMINISTER)
def team(request: HttpRequest) -> HttpResponse:
    zone, secured = _zone(), with_second_factor()
    lines = [_line(request, member, zone=zone, secured=secured) for member in all_members()]
    return show(request, "manage/team.html", {"lines": lines}, at="team", crumbs=settings_crumbs(Crumb(gettext("Team"))))


@staff_page(May.ADMINISTER, FORM)
def new_member(request: HttpRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = InviteForm(data, operator=operator_of(request), branches=_branches(request))
    if request.method == "POST" and form.is_valid():
        try:
            return _invited(request, _invite(request, form))
        except Refusal as refusal:
            form.refused(refusal)
    context = {"form": form, "back": reverse("manage_team")}
    status = 422 if form.errors else 200
    return show(request, "manage/team_new.html", context, at="team", crumbs=_crumbs(gettext("Invite somebody")), status=status)


@staff_page(May.ADMINISTER, FORM)
def member(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    data = request.POST if request.method == "POST" else None
    form = MemberForm(data, operator=operator_of(request), part=member_part(person), branches=_branches(request))
    if request.method == "POST" and form.is_valid():
        try:
            return _changed(request, person, form)
        except Refusal as refusal:
            form.refused(refusal)
    context = {"form": form, "person": _line(request, person, zone=_zone(), secured=with_second_factor()), "back": reverse("manage_team")}
    status = 409 if form.conflict else 422 if form.errors else 200
    return show(request, "manage/member.html", context, at="team", crumbs=_crumbs(person.get_full_name()), status=status)


@staff_page(May.ADMINISTER, ONLY_POST)
def invite_member_again(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    made = invite_again(person, language=_language(request), now=timezone.now(), actor=actor_of(request))
    if made is None:
        messages.info(request, gettext("There is no open invitation for %(name)s.") % {"name": person.get_full_name()})
        return redirect("manage_member", pk=pk)
    return _invited(request, made)


def _invite(request: HttpRequest, form: InviteForm) -> Invitation:
    chosen = form.cleaned_data
    return invite(
        email=chosen["email"],
        name=chosen["name"],
        role=form.role_of,
        branches=form.branches_of,
        language=_language(request),
        now=timezone.now(),
        actor=actor_of(request),
    )


def _invited(request: HttpRequest, made: Invitation) -> HttpResponse:
    """The link is shown in this answer alone: it stands in no session and no address."""
    context = {"person": made.user, "link": made.link, "by_mail": settings.MAIL_CONFIGURED}
    return show(request, "manage/team_invited.html", context, at="team", crumbs=_crumbs(made.user.get_full_name()))


def _changed(request: HttpRequest, person: User, form: MemberForm) -> HttpResponse:
    chosen = form.cleaned_data
    values = change_member(
        person,
        name=chosen["name"],
        role=form.role_of,
        branches=form.branches_of,
        active=chosen["active"],
        seen=chosen["seen"],
        now=timezone.now(),
        actor=actor_of(request),
    )
    labels = [str(form.fields[str(value["field"]).partition(".")[0]].label) for value in values]
    told = gettext("Saved: %(fields)s.") % {"fields": ", ".join(labels)} if labels else gettext("Nothing was changed.")
    messages.success(request, told)
    return redirect("manage_member", pk=person.pk)


def _line(request: HttpRequest, person: User, *, zone: str, secured: frozenset[int]) -> MemberLine:
    bound = Role(person.role) in BOUND_TO_BRANCHES
    return MemberLine(
        pk=person.pk,
        name=person.get_full_name(),
        email=person.email,
        role=person.role,
        branches=", ".join(_name(request, branch) for branch in person.branches.all()) if bound else "",
        active=person.is_active,
        invited=formats.recent(person.invited_at, zone, now=timezone.now()) if person.invited_at else "",
        second_factor=person.pk in secured,
    )


def _crumbs(label: str) -> tuple[Crumb, ...]:
    return settings_crumbs(Crumb(gettext("Team"), reverse("manage_team")), Crumb(label))


def _zone() -> str:
    return Branch.objects.values_list("time_zone", flat=True).first() or "UTC"


def _language(request: HttpRequest) -> str:
    """The page's: whoever invites writes as he reads."""
    return str(getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE))


def _branches(request: HttpRequest) -> list[tuple[str, str]]:
    return [(branch.key, _name(request, branch)) for branch in Branch.objects.all()]


def _name(request: HttpRequest, branch: Branch) -> str:
    return in_language(branch.name, language=_language(request), default=operator_of(request).default_language) or branch.key
