# SPDX-License-Identifier: Apache-2.0
"""Who may do what: the whole table, so that a change of it is a change of this file."""

from __future__ import annotations

import pytest

from einlass.core.roles import ALLOWED, BOUND_TO_BRANCHES, MAY_BOOK, OF_PEOPLE, May, Role, may

TABLE = {
    Role.OWNER: {May.LOOK, May.WORK, May.CONFIGURE, May.ADMINISTER},
    Role.MANAGER: {May.LOOK, May.WORK, May.CONFIGURE},
    Role.STAFF: {May.LOOK, May.WORK},
    Role.READ_ONLY: {May.LOOK},
    Role.GUEST: set[May](),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("what", list(May))
def test_role_may_exactly_what_the_table_says(role: Role, what: May) -> None:
    assert may(role, what) is (what in TABLE[role])


def test_every_role_stands_in_the_table() -> None:
    assert set(ALLOWED) == set(Role)


def test_who_may_work_may_book_and_so_may_a_program_for_guests() -> None:
    assert {role for role in Role if May.WORK in ALLOWED[role]} | {Role.GUEST} == MAY_BOOK


def test_people_have_every_role_but_that_of_programs() -> None:
    assert set(OF_PEOPLE) == set(Role) - {Role.GUEST}


def test_only_those_without_the_settings_are_bound_to_branches() -> None:
    assert {role for role in OF_PEOPLE if May.CONFIGURE not in ALLOWED[role]} == BOUND_TO_BRANCHES
