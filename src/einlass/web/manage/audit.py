# SPDX-License-Identifier: Apache-2.0
"""STUB to be replaced: audit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from einlass.core.roles import May
from einlass.web.manage.desk import show, staff_page


@staff_page(May.LOOK)
def audit(request: HttpRequest) -> HttpResponse:
    return show(request, "manage/settings.html", {"links": []}, at="audit")
