# SPDX-License-Identifier: Apache-2.0
"""What all pages of the staff share: who may open them, the navigation, where one is. What a role may do is `core/roles.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import May, Role, may
from einlass.models import User
from einlass.queries.readiness import missing
from einlass.queries.scope import bound_to

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
LOOK = ("GET", "HEAD")
FORM = ("GET", "HEAD", "POST")
ONLY_POST = ("POST",)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation. `at` is what a page says to be found under it."""

    at: str
    label: Any
    needs: May = May.LOOK


MAIN = (
    Entry("today", _("Today")),
    Entry("calendar", _("Calendar")),
    Entry("bookings", _("Bookings")),
)
BELOW = (Entry("readiness", _("Readiness")), Entry("settings", _("Settings")))
SETTINGS = (
    Entry("organisation", _("Organisation"), May.CONFIGURE),
    Entry("branches", _("Branches"), May.CONFIGURE),
    Entry("services", _("Services"), May.CONFIGURE),
    Entry("questions", _("Booking questions"), May.CONFIGURE),
    Entry("templates", _("Templates"), May.CONFIGURE),
    Entry("integrations", _("Integrations"), May.ADMINISTER),
    Entry("team", _("Team"), May.ADMINISTER),
    Entry("tokens", _("Tokens"), May.ADMINISTER),
    Entry("privacy", _("Privacy"), May.ADMINISTER),
    Entry("audit", _("Log of changes"), May.ADMINISTER),
    Entry("account", _("Your account")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the navigation as it is drawn."""

    label: str
    address: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the path above the heading; the last one has no address."""

    label: str
    address: str = ""


def staff_page(needs: May, methods: Sequence[str] = LOOK) -> Callable[[View[P]], View[P]]:
    """A page for those of the staff whose role allows it: others are asked to sign in, or told that it is not theirs (403)."""

    def decorate(view: View[P]) -> View[P]:
        answering = require_http_methods(list(methods))(view)

        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not allowed(request, needs):
                raise PermissionDenied
            return answering(request, *args, **kwargs)

        decorated: View[P] = never_cache(login_required(guarded))
        return decorated

    return decorate


def staff_of(request: HttpRequest) -> User:
    """Whoever is signed in."""
    assert isinstance(request.user, User)
    return request.user


def allowed(request: HttpRequest, needs: May) -> bool:
    return may(Role(staff_of(request).role), needs)


def actor_of(request: HttpRequest) -> Actor:
    """The person as events name him."""
    return Actor(ActorKind.STAFF, staff_of(request).get_full_name())


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    at: str,
    crumbs: Sequence[Crumb] = (),
    status: int = 200,
) -> HttpResponse:
    """Draw a page of the staff. `at` is the entry of the navigation that it belongs to."""
    return render(request, template, {**frame(request, at=at, crumbs=crumbs), **context}, status=status)


def frame(request: HttpRequest, *, at: str, crumbs: Sequence[Crumb] = ()) -> dict[str, Any]:
    """What every page of the staff has around it; for views that draw themselves."""
    return {"staff": staff_of(request), "nav": _nav(request, at=at), "crumbs": crumbs, "may": _may(request)}


def settings_crumbs(*steps: Crumb) -> tuple[Crumb, ...]:
    """The path of a settings page."""
    return (Crumb(str(_("Settings")), reverse("manage_settings")), *steps)


def _may(request: HttpRequest) -> dict[str, bool]:
    """For templates: `may.work`."""
    return {what.value: allowed(request, what) for what in May}


def _nav(request: HttpRequest, *, at: str) -> dict[str, Any]:
    below = {entry.at for entry in SETTINGS}
    settings = settings_links(request, at=at)
    return {
        "main": [_link(entry, at=at) for entry in MAIN],
        "below": [_link(entry, at="settings" if at in below else at, count=_missing(request, entry)) for entry in BELOW],
        "settings": settings if at in below | {"settings"} else [],
    }


def settings_links(request: HttpRequest, *, at: str = "") -> list[Link]:
    """The settings pages that the role may open."""
    return [_link(entry, at=at) for entry in SETTINGS if allowed(request, entry.needs)]


def _link(entry: Entry, *, at: str, count: int = 0) -> Link:
    return Link(str(entry.label), reverse(f"manage_{entry.at}"), current=entry.at == at, count=count)


def _missing(request: HttpRequest, entry: Entry) -> int:
    return missing(now=timezone.now(), only=bound_to(staff_of(request))) if entry.at == "readiness" else 0
