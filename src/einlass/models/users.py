# SPDX-License-Identifier: Apache-2.0
"""People who sign in, and tokens of programs. What each may see is decided in `queries/scope.py`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from einlass.core.roles import Role
from einlass.models.branches import Branch


class UserManager(BaseUserManager["User"]):
    """Django's own hook for making accounts; people come in through `operations/users.py`."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """Somebody of the staff. Signs in with his address; guests have no account."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role], default=Role.STAFF.value)
    branches = models.ManyToManyField(Branch, blank=True, related_name="staff")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When the invitation went out that has not been followed yet; None for somebody who has a password.
    invited_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    # Django's admin and allauth ask for these two; there is no admin here, so nobody has it.
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email


class ApiToken(models.Model):
    """A program's key to the API. Only a hash is kept; the token itself is printed once."""

    name = models.CharField(max_length=100)
    role = models.CharField(max_length=10)
    # For the roles that are bound to branches; none named means all of them.
    branches = models.ManyToManyField(Branch, blank=True, related_name="tokens")
    created_by = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
