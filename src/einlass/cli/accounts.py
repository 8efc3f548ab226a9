# SPDX-License-Identifier: Apache-2.0
"""`token create` and `owner create`. What is allowed is decided in `operations/users.py`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from einlass.cli import setup
from einlass.conf.environment import ConfigurationError
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import BOUND_TO_BRANCHES, Role

if TYPE_CHECKING:
    from einlass.models import Branch

OPERATOR = Actor(ActorKind.STAFF, "einlass command line")

tokens = typer.Typer(help="Tokens of programs that use the API.", no_args_is_help=True)
owners = typer.Typer(help="Accounts that may do everything.", no_args_is_help=True)


@tokens.callback()
def _tokens() -> None:
    """Keeps `create` a command of its own although it is the only one."""


@owners.callback()
def _owners() -> None:
    """As above."""


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Option(help="Whose token it is, such as the program's name.")],
    role: Annotated[Role, typer.Option(help="What it may do; guest is bound by the deadlines of guests.")],
    branch: Annotated[list[str], typer.Option(help="Key of a branch it sees; may be repeated. Left out: all of them.")] = [],  # noqa: B006 - typer reads it, nobody writes it
    as_json: setup.AsJson = False,
) -> None:
    """Make a token and print it; it is never shown again."""
    if not name.strip() or len(name) > 100:
        raise typer.BadParameter("give 1 to 100 characters", param_hint="--name")
    if branch and role not in BOUND_TO_BRANCHES:
        raise typer.BadParameter("only staff and read_only can be bound to branches", param_hint="--branch")
    setup.load_migrated()
    from einlass.operations import users

    token = users.create_token(name=name.strip(), role=role, branches=_branches(branch), now=datetime.now(UTC), actor=OPERATOR)
    if as_json:
        setup.print_json({"token": token, "name": name.strip(), "role": role.value})
    else:
        typer.echo(token)


def _branches(keys: list[str]) -> list[Branch]:
    from einlass.models import Branch

    found = list(Branch.objects.filter(key__in=keys))
    if unknown := set(keys) - {branch.key for branch in found}:
        raise ConfigurationError(f"There is no branch {', '.join(sorted(unknown))}.")
    return found


@owners.command("create")
def create_owner(
    email: Annotated[str, typer.Option(help="The address that the owner signs in with.")],
    name: Annotated[str, typer.Option(help="The owner's name, as others see it.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it once; so it is without a terminal.")] = False,
    as_json: setup.AsJson = False,
) -> None:
    """Make the account of an owner. Asks for the password where nothing else is said."""
    setup.load_migrated()
    from einlass.operations import users

    generated = "" if password_stdin else users.new_password() if generate or not sys.stdin.isatty() else ""
    password = generated or _password(from_stdin=password_stdin)
    try:
        owner = users.create_owner(email=email, password=password, name=name, now=datetime.now(UTC), actor=OPERATOR)
    except users.CannotCreate as error:
        raise ConfigurationError(str(error)) from error
    if as_json:
        setup.print_json({"email": owner.email} | ({"password": generated} if generated else {}))
        return
    typer.echo(f"{owner.email} may sign in now.")
    if generated:
        typer.echo(f"Password, shown this once: {generated}")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
