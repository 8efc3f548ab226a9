# SPDX-License-Identifier: Apache-2.0
"""What a mail that came back says (RFC 3464): whether it is a failure for good, of what, and why. Whose it was: `operations/bounces.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from html import unescape

STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# Older servers write no report, but these: exim for one. Both together are no answer of a person who is away.
FAILED_FOR = "X-Failed-Recipients"
MOST_PARTS = 50
# Under which names a report, or a server on the way, tells the original's id.
TOLD_AS = ("X-Original-Message-ID", "Original-Message-ID", "X-MS-Exchange-Message-ID")
ORIGINALS = frozenset({"message/rfc822", "message/rfc822-headers", "message/global", "message/global-headers"})
OWN_ID = re.compile(r"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail that could not be delivered: the code of RFC 3463 such as 5.1.1 (empty where none is told), the server's words, and the
    text in which the original's Message-ID stands."""

    status: str
    words: str
    original: str


def read_returned(content: bytes) -> Returned | None:
    """None for anything but a final failure: a delay, a receipt, an answer of somebody who is away."""
    try:
        mail = message_from_bytes(content, policy=policy.compat32)
        reports = [part for part in _parts(mail) if part.get_content_type() == "message/delivery-status"]
        if reports:
            return _from_report(mail, reports)
        return _from_older(mail) if mail.get(FAILED_FOR) else None
    except (MessageError, LookupError, ValueError, TypeError, RecursionError):
        # Whoever sends us a mail decides what stands in it, a thousand parts within one another too.
        return None


def _from_report(mail: Message, reports: list[Message]) -> Returned | None:
    fields = [group for report in reports for group in _groups(report)]
    failed = next((group for group in fields if str(group.get("Action", "")).strip().lower() == "failed"), None)
    if failed is None:
        return None
    words = str(failed.get("Diagnostic-Code") or "").partition(";")[2] or str(failed.get("Status") or "")
    status = STATUS.search(str(failed.get("Status") or "")) or STATUS.search(words)
    return Returned(status=status[1] if status else "", words=_tidy(words), original=_named(mail, fields))


def _from_older(mail: Message) -> Returned:
    text = _text(mail)
    found = STATUS.search(text)
    line = next((line for line in text.splitlines() if re.search(r"\b5\d\d\b", line)), "")
    own = OWN_ID.search(text)
    return Returned(status=found[1] if found else "", words=_tidy(line), original=own[1] if own else _named(mail, []))


def _groups(report: Message) -> list[Message]:
    """The fields of a report come in groups, which the parser makes messages of: the mail's own, then one of each recipient."""
    payload = report.get_payload()
    return [group for group in payload if isinstance(group, Message)] if isinstance(payload, list) else []


def _named(mail: Message, fields: list[Message]) -> str:
    """The original's own id. What it refers to was sent before it: an answer that comes back is not the mail that it answers."""
    told = [str(part[name]) for part in (*_parts(mail), *fields) for name in TOLD_AS if part.get(name)]
    own = [found for part in _parts(mail) for found in _own_ids(part)]
    # Without the original, a server that sends a mail back names it last among what its own mail refers to.
    answered = [str(mail[name]).split()[-1:] for name in ("In-Reply-To", "References") if mail.get(name)]
    # The first is what came back; another one was enclosed in it.
    return "\n".join([*told, *own[:1]] or [last for ids in answered for last in ids])


def _own_ids(part: Message) -> list[str]:
    """Of an original that came back whole, or its headers alone."""
    kind, content = part.get_content_type(), part.get_payload()
    if kind in ORIGINALS and isinstance(content, list):
        return [str(original["Message-ID"]) for original in content if isinstance(original, Message) and original.get("Message-ID")]
    return OWN_ID.findall(_text(part)) if kind == "text/rfc822-headers" else []


def _parts(mail: Message) -> Iterator[Message]:
    for number, part in enumerate(mail.walk()):
        if number >= MOST_PARTS:
            return
        yield part


def _text(part: Message) -> str:
    """What is written in the part, or in the first text below it."""
    for each in _parts(part):
        payload = each.get_payload(decode=True)
        if isinstance(payload, bytes):
            return payload.decode(errors="replace")
    return ""


def _tidy(words: str) -> str:
    """One line; an address without the brackets, which would pass for a tag of HTML."""
    return " ".join(BRACKETS.sub(r"\1", unescape(words)).split())
