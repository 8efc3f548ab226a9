# SPDX-License-Identifier: Apache-2.0
"""Finding the API token that a program shows. Making one: `operations/users.py`."""

from __future__ import annotations

import hashlib

from django.db.models import F, QuerySet

from einlass.models import ApiToken

PREFIX = "einlass_"


def digest_of(plain: str) -> str:
    """What is kept of a token. It is random and long, so a plain hash is enough and can be looked up."""
    return hashlib.sha256(plain.encode()).hexdigest()


def token_for(plain: str) -> ApiToken | None:
    """The token that was not revoked, or None."""
    if not plain.startswith(PREFIX):
        return None
    return ApiToken.objects.filter(digest=digest_of(plain), revoked_at__isnull=True).first()


def all_tokens() -> QuerySet[ApiToken]:
    """Every token with its branches: those that count first, the newest in front."""
    return ApiToken.objects.prefetch_related("branches").order_by(F("revoked_at").desc(nulls_first=True), "-pk")
