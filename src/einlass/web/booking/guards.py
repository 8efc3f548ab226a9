# SPDX-License-Identifier: Apache-2.0
"""What keeps programs off the guests' pages: limits on links and on forms, a field that nobody sees, a form sent too fast. No captcha."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone

from einlass.core.errors import Refusal
from einlass.core.limits import Deed
from einlass.operations import limits
from einlass.web import refusals
from einlass.web.addresses import client_of
from einlass.web.booking.own import private

View = Callable[..., HttpResponse]
# Hidden from people by the template. A word that programs like to fill in and no browser does by itself.
TRAP, STAMP = "website", "shown"
_signer = Signer(salt="einlass.form")


def count(request: HttpRequest, deed: Deed, *, now: datetime) -> None:
    """One more of this from the visitor's address. Raises Refusal too_many."""
    limits.count(deed, client_of(request), now=now)


def own_pages(*patterns: URLPattern) -> list[URLPattern]:
    """These addresses, guarded against somebody who tries links. A right one opens also after many wrong ones from its visitor's
    address: nobody guesses it, and a whole school or mobile network may share that address."""
    for pattern in patterns:
        pattern.callback = _guarded(pattern.callback)
    return list(patterns)


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
        try:
            return private(view(request, **values))
        except Http404:
            return _not_there(request, now=timezone.now())
        except Refusal as refusal:
            if refusal.code != "too_many":
                raise
            return too_many(request, refusal)

    return guarded


def _not_there(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """The same for every link that leads nowhere, also for those that once led somewhere."""
    try:
        count(request, Deed.WRONG_LINK, now=now)
    except Refusal as refusal:
        return too_many(request, refusal)
    response = private(refusals.not_found(request))
    if request.headers.get("HX-Request") == "true":
        # A page that is still open and asks for its key would ask for ever; it comes anew, and is told.
        response.headers["HX-Refresh"] = "true"
    return response


def too_many(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page of its own that says so."""
    said = {"said_title": refusals.title(refusal), "said": refusals.sentence(refusal)}
    return private(refusals.told_when(render(request, "429.html", said, status=429), refusal))


def shown(form: QueryDict, *, now: datetime) -> str:
    """The signed word of when the form was shown first; a new one where it is not ours."""
    sent = form.get(STAMP, "")
    return sent if _shown_at(sent) is not None else _signer.sign(f"{now.timestamp():.3f}")


def by_a_program(form: QueryDict, *, now: datetime) -> bool:
    """Whether the hidden field was filled in, or the form was sent sooner than a person could have filled it in."""
    if form.get(TRAP, ""):
        return True
    if not settings.FORM_SECONDS:
        return False
    at = _shown_at(form.get(STAMP, ""))
    return at is None or now.timestamp() - at < settings.FORM_SECONDS


def _shown_at(sent: str) -> float | None:
    try:
        return float(_signer.unsign(sent))
    except (BadSignature, ValueError):
        return None
