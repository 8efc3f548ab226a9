# SPDX-License-Identifier: Apache-2.0
"""The code on a large screen that a phone photographs to come to the app. Where it leads: `app_link.py`."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe

from einlass.models import Booking
from einlass.operations.addresses import address_of


def app_code(booking: Booking) -> SafeString:
    """As SVG with attributes alone: our policy allows no style and no data: address."""
    drawn = segno.make(address_of("booking_app", booking.link_token), error="m").svg_inline(
        border=2, light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return mark_safe(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S308 - lines and numbers, no word of anybody
