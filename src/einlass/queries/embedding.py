# SPDX-License-Identifier: Apache-2.0
"""Whose pages may show which of ours within theirs. How a browser is told stands in `web/embedding.py`."""

from __future__ import annotations

from dataclasses import dataclass

from einlass.models import Branch


@dataclass(frozen=True, slots=True)
class Framed:
    """Which origins may show a page, and the one branch that it is about; empty where there is none."""

    origins: tuple[str, ...] = ()
    branch_key: str = ""


def framed_for(*, service_key: str = "", branch_key: str = "", link_token: str = "") -> Framed:
    """What the branch of this service, key or booking allows.

    A page of no branch in particular shows all of them, so every one that has something to book has to allow it.
    """
    named = _named(service_key, branch_key, link_token)
    if named is not None:
        return Framed(tuple(named.embed_origins), named.key)
    allowed = list(Branch.objects.filter(active=True, services__active=True).distinct().values_list("embed_origins", flat=True))
    return Framed(tuple(origin for origin in allowed[0] if all(origin in others for others in allowed)) if allowed else ())


def _named(service_key: str, branch_key: str, link_token: str) -> Branch | None:
    """The branch that is meant; None where nothing of this name is known."""
    branches = Branch.objects.only("key", "embed_origins")
    if link_token:
        # PostgreSQL refuses to look for a NUL, which an address may hold.
        return branches.filter(bookings__link_token=link_token.replace("\0", "")).first()
    if service_key:
        return branches.filter(services__key=service_key).first()
    return branches.filter(key=branch_key).first() if branch_key else None
