# SPDX-License-Identifier: Apache-2.0
"""Whose pages may show which of ours within theirs. How a browser is told stands in `web/embedding.py`."""

from __future__ import annotations

from django.db.models import QuerySet

from einlass.models import Branch


def origins_for(*, service_key: str = "", branch_key: str = "", link_token: str = "") -> tuple[str, ...]:
    """The origins that the branch of this service, key or booking allows.

    A page of no branch in particular shows all of them, so every one that has something to book has to allow it.
    """
    named = _named(service_key, branch_key, link_token)
    allowed = [list(origins) for origins in (named or _all_of_them()).values_list("embed_origins", flat=True)]
    first, rest = (allowed[0], allowed[1:]) if allowed else ([], [])
    return tuple(origin for origin in first if all(origin in others for others in rest))


def _named(service_key: str, branch_key: str, link_token: str) -> QuerySet[Branch] | None:
    """The one branch that is meant; None where nothing of this name is known."""
    branches = Branch.objects.all()
    if link_token:
        # PostgreSQL refuses to look for a NUL, which an address may hold.
        branches = branches.filter(bookings__link_token=link_token.replace("\0", ""))
    elif service_key:
        branches = branches.filter(services__key=service_key)
    elif branch_key:
        branches = branches.filter(key=branch_key)
    else:
        return None
    return branches if branches.exists() else None


def _all_of_them() -> QuerySet[Branch]:
    return Branch.objects.filter(active=True, services__active=True).distinct()
