# SPDX-License-Identifier: Apache-2.0
"""Keys at the vendor that carry our mark and belong to no booking (F21), for the people who decide about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Count

from einlass.models import Branch, StrayKey

# Until a person decided, and until a worker has done what he decided.
UNDECIDED, BEING_TAKEN_BACK = "", "revoke"


def undecided_by_branch(branches: Collection[Branch]) -> Mapping[int, int]:
    """How many wait for a person, by the number of their branch; those without any are left out. One query."""
    waiting = StrayKey.objects.filter(branch__in=branches, decision=UNDECIDED)
    return dict(waiting.values_list("branch_id").annotate(count=Count("pk")).order_by("branch_id"))


def open_strays(branch: Branch) -> list[StrayKey]:
    """Those that wait for a person or for a worker, the soonest first."""
    return list(branch.stray_keys.filter(decision__in=[UNDECIDED, BEING_TAKEN_BACK]).order_by("valid_from", "pk"))
