# SPDX-License-Identifier: Apache-2.0
"""Runs the measures, prints their tables, and keeps the figures in `history/` together with the machine that they come from."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import growth, machine, pages, profiling, speed

DATABASES = ("postgres", "sqlite")
HISTORY = Path(__file__).parent / "history"


def weigh_pages(*, quick: bool) -> tuple[Any, list[str]]:
    measured = pages.measure(runs=pages.RUNS_QUICK if quick else pages.RUNS)
    return [asdict(page) for page in measured], pages.table(measured)


def time_speed(*, quick: bool) -> tuple[Any, list[str]]:
    """Both databases, one after the other."""
    found = [speed.measure(database, effort=speed.QUICK if quick else speed.FULL) for database in DATABASES]
    return [asdict(run) for run in found], [line for run in found for line in (*run.lines(), "")]


def compare_sizes(*, quick: bool) -> tuple[Any, list[str]]:
    """A hundred thousand bookings where it is to be quick."""
    size, seconds = ("middle", 1) if quick else ("large", 5)
    found = [growth.measure(database, size=size, seconds=seconds) for database in DATABASES]
    return [asdict(each) | {"ratios": each.ratios} for each in found], [line for each in found for line in (*each.lines(), "")]


def profile_ways(*, quick: bool) -> tuple[Any, list[str]]:
    ways = profiling.measure("postgres", times=profiling.TIMES_QUICK if quick else profiling.TIMES)
    return [asdict(way) for way in ways], profiling.lines(ways)


# Each measure: its figures for the history, and the lines that a person reads.
MEASURES: Mapping[str, Callable[..., tuple[Any, list[str]]]] = {
    "pages": weigh_pages,
    "speed": time_speed,
    "growth": compare_sizes,
    "profile": profile_ways,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="which; all of them without any")
    parser.add_argument("--quick", action="store_true", help="once instead of several times; the figures are not kept")
    options = parser.parse_args()
    # Whatever was started is ended before we go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    at = datetime.now(UTC)
    facts = machine.facts()
    say(f"{facts.cores} cores, Python {facts.python}, {facts.commit}; fixed piece of work: {facts.fixed_work_ms} ms")
    if facts.load > facts.cores / 2:
        say(f"Others are at work here (load {facts.load}): times will be too long.")
    found = {}
    for name in options.measures or MEASURES:
        found[name], lines = MEASURES[name](quick=options.quick)
        say("", *lines)
    if not options.quick:
        say("", f"Kept in {keep(at, facts, found)}")


def keep(at: datetime, facts: machine.Machine, found: Mapping[str, Any]) -> Path:
    """Write down what was found; the file says when and of which commit."""
    HISTORY.mkdir(exist_ok=True)
    file = HISTORY / f"{at:%Y-%m-%dT%H%M}-{facts.commit}.json"
    file.write_text(json.dumps({"at": at.isoformat(timespec="seconds"), "machine": asdict(facts), **found}, indent=1) + "\n")
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
