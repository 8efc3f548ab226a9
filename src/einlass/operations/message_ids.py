# SPDX-License-Identifier: Apache-2.0
"""The Message-ID of a mail: it names its row, and carries a digest under the secret key, so that nobody can send back what was not sent."""

from __future__ import annotations

import base64
import re

from django.utils.crypto import constant_time_compare, salted_hmac

from einlass.models import Message
from einlass.operations.addresses import host

OURS = re.compile(r"(?<![\w.])(\d{1,18})\.(\d{1,12})\.([a-z2-7]{26})@")
MOST_READ = 50


def message_id(message: Message) -> str:
    """The same at every attempt, so that a mail server knows a second copy again."""
    made = int(message.created_at.timestamp())
    return f"<{message.pk}.{made}.{_digest(message.pk, made)}@{host()}>"


def messages_named(text: str) -> list[int]:
    """The rows whose Message-ID stands in the text; one that we did not make names none."""
    found = OURS.findall(text)[:MOST_READ]
    ours = [int(pk) for pk, made, digest in found if constant_time_compare(digest, _digest(int(pk), int(made)))]
    return list(dict.fromkeys(ours))


def _digest(pk: int, made: int) -> str:
    digest = salted_hmac("einlass.message_id", f"{pk}.{made}", algorithm="sha256").digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()
