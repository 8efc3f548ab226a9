# SPDX-License-Identifier: Apache-2.0
"""The pictures of services, for anybody: the address names what is in it, so a browser keeps it for ever."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from einlass.models import Picture

YEAR_SECONDS = 31_536_000


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    row = Picture.objects.filter(digest=digest).first()
    if row is None:
        raise Http404
    response = HttpResponse(bytes(row.data), content_type=row.media_type)
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response
