# SPDX-License-Identifier: Apache-2.0
"""The pages of one booking, as the tests of them look at it."""

from __future__ import annotations

import re
from typing import Any

import time_machine

from einlass.models import Booking


def page_of(booking: Booking, more: str = "") -> str:
    return f"/manage/bookings/{booking.reference}/{more}"


def at(instant: Any) -> Any:
    return time_machine.travel(instant, tick=False)


def part(html: str, element: str) -> str:
    """The text of one section, by its id or class."""
    found = re.search(rf"<(section|details)[^>]*(?:id|class|aria-labelledby)=\"[^\"]*{element}.*?</\1>", html, re.DOTALL)
    assert found is not None, element
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()
