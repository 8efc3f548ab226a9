# SPDX-License-Identifier: Apache-2.0
"""Where the time of the hottest ways goes: a month of any of ten rooms, a booking, the booking page; without the wire. Profiling makes
everything slower, so only shares count."""

from __future__ import annotations

import cProfile
import io
import pstats
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from wsgiref.util import setup_testing_defaults

from bench.asking import booking, get, slots
from bench.dataset import SMALL, free, month_of
from bench.product import product

TIMES, TIMES_QUICK, FIRST_TIMES, LINES = 300, 40, 20, 14
PLACE = re.compile(r".*/(?:site-packages|python3\.\d+|src)/")


@dataclass(frozen=True, slots=True)
class Way:
    """`plain_ms` is the median without the profiler; `parts` are functions with the share of the time within them and below them: those
    that take most themselves, then our own that take most with what they call."""

    what: str
    plain_ms: float
    parts: Sequence[tuple[str, float, float]]


def measure(database: str, *, times: int) -> list[Way]:
    with product(database, size="small", branches=SMALL.branches, with_keys=False) as house:
        first = date.fromisoformat(house.filled["first"])
        start, end = month_of(first)
        spots = free(SMALL, 0, first=first)
        ways = {
            "month, any of ten rooms": slots(house, ["any-0"], start, end),
            "booking": [booking(house, spot, 3_000_000 + n) for n, spot in enumerate(spots[: 2 * times + FIRST_TIMES])],
            "booking page, first view": [get(house, "/book/any-0/")],
        }
        asked = {what: requests * -(-(2 * times + FIRST_TIMES) // len(requests)) for what, requests in ways.items()}
        told = house.inside("profile", f"--times={times}", text=asked)
    return [Way(**each) for each in told["ways"]]


def lines(ways: Sequence[Way]) -> list[str]:
    found = []
    for way in ways:
        found += [f"{way.what}: {way.plain_ms} ms without the wire; of the profiled time, in the function and with what it calls"]
        found += [f"  {own:6.1%} {whole:6.1%}  {name}" for name, own, whole in way.parts]
    return found


def profiled(application: Callable[..., Any], ways: Mapping[str, Sequence[str]], *, times: int) -> list[dict[str, Any]]:
    """Within the product's process: each way first a few times that do not count, then plainly, then under the profiler."""
    found = []
    for what, requests in ways.items():
        asks = iter(requests)
        for _ in range(FIRST_TIMES):
            _ask(application, next(asks))
        plain = sorted(_ask(application, next(asks)) for _ in range(times))
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(times):
            _ask(application, next(asks))
        profile.disable()
        found.append({"what": what, "plain_ms": round(plain[times // 2] * 1000, 2), "parts": _parts(profile)})
    return found


def _parts(profile: cProfile.Profile) -> list[tuple[str, float, float]]:
    stats = pstats.Stats(profile)
    whole: float = stats.total_tt  # type: ignore[attr-defined] # in no stub, and in every version
    rows = [(f"{PLACE.sub('', file)}:{name}", own / whole, below / whole) for (file, _, name), (_, _, own, below, _) in stats.stats.items()]  # type: ignore[attr-defined] # as above
    by_itself = sorted(rows, key=lambda row: -row[1])[:LINES]
    ours = sorted((row for row in rows if row[0].startswith("einlass/")), key=lambda row: -row[2])[: 2 * LINES]
    return [*by_itself, *(row for row in ours if row not in by_itself)]


def _ask(application: Callable[..., Any], request: str) -> float:
    """The request of the load as WSGI has it. Raises RuntimeError for an answer that is no success."""
    head, _, body = request.partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO(body.encode())}
    for name, _, value in (line.partition(": ") for line in rest):
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    setup_testing_defaults(environ)
    said: list[str] = []
    began = time.perf_counter()
    answer = application(environ, lambda status, *_: said.append(status))
    b"".join(answer)
    answer.close()
    if not said[0].startswith("2"):
        raise RuntimeError(f"{first}: {said[0]}")
    return time.perf_counter() - began
