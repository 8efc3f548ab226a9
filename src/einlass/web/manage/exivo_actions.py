# SPDX-License-Identifier: Apache-2.0
"""The buttons on the page of an account: on and off, the connection test, branches that join, the text as it is. The page itself:
`integrations.py`."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from einlass.core.roles import May
from einlass.models import LockSystem
from einlass.operations.connection import NOT_ASKED, try_connection
from einlass.operations.information import confirm_information
from einlass.operations.switching import attach_branches, leave_keys_to_run_out, switch_on, take_keys_back
from einlass.queries.keys import keys_of_account
from einlass.web.manage.connection_result import keep, sentence_for
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.exivo_steps import names_of
from einlass.web.manage.integrations import CRUMB, title_of

TAKE_BACK, LEAVE = "take_back", "leave"


@staff_page(May.ADMINISTER, ONLY_POST)
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """On at once; off only after the question what becomes of the keys, where there are any."""
    system = get_object_or_404(LockSystem, key=key)
    now = timezone.now()
    if request.POST.get("to") == "on":
        came = switch_on(system, actor=actor_of(request), now=now)
        told = gettext("Switched on.")
        if came:
            belongs = ngettext("%(names)s belongs to it now.", "%(names)s belong to it now.", len(came)) % {"names": names_of(came)}
            told = f"{told} {belongs}"
        messages.success(request, told)
    elif keys_of_account(system, now=now).exists():
        return redirect("manage_lock_system_off", key=key)
    else:
        _leave(request, system)
    return redirect("manage_lock_system", key=key)


@staff_page(May.ADMINISTER, FORM)
def switch_off(request: HttpRequest, key: str) -> HttpResponse:
    """What becomes of the keys that exist: taken back, or left to run out."""
    system = get_object_or_404(LockSystem, key=key)
    now = timezone.now()
    choice = request.POST.get("keys", "")
    if choice == TAKE_BACK:
        take_keys_back(system, actor=actor_of(request), now=now)
        messages.success(request, gettext("It is being switched off: Einlass takes the keys back one by one."))
        return redirect("manage_lock_system", key=key)
    if choice == LEAVE:
        _leave(request, system)
        return redirect("manage_lock_system", key=key)
    title = title_of(system, several=LockSystem.objects.count() > 1)
    crumbs = settings_crumbs(
        Crumb(str(CRUMB), reverse("manage_integrations")),
        Crumb(title, reverse("manage_lock_system", kwargs={"key": key})),
        Crumb(gettext("Switch off")),
    )
    keys = keys_of_account(system, now=now)
    context = {"system": system, "keys": keys.count(), "last": keys.order_by("-valid_until").first(), "unchosen": request.method == "POST"}
    status = 422 if request.method == "POST" else 200
    return show(request, "manage/lock_system_off.html", context, at="integrations", crumbs=crumbs, status=status)


def _leave(request: HttpRequest, system: LockSystem) -> None:
    leave_keys_to_run_out(system, actor=actor_of(request), now=timezone.now())
    messages.success(request, gettext("Switched off. Einlass does not call exivo any more."))


@staff_page(May.ADMINISTER, ONLY_POST)
def test(request: HttpRequest, key: str) -> HttpResponse:
    """Ask exivo now. The one page that waits for it, 10 s at most: a person wants to know."""
    system = get_object_or_404(LockSystem, key=key)
    now = timezone.now()
    typed = request.POST.get("site_id", "").strip()[:100]
    tried = try_connection(system, site_id=typed, actor=actor_of(request), now=now)
    if tried.code in NOT_ASKED:
        messages.warning(request, sentence_for(tried.code))
    else:
        keep(request, system, tried, typed=typed, now=now)
    return redirect(reverse("manage_lock_system", kwargs={"key": key}) + "#test")


@staff_page(May.ADMINISTER, ONLY_POST)
def attach(request: HttpRequest, key: str) -> HttpResponse:
    """Every branch without an account belongs to this one."""
    came = attach_branches(get_object_or_404(LockSystem, key=key), actor=actor_of(request), now=timezone.now())
    belongs = ngettext("%(names)s belongs to it now.", "%(names)s belong to it now.", len(came)) % {"names": names_of(came)}
    messages.success(request, belongs if came else gettext("Nothing was changed."))
    return redirect("manage_lock_system", key=key)


@staff_page(May.ADMINISTER, ONLY_POST)
def confirm_text(request: HttpRequest, key: str) -> HttpResponse:
    """The default text is fine as it is (R9)."""
    system = get_object_or_404(LockSystem, key=key)
    confirm_information(actor=actor_of(request), now=timezone.now())
    messages.success(request, gettext("The text is shown as it is."))
    return redirect("manage_lock_system", key=system.key)
