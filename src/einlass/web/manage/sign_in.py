# SPDX-License-Identifier: Apache-2.0
"""How the staff sign in: allauth with its limits on attempts, our words, no sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth brings no types
    """The hooks of allauth that we fill."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and this password do not belong together."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes, then try again."),
        "account_inactive": _("This account is switched off. Please ask somebody who manages Einlass."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: signing in and out is plain to see."""


def closed(request: HttpRequest, what: str) -> HttpResponse:
    """There is nothing at this address."""
    raise Http404(what)
