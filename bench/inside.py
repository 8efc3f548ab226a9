# SPDX-License-Identifier: Apache-2.0
"""What has to be done within the product's own environment: `python -m bench.inside COMMAND`, which prints JSON. Run by `product.py`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

TOKENS = 64  # one is let through fifty times a second by each process
LOOK_SECONDS = 0.5
OWNER = "owner@example.org"


def fill(options: argparse.Namespace) -> dict[str, Any]:
    """The data set, tokens to ask with, the cookie of somebody signed in; and how SQLite keeps its journal."""
    from bench import fill as rows
    from bench.dataset import SIZES

    now = datetime.now(UTC)
    first = rows.first_day(now)
    rows.fill(SIZES[options.size], first=first, now=now, with_keys=options.with_keys)
    return {"first": first.isoformat(), "tokens": _tokens(now), "cookie": _cookie(now), "journal": _journal()}


def due(options: argparse.Namespace) -> dict[str, Any]:
    """Bookings whose keys have to be made, long after those of the data set; the highest number before them."""
    from bench import fill as rows
    from bench.dataset import later
    from einlass.models import Booking, Branch

    now = datetime.now(UTC)
    last = Booking.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    spots = later(options.count, first=rows.first_day(now), after=options.after)
    rows.due(Branch.objects.order_by("position")[0], list(spots), now=now)
    return {"last": last}


def last(options: argparse.Namespace) -> dict[str, Any]:
    from einlass.models import Booking

    return {"last": Booking.objects.order_by("-pk").values_list("pk", flat=True).first() or 0}


def forget(options: argparse.Namespace) -> dict[str, Any]:
    """Nothing is due any more."""
    from einlass.models import Access

    return {"forgotten": Access.objects.filter(next_check_at__isnull=False).update(next_check_at=None)}


def ready(options: argparse.Namespace) -> dict[str, Any]:
    """Wait until so many bookings after a number have their key; the seconds from booking to key, and what the vendor was asked."""
    from django.db.models import Sum

    from einlass.models import EventRecord, VendorCall

    told = EventRecord.objects.filter(kind="key.ready", booking__gt=options.since)
    deadline = time.monotonic() + options.seconds
    while told.count() < options.count and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    found = dict(told.order_by("-at").values_list("booking", "at"))
    asked = dict(EventRecord.objects.filter(kind="booking.confirmed", booking__in=found).values_list("booking", "at"))
    calls = VendorCall.objects.filter(booking__gt=options.since)
    ends = sorted(found.values())
    first = calls.order_by("started_at").values_list("started_at", flat=True).first()
    return {
        "keys": len(found),
        "waits": [(at - asked[booking]).total_seconds() for booking, at in found.items() if booking in asked],
        "requests": calls.aggregate(all=Sum("requests"))["all"] or 0,
        "seconds": (ends[-1] - first).total_seconds() if ends and first else None,
    }


def profile(options: argparse.Namespace) -> dict[str, Any]:
    """The ways that are asked for on the standard input, over the product's own application."""
    from bench.profiling import profiled
    from einlass.conf.wsgi import application

    return {"ways": profiled(application, json.load(sys.stdin), times=options.times)}


def _tokens(now: datetime) -> list[str]:
    from einlass.core.events import CLOCK
    from einlass.core.roles import Role
    from einlass.operations.users import create_token

    return [create_token(name=f"load {n}", role=Role.OWNER, now=now, actor=CLOCK) for n in range(TOKENS)]


def _cookie(now: datetime) -> str:
    from django.conf import settings
    from django.test import Client

    from einlass.core.events import CLOCK
    from einlass.operations.users import create_owner, new_password

    client = Client()
    client.force_login(create_owner(email=OWNER, password=new_password(), now=now, actor=CLOCK))
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def _journal() -> str:
    from django.db import connection

    if connection.vendor != "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        return str(cursor.fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.inside", description=__doc__)
    commands = parser.add_subparsers(required=True)
    filling = commands.add_parser("fill")
    filling.add_argument("size")
    filling.add_argument("--with-keys", action="store_true")
    filling.set_defaults(run=fill)
    dues = commands.add_parser("due")
    dues.add_argument("--count", type=int, required=True)
    dues.add_argument("--after", type=int, required=True, help="days from now on")
    dues.set_defaults(run=due)
    commands.add_parser("last").set_defaults(run=last)
    commands.add_parser("forget").set_defaults(run=forget)
    profiling = commands.add_parser("profile")
    profiling.add_argument("--times", type=int, required=True)
    profiling.set_defaults(run=profile)
    waiting = commands.add_parser("ready")
    for name in ("since", "count", "seconds"):
        waiting.add_argument(f"--{name}", type=int, required=True)
    waiting.set_defaults(run=ready)
    options = parser.parse_args()
    from einlass.cli import setup

    setup.load_migrated()
    json.dump(options.run(options), sys.stdout)


if __name__ == "__main__":
    main()
