# SPDX-License-Identifier: Apache-2.0
"""Where mail goes without a mail server: into the log, as a line with its subject and its links. The text itself is not told."""

from __future__ import annotations

import re
from collections.abc import Sequence

import structlog
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from einlass.conf.logs import TELLS_LINKS

log = structlog.get_logger()
LINK = re.compile(r"https?://[^\s<>\"')\]]+")


class LogBackend(BaseEmailBackend):
    """Whoever tries Einlass on his own machine finds the link of an invitation here; guests' own pages are masked as everywhere in logs."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            to = [_short(address) for address in message.recipients()]
            links = list(dict.fromkeys(LINK.findall(str(message.body))))
            log.info(TELLS_LINKS, to=to, subject=str(message.subject), links=links)
        return len(email_messages)


def _short(address: str) -> str:
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"
