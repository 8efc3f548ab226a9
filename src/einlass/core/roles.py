# SPDX-License-Identifier: Apache-2.0
"""Who may do what, as a table. Which branches a person sees is decided in `queries/scope.py`."""

from enum import StrEnum


class Role(StrEnum):
    """`GUEST` is for a program that books in the name of guests: deadlines bind it as they bind them."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"
    READ_ONLY = "read_only"
    GUEST = "guest"


MAY_BOOK = frozenset({Role.OWNER, Role.MANAGER, Role.STAFF, Role.GUEST})
BOUND_BY_DEADLINES = frozenset({Role.GUEST})
