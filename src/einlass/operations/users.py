# SPDX-License-Identifier: Apache-2.0
"""Accounts of the staff and tokens of programs. Finding a token again: `queries/tokens.py`."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from einlass.core.events import Actor, TokenCreated, UserCreated
from einlass.core.roles import Role
from einlass.models import ApiToken, User
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


def create_token(*, name: str, role: Role, now: datetime, actor: Actor) -> str:
    """Make a token and return it, the only time that it is seen. Records TokenCreated."""
    plain = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        ApiToken.objects.create(name=name, role=role.value, digest=digest_of(plain), last4=plain[-4:], created_at=now)
        record(TokenCreated(name=name, role=role.value), actor=actor, now=now)
    return plain


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Keep, once an hour, that the token is in use."""
    if token.used_at is None or now - token.used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
