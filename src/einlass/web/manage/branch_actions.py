# SPDX-License-Identifier: Apache-2.0
"""What is done with a branch beside saving it: reading its components anew, allowing one without a type, removing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.errors import Refusal
from einlass.core.grants import DoorUse
from einlass.core.roles import May
from einlass.models import Branch, Door
from einlass.operations.config_export import digest_of, exported
from einlass.operations.lock_systems import SiteAnswer, confirm_site
from einlass.operations.settings import part_at, remove, save
from einlass.web import refusals
from einlass.web.manage.branches import crumbs_of, name_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, show, staff_page
from einlass.web.setting_sentences import SETTING_SENTENCES


@staff_page(May.CONFIGURE, ONLY_POST)
def read_anew(request: HttpRequest, key: str) -> HttpResponse:
    """Ask exivo now, 10 s at most: a person wants to know."""
    row = get_object_or_404(Branch.objects.select_related("lock_system"), key=key)
    _tell(request, confirm_site(row, now=timezone.now(), actor=actor_of(request)))
    return redirect(reverse("manage_branch", kwargs={"key": key}) + "#doors")


def _tell(request: HttpRequest, answer: SiteAnswer) -> None:
    if answer.code == "confirmed":
        messages.success(request, gettext("Read anew from exivo."))
    elif answer.code == "off":
        messages.warning(request, gettext("The integration is switched off, or the branch has no Site-ID. exivo was not asked."))
    else:
        messages.warning(request, str(SETTING_SENTENCES[answer.code]))


@staff_page(May.CONFIGURE, FORM)
def allow_door(request: HttpRequest, key: str, component: str) -> HttpResponse:
    """A component without a readable type becomes a door, or is none any more (R5). A gateway has no such page."""
    row = get_object_or_404(Branch, key=key)
    door = get_object_or_404(Door, branch=row, component=component)
    if door.kind.strip():
        raise Http404
    subject, refusal = f"branches.{key}", None
    if request.method == "POST":
        refusal = _set_allowed(request, door, subject=subject)
        if refusal is None:
            told = gettext("%(name)s can be chosen no more.") if door.allow_unknown else gettext("%(name)s can be chosen now.")
            messages.success(request, told % {"name": door})
            return redirect(reverse("manage_branch", kwargs={"key": key}) + "#doors")
    context = {"door": door, "row": row, "refusal": refusal, "seen": digest_of(part_at(exported(), subject))}
    crumbs = crumbs_of(Crumb(name_of(row), reverse("manage_branch", kwargs={"key": key})), Crumb(str(door)))
    return show(request, "manage/door_allow.html", context, at="branches", crumbs=crumbs, status=409 if refusal else 200)


def _set_allowed(request: HttpRequest, door: Door, *, subject: str) -> str | None:
    """None when it is done, else why not."""
    choice = {"allow_unknown": True} if not door.allow_unknown else {"allow_unknown": False, "use": DoorUse.NONE.value}
    part = {"key": door.branch.key, "doors": [{"component": door.component, **choice}]}
    try:
        save({"branches": [part]}, subject=subject, seen=request.POST.get("seen"), now=timezone.now(), actor=actor_of(request))
    except Refusal as refusal:
        return refusals.sentence(refusal)
    return None


@staff_page(May.CONFIGURE, FORM)
def remove_branch(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Branch, key=key)
    back = reverse("manage_branch", kwargs={"key": key})
    crumbs = crumbs_of(Crumb(name_of(row), back), Crumb(gettext("Remove")))
    says = gettext("Its rooms, doors and services go with it. A branch that was booked before is switched off instead.")
    return removing(
        request, subject=f"branches.{key}", name=name_of(row), says=says, back=back, done=reverse("manage_branches"), crumbs=crumbs
    )


def removing(
    request: HttpRequest, *, subject: str, name: str, says: str, back: str, done: str, crumbs: tuple[Crumb, ...], at: str = "branches"
) -> HttpResponse:
    """The page that asks once more; shared by everything that can be removed."""
    refusal = ""
    if request.method == "POST":
        try:
            outcome = remove(subject=subject, seen=request.POST.get("seen"), now=timezone.now(), actor=actor_of(request))
        except Refusal as refused:
            refusal = " ".join(map(refusals.field_sentence, refused.fields)) or refusals.sentence(refused)
        else:
            told = gettext("%(name)s was removed.") if outcome == "removed" else gettext("%(name)s was booked before and is switched off.")
            messages.success(request, told % {"name": name})
            return redirect(done if outcome == "removed" else back)
    context = {"name": name, "says": says, "back": back, "refusal": refusal, "seen": digest_of(part_at(exported(), subject))}
    return show(request, "manage/remove.html", context, at=at, crumbs=crumbs, status=422 if refusal else 200)
