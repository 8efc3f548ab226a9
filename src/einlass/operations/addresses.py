# SPDX-License-Identifier: Apache-2.0
"""Addresses of our pages as they stand outside of them: in messages, in the API, in calendar files. Links within pages are Django's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import get_script_prefix, reverse

from einlass.models import Booking


def address_of(name: str, *arguments: object) -> str:
    """The page's address under EINLASS_BASE_URL, also when it is made while a page is shown within somebody else's, under a prefix."""
    return f"{settings.BASE_URL}/{reverse(name, args=arguments).removeprefix(get_script_prefix())}"


def own_page(booking: Booking) -> str:
    """The guest's own page: whoever has its address has the booking."""
    return address_of("booking_own", booking.link_token)


def host() -> str:
    """The machine that visitors know us by."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"
