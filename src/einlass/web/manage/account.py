# SPDX-License-Identifier: Apache-2.0
"""Your account: name, password, what protects the sign-in. The second factors themselves: `second_factors.py`, `passkeys.py`."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from einlass.core.errors import Refusal
from einlass.core.roles import May, Role
from einlass.models import User
from einlass.operations.team import change_member, member_part
from einlass.operations.users import set_password
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, show, staff_of, staff_page
from einlass.web.manage.forms import SettingsForm
from einlass.web.refusals import field_sentence


class NameForm(SettingsForm):
    """What one may change of the own account; role and branches are the owner's to give."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Stands in the history of every booking that you work on."))


class PasswordForm(forms.Form):
    """The old password and the new one; a password that was mistyped is replaced by mail."""

    old = forms.CharField(
        label=_("Your password until now"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
        error_messages={"required": _("Please fill in this field.")},
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
        error_messages={"required": _("Please fill in this field.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old(self) -> str:
        """Whoever finds an open page may guess a few times, not more."""
        old: str = self.cleaned_data["old"]
        person = staff_of(self.request)
        if not ratelimit.consume(self.request, action="change_password", user=person):
            raise forms.ValidationError(gettext("Too many attempts. Please wait a few minutes, then try again."))
        if not person.check_password(old):
            raise forms.ValidationError(gettext("This is not your password."))
        return old


@staff_page(May.LOOK, FORM)
def account(request: HttpRequest) -> HttpResponse:
    person = staff_of(request)
    form = NameForm(request.POST if request.method == "POST" else None, operator=operator_of(request), part=member_part(person))
    if request.method == "POST" and form.is_valid():
        try:
            changed = _rename(request, person, form)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(
                request, gettext("Saved: %(fields)s.") % {"fields": gettext("Name")} if changed else gettext("Nothing was changed.")
            )
            return redirect("manage_account")
    status = 409 if form.conflict else 422 if form.errors else 200
    return show(request, "manage/account.html", {"form": form, **_factors(person)}, at="account", status=status)


@sensitive_post_parameters("old", "password")
@staff_page(May.LOOK, FORM)
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        person = staff_of(request)
        try:
            set_password(person, password=form.cleaned_data["password"], now=timezone.now(), actor=actor_of(request))
        except Refusal as refusal:
            for error in refusal.fields:
                form.add_error("password", field_sentence(error))
        else:
            # All other sessions of the account end; this one goes on.
            update_session_auth_hash(request, person)
            messages.success(request, gettext("The password was changed. On other devices you have to sign in again."))
            return redirect("manage_account")
    crumbs = (Crumb(gettext("Your account"), reverse("manage_account")), Crumb(gettext("Change the password")))
    status = 422 if form.errors else 200
    return show(
        request, "manage/password.html", {"form": form, "back": reverse("manage_account")}, at="account", crumbs=crumbs, status=status
    )


def _rename(request: HttpRequest, person: User, form: NameForm) -> bool:
    changed = change_member(
        person,
        name=form.cleaned_data["name"],
        role=Role(person.role),
        branches=list(person.branches.all()),
        active=person.is_active,
        seen=form.cleaned_data["seen"],
        now=timezone.now(),
        actor=actor_of(request),
    )
    return bool(changed)


def _factors(person: User) -> dict[str, Any]:
    """Which second factors there are, as the page tells them."""
    rows = list(Authenticator.objects.filter(user_id=person.pk))
    found = {kind: [row for row in rows if row.type == kind] for kind in Authenticator.Type}
    codes = found[Authenticator.Type.RECOVERY_CODES]
    return {
        "totp": bool(found[Authenticator.Type.TOTP]),
        "passkeys": len(found[Authenticator.Type.WEBAUTHN]),
        "has_codes": bool(codes),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
    }
