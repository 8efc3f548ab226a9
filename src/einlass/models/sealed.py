# SPDX-License-Identifier: Apache-2.0
"""Sealing secrets at rest: AES-GCM, bound to the row and column they belong to. Where the keys come from: `conf/secrets.py`."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
VERSION = "v1"


class CannotUnseal(Exception):
    """None of this machine's keys opens it, or it belongs to another row. There is no plain-text fallback (F48)."""


def seal(plain: str, *, context: str) -> str:
    """Encrypt with the newest key. `context` names table, row and column: a sealed value copied elsewhere does not open."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_keys()[0]).encrypt(nonce, plain.encode(), context.encode())
    return f"{VERSION}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, context: str) -> str:
    """The secret again, whichever of the keys sealed it. Raises CannotUnseal."""
    version, _, text = sealed.partition(":")
    if version != VERSION:
        raise CannotUnseal("not a sealed value")
    raw = base64.b64decode(text)
    for key in _keys():
        try:
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
        except InvalidTag:
            continue
    raise CannotUnseal("sealed with another key or for another row")


def _keys() -> tuple[bytes, ...]:
    keys: tuple[bytes, ...] = settings.ENCRYPTION_KEYS
    return keys
