# SPDX-License-Identifier: Apache-2.0
"""Small pieces of HTML that the parts of the panel share. Markup.format escapes everything that was sent.

A part stands in an element with `data-part`, so that the script can exchange one without touching the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

NOTHING = Markup("")


def join(pieces: Iterable[Markup]) -> Markup:
    return NOTHING.join(pieces)


def hidden(fields: dict[str, str]) -> Markup:
    return join(Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in fields.items())


def spoken(phone: str) -> str:
    """+41 78 123 45 67; other countries in groups of three."""
    if phone.startswith("+41") and len(phone) == 12:
        return " ".join((phone[:3], phone[3:5], phone[5:8], phone[8:10], phone[10:]))
    groups = [phone[3:][n : n + 3] for n in range(0, len(phone[3:]), 3)]
    return " ".join((phone[:3], *groups))
