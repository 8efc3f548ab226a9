# SPDX-License-Identifier: Apache-2.0
"""How the staff sign in: allauth with its limits on attempts, our words, no sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import User
from einlass.operations.messages import queue
from einlass.operations.users import set_password
from einlass.web.addresses import client_of


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth brings no types
    """The hooks of allauth that we fill."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and this password do not belong together."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes, then try again."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("Too many attempts. Please wait a few minutes, then try again."),
        "account_inactive": _("This account is switched off. Please ask somebody who manages Einlass."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """By which allauth counts attempts: the address by which we count everything else."""
        return client_of(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: signing in and out is plain to see."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the outbox, as every mail: no page waits for a mail server. The words stand in `templates/account/email/`."""
        subject, text = (render_to_string(f"{template_prefix}_{part}.txt", context, self.request) for part in ("subject", "message"))
        kind = template_prefix.rpartition("/")[2]
        language = get_language() or settings.LANGUAGE_CODE
        queue(kind=kind, to=email, language=language, subject=subject, text=text.strip(), now=timezone.now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At our own address, whatever host the request named."""
        uid, _dash, token = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})

    def set_password(self, user: User, password: str) -> None:
        set_password(user, password=password, now=timezone.now(), actor=Actor(ActorKind.STAFF, user.get_full_name()))


def closed(request: HttpRequest, what: str) -> HttpResponse:
    """There is nothing at this address."""
    raise Http404(what)
