# SPDX-License-Identifier: Apache-2.0
"""How long a text is as SMS, and so what it costs (GSM 03.38). What is said: `default_short_texts.py`."""

from __future__ import annotations

from math import ceil

# The alphabet that every phone knows, and the signs of its second table, which take the room of two.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("^{}\\[~]|€\f")


def sms_length(text: str) -> tuple[int, int]:
    """The characters that it takes, and how many SMS that are: 160 in one or 153 in each of several, 70 or 67 with any other sign."""
    signs = set(text)
    if signs <= _BASIC | _DOUBLE:
        size, one, several = len(text) + sum(text.count(sign) for sign in signs & _DOUBLE), 160, 153
    else:
        size, one, several = len(text.encode("utf-16-le")) // 2, 70, 67
    return size, 1 if size <= one else ceil(size / several)
