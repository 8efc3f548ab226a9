# SPDX-License-Identifier: Apache-2.0
"""The two buttons that write booking questions by themselves: the mobile number where doors need it (R8), and the standard questions.
They stand on several pages and lead back to the one they were pressed on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from einlass.core.roles import May
from einlass.operations.questions import add_standard_questions
from einlass.operations.questions import require_mobile_number as require_it
from einlass.web.manage.desk import ONLY_POST, actor_of, staff_page


@staff_page(May.CONFIGURE, ONLY_POST)
def require_mobile_number(request: HttpRequest) -> HttpResponse:
    saved = require_it(actor=actor_of(request), now=timezone.now())
    changed, same = gettext("The mobile number is asked for and required now."), gettext("The mobile number was required already.")
    messages.success(request, changed if saved.values else same)
    return _back(request)


@staff_page(May.CONFIGURE, ONLY_POST)
def standard_questions(request: HttpRequest) -> HttpResponse:
    saved = add_standard_questions(actor=actor_of(request), now=timezone.now())
    added, same = gettext("First name, last name, e-mail and mobile number are asked now."), gettext("There are questions already.")
    messages.success(request, added if saved.values else same)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that asked for it, unless somebody else made up the address."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if safe else "manage_questions")
