# SPDX-License-Identifier: Apache-2.0
"""What may be kept of a vendor's words: short, without secrets, phone numbers cut to their last two digits (I10)."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_CHARACTERS = 160

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_CREDENTIALS = re.compile(r"\b(basic|bearer)\s+[\w+/=.~-]{8,}", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
# Eight digits or more with the separators that people write; a UUID may look so, and is what one searches a log for.
_UUID_OR_PHONE = re.compile(
    r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)|(?<![\w-])(?:\+|00)?\d(?:[ ()/.\u00a0-]{0,2}\d){7,}(?![\w-])"
)


def printable(text: str) -> str:
    """Without control characters and half surrogates, which neither PostgreSQL nor a terminal takes."""
    return _UNPRINTABLE.sub(" ", text)


def redacted(text: str, *, secrets: Iterable[str] = ()) -> str:
    """One short line that may stand in a log, a row or on a page."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    text = " ".join(printable(_TAGS.sub(" ", text[: 40 * MOST_CHARACTERS])).split())
    text = _MAIL.sub("…@…", _CREDENTIALS.sub(r"\1 …", text))
    text = _UUID_OR_PHONE.sub(_last_two_digits, text)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _last_two_digits(found: re.Match[str]) -> str:
    return found[0] if found["uuid"] else f"…{''.join(filter(str.isdigit, found[0]))[-2:]}"
