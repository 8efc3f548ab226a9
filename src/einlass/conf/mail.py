# SPDX-License-Identifier: Apache-2.0
"""EINLASS_MAIL_URL read into what Django wants to know of a mail server. What is sent, and when: `operations/outbox.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

SMTP = "django.core.mail.backends.smtp.EmailBackend"
LOG = "einlass.conf.mail_log.LogBackend"
PORTS = {"smtp": 25, "smtps": 465}
SUBMISSION_PORT = 587
# The operator's name is put before it.
ADDRESS = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
YES, NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no", ""})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where messages go. Without a host they are written to the log."""

    backend: str = LOG
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    sender: str = ""
    bounces_to: str = ""


def mail_server(url: str) -> MailServer:
    """smtp://user:password@host:port?tls=true&from=…&bounces=…, smtps://…, console: or nothing.

    Raises ValueError, whose sentence does not repeat the URL: it has the password.
    """
    if not url.strip():
        return MailServer()
    parts = urlsplit(url.strip())
    query = asked(parts.query)
    sender = _address("from", query)
    if parts.scheme == "console":
        return MailServer(sender=sender)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("must be smtp://user:password@host:port, smtps://… or console:")
    unknown = sorted(set(query) - {"tls", "from", "bounces"})
    if unknown:
        raise ValueError(f"knows tls, from and bounces behind the question mark, not {', '.join(unknown)}")
    tls = yes(query.get("tls", [""])[-1])
    return MailServer(
        backend=SMTP,
        host=parts.hostname,
        port=port_in(url) or (SUBMISSION_PORT if tls and parts.scheme == "smtp" else PORTS[parts.scheme]),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=tls and parts.scheme == "smtp",
        use_ssl=parts.scheme == "smtps",
        sender=sender,
        bounces_to=_address("bounces", query),
    )


def asked(query: str) -> dict[str, list[str]]:
    """What stands behind the question mark. A plus is a plus, in an address as in a number: no form has sent this."""
    return parse_qs(query.replace("+", "%2B"))


def _address(name: str, query: dict[str, list[str]]) -> str:
    address = query.get(name, [""])[-1]
    if address and not ADDRESS.fullmatch(address):
        raise ValueError(f"has a {name} that is no plain address such as info@example.org")
    return address


def port_in(url: str) -> int | None:
    """The port that a URL names. Raises ValueError."""
    try:
        return urlsplit(url.strip()).port
    except ValueError:
        raise ValueError("has a port that is no number up to 65535") from None


def yes(word: str) -> bool:
    """What a word of a URL says. Raises ValueError."""
    if word.lower() not in YES | NO:
        raise ValueError("has a tls that is neither true nor false")
    return word.lower() in YES
