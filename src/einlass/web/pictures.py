# SPDX-License-Identifier: Apache-2.0
"""The pictures of services, for anybody: the address names what is in it, so a browser keeps it for ever."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from einlass.models import Picture
from einlass.operations.pictures import Made, for_card

YEAR_SECONDS = 31_536_000
# Of 12 KB each.
CARDS_KEPT = 64


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    row = Picture.objects.filter(digest=digest).first()
    if row is None:
        raise Http404
    return _kept_for_good(HttpResponse(bytes(row.data), content_type=row.media_type))


@require_safe
def card(request: HttpRequest, digest: str) -> HttpResponse:
    """The same picture small and light, as it stands among other services."""
    if not Picture.objects.filter(digest=digest).exists():
        raise Http404
    made = _card(digest)
    return _kept_for_good(HttpResponse(made.data, content_type=made.media_type))


@lru_cache(maxsize=CARDS_KEPT)
def _card(digest: str) -> Made:
    """Made when it is first asked for in this process."""
    return for_card(bytes(Picture.objects.get(digest=digest).data))


def _kept_for_good(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response
