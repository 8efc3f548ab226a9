# SPDX-License-Identifier: Apache-2.0
"""The code on a large screen that a phone photographs to come to the app. Where it leads: `app_link.py`."""

from __future__ import annotations

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from einlass.models import Booking


def app_code(request: HttpRequest, booking: Booking) -> SafeString:
    """As SVG with attributes alone: our policy allows no style and no data: address."""
    address = request.build_absolute_uri(reverse("booking_app", args=[booking.link_token]))
    drawn = segno.make(address, error="m").svg_inline(border=2, light="#fff", omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S308 - lines and numbers, no word of anybody
