# SPDX-License-Identifier: Apache-2.0
"""What search engines leave alone: guests' own pages, the staff's, the API, and the booking page inside of other pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

NOT_FOR_THEM = ("/b/", "/manage/", "/api/", "/callbacks/", "/embed/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {start}" for start in NOT_FOR_THEM), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})
