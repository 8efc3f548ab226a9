# SPDX-License-Identifier: Apache-2.0
"""Settings › Branches › a branch › On your website: the lines that show its booking page within another one. Who may: the branch's form."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext

from einlass.core.roles import May
from einlass.models import Branch
from einlass.models.fields import text_in
from einlass.web.manage.branches import crumbs_of, name_of
from einlass.web.manage.desk import Crumb, show, staff_page
from einlass.web.security import SCRIPT_FOR_OTHERS


@dataclass(frozen=True, slots=True)
class Lines:
    """What somebody copies into his website, and what it shows there."""

    id: str
    title: str
    html: str


@staff_page(May.CONFIGURE)
def website(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Branch, key=key)
    services = row.services.filter(active=True).order_by("position", "id")
    context = {
        "row": row,
        "name": name_of(row),
        "ours": settings.BASE_URL,
        "over_https": settings.OVER_HTTPS,
        "lines": [
            *(Lines(f"service-{found.key}", text_in(found.name, request.LANGUAGE_CODE), _html("service", found.key)) for found in services),
            Lines("branch", gettext("All services of this branch"), _html("branch", row.key)),
        ],
    }
    crumbs = crumbs_of(Crumb(name_of(row), reverse("manage_branch", kwargs={"key": key})), Crumb(gettext("On your website")))
    return show(request, "manage/website.html", context, at="branches", crumbs=crumbs)


def _html(what: str, key: str) -> str:
    ours = escape(settings.BASE_URL)
    return (
        f'<script src="{ours}{SCRIPT_FOR_OTHERS}" async></script>\n<einlass-booking src="{ours}" {what}="{escape(key)}"></einlass-booking>'
    )
