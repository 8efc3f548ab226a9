# SPDX-License-Identifier: Apache-2.0
"""The command line: which commands there are, and how a mistake is told. What they do lives in `operations`, `jobs` and `supervisor`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from django.db import Error as DatabaseError

from einlass import __version__
from einlass.cli import accounts, backup, configuration, keys, mail, running
from einlass.conf.environment import ConfigurationError
from einlass.core.errors import Refusal
from einlass.operations.config_yaml import ConfigFileError

app = typer.Typer(
    name="einlass",
    help="Einlass: people book rooms, and the booking opens the door.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[Callable[..., None], ...] = (
    running.up,
    running.demo,
    running.serve,
    running.worker,
    running.migrate,
    running.emulator,
    configuration.check,
    configuration.apply,
    configuration.export,
    backup.backup,
    backup.restore,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(accounts.tokens, name="token")
app.add_typer(accounts.owners, name="owner")
app.add_typer(keys.keys, name="keys")
app.add_typer(mail.mail, name="mail")


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run a command. A person's mistake ends with 1 and says in words what is wrong; wrong usage ends with 2."""
    try:
        app(arguments)
    except ConfigFileError as error:
        _fail(*map(str, error.errors))
    except (ConfigurationError, Refusal) as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(f"The database does not answer as it should: {str(error).strip().splitlines()[0]}", "Was `einlass migrate` run?")
    except OSError as error:
        _fail(f"{error.filename or 'einlass'}: {error.strerror or error}")


def _fail(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
    sys.exit(1)
