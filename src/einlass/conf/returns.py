# SPDX-License-Identifier: Apache-2.0
"""EINLASS_BOUNCES_URL read into the mailbox that undeliverable mail comes back to. Who reads it: `operations/bounces.py`."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from einlass.conf.mail import asked, port_in, yes
from einlass.gateways.mailbox import Mailbox

PORTS = {"imap": 143, "imaps": 993}


def returns_mailbox(url: str) -> Mailbox | None:
    """imaps://user:password@host/INBOX, or imap://…?tls=true; None for nothing.

    Raises ValueError, whose sentence does not repeat the URL: it has the password.
    """
    if not url.strip():
        return None
    parts = urlsplit(url.strip())
    query = asked(parts.query)
    if parts.scheme not in PORTS or not parts.hostname or not parts.username:
        raise ValueError("must be imaps://user:password@host/INBOX or imap://…?tls=true")
    if unknown := sorted(set(query) - {"tls"}):
        raise ValueError(f"knows tls behind the question mark, not {', '.join(unknown)}")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not folder.isascii() or set(folder) & set('"\\\r\n'):
        raise ValueError("names a folder with characters that this does not know")
    starttls = parts.scheme == "imap" and yes(query.get("tls", [""])[-1])
    return Mailbox(
        host=parts.hostname,
        port=port_in(url) or PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=folder,
        security="ssl" if parts.scheme == "imaps" else "starttls" if starttls else "none",
    )
