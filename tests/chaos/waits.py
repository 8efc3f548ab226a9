# SPDX-License-Identifier: Apache-2.0
"""How long people waited for their keys, by the events of a house: run with its environment, prints two lists of seconds as JSON."""

from __future__ import annotations

import json
import os
import sys

ASKED = ("booking.confirmed", "booking.moved")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "einlass.conf.settings")
    import django

    django.setup()
    from einlass.models import Booking, EventRecord

    ready, revoked = [], []
    for pk, status in Booking.objects.values_list("pk", "status"):
        events = list(EventRecord.objects.filter(booking=pk).order_by("at", "pk").values_list("kind", "at", "data"))
        changed = max(at for kind, at, _ in events if kind in ASKED)
        last = max((data["generation"] for kind, _, data in events if kind == "key.ready"), default=0)
        said = [at for kind, at, data in events if kind == "key.ready" and data["generation"] == last]
        if status == "confirmed" and said:
            ready.append((min(said) - changed).total_seconds())
        cancelled = [at for kind, at, _ in events if kind == "booking.cancelled"]
        taken = [at for kind, at, _ in events if kind == "key.revoked" and cancelled and at >= cancelled[0]]
        if taken:
            revoked.append((max(taken) - cancelled[0]).total_seconds())
    sys.stdout.write(json.dumps([ready, revoked]))


if __name__ == "__main__":
    main()
