# SPDX-License-Identifier: Apache-2.0
"""Accounts of the staff and tokens of programs. Finding a token again: `queries/tokens.py`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from einlass.core.errors import FieldError, Refusal
from einlass.core.events import Actor, TokenCreated, TokenRevoked, UserCreated, UserSecured
from einlass.core.roles import BOUND_TO_BRANCHES, Role
from einlass.models import ApiToken, Branch, User
from einlass.operations.events import record
from einlass.queries.tokens import PREFIX, digest_of

TOKEN_BYTES = 32
PASSWORD_BYTES = 15
# When a token was last used is told to the day; writing it at every request would make every read a write.
USE_NOTED_EVERY = timedelta(hours=1)


class CannotCreate(Exception):
    """The account cannot be made like this. The text is a sentence for the person at the command line."""


def new_password() -> str:
    """A password to be shown once."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def create_owner(*, email: str, password: str, name: str = "", now: datetime, actor: Actor) -> User:
    """An account that may do everything. Raises CannotCreate. Records UserCreated."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CannotCreate(f"{email!r} is no e-mail address.") from None
    try:
        validate_password(password, User(email=address))
    except ValidationError as error:
        raise CannotCreate(" ".join(error.messages)) from None
    with transaction.atomic():
        if User.objects.filter(email=address).exists():
            raise CannotCreate(f"There is an account for {address} already.")
        user = User.objects.create_user(address, password, role=Role.OWNER.value, name=name)
        record(UserCreated(email=address, role=Role.OWNER.value), actor=actor, now=now)
    return user


def set_password(user: User, *, password: str, now: datetime, actor: Actor) -> None:
    """Another password: every session of the account ends, and an invitation counts as followed.

    Raises Refusal: invalid with what is wrong with the password. Records UserSecured.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refusal("invalid", fields=(FieldError("password", "not_accepted", {"sentence": " ".join(error.messages)}),)) from None
    with transaction.atomic():
        user.set_password(password)
        user.invited_at = None
        user.save(update_fields=["password", "invited_at"])
        record(UserSecured(email=user.email, what="password"), actor=actor, now=now)


def secured(user: User, *, what: str, now: datetime, actor: Actor) -> None:
    """Keep that a second factor came or went: totp_on, totp_off, passkey_added, passkey_removed, recovery_codes. Records UserSecured."""
    record(UserSecured(email=user.email, what=what), actor=actor, now=now)


def remove_second_factors(user: User, *, now: datetime, actor: Actor) -> bool:
    """For somebody who lost them: from now on the password is enough. False: there were none. Records UserSecured."""
    with transaction.atomic():
        removed: int = Authenticator.objects.filter(user_id=user.pk).delete()[0]
        if removed:
            record(UserSecured(email=user.email, what="factors_removed"), actor=actor, now=now)
    return removed > 0


def create_token(*, name: str, role: Role, branches: Sequence[Branch] = (), now: datetime, actor: Actor) -> str:
    """Make a token and return it, the only time that it is seen. `branches` bind the roles that can be bound; none means all.

    Raises Refusal: invalid where branches are given to a role that sees all of them. Records TokenCreated.
    """
    if branches and role not in BOUND_TO_BRANCHES:
        raise Refusal("invalid", fields=(FieldError("branches", "not_a_choice"),))
    plain = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name, role=role.value, digest=digest_of(plain), last4=plain[-4:], created_by=actor.name, created_at=now
        )
        token.branches.set(branches)
        record(TokenCreated(name=name, role=role.value), actor=actor, now=now)
    return plain


def revoke_token(token: ApiToken, *, now: datetime, actor: Actor) -> None:
    """From now on it counts no longer; twice is the same as once. Records TokenRevoked."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            record(TokenRevoked(name=token.name), actor=actor, now=now)


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Keep, once an hour, that the token is in use."""
    if token.used_at is None or now - token.used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
