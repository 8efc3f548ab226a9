# SPDX-License-Identifier: Apache-2.0
"""Booking pages within other people's pages: under /embed/<language>/, without any cookie. Who may do it: `queries/embedding.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, get_script_prefix, set_script_prefix
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from einlass.queries.embedding import origins_for
from einlass.web.security import policy_for

View = Callable[..., HttpResponse]
ADDRESS = re.compile(r"/embed/(?P<language>[a-z]{2})(?P<rest>/.*)", re.DOTALL)
# Whose names in an address say which branch it is about.
BRANCH_TOLD_BY = ("service_key", "branch_key", "link_token")
_FOR_GUESTS, _LANGUAGE, _ORIGINS = "einlass_for_guests", "_einlass_embedded_in", "_einlass_embed_origins"


def for_guests(view: View) -> View:
    """A page whose address is the whole proof: there is no session that a forger could ride on. Such a page may be embedded."""
    shown = csrf_exempt(view)
    setattr(shown, _FOR_GUESTS, True)
    return shown


def all_for_guests(addresses: list[URLPattern]) -> list[URLPattern]:
    """Every one of these addresses, see `for_guests`."""
    for address in addresses:
        address.callback = for_guests(address.callback)
    return addresses


def embedded_language(request: HttpRequest) -> str:
    """The language that the address of an embedded page asks for; empty where the page stands by itself."""
    return str(getattr(request, _LANGUAGE, ""))


def address_in(language: str, request: HttpRequest) -> str:
    """The embedded page in another language."""
    ours = get_script_prefix().removesuffix(f"embed/{embedded_language(request)}/")
    return f"{ours}embed/{language}{request.path_info}"


def origins_of(request: HttpRequest) -> tuple[str, ...]:
    """Where this embedded page may be shown; asked once a request, and nowhere if nobody can be asked."""
    kept: tuple[str, ...] | None = getattr(request, _ORIGINS, None)
    if kept is None:
        told = request.resolver_match.kwargs if request.resolver_match else {}
        try:
            kept = origins_for(**{name: told.get(name, "") for name in BRANCH_TOLD_BY})
        except DatabaseError:
            kept = ()
        setattr(request, _ORIGINS, kept)
    return kept


@contextmanager
def links_within(language: str) -> Iterator[None]:
    """Every link that is made meanwhile by this thread stays within the embedded pages."""
    ours = get_script_prefix()
    set_script_prefix(f"{ours}embed/{language}/")
    try:
        yield
    finally:
        # The thread goes on to somebody else's request.
        set_script_prefix(ours)


class Embedding:
    """Middleware: /embed/fr/book/x/ is /book/x/ in French, and every link made meanwhile keeps what stands before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = ADDRESS.fullmatch(request.path_info)
        if found is None:
            return self.get_response(request)
        setattr(request, _LANGUAGE, found["language"])
        request.path_info = found["rest"]
        # No cookie is read, so none can say who somebody is: not a session either, where both pages are of one site.
        request.COOKIES = {}
        with links_within(found["language"]):
            return _framed(request, self.get_response(request))

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        """Staff, programs and probes have no address in here."""
        if embedded_language(request) and not getattr(view, _FOR_GUESTS, False):
            raise Http404


def _framed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With the headers of an embedded page: who may frame it, and that it knows no cookie."""
    response.cookies.clear()
    origins = origins_of(request)
    response.headers["Content-Security-Policy"] = policy_for(origins)
    if origins:
        # It knows no list of origins; `frame-ancestors` above says what it would.
        del response.headers["X-Frame-Options"]
    varies = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    del response.headers["Vary"]
    patch_vary_headers(response, [name for name in varies if name and name.lower() != "cookie"])
    return response
