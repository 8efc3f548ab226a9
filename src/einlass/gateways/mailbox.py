# SPDX-License-Identifier: Apache-2.0
"""The mailbox that undeliverable mail comes back to, read by IMAP within a bounded time. What a returned mail means: `core/bounces.py`."""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

ANSWER_SECONDS = 15.0
WHOLE_SECONDS = 120.0
# A returned mail tells the reason at its beginning; whatever stands behind this is the original's text.
MOST_BYTES = 256 * 1024


class MailboxError(Exception):
    """The mailbox could not be read. The words may be logged once the password is taken out."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where it is. `security` is "ssl", "starttls" or "none"."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    security: str = "ssl"


def unread(mailbox: Mailbox, *, at_most: int) -> Iterator[bytes]:
    """Every unread mail in turn. It is marked as read when the next one is asked for: what was not dealt with is read again.

    Raises MailboxError.
    """
    try:
        with _opened(mailbox) as imap:
            for uid in _found(imap)[:at_most]:
                content = _content(imap, uid)
                if content:
                    yield content
                _checked(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise MailboxError(f"{type(error).__name__}: {error}") from error


class _Plain(imaplib.IMAP4):
    """Ends by itself, from the greeting on. The library's limit holds for each single read; a server that drips bytes never reaches it."""

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        super().open(host, port, timeout)
        self.end = _end_of(self)


class _Secure(imaplib.IMAP4_SSL):
    """The same over TLS."""

    def open(self, host: str = "", port: int | None = 993, timeout: float | None = None) -> None:
        super().open(host, port, timeout)
        self.end = _end_of(self)


def _end_of(imap: imaplib.IMAP4) -> threading.Timer:
    end = threading.Timer(WHOLE_SECONDS, _cut, [imap])
    end.daemon = True
    end.start()
    return end


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    imap = _connected(mailbox)
    try:
        if mailbox.security == "starttls":
            imap.starttls(ssl.create_default_context())
        imap.login(mailbox.user, mailbox.password)
        _checked(imap.select(f'"{mailbox.folder}"'))
        yield imap
        imap.logout()
    finally:
        imap.end.cancel()
        _close(imap)


def _connected(mailbox: Mailbox) -> _Plain | _Secure:
    if mailbox.security == "ssl":
        return _Secure(mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=ANSWER_SECONDS)
    return _Plain(mailbox.host, mailbox.port, timeout=ANSWER_SECONDS)


def _cut(imap: imaplib.IMAP4) -> None:
    """Whoever waits for an answer gets none."""
    with suppress(OSError):
        imap.socket().shutdown(socket.SHUT_RDWR)


def _close(imap: imaplib.IMAP4) -> None:
    with suppress(OSError):
        imap.shutdown()


def _found(imap: imaplib.IMAP4) -> list[str]:
    answer = _checked(imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
    return [uid for part in answer if part for uid in part.decode("ascii").split()]


def _content(imap: imaplib.IMAP4, uid: str) -> bytes:
    answer = _checked(imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
    # A pair of the description and the literal; empty where somebody has deleted it meanwhile.
    return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, content = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the mailbox answered {status}")
    return content
