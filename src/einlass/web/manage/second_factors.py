# SPDX-License-Identifier: Apache-2.0
"""Second factors: the code from an app, recovery codes, being asked again before they change. Passkeys: `passkeys.py`."""

from __future__ import annotations

from typing import Any

import segno
from allauth.account.views import ReauthenticateView
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView, GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.roles import May
from einlass.models import User
from einlass.models.sealed import seal, unseal
from einlass.operations.users import remove_second_factors, secured
from einlass.web.manage.desk import FORM, LOOK, ONLY_POST, Crumb, actor_of, frame, staff_of, staff_page

SEALED_FOR = "mfa.authenticator"
ACCOUNT = reverse_lazy("manage_account")


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth brings no types
    """The hooks of allauth's second factors that we fill: seeds are sealed, sentences are ours."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Please type the one that is shown now."),
        "passkey_refused": _("The passkey was not accepted. Please try again."),
        "account_inactive": _("This account is switched off. Please ask somebody who manages Einlass."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, context=SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, context=SEALED_FOR)

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002 - allauth names it so
        """For a passkey that was given no name; a key is something else here."""
        return gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name is what the device shows beside the passkey."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Einlass"}


class Framed:
    """A view of allauth inside our page; a form with something wrong answers 422. `heading` is the last step of the path."""

    request: HttpRequest
    heading: Any = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = (Crumb(gettext("Your account"), reverse("manage_account")), Crumb(str(self.heading)))
        around = frame(self.request, at="account", crumbs=crumbs)
        inner: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc] # mixed into a view that has it
        return {**around, "heading": self.heading, "back": ACCOUNT, **inner}

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined] # as above
        return answer


class Recorded(Framed):
    """A change of the factors, kept in the log of changes and told. `what` is the word of the event."""

    what = ""
    told: Any = ""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc] # mixed into a view that has it
            secured(staff_of(self.request), what=self.what, now=timezone.now(), actor=actor_of(self.request))
        messages.success(self.request, str(self.told))
        return answer


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc] # allauth brings no types
    """Allauth's, but the seed that waits in the session is sealed as well: sessions are rows of the database."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        session = context.request.session
        if not self.is_bound or auth.SECRET_SESSION_KEY not in session:
            session[auth.SECRET_SESSION_KEY] = auth.encrypt(auth.generate_totp_secret())
        self.secret = auth.decrypt(session[auth.SECRET_SESSION_KEY])


class ActivateView(Recorded, ActivateTOTPView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/totp_on.html"
    heading = _("Code from an app")
    what = "totp_on"
    told = _("From now on signing in asks for a code.")

    def get_form_class(self) -> type[ActivateForm]:
        return ActivateForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The picture stands in the page itself: our policy lets no page load a data: address."""
        given = Framed.get_context_data(self, **kwargs)
        picture = segno.make(given["totp_url"], error="m").svg_inline(scale=5, border=4, light="#fff")
        secret = given["form"].secret
        groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return {**given, "picture": picture, "secret": groups}

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "manage_account")


class DeactivateView(Recorded, DeactivateTOTPView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/totp_off.html"
    heading = _("Stop asking for a code?")
    success_url = ACCOUNT
    what = "totp_off"
    told = _("Signing in asks for no code from an app any more.")


class CodesView(Framed, ViewRecoveryCodesView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/recovery_codes.html"
    heading = _("Recovery codes")


class NewCodesView(Recorded, GenerateRecoveryCodesView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/recovery_codes_new.html"
    heading = _("Make new recovery codes?")
    what = "recovery_codes"
    told = _("These are the new recovery codes. The old ones count no longer.")


class CodesFileView(DownloadRecoveryCodesView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/recovery_codes.txt"


class AskPasswordView(Framed, ReauthenticateView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/reauthenticate.html"
    heading = _("Is it you?")


class AskCodeView(Framed, ReauthenticateByCodeView):  # type: ignore[misc] # allauth brings no types
    template_name = "manage/reauthenticate_code.html"
    heading = _("Is it you?")


turn_on = staff_page(May.LOOK, FORM)(ActivateView.as_view())
turn_off = staff_page(May.LOOK, FORM)(DeactivateView.as_view())
codes = staff_page(May.LOOK, LOOK)(CodesView.as_view())
new_codes = staff_page(May.LOOK, FORM)(NewCodesView.as_view())
codes_file = staff_page(May.LOOK, LOOK)(CodesFileView.as_view())
ask_password = staff_page(May.LOOK, FORM)(AskPasswordView.as_view())
ask_code = staff_page(May.LOOK, FORM)(AskCodeView.as_view())


@staff_page(May.ADMINISTER, ONLY_POST)
def remove_factors_of_member(request: HttpRequest, pk: int) -> HttpResponse:
    """For somebody who lost telephone and codes: an owner lets him in with the password alone."""
    person = get_object_or_404(User, pk=pk)
    removed = remove_second_factors(person, now=timezone.now(), actor=actor_of(request))
    told = gettext("%(name)s signs in with the password alone now.") if removed else gettext("%(name)s had no second factor.")
    messages.success(request, told % {"name": person.get_full_name()})
    return redirect("manage_team")
