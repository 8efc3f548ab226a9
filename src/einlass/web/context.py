# SPDX-License-Identifier: Apache-2.0
"""What every page knows without asking: the operator, and the languages it can be read in."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest

from einlass.models import Organisation
from einlass.queries.services import organisation

NAMES = {"de": "Deutsch", "en": "English", "fr": "Français", "it": "Italiano"}
_KEPT = "_einlass_operator"


class LanguageLink(NamedTuple):
    """One entry of the language switch. The address keeps everything else of the page's own."""

    code: str
    name: str
    address: str
    current: bool


def operator_of(request: HttpRequest) -> Organisation:
    """The operator's row, read once a request."""
    kept: Organisation | None = getattr(request, _KEPT, None)
    if kept is None:
        kept = organisation()
        setattr(request, _KEPT, kept)
    return kept


def operator(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor."""
    return {"operator": operator_of(request), "language_links": _links(request)}


def _links(request: HttpRequest) -> list[LanguageLink]:
    from einlass.web.languages import languages_of

    current = getattr(request, "LANGUAGE_CODE", "")
    offered = languages_of(request)
    return [LanguageLink(code, NAMES.get(code, code), _address(request, code), code == current) for code in offered]


def _address(request: HttpRequest, code: str) -> str:
    kept = request.GET.copy()
    kept["lang"] = code
    return f"?{kept.urlencode()}"
