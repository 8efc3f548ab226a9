# SPDX-License-Identifier: Apache-2.0
"""What every page knows without asking: the operator, and the languages it can be read in."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest

from einlass.models import Organisation
from einlass.queries.services import organisation
from einlass.web.embedding import address_in, embedded_language, known_to_templates

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
    return {"operator": operator_of(request), "language_links": language_links(request), **known_to_templates(request)}


def language_links(request: HttpRequest, *, at: str = "") -> list[LanguageLink]:
    """The same page in the operator's other languages, or the one at this address of ours."""
    from einlass.web.languages import languages_of

    current = getattr(request, "LANGUAGE_CODE", "")
    offered = languages_of(request)
    return [
        LanguageLink(code, NAMES.get(code, code), _other(request, code, at) if at else _address(request, code), code == current)
        for code in offered
    ]


def _other(request: HttpRequest, code: str, at: str) -> str:
    if embedded_language(request):
        return address_in(code, request, at=at)
    return f"{at}{'&' if '?' in at else '?'}lang={code}"


def _address(request: HttpRequest, code: str) -> str:
    kept = request.GET.copy()
    if embedded_language(request):
        kept.pop("lang", None)
        return address_in(code, request, at=request.path) + (f"?{kept.urlencode()}" if kept else "")
    kept["lang"] = code
    return f"?{kept.urlencode()}"
