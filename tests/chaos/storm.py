# SPDX-License-Identifier: Apache-2.0
"""`make chaos`: a house of real processes, in which everything is killed while people book, move and cancel. Prints and keeps figures."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2
from bench import machine
from bench.__main__ import keep

AT_REST_WITHIN_SECONDS = 1200
GUESTS = 4
WORKERS = ("first", "second", "third")
# A storm at the vendor: each call has its chance of one of these, whatever it is about.
STORM: tuple[dict[str, Any], ...] = (
    {"kind": "reset_before", "probability": 0.08},
    {"kind": "reset_after", "probability": 0.08},
    {"kind": "status", "status": 503, "probability": 0.08},
    {"kind": "status_after", "status": 502, "probability": 0.08},
    {"kind": "throttle", "retry_after": 2, "probability": 0.02},
    {"kind": "slow", "seconds": 2, "probability": 0.05},
    {"kind": "html", "probability": 0.03},
    {"kind": "half_key", "call": "create", "probability": 0.03},
)


@dataclass(frozen=True, slots=True)
class Size:
    bookings: int
    seconds: int


FULL, QUICK = Size(1000, 300), Size(150, 45)


@dataclass
class Figures:
    """What one storm over one database came to. `unanswered` are wishes to which no answer came; they may have been booked."""

    database: str
    bookings: int = 0
    moves: int = 0
    cancellations: int = 0
    unanswered: int = 0
    kills: int = 0
    database_stops: int = 0
    vendor_storms: int = 0
    live_keys: int = 0
    made_keys: int = 0
    booked_seconds: int = 0
    at_rest_seconds: int = 0
    ready_seconds: dict[str, float] = field(default_factory=dict)
    revoked_seconds: dict[str, float] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0


class Guests:
    """People of several threads, each with his own bookings; times are handed out so that nobody is in another one's way."""

    def __init__(self, house: Any, size: Size, figures: Figures) -> None:
        self.house, self.size, self.figures = house, size, figures
        self.first_day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.confirmed: set[str] = set()
        self._lock = threading.Lock()
        self._given = Counter[int]()
        self._began = time.monotonic()

    def run(self) -> None:
        people = [threading.Thread(target=self._one, args=(number,), daemon=True) for number in range(GUESTS)]
        for person in people:
            person.start()
        for person in people:
            person.join()

    def _one(self, number: int) -> None:
        chance = random.Random(number)
        mine: list[str] = []
        for place in range(number, self.size.bookings, GUESTS):
            time.sleep(max(0.0, self._began + place * self.size.seconds / self.size.bookings - time.monotonic()))
            mine.append(self._book())
            if mine and chance.random() < 0.33:
                self._move(chance.choice(mine))
            if mine and chance.random() < 0.2:
                gone = chance.choice(mine)
                if self._ask(f"/bookings/{gone}/cancel", {}, good={200}):
                    mine.remove(gone)
                    self._count("cancellations")

    def _book(self) -> str:
        """Whoever gets no answer tries again, at another time: the first wish may have been booked."""
        while True:
            answer = self._ask("/bookings", wish(self._hour(days=2)), good={201})
            if answer:
                self._count("bookings", answer["reference"])
                return str(answer["reference"])
            time.sleep(0.5)

    def _hour(self, *, days: int) -> datetime:
        """One that nobody else was given; those of bookings and those of moves lie apart."""
        with self._lock:
            self._given[days] += 1
            return at_hour(self.first_day, days=days, hours=self._given[days])

    def _move(self, reference: str) -> None:
        start = self._hour(days=180)
        if self._ask(f"/bookings/{reference}/reschedule", {"start": start.isoformat()}, good={200}):
            self._count("moves")

    def _ask(self, path: str, body: dict[str, Any], *, good: set[int]) -> dict[str, Any] | None:
        try:
            answer = self.house.api("POST", path, body)
        except httpx2.HTTPError:
            answer = None
        if answer is not None and answer.status_code in good:
            found: dict[str, Any] = answer.json()
            return found
        if answer is None or answer.status_code >= 500:
            self._count("unanswered")
        return None

    def _count(self, what: str, reference: str = "") -> None:
        with self._lock:
            setattr(self.figures, what, getattr(self.figures, what) + 1)
            if reference:
                self.confirmed.add(reference)


