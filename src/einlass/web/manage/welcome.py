# SPDX-License-Identifier: Apache-2.0
"""Following an invitation: the first password, then in. For everybody who has the link; whether it counts: `operations/invitations.py`."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from einlass.core.errors import Refusal
from einlass.operations.invitations import accept, invited
from einlass.web.manage.desk import FORM
from einlass.web.refusals import field_sentence

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class WelcomeForm(forms.Form):
    """One field: a password that was mistyped is replaced by mail."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
        error_messages={"required": _("Please fill in this field.")},
    )


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(list(FORM))
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    now = timezone.now()
    person = invited(uid, token=token, now=now)
    if person is None:
        return _over(request)
    form = WelcomeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accept(uid, token=token, password=form.cleaned_data["password"], now=now)
        except Refusal as refusal:
            for error in refusal.fields:
                form.add_error("password", field_sentence(error))
        else:
            if user is None:
                return _over(request)
            login(request, user, backend=BACKEND)
            return redirect("manage_today")
    return render(request, "account/welcome.html", {"form": form, "person": person}, status=422 if form.errors else 200)


def _over(request: HttpRequest) -> HttpResponse:
    """Wrong, old, used or replaced: which of them is nobody's business who has no link that counts."""
    return render(request, "account/welcome_over.html", status=410)
