# SPDX-License-Identifier: Apache-2.0
"""Requests as they go over the wire, and the figures of a load: what was asked, how quickly it was answered, who had work with it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench.dataset import Spot, answers
from bench.product import Product


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in milliseconds. `generator` and `web` are the cores that were kept busy: 0.25 is a quarter of one."""

    what: str
    clients: int
    answers: int
    per_second: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    statuses: Mapping[str, int]
    generator: float
    web: float


def asked(product: Product, what: str, requests: Sequence[str], *, clients: int, **how: float) -> Figures:
    """Put a load on the product; `how` is `seconds`, `per_second`, or nothing for once through."""
    sys.stderr.write(f"  {product.database}: {what}, {clients} clients\n")
    before = _web_seconds(product)
    told = loaded(product, requests, clients=clients, **how)
    times, took = told["milliseconds"], told["seconds"]
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else [*times] * 99
    return Figures(
        what=what,
        clients=clients,
        answers=len(times),
        per_second=round(len(times) / took, 1),
        median_ms=round(cuts[49], 2),
        p95_ms=round(cuts[94], 2),
        p99_ms=round(cuts[98], 2),
        statuses=dict(sum((Counter(each) for each in told["rounds"]), Counter[str]())),
        generator=round(told["busy"], 2),
        web=round((_web_seconds(product) - before) / took, 2),
    )


def loaded(product: Product, requests: Sequence[str], *, clients: int, **how: float) -> dict[str, Any]:
    """What `load.py` says, which runs as a process of its own so that it has its own core, if there is one left."""
    order = {"port": product.web_port, "clients": clients, "requests": list(requests), **how}
    done = subprocess.run([sys.executable, "-m", "bench.load"], input=json.dumps(order), stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def get(product: Product, path: str, *, token: str = "", cookie: str = "") -> str:
    """As a browser or a program asks; compressed answers are taken, as all of them do."""
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    who += f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{product.web_port}\r\nAccept-Encoding: gzip\r\n{who}\r\n"


def slots(product: Product, services: Sequence[str], first: date, last: date) -> list[str]:
    """The free times of these services from all tokens in turn: one is let through fifty times a second only."""
    tokens = product.filled["tokens"]
    paths = [f"/api/v1/services/{service}/slots?from={first}&to={last}" for service in services]
    return [get(product, paths[n % len(paths)], token=token) for n, token in enumerate(tokens * len(paths))]


def booking(product: Product, spot: Spot, number: int, *, branch: int = 0) -> str:
    """A wish for one hour of one room, by a guest of its own."""
    wish = {"service": f"room-{branch}-{spot.room}", "start": spot.start.isoformat(), "duration": 60, "answers": answers(number)}
    body = json.dumps(wish)
    token = product.filled["tokens"][number % len(product.filled["tokens"])]
    head = f"POST /api/v1/bookings HTTP/1.1\r\nHost: 127.0.0.1:{product.web_port}\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def table(figures: Sequence[Figures], *, title: str) -> list[str]:
    """As a person reads it. What the load took of the machine stands beside what it put on it."""
    lines = [title, f"{'':44}{'clients':>8}{'a second':>10}{'median':>10}{'p95':>10}{'p99':>10}  {'load':>6}{'web':>6}  answers"]
    for each in figures:
        times = "".join(f"{value:7.1f} ms" for value in (each.median_ms, each.p95_ms, each.p99_ms))
        cores = os.cpu_count() or 1
        busy = f"{each.generator / cores:6.0%}{each.web / cores:6.0%}"
        said = ", ".join(f"{count} × {status}" for status, count in sorted(each.statuses.items()))
        lines.append(f"{each.what:44}{each.clients:8}{each.per_second:10.0f}{times}  {busy}  {said}")
    return lines


def _web_seconds(product: Product) -> float:
    return sum(process.worked_seconds for process in product.processes()["web"])
