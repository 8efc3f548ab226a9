# SPDX-License-Identifier: Apache-2.0
"""Inviting, following the link, changing an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import NOW
from tests.factories import make_branch, make_user

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.core.roles import Role
from einlass.models import EventRecord, Message, User
from einlass.operations.config_export import digest_of
from einlass.operations.invitations import VALID_FOR, Invitation, accept, invite, invite_again, invited
from einlass.operations.team import change_member, member_part

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
LATER = NOW + timedelta(hours=1)
PASSWORD = "drei Schlüssel am Brett"
pytestmark = pytest.mark.django_db


def invite_lea(*, role: Role = Role.MANAGER, language: str = "de") -> Invitation:
    return invite(email=" Lea@Example.org", name="Lea Baumann", role=role, branches=[], language=language, now=NOW, actor=NADIA)


def parts_of(made: Invitation) -> tuple[str, str]:
    uid, token = made.link.rstrip("/").split("/")[-2:]
    return uid, token


def follow(made: Invitation, *, now: datetime = NOW, password: str = PASSWORD) -> User | None:
    uid, token = parts_of(made)
    return accept(uid, token=token, password=password, now=now)


def change(user: User, **changed: Any) -> tuple[dict[str, Any], ...]:
    values: dict[str, Any] = {
        "name": user.name,
        "role": Role(user.role),
        "branches": [],
        "active": True,
        "seen": digest_of(member_part(user)),
    } | changed
    return change_member(user, now=NOW, actor=NADIA, **values)


def codes(refusal: Refusal) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in refusal.fields]


def test_invitation_makes_an_account_without_password_and_writes_the_link() -> None:
    made = invite_lea()

    user, message = User.objects.get(), Message.objects.get()
    assert (user.email, user.role, user.invited_at, user.has_usable_password()) == ("lea@example.org", "manager", NOW, False)
    assert (message.kind, message.to_address, message.language) == ("invitation", "lea@example.org", "de")
    assert made.link in message.text
    assert "Nadia Keller hat Sie zu Einlass eingeladen" in message.text
    assert EventRecord.objects.get().data == {"email": "lea@example.org", "role": "manager"}


def test_invitation_is_written_in_the_language_of_the_page() -> None:
    invite_lea(language="en")

    assert "Nadia Keller has invited you to Einlass" in Message.objects.get().text


def test_invitation_to_an_address_that_has_an_account_is_refused() -> None:
    make_user("lea@example.org")

    with pytest.raises(Refusal) as refused:
        invite_lea()

    assert codes(refused.value) == [("email", "email_taken")]
    assert (User.objects.count(), Message.objects.count()) == (1, 0)


@pytest.mark.parametrize("role", [Role.STAFF, Role.READ_ONLY])
def test_invitation_for_a_bound_role_needs_a_branch(role: Role) -> None:
    with pytest.raises(Refusal) as refused:
        invite_lea(role=role)

    assert (codes(refused.value), User.objects.count()) == ([("branches", "branches_missing")], 0)


def test_link_that_is_followed_sets_the_password_once() -> None:
    made = invite_lea()

    first, second = follow(made), follow(made, password="another password of mine")

    user = User.objects.get()
    assert (first, second, user.check_password(PASSWORD), user.invited_at) == (user, None, True, None)
    assert EventRecord.objects.get(kind="user.secured").data == {"email": "lea@example.org", "what": "password"}
    assert Message.objects.count() == 0


def test_link_with_a_weak_password_stays_good() -> None:
    made = invite_lea()

    with pytest.raises(Refusal) as refused:
        follow(made, password="short")

    assert codes(refused.value) == [("password", "not_accepted")]
    assert follow(made) == User.objects.get()


def test_link_that_was_replaced_is_dead_and_the_new_one_counts() -> None:
    old = invite_lea()
    new = invite_again(old.user, language="de", now=LATER, actor=NADIA)

    assert new is not None
    assert follow(old, now=LATER) is None
    assert [new.link in message.text for message in Message.objects.all()] == [True]
    assert follow(new, now=LATER) == old.user


@pytest.mark.parametrize(("age", "counts"), [(VALID_FOR - timedelta(seconds=1), True), (VALID_FOR, False)])
def test_link_counts_for_seven_days(age: timedelta, counts: bool) -> None:
    uid, token = parts_of(invite_lea())

    assert (invited(uid, token=token, now=NOW + age) is not None) is counts


def test_link_that_is_wrong_or_of_somebody_switched_off_counts_not() -> None:
    uid, token = parts_of(invite_lea())
    other, _ = parts_of(invite(email="b@example.org", name="B", role=Role.OWNER, branches=[], language="de", now=NOW, actor=NADIA))

    wrong = [(uid, token + "0"), (uid, ""), (other, token), ("zzzzzzzzzzzzz", token), ("-", token), ("zzzzzzzzzzzzzzzz", token)]
    assert [invited(one, token=of, now=NOW) for one, of in wrong] == [None] * 6
    User.objects.filter(email="lea@example.org").update(is_active=False)
    assert invited(uid, token=token, now=NOW) is None


def test_invitation_that_was_followed_is_not_sent_again() -> None:
    made = invite_lea()
    follow(made)

    assert invite_again(made.user, language="de", now=LATER, actor=NADIA) is None
    assert Message.objects.count() == 0


def test_change_of_an_account_is_told_with_before_and_after() -> None:
    branch = make_branch(doors={})
    user = make_user(role="manager")

    values = change(user, name="Nadia Frei", role=Role.STAFF, branches=[branch])

    user.refresh_from_db()
    assert (user.name, user.role, list(user.branches.all())) == ("Nadia Frei", "staff", [branch])
    assert list(values) == EventRecord.objects.get(kind="user.changed").data["values"]
    assert list(values) == [
        {"field": "name", "old": "Nadia Keller", "new": "Nadia Frei"},
        {"field": "role", "old": "manager", "new": "staff"},
        {"field": "branches", "old": [], "new": ["bern"]},
    ]


def test_change_to_a_role_that_sees_all_drops_the_branches() -> None:
    branch = make_branch(doors={})
    user = make_user(role="staff", branches=[branch])

    change(user, role=Role.MANAGER, branches=[branch])

    assert user.branches.count() == 0


def test_change_of_what_somebody_else_has_changed_overwrites_nothing() -> None:
    user = make_user(role="manager")
    seen = digest_of(member_part(user))
    change(user, name="Nadia Frei")

    with pytest.raises(Refusal, match="changed_meanwhile"):
        change(user, name="Nadia Moser", seen=seen)

    assert User.objects.get().name == "Nadia Frei"


@pytest.mark.parametrize(("changed", "field"), [({"role": Role.MANAGER}, "role"), ({"active": False}, "active")])
def test_last_owner_can_neither_be_demoted_nor_switched_off(changed: dict[str, Any], field: str) -> None:
    owner = make_user()
    make_user("manager@example.org", role="manager")
    User.objects.create_user("off@example.org", role="owner", is_active=False)
    User.objects.create_user("invited@example.org", role="owner", invited_at=NOW)

    with pytest.raises(Refusal) as refused:
        change(owner, **changed)

    owner.refresh_from_db()
    assert (codes(refused.value), owner.role, owner.is_active) == ([(field, "last_owner")], "owner", True)


def test_owner_goes_where_another_one_stays() -> None:
    owner = make_user()
    make_user("second@example.org")

    change(owner, active=False)

    owner.refresh_from_db()
    assert owner.is_active is False