class Storm:
    """One trouble after another until it is told to stop; then everything runs again."""

    def __init__(self, house: Any, cluster: Any, figures: Figures) -> None:
        self.house, self.cluster, self.figures = house, cluster, figures
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._rage)
        self._chance = random.Random(5)
        self.failed: list[BaseException] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()
        self._faults()
        self._revive()
        if self.failed:
            raise self.failed[0]

    def _rage(self) -> None:
        troubles: list[Callable[[], None]] = [self._kill_worker, self._vendor_storm, self._kill_worker, self._kill_web]
        if self.cluster is not None:
            troubles.append(self._stop_database)
        try:
            while not self.over.wait(2):
                self._chance.shuffle(troubles)
                for trouble in troubles:
                    if not self.over.wait(self._chance.uniform(0.5, 3)):
                        self._revive()
                        trouble()
        except BaseException as error:
            self.failed.append(error)

    def _revive(self) -> None:
        """A process that finds no database at its start ends and says so; whoever runs it starts it again."""
        for name in WORKERS:
            if self.house.processes[name].poll() is not None:
                self.house.start_worker(name)
        if self.house.processes["web"].poll() is not None:
            self.house.start_web()

    def _kill_worker(self) -> None:
        name = self._chance.choice(WORKERS)
        self.house.kill(name)
        self.figures.kills += 1
        self.over.wait(self._chance.uniform(0, 3))
        self.house.start_worker(name)

    def _kill_web(self) -> None:
        self.house.kill("web")
        self.figures.kills += 1
        self.house.start_web()

    def _stop_database(self) -> None:
        self.cluster.down()
        self.figures.database_stops += 1
        self.over.wait(self._chance.uniform(1, 4))
        self.cluster.up()

    def _vendor_storm(self) -> None:
        self.figures.vendor_storms += 1
        self._faults(*({**fault, "seed": self._chance.random().hex()} for fault in STORM))
        self.over.wait(self._chance.uniform(4, 12))
        self._faults()

    def _faults(self, *plan: dict[str, Any]) -> None:
        httpx2.post(f"http://127.0.0.1:{self.house.exivo_port}/control/faults", json=list(plan), timeout=20).raise_for_status()


def wish(start: datetime) -> dict[str, Any]:
    from tests import factories as make

    return {"service": "seminar", "start": start.isoformat(), "duration": 60, "answers": make.answers()}


def at_hour(first: datetime, *, days: int, hours: int) -> datetime:
    return datetime.fromtimestamp(first.timestamp() + (days * 24 + hours) * 3600, UTC)


def storm_over(database: str, size: Size) -> Figures:
    """Must run in a process of its own: the environment of the tests names one database for all of it."""
    import django
    from tests import environment  # sets the environment, so it comes before Django

    django.setup()
    from tests.house import House, wait_until

    figures = Figures(database)
    with tempfile.TemporaryDirectory(prefix="einlass-storm-") as folder:
        house = House(Path(folder))
        try:
            house.build()
            house.start_web()
            for name in WORKERS:
                house.start_worker(name)
            began = time.monotonic()
            guests = Guests(house, size, figures)
            with Storm(house, environment._cluster, figures):
                guests.run()
            figures.booked_seconds = round(time.monotonic() - began)
            waited = wait_until(lambda: settled(house), seconds=AT_REST_WITHIN_SECONDS, what="every key is settled")
            figures.at_rest_seconds = round(waited)
            judge(house, guests.confirmed, figures)
        finally:
            house.stop()
            environment.pytest_unconfigure()
    return figures


def settled(house: Any) -> bool:
    try:
        bookings = house.bookings()
        states = {booking["access"]["state"] for booking in bookings}
        wanted = sum(booking["status"] == "confirmed" for booking in bookings)
        return states <= {"ready", "closed", "none"} and len(house.live_keys()) == wanted
    except (httpx2.HTTPError, KeyError, ValueError):
        return False


