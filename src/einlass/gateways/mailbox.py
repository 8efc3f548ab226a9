# SPDX-License-Identifier: Apache-2.0
"""The mailbox that undeliverable mail comes back to, read by IMAP within a bounded time. What a returned mail means: `core/bounces.py`."""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    imap = _connected(mailbox)
    # The library's limit holds for each single read; a server that drips bytes would never reach it.
    end = threading.Timer(WHOLE_SECONDS, _cut, [imap])
    end.daemon = True
    end.start()
    try:
        imap.login(mailbox.user, mailbox.password)
        _checked(imap.select(f'"{mailbox.folder}"'))
        yield imap
        imap.logout()
    finally:
        end.cancel()
        _cut(imap)


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.security == "ssl":
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=ANSWER_SECONDS)
    imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=ANSWER_SECONDS)
    if mailbox.security == "starttls":
        imap.starttls(ssl.create_default_context())
    return imap


def _cut(imap: imaplib.IMAP4) -> None:
    try:
        imap.socket().shutdown(socket.SHUT_RDWR)
        imap.socket().close()
    except OSError:
        # It was closed already.
        return


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
