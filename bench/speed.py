# SPDX-License-Identifier: Apache-2.0
"""How quick the product is on the small data set: free times, the booking page, bookings, races, keys, memory. One run, one database."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from bench.asking import Figures, asked, booking, get, loaded, slots, table
from bench.dataset import ROOMS, SMALL, Spot, free, month_of
from bench.product import Product, product

CLIENTS = (1, 16)
CALL_TAKES_SECONDS = 0.1
RACERS = 50
CALLS_PER_SECOND = 50  # as set for the lock system, see `fill.py`


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is asked: seconds of each read, bookings at 1 and at 16 clients, races, seconds of 20 bookings each, keys that are due."""

    read_seconds: float
    bookings: tuple[int, int]
    races: int
    key_seconds: int
    beside_worker: int
    due: int


FULL = Effort(read_seconds=6, bookings=(300, 3_000), races=30, key_seconds=30, beside_worker=600, due=5_000)
QUICK = Effort(read_seconds=1, bookings=(30, 200), races=5, key_seconds=4, beside_worker=40, due=60)


@dataclass(slots=True)
class Run:
    """What was found over one database. `journal` is SQLite's; races are won by so many each."""

    database: str
    journal: str = ""
    figures: list[Figures] = field(default_factory=list)
    races: list[int] = field(default_factory=list)
    key_seconds: dict[str, float] = field(default_factory=dict)
    drained: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        title = f"On {self.database}" + (f", journal mode {self.journal.upper()}" if self.journal else "")
        keys, drained = self.key_seconds, self.drained
        return [
            *table(self.figures, title=title),
            f"{RACERS} clients at one hour, {len(self.races)} times: booked {sorted(set(self.races))} times each",
            f"Key ready, at 20 bookings a second: median {keys['median']} s, p99 {keys['p99']} s ({keys['keys']:.0f} keys)",
            f"{drained['keys']:.0f} due keys by 2 workers: {drained['calls_per_second']} calls a second of {CALLS_PER_SECOND}, "
            f"{drained['seconds']} s",
            *(f"Memory in MB, {name}: {', '.join(f'{each:.0f}' for each in sizes)}" for name, sizes in self.memory_mb.items()),
        ]


def measure(database: str, *, effort: Effort) -> Run:
    with product(database, size="small", branches=SMALL.branches, with_keys=False) as house:
        run = Run(database, house.filled["journal"])
        first = date.fromisoformat(house.filled["first"])
        spots = _wishes(house, free(SMALL, 0, first=first))
        run.figures += _reads(house, first, effort)
        house.vendor_takes(CALL_TAKES_SECONDS)
        house.start_worker()
        run.key_seconds = _keys(house, spots, effort)
        run.figures += _beside_worker(house, spots, effort)
        house.end("worker")
        run.figures += _bookings(house, spots, effort)
        run.races = [_race(house, free(SMALL, 0, first=first)[-1 - n], n) for n in range(effort.races)]
        house.vendor_takes(0)
        run.drained = _drain(house, effort)
        run.memory_mb = _memory(house)
    return run


def _reads(house: Product, first: date, effort: Effort) -> list[Figures]:
    """Each for a second before it is measured: everything that is kept is kept by then, as in a product that has been running."""
    start, end = month_of(first)
    rooms = [f"room-0-{n}" for n in range(ROOMS)]
    questions = {
        "free times, a day, one room": slots(house, rooms, start, start),
        "free times, a day, any of ten rooms": slots(house, ["any-0"], start, start),
        "free times, a month, one room": slots(house, rooms, start, end),
        "free times, a month, any of ten rooms": slots(house, ["any-0"], start, end),
        "booking page, first view": [get(house, "/book/any-0/")],
    }
    found = []
    for what, requests in questions.items():
        for clients in CLIENTS:
            loaded(house, requests, clients=clients, seconds=1)
            found.append(asked(house, what, requests, clients=clients, seconds=effort.read_seconds))
    return found


def _wishes(house: Product, spots: Sequence[Spot]) -> Iterator[str]:
    return (booking(house, spot, 1_000_000 + n) for n, spot in enumerate(spots))


def _bookings(house: Product, wishes: Iterator[str], effort: Effort) -> list[Figures]:
    found = []
    for clients, many in zip(CLIENTS, effort.bookings, strict=True):
        loaded(house, list(islice(wishes, 2 * clients)), clients=clients)
        found.append(asked(house, "booking, worker stopped", list(islice(wishes, many)), clients=clients))
    return found


def _beside_worker(house: Product, wishes: Iterator[str], effort: Effort) -> list[Figures]:
    return [asked(house, "booking, worker running", list(islice(wishes, effort.beside_worker)), clients=CLIENTS[-1])]


def _race(house: Product, spot: Spot, number: int) -> int:
    """How many of fifty that ask for the same hour at once get it. Raises SystemExit where anything else than yes and no was said."""
    requests = [booking(house, spot, 2_000_000 + number * RACERS + n) for n in range(RACERS)]
    told = loaded(house, requests, clients=RACERS, at_once=RACERS)["rounds"][0]
    if told.get("201", 0) + told.get("409", 0) != RACERS:
        raise SystemExit(f"A race was answered by {told}.")
    return int(told.get("201", 0))


def _keys(house: Product, wishes: Iterator[str], effort: Effort) -> dict[str, float]:
    """From the booking to the key that was read back, by the events; a worker that has just begun is given a moment."""
    since = house.inside("last")["last"]
    many = 20 * effort.key_seconds
    loaded(house, list(islice(wishes, 20)), clients=1, per_second=2)
    asked(house, "booking, 20 a second", list(islice(wishes, many)), clients=CLIENTS[-1], per_second=20)
    waits = house.inside("ready", f"--since={since}", f"--count={many + 20}", "--seconds=60")["waits"][:many]
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {"keys": len(waits), "median": round(cuts[49], 2), "p99": round(cuts[98], 2), "most": round(max(waits), 2)}


def _drain(house: Product, effort: Effort) -> dict[str, float]:
    """With two workers; each key takes two calls. What is still due of the bookings before is made due by nobody meanwhile."""
    house.inside("forget")
    since = house.inside("due", f"--count={effort.due}", f"--after={SMALL.days + 10}")["last"]
    for name in ("one", "two"):
        house.start_worker(name)
    most = 60 + effort.due * 2 * 2 // CALLS_PER_SECOND
    told: dict[str, Any] = house.inside("ready", f"--since={since}", f"--count={effort.due}", f"--seconds={most}")
    seconds = told["seconds"] or 0
    rate = round(told["requests"] / seconds, 1) if seconds else 0
    return {"keys": told["keys"], "requests": told["requests"], "seconds": round(seconds, 1), "calls_per_second": rate}


def _memory(house: Product) -> dict[str, list[float]]:
    """RSS of every process; of PostgreSQL's, which share most of it, one figure with what they share counted once."""
    found = {}
    for name, processes in house.processes().items():
        shared = [process.shared_once or process.resident for process in processes]
        found[name] = [round(sum(shared), 1)] if name == "database" else [process.resident for process in processes]
    return found
