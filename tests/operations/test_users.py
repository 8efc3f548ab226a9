# SPDX-License-Identifier: Apache-2.0
"""Accounts and tokens."""

from __future__ import annotations

import pytest
from tests.conftest import NOW
from tests.factories import make_branch

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.core.roles import Role
from einlass.models import ApiToken, EventRecord, User
from einlass.operations.users import CannotCreate, create_owner, create_token, new_password, note_use, revoke_token
from einlass.queries.tokens import token_for

OPERATOR = Actor(ActorKind.STAFF, "test")
pytestmark = pytest.mark.django_db


def test_token_is_found_again_and_kept_only_as_a_digest() -> None:
    plain = create_token(name="door bell", role=Role.STAFF, now=NOW, actor=OPERATOR)

    found = token_for(plain)

    assert found is not None
    assert (found.name, found.role, found.last4) == ("door bell", "staff", plain[-4:])
    assert (plain.startswith("einlass_"), len(plain)) == (True, 51)
    assert [plain in str(row) for row in (*ApiToken.objects.values(), *EventRecord.objects.values())] == [False, False]


def test_token_that_is_wrong_or_revoked_is_not_found() -> None:
    plain = create_token(name="door bell", role=Role.STAFF, now=NOW, actor=OPERATOR)
    ApiToken.objects.update(revoked_at=NOW)

    assert [token_for(wrong) for wrong in (plain, plain + "x", "", "einlass_")] == [None] * 4


def test_use_of_a_token_is_noted_once_an_hour() -> None:
    token = token_for(create_token(name="door bell", role=Role.STAFF, now=NOW, actor=OPERATOR))
    assert token is not None

    note_use(token, now=NOW)
    token.refresh_from_db()
    note_use(token, now=NOW.replace(minute=59))
    token.refresh_from_db()

    assert token.used_at == NOW


def test_owner_may_sign_in_with_the_password() -> None:
    password = new_password()

    create_owner(email=" Owner@Example.org ", password=password, name="Nadia", now=NOW, actor=OPERATOR)

    user = User.objects.get(email="owner@example.org")
    assert (user.role, user.name, user.check_password(password)) == ("owner", "Nadia", True)
    assert EventRecord.objects.get().data == {"email": "owner@example.org", "role": "owner"}


@pytest.mark.parametrize(
    ("email", "password"),
    [("owner", "a long enough one"), ("owner@example.org", "short"), ("taken@example.org", "a long enough one")],
)
def test_owner_is_refused_in_words(email: str, password: str) -> None:
    create_owner(email="taken@example.org", password="a long enough one", now=NOW, actor=OPERATOR)

    with pytest.raises(CannotCreate):
        create_owner(email=email, password=password, now=NOW, actor=OPERATOR)

    assert User.objects.count() == 1


def test_token_is_bound_to_the_branches_given() -> None:
    branch = make_branch(doors={})

    create_token(name="door bell", role=Role.STAFF, branches=[branch], now=NOW, actor=OPERATOR)

    token = ApiToken.objects.get()
    assert (list(token.branches.all()), token.created_by) == ([branch], "test")


def test_token_that_sees_all_takes_no_branches() -> None:
    branch = make_branch(doors={})

    with pytest.raises(Refusal, match="invalid"):
        create_token(name="door bell", role=Role.MANAGER, branches=[branch], now=NOW, actor=OPERATOR)

    assert ApiToken.objects.count() == 0


def test_token_that_is_revoked_counts_no_longer_and_is_recorded_once() -> None:
    plain = create_token(name="door bell", role=Role.STAFF, now=NOW, actor=OPERATOR)
    token = ApiToken.objects.get()

    revoke_token(token, now=NOW, actor=OPERATOR)
    revoke_token(token, now=NOW, actor=OPERATOR)

    assert token_for(plain) is None
    assert [row.data for row in EventRecord.objects.filter(kind="token.revoked")] == [{"name": "door bell"}]
