# SPDX-License-Identifier: Apache-2.0
"""Logs as JSON lines on standard error. Nothing here prints local variables: they hold phones and tokens."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Anything like a phone number keeps only its last two digits, whoever logged it (I10). Ten digits and more, so that times
# (2027-01-12T14:00) and ids stay readable; a leading + or 00 makes it a number from seven digits on.
PHONE = re.compile(r"(?<![\w-])(?:\+|00)\d[\d  ./()-]{5,}\d|(?<![\w.:/-])0\d{8,}(?![\w-])")


# The address of a guest's own page is the whole proof of who he is, so it is a secret like any other.
OWN_PAGE = re.compile(r"/b/[A-Za-z0-9_-]{16,}")
# The same word of a time that is held: it becomes that of the booking.
HELD_TIME = re.compile(r"((?:^|[?&;\s'\"])hold=)[A-Za-z0-9_-]{16,}")

# The links of invitations and of new passwords, as Django names the address of a request that it answered with an error.
STAFF_LINK = re.compile(r"(/manage/(?:welcome/\w+/|password/reset/\w+-))[^/\s'\"]+")
# Without a mail server the log is where an invitation is found, see `mail_log.py`.
TELLS_LINKS = "mail_written_to_the_log"


def masked(text: str) -> str:
    """The text with every phone number reduced to its last two digits, and without the secret part of a guest's address."""
    text = HELD_TIME.sub(r"\1…", OWN_PAGE.sub("/b/…", text))
    return PHONE.sub(lambda found: f"+…{re.sub(r'[^0-9]', '', found.group())[-2:]}", text)


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_harmless(part) for part in value]
    return masked(str(value))


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {key: value if key.startswith("_") else _harmless(value) for key, value in event.items()}
    if event.get("event") == TELLS_LINKS:
        return kept
    return {key: STAFF_LINK.sub(r"\1…", value) if isinstance(value, str) else value for key, value in kept.items()}


def configure(level: str) -> None:
    """One form for our lines and those of the libraries."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Without a mail server an invitation is found only here, so it is told at every level.
    logging.getLogger("einlass.conf.mail_log").setLevel("INFO")
    for noisy in ("httpx2", "httpcore2", "dbos", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING" if level != "debug" else "DEBUG")
