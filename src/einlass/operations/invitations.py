# SPDX-License-Identifier: Apache-2.0
"""Inviting somebody of the staff by a link that works once, for seven days. Changing an account afterwards: `team.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor, UserChanged, UserCreated
from einlass.core.roles import Role
from einlass.models import Branch, Message, User
from einlass.operations.addresses import address_of
from einlass.operations.config_write import one_at_a_time
from einlass.operations.events import record
from einlass.operations.messages import queue
from einlass.operations.team import branches_for
from einlass.operations.users import set_password
from einlass.queries.services import organisation

KIND = "invitation"
VALID_FOR = timedelta(days=7)
SALT = "einlass.operations.invitations"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody invited, with the link to hand over should the mail not arrive. It is kept nowhere."""

    user: User
    link: str


def invite(*, email: str, name: str, role: Role, branches: Sequence[Branch], language: str, now: datetime, actor: Actor) -> Invitation:
    """Make an account that nobody can sign in to yet, and write to its owner.

    Raises Refusal: invalid with email_taken or branches_missing. Records UserCreated.
    """
    address = email.strip().lower()
    with transaction.atomic():
        one_at_a_time()
        if User.objects.filter(email=address).exists():
            raise Refusal("invalid", fields=(FieldError("email", "email_taken"),))
        bound = branches_for(role, branches)
        user = User.objects.create_user(address, role=role.value, name=name, invited_at=now)
        user.branches.set(bound)
        record(UserCreated(email=address, role=role.value), actor=actor, now=now)
        return _written(user, language=language, now=now, actor=actor)


def invite_again(user: User, *, language: str, now: datetime, actor: Actor) -> Invitation | None:
    """A new link; the former one is dead. None where there is nothing to follow any more. Records UserChanged."""
    with transaction.atomic():
        one_at_a_time()
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.invited_at is None or not row.is_active:
            return None
        value = {"field": "invited_at", "old": row.invited_at.isoformat(), "new": now.isoformat()}
        row.invited_at = now
        row.save(update_fields=["invited_at"])
        _forget_mail(row)
        record(UserChanged(email=row.email, values=[value]), actor=actor, now=now)
        return _written(row, language=language, now=now, actor=actor)


def invited(uid: str, *, token: str, now: datetime) -> User | None:
    """Whoever this link was sent to; None where it is wrong, old, used, replaced by a newer one, or the account is switched off."""
    try:
        user = User.objects.filter(pk=base36_to_int(uid), is_active=True, invited_at__isnull=False).first()
    except (ValueError, OverflowError):
        return None
    if user is None or user.invited_at is None or now - user.invited_at >= VALID_FOR:
        return None
    return user if constant_time_compare(token, _token_of(user)) else None


def accept(uid: str, *, token: str, password: str, now: datetime) -> User | None:
    """Give the account its first password; the link is dead from then on. None where the link does not count.

    Raises Refusal: invalid with what is wrong with the password. Records UserSecured.
    """
    with transaction.atomic():
        one_at_a_time()
        user = invited(uid, token=token, now=now)
        if user is None:
            return None
        set_password(user, password=password, now=now, actor=Actor(ActorKind.STAFF, user.get_full_name()))
        _forget_mail(user)
        return user


def _token_of(user: User) -> str:
    """Unguessable, kept nowhere, and another one after each change of what it is made of."""
    assert user.invited_at is not None
    made_of = f"{user.pk}|{user.email}|{user.password}|{user.invited_at.timestamp()}"
    return salted_hmac(SALT, made_of, algorithm="sha256").hexdigest()


def _forget_mail(user: User) -> None:
    """The mails of former links, sent or not: the links open nothing any more, and nobody needs them."""
    Message.objects.filter(kind=KIND, to_address=user.email).delete()


def _written(user: User, *, language: str, now: datetime, actor: Actor) -> Invitation:
    link = address_of("manage_welcome", int_to_base36(user.pk), _token_of(user))
    operator = organisation().name
    with translation.override(language):
        subject = gettext("Your account at %(operator)s") % {"operator": operator}
        lines = (
            gettext("Hello %(name)s"),
            gettext("%(inviter)s has invited you to Einlass, the booking system of %(operator)s. Please choose your password here:"),
            "%(link)s",
            gettext("The link works once, for seven days. If you did not expect this mail, you need not do anything."),
        )
    values = {"name": user.get_full_name(), "inviter": actor.name, "operator": operator, "link": link}
    text = "\n\n".join(line % values for line in lines)
    queue(kind=KIND, to=user.email, language=language, subject=subject, text=text, now=now)
    return Invitation(user, link)
