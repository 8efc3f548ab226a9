# SPDX-License-Identifier: Apache-2.0
"""Booking pages within other people's pages: under /embed/<language>/, without any cookie. Who may do it: `queries/embedding.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, get_script_prefix, reverse, set_script_prefix
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from einlass.operations.addresses import address_of
from einlass.queries.embedding import Framed, framed_for
from einlass.web.security import policy_for

View = Callable[..., HttpResponse]
ADDRESS = re.compile(r"/embed/(?P<language>[a-z]{2})(?P<rest>/.*)", re.DOTALL)
# Whose names in an address say which branch it is about.
BRANCH_TOLD_BY = ("service_key", "branch_key", "link_token")
_FOR_GUESTS, _LANGUAGE, _FRAMED = "einlass_for_guests", "_einlass_embedded_in", "_einlass_framed"


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


def address_in(language: str, request: HttpRequest, *, at: str) -> str:
    """The embedded page at this address of ours in another language."""
    here = get_script_prefix()
    return f"{here.removesuffix(f'embed/{embedded_language(request)}/')}embed/{language}/{at.removeprefix(here)}"


def framed(request: HttpRequest) -> Framed:
    """Where this embedded page may be shown; asked once a request, and nowhere if nobody can be asked."""
    kept: Framed | None = getattr(request, _FRAMED, None)
    if kept is None:
        told = request.resolver_match.kwargs if request.resolver_match else {}
        try:
            kept = framed_for(**{name: told.get(name, "") for name in BRANCH_TOLD_BY})
        except DatabaseError:
            kept = Framed()
        setattr(request, _FRAMED, kept)
    return kept


def known_to_templates(request: HttpRequest) -> dict[str, Any]:
    """Where the guest's way begins; within somebody else's page, at the branch that this one may show, and what our script there needs."""
    if not embedded_language(request):
        return {"embedded": False, "home": reverse("booking_what")}
    about = framed(request)
    # In whichever language: the switch stays in the frame.
    prefix = get_script_prefix().removesuffix(f"{embedded_language(request)}/")
    home = reverse("booking_branch", args=[about.branch_key]) if about.branch_key else reverse("booking_what")
    return {
        "embedded": True,
        "home": home,
        "outside": address_of("booking_what"),
        "embed_origins": " ".join(about.origins),
        "embed_prefix": prefix,
    }


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
            return _for_frames(request, self.get_response(request))

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        """Staff, programs and probes have no address in here."""
        if embedded_language(request) and not getattr(view, _FOR_GUESTS, False):
            raise Http404


def _for_frames(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With the headers of an embedded page: who may frame it, and that it knows no cookie."""
    response.cookies.clear()
    origins = framed(request).origins
    response.headers["Content-Security-Policy"] = policy_for(origins)
    if origins:
        # It knows no list of origins; `frame-ancestors` above says what it would.
        del response.headers["X-Frame-Options"]
    varies = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    del response.headers["Vary"]
    patch_vary_headers(response, [name for name in varies if name and name.lower() != "cookie"])
    return response
