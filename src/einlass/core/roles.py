# SPDX-License-Identifier: Apache-2.0
"""Who may do what, as a table. Which branches a person sees is decided in `queries/scope.py`."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """`GUEST` is for a program that books in the name of guests: deadlines bind it as they bind them."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"
    READ_ONLY = "read_only"
    GUEST = "guest"


class May(StrEnum):
    """What a page or a call asks of a role; each has exactly one of these."""

    LOOK = "look"  # at bookings of one's branches, their keys, what is missing
    WORK = "work"  # book, move, cancel, decide, correct answers, re-issue a key, open a door
    CONFIGURE = "configure"  # branches, services, questions, templates, the organisation
    ADMINISTER = "administer"  # integrations and their secrets, team, tokens, privacy, the log of changes


_STAFF = frozenset({May.LOOK, May.WORK})
ALLOWED: Mapping[Role, frozenset[May]] = MappingProxyType(
    {
        Role.OWNER: frozenset(May),
        Role.MANAGER: _STAFF | {May.CONFIGURE},
        Role.STAFF: _STAFF,
        Role.READ_ONLY: frozenset({May.LOOK}),
        Role.GUEST: frozenset(),
    }
)
# The roles of people; `GUEST` is for programs only.
OF_PEOPLE = (Role.OWNER, Role.MANAGER, Role.STAFF, Role.READ_ONLY)
# Bound to the branches they were given; the others see all of them.
BOUND_TO_BRANCHES = frozenset({Role.STAFF, Role.READ_ONLY})

MAY_BOOK = frozenset({role for role, allowed in ALLOWED.items() if May.WORK in allowed} | {Role.GUEST})
BOUND_BY_DEADLINES = frozenset({Role.GUEST})


def may(role: Role, what: May) -> bool:
    """Whether the role allows it; on top of it comes the branch."""
    return what in ALLOWED[role]
