# SPDX-License-Identifier: Apache-2.0
"""EINLASS_SMS_URL read into which gateway carries SMS. What is sent, and when: `operations/outbox.py`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from einlass.conf.mail import asked, port_in, yes

SEVEN, CONSOLE = "seven", "console"


@dataclass(frozen=True, slots=True)
class SmsServer:
    """Where SMS go. Without a gateway they are written to the log."""

    gateway: str = ""
    address: str = ""
    api_key: str = ""
    sender: str = ""


def sms_server(url: str) -> SmsServer:
    """seven://API_KEY@gateway.seven.io?from=…, console: or nothing. Raises ValueError, whose sentence does not repeat the URL."""
    if not url.strip():
        return SmsServer()
    parts = urlsplit(url.strip())
    query = asked(parts.query)
    sender = query.get("from", [""])[-1]
    if parts.scheme == CONSOLE:
        return SmsServer(gateway=CONSOLE, sender=sender)
    if parts.scheme != SEVEN or not parts.hostname or not parts.username:
        raise ValueError("must be seven://API_KEY@gateway.seven.io or console:")
    if unknown := sorted(set(query) - {"from", "tls"}):
        raise ValueError(f"knows from and tls behind the question mark, not {', '.join(unknown)}")
    if len(sender) > (16 if sender.removeprefix("+").isdigit() else 11):
        raise ValueError("has a sender of more than 11 letters or 16 digits")
    scheme = "https" if yes(query.get("tls", ["true"])[-1]) else "http"
    port = port_in(url)
    return SmsServer(
        gateway=SEVEN,
        address=f"{scheme}://{parts.hostname}{f':{port}' if port else ''}",
        api_key=unquote(parts.username),
        sender=sender,
    )
