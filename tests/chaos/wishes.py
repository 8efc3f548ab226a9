# SPDX-License-Identifier: Apache-2.0
"""One process of the double booking test: works through its wishes as fast as it can and prints how many it got."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "einlass.conf.settings")
    import django

    django.setup()
    from einlass.core.errors import Refusal
    from einlass.core.events import GUEST
    from einlass.models import Service
    from einlass.operations.bookings import Wish, book

    asked = json.load(sys.stdin)
    now = datetime.fromisoformat(asked["now"])
    service = Service.objects.get()
    outcomes = []
    for offset, minutes in asked["wishes"]:
        answers = {"first_name": "Lea", "last_name": "Baumann", "email": "lea@example.org", "mobile": "078 123 45 67"}
        wish = Wish(service=service, start=now + timedelta(minutes=offset), duration=minutes, answers=answers, language="de")
        try:
            book(wish, actor=GUEST, now=now)
            outcomes.append("booked")
        except Refusal as refusal:
            outcomes.append(refusal.code)
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main()
