# SPDX-License-Identifier: Apache-2.0
"""Settings › Tokens: made, shown once, revoked. What a token may do is `core/roles.py`; making one is `operations/users.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.roles import BOUND_TO_BRANCHES, May, Role
from einlass.core.texts import in_language
from einlass.models import ApiToken, Branch
from einlass.operations.users import create_token, revoke_token
from einlass.queries.tokens import all_tokens
from einlass.web import formats
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.forms import SettingsForm

ROLES = (
    (Role.READ_ONLY.value, _("Read only: looks bookings and free times up")),
    (Role.GUEST.value, _("For guests: books in their name, bound by their deadlines")),
    (Role.STAFF.value, _("Staff: books, moves, cancels, re-issues keys")),
    (Role.MANAGER.value, _("Manager: as staff, in every branch")),
    (Role.OWNER.value, _("Owner: everything that the API knows")),
)
BRANCHES_HELP = _("For staff and read only. Without a choice it sees every branch.")


class TokenForm(SettingsForm):
    """What is asked for a new token."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Whose token it is, such as the name of the program."))
    role = forms.ChoiceField(label=_("What it may do"), choices=ROLES, widget=forms.RadioSelect, initial=Role.READ_ONLY.value)
    branches = forms.MultipleChoiceField(label=_("Branches"), help_text=BRANCHES_HELP, required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, branches: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["branches"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = branches

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("branches") and cleaned.get("role") and Role(cleaned["role"]) not in BOUND_TO_BRANCHES:
            self.add_error("branches", gettext("Only staff and read only can be bound to branches."))
        return cleaned


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token in the list."""

    pk: int
    name: str
    role: str
    last4: str
    branches: str
    made: str
    used: str
    revoked: str


@staff_page(May.ADMINISTER)
def tokens(request: HttpRequest) -> HttpResponse:
    zone = Branch.objects.values_list("time_zone", flat=True).first() or "UTC"
    lines = [_line(request, token, zone=zone) for token in all_tokens()]
    crumbs = settings_crumbs(Crumb(gettext("Tokens")))
    return show(request, "manage/tokens.html", {"lines": lines}, at="tokens", crumbs=crumbs)


@staff_page(May.ADMINISTER, FORM)
def new_token(request: HttpRequest) -> HttpResponse:
    """Made and shown in the same answer, which nobody keeps: the token stands in no session and no address."""
    branches = [(branch.key, _name(request, branch)) for branch in Branch.objects.all()]
    form = TokenForm(request.POST or None, operator=operator_of(request), branches=branches)
    crumbs = settings_crumbs(Crumb(gettext("Tokens"), reverse("manage_tokens")), Crumb(gettext("New token")))
    if request.method == "POST" and form.is_valid():
        try:
            return _made(request, form, crumbs)
        except Refusal as refusal:
            form.refused(refusal)
    status = 422 if form.errors else 200
    context = {"form": form, "back": reverse("manage_tokens")}
    return show(request, "manage/token_new.html", context, at="tokens", crumbs=crumbs, status=status)


@staff_page(May.ADMINISTER, FORM)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once; it counts no longer from that moment on."""
    token = ApiToken.objects.filter(pk=pk).first()
    if token is None:
        raise Http404
    if request.method == "POST":
        revoke_token(token, now=timezone.now(), actor=actor_of(request))
        messages.success(request, gettext("%(name)s counts no longer.") % {"name": token.name})
        return redirect("manage_tokens")
    crumbs = settings_crumbs(Crumb(gettext("Tokens"), reverse("manage_tokens")), Crumb(token.name))
    return show(request, "manage/token_revoke.html", {"token": token}, at="tokens", crumbs=crumbs)


def _made(request: HttpRequest, form: TokenForm, crumbs: tuple[Crumb, ...]) -> HttpResponse:
    chosen = form.cleaned_data
    plain = create_token(
        name=chosen["name"].strip(),
        role=Role(chosen["role"]),
        branches=list(Branch.objects.filter(key__in=chosen["branches"])),
        now=timezone.now(),
        actor=actor_of(request),
    )
    context = {"plain": plain, "name": chosen["name"].strip(), "base": request.build_absolute_uri("/api/v1/")}
    return show(request, "manage/token_made.html", context, at="tokens", crumbs=crumbs)


def _line(request: HttpRequest, token: ApiToken, *, zone: str) -> TokenLine:
    now = timezone.now()
    return TokenLine(
        pk=token.pk,
        name=token.name,
        role=token.role,
        last4=token.last4,
        branches=", ".join(_name(request, branch) for branch in token.branches.all()),
        made=formats.recent(token.created_at, zone, now=now) + (f", {token.created_by}" if token.created_by else ""),
        used=formats.recent(token.used_at, zone, now=now) if token.used_at else "",
        revoked=formats.recent(token.revoked_at, zone, now=now) if token.revoked_at else "",
    )


def _name(request: HttpRequest, branch: Branch) -> str:
    return in_language(branch.name, language=request.LANGUAGE_CODE, default=operator_of(request).default_language) or branch.key
