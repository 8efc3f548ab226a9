# SPDX-License-Identifier: Apache-2.0
"""Passkeys: adding, renaming, removing, and signing in with one or with a code. The browser's side is `static/passkeys.js`."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ListWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from einlass.core.roles import May
from einlass.web.manage.desk import FORM, LOOK, staff_page
from einlass.web.manage.second_factors import Framed, Recorded

LIST = reverse_lazy("mfa_list_webauthn")
# What the libraries below raise at an answer that no authenticator gives.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, struct.error, InvalidSignature)
NAMELESS = {"required": _("Please fill in this field.")}


@contextmanager
def guarded() -> Iterator[None]:
    """An answer that makes no sense is refused in a sentence."""
    try:
        yield
    except MALFORMED as error:
        raise get_adapter().validation_error("passkey_refused") from error
    except forms.ValidationError as error:
        # allauth speaks of a code here, which nobody has typed.
        if error.code == "incorrect_code":
            raise get_adapter().validation_error("passkey_refused") from error
        raise


def credential_field() -> forms.JSONField:
    refused = _("The passkey was not accepted. Please try again.")
    return forms.JSONField(widget=forms.HiddenInput, error_messages={"invalid": refused, "required": refused})


class AddForm(AddWebAuthnForm):  # type: ignore[misc] # allauth brings no types
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    credential = credential_field()

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        # PostgreSQL keeps no such character, and no browser sends one.
        if not isinstance(credential, dict) or "\\u0000" in json.dumps(credential):
            raise get_adapter().validation_error("passkey_refused")
        return credential

    def clean(self) -> dict[str, Any]:
        with guarded():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class Answered:
    """The answer of a passkey at signing in."""

    def clean_credential(self) -> Any:
        with guarded():
            authenticator = super().clean_credential()  # type: ignore[misc] # mixed into a form that has it
        if not authenticator.user.is_active:
            raise get_adapter().validation_error("account_inactive")
        return authenticator


class SignInForm(Answered, LoginWebAuthnForm):  # type: ignore[misc] # allauth brings no types
    credential = credential_field()


class SecondForm(Answered, AuthenticateWebAuthnForm):  # type: ignore[misc] # allauth brings no types
    credential = credential_field()


class AgainForm(Answered, ReauthenticateWebAuthnForm):  # type: ignore[misc] # allauth brings no types
    credential = credential_field()


class NameForm(EditWebAuthnForm):  # type: ignore[misc] # allauth brings no types
    name = forms.CharField(label=_("Name"), max_length=100, error_messages=NAMELESS)


class AddView(Recorded, AddWebAuthnView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/passkey_add.html"
    heading = _("Add a passkey")
    what = "passkey_added"
    told = _("The passkey was added. You can sign in with it alone.")

    def get_form_class(self) -> type[AddForm]:
        return AddForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A key that knows who it belongs to: only such a one signs in without address and password."""
        given = Framed.get_context_data(self, **kwargs)
        given["form"] = kwargs.get("form") or given["form"]
        return {**given, "options": json.dumps(auth.begin_registration(self.request.user, True))}

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "mfa_list_webauthn")


class ListView(Framed, ListWebAuthnView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/passkeys.html"
    heading = _("Passkeys")


class NameView(Framed, EditWebAuthnView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/passkey_name.html"
    heading = _("Rename the passkey")

    def get_form_class(self) -> type[NameForm]:
        return NameForm

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        messages.success(self.request, gettext("Saved: %(fields)s.") % {"fields": gettext("Name")})
        return answer


class RemoveView(Recorded, RemoveWebAuthnView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/passkey_remove.html"
    heading = _("Remove the passkey?")
    what = "passkey_removed"
    told = _("The passkey was removed.")


class AskPasskeyView(Framed, ReauthenticateWebAuthnView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/reauthenticate_passkey.html"
    heading = _("Is it you?")

    def get_form_class(self) -> type[AgainForm]:
        return AgainForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = Framed.get_context_data(self, **kwargs)
        given["form"] = kwargs.get("form") or given["form"]
        return {**given, "options": json.dumps(given["js_data"]["request_options"])}


class SignInView(LoginWebAuthnView):  # type: ignore[misc] # allauth brings no types
    """Signing in with a passkey alone."""

    template_name = "account/passkey.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data())
        return answer

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "options": json.dumps(auth.begin_authentication(user=None))}

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return answer


class SecondView(AuthenticateView):  # type: ignore[misc] # allauth brings no types
    """Between password and desk, for accounts with a second factor."""

    template_name = "account/second_factor.html"

    def get_webauthn_form_class(self) -> type[SecondForm]:
        return SecondForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = super().get_context_data(**kwargs)
        has_passkey = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN).exists()
        return {**given, "has_passkey": has_passkey, "options": json.dumps(given["js_data"]["request_options"])}

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(), status=422)
        return answer


add = staff_page(May.LOOK, FORM)(AddView.as_view())
listed = staff_page(May.LOOK, LOOK)(ListView.as_view())
rename = staff_page(May.LOOK, FORM)(NameView.as_view())
remove = staff_page(May.LOOK, FORM)(RemoveView.as_view())
ask_passkey = staff_page(May.LOOK, FORM)(AskPasskeyView.as_view())
sign_in_with_passkey = never_cache(SignInView.as_view())
second = never_cache(SecondView.as_view())
