# SPDX-License-Identifier: Apache-2.0
"""`keys sweep`: compare every site with what it ought to hold, now instead of in ten minutes. How: `operations/key_sweep.py`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from einlass.cli import setup

if TYPE_CHECKING:
    from einlass.operations.key_sweep import Swept

keys = typer.Typer(help="The keys at the lock systems.", no_args_is_help=True)


@keys.callback()
def _keys() -> None:
    """Keeps `sweep` a command of its own although it is the only one."""


@keys.command()
def sweep(as_json: setup.AsJson = False) -> None:
    """Compare every site's keys with the bookings; the workers then put right what differs."""
    setup.load_migrated()
    from rich.console import Console
    from rich.progress import track

    from einlass.jobs import work
    from einlass.operations.key_sweep import sweep_site

    branches = work.sites_to_sweep()
    progress = track(branches, "Sweeping …", console=Console(stderr=True), disable=as_json)
    swept = [found for branch in progress if (found := sweep_site(branch, clock=lambda: datetime.now(UTC)))]
    if branches:
        setup.wake_workers()
    if as_json:
        setup.print_json({"sites": [asdict(found) for found in swept], "left_out": len(branches) - len(swept)})
        return
    for found in swept:
        typer.echo(_sentence(found))
    if not branches:
        typer.echo("No site is confirmed: there is nothing to sweep.")
    elif len(swept) < len(branches):
        typer.echo(f"{len(branches) - len(swept)} left out: somebody else is at it, or the lock system does not answer.")


def _sentence(found: Swept) -> str:
    if not found.complete:
        return f"{found.branch}: not read completely, nothing was concluded. {found.reason}".rstrip()
    more = ", many revocations wait for a person" if found.braked else ""
    return (
        f"{found.branch}: {found.keys} keys, {found.drifted} changed outside, {found.taken_in} found again, {found.not_ours} not ours{more}"
    )