def judge(house: Any, confirmed: set[str], figures: Figures) -> None:
    """I3 and I4 for every booking, by what the vendor has; and how long each key took, by the events."""
    from tests.chaos.test_processes import actual_keys, expected_keys

    expected, actual = Counter(expected_keys(house)), Counter(actual_keys(house))
    known = {booking["reference"] for booking in house.bookings()}
    figures.live_keys, figures.made_keys = len(house.live_keys()), len(house.all_keys())
    figures.lost = (expected - actual).total() + len(confirmed - known)
    figures.doubled = (actual - expected).total()
    ready, revoked = waits(house)
    figures.ready_seconds, figures.revoked_seconds = percentiles(ready), percentiles(revoked)


def waits(house: Any) -> tuple[list[float], list[float]]:
    """Seconds from the last change of each booking until its key was ready, and from its cancellation until the key was taken back."""
    command = [sys.executable, "-m", "tests.chaos.waits"]
    done = subprocess.run(command, env=house.env, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    ready, revoked = json.loads(done.stdout)
    return ready, revoked


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "most": max(seconds, default=0.0)}
    cut = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cut[49], 1), "p95": round(cut[94], 1), "p99": round(cut[98], 1), "most": round(max(seconds), 1)}


def table(found: Sequence[Figures]) -> list[str]:
    """One column for each database."""
    rows: dict[str, Callable[[Figures], object]] = {
        "": lambda each: each.database,
        "bookings": lambda each: each.bookings,
        "moves": lambda each: each.moves,
        "cancellations": lambda each: each.cancellations,
        "without an answer": lambda each: each.unanswered,
        "processes killed": lambda each: each.kills,
        "database stopped": lambda each: each.database_stops,
        "storms at the vendor": lambda each: each.vendor_storms,
        "booked within (s)": lambda each: each.booked_seconds,
        "at rest after (s)": lambda each: each.at_rest_seconds,
        "keys made, live": lambda each: f"{each.made_keys}, {each.live_keys}",
        "ready p50/p95/p99 (s)": lambda each: in_short(each.ready_seconds),
        "taken back p50/p95/p99 (s)": lambda each: in_short(each.revoked_seconds),
        "lost": lambda each: each.lost,
        "doubled": lambda each: each.doubled,
    }
    return [f"{name:28}" + "".join(f"{show(each)!s:>22}" for each in found) for name, show in rows.items()]


def in_short(seconds: dict[str, float]) -> str:
    return "/".join(f"{seconds[name]:.1f}" for name in ("p50", "p95", "p99"))


def in_its_own_process(database: str, *, arguments: Sequence[str]) -> Figures:
    """Raises SystemExit where it did not come to rest."""
    env = {**os.environ, "EINLASS_TEST_DATABASE": database}
    command = [sys.executable, "-m", "tests.chaos.storm", "--here", *arguments]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            told, _ = process.communicate()
        finally:
            # It ends all that it has started, so it is asked and not killed.
            process.terminate()
    if process.returncode:
        sys.exit(f"The storm over {database} did not end well.")
    return Figures(**json.loads(told.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.chaos.storm", description=__doc__)
    parser.add_argument("databases", nargs="*", help="sqlite, postgres; both without any")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.bookings} bookings instead of {FULL.bookings}")
    parser.add_argument("--here", action="store_true", help="over the database of this process; gives the figures as JSON")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if options.here:
        figures = storm_over(os.environ["EINLASS_TEST_DATABASE"], QUICK if options.quick else FULL)
        print(json.dumps(asdict(figures)))
        return
    at, facts = datetime.now(UTC), machine.facts()
    found = [in_its_own_process(each, arguments=["--quick"] * options.quick) for each in options.databases or ("sqlite", "postgres")]
    print(*table(found), sep="\n")
    print(f"Kept in {keep(at, facts, {'storm': [asdict(each) for each in found]})} (load {facts.load} at the beginning)")
    if any(each.lost or each.doubled for each in found):
        sys.exit("Keys were lost or doubled.")


if __name__ == "__main__":
    main()
