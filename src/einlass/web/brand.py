# SPDX-License-Identifier: Apache-2.0
"""The operator's accent colour as a stylesheet of its own, for the guests' pages: the address names what is in it, so a browser keeps it
for ever. How one colour becomes readable: `core/colours.py`."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from einlass.core.colours import DARK, LIGHT, Accent, accent_on
from einlass.web.context import operator_of
from einlass.web.pictures import YEAR_SECONDS


@require_safe
def brand(request: HttpRequest, digest: str) -> HttpResponse:
    """The stylesheet of today's colour; yesterday's is nobody's any more."""
    colour = operator_of(request).accent_colour
    if not colour or digest != digest_of(colour):
        raise Http404
    response = HttpResponse(stylesheet_of(colour), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


def accent(request: HttpRequest) -> dict[str, str]:
    """Django's context processor: which stylesheet the guests' pages load besides ours; empty where the operator has no colour."""
    return {"accent_digest": digest_of(operator_of(request).accent_colour)}


@lru_cache(maxsize=16)
def digest_of(colour: str) -> str:
    """Names the stylesheet by its content, which a new version of ours may change, too; empty without a colour of the operator's."""
    return hashlib.sha256(stylesheet_of(colour).encode()).hexdigest()[:16] if colour else ""


@lru_cache(maxsize=16)
def stylesheet_of(colour: str) -> str:
    """The tokens of the accent and nothing else: what green, amber and red say of a key stays as it is."""
    light, dark = (_tokens(accent_on(colour, surface)) for surface in (LIGHT, DARK))
    return (
        f":root{{{light}}}"
        f'@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}'
        f':root[data-theme="dark"]{{{dark}}}'
        ".btn.next,.btn.next:hover{border-color:var(--ring)}"
    )


def _tokens(accent: Accent) -> str:
    return f"--accent:{accent.fill};--accent-press:{accent.press};--on-accent:{accent.text};--ring:{accent.ring}"
