# SPDX-License-Identifier: Apache-2.0
"""The address that brings a phone to the right store: what the code beside the links to both stores leads to, see `app_code.py`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from einlass.models import Booking
from einlass.web.booking.own import booking_of, private
from einlass.web.door_information import app_of


@require_safe
def to_store(request: HttpRequest, link_token: str) -> HttpResponse:
    booking = booking_of(link_token)
    response = redirect(_store(booking, request.headers.get("User-Agent", "")))
    patch_vary_headers(response, ("User-Agent",))
    return private(response)


def _store(booking: Booking, agent: str) -> str:
    """Of the phone that asks; a screen that holds no key is sent to the part of the page with both stores."""
    app = app_of(booking.branch)
    if any(device in agent for device in ("iPhone", "iPad", "iPod")):
        return app.apple
    if "Android" in agent:
        return app.google
    return reverse("booking_own", args=[booking.link_token]) + "#app"
