# SPDX-License-Identifier: Apache-2.0
"""`mail bounced`: a mail that came back, on standard input, for the pipe of a mail server. What becomes of it: `operations/bounces.py`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import typer
from django.db import Error as DatabaseError

from einlass.cli import setup
from einlass.conf.environment import ConfigurationError

mail = typer.Typer(help="What comes back of the mail that was sent.", no_args_is_help=True)

MOST_BYTES = 1024 * 1024


@mail.callback()
def _mail() -> None:
    """Keeps `bounced` a command of its own although it is the only one."""


@mail.command()
def bounced() -> None:
    """Read one returned mail from standard input and mark the message that did not arrive.

    Ends with 0 also for a mail that is none of ours: a mail server would send that back. Ends with 75 while nothing can be written down,
    so that the server tries again.
    """
    try:
        setup.load_migrated()
        from einlass.operations.bounces import take_back

        taken = take_back(sys.stdin.buffer.read(MOST_BYTES), now=datetime.now(UTC))
    except (DatabaseError, ConfigurationError) as error:
        typer.echo(str(error).strip().splitlines()[0], err=True)
        raise typer.Exit(os.EX_TEMPFAIL) from None
    typer.echo("Noted: a message came back." if taken else "No message of ours, or no final failure.")
