# SPDX-License-Identifier: Apache-2.0
"""The way into the settings, also for narrow screens, where the navigation does not list them. The pages: one file a noun."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from einlass.core.roles import May
from einlass.web.manage.desk import settings_links, show, staff_page


@staff_page(May.LOOK)
def settings(request: HttpRequest) -> HttpResponse:
    return show(request, "manage/settings.html", {"links": settings_links(request)}, at="settings")
