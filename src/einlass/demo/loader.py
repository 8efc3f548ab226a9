# SPDX-License-Identifier: Apache-2.0
"""What `einlass demo` puts into an installation: a seminar house, its owner, bookings of the coming week. All invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.core.hours import local_date, to_local
from einlass.models import Booking, Branch, Service, User
from einlass.operations.bookings import Wish, book
from einlass.operations.config_file import Applied, apply
from einlass.operations.users import create_owner
from einlass.queries.availability import free_days
from einlass.queries.services import service_by_key

OWNER_EMAIL = "owner@example.org"
OWNER_PASSWORD = "seminarhaus-aare"  # noqa: S105 - printed by the demo, for the demo
BRANCHES = ("bern", "thun")
OWNER_NAME = "Nadia Keller"
LOADER = Actor(ActorKind.STAFF, "demo")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody invented. The numbers are valid Swiss mobile numbers that nobody is likely to have; the emulator sends nothing to them."""

    first_name: str
    last_name: str
    mobile: str
    language: str = "de"

    @property
    def email(self) -> str:
        name = f"{self.first_name}.{self.last_name}".lower().replace("ü", "ue")
        return f"{name}@example.org"


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking to be made: `days` from today, at the first free start from `hour` on."""

    guest: Guest
    service: str
    days: int
    hour: int
    duration: int


PLANS = (
    Plan(Guest("Lea", "Baumann", "+41780000101"), "sitzungszimmer", 0, 0, 60),
    Plan(Guest("Reto", "Gerber", "+41780000102"), "seminar-aare", 1, 9, 240),
    Plan(Guest("Aline", "Favre", "+41780000103", "en"), "sitzungszimmer", 1, 10, 120),
    Plan(Guest("Beat", "Zürcher", "+41780000104"), "kursraum-muehle", 1, 18, 90),
    Plan(Guest("Sandra", "Wyss", "+41780000105"), "seminar", 2, 13, 240),
    Plan(Guest("Luca", "Bernasconi", "+41780000106"), "seminar", 2, 13, 120),
    Plan(Guest("Priya", "Nair", "+41780000107", "en"), "atelier", 3, 14, 120),
    Plan(Guest("Jonas", "Lüthi", "+41780000108"), "sitzungszimmer", 3, 14, 60),
    Plan(Guest("Sandra", "Wyss", "+41780000105"), "kurstag-muehle", 4, 9, 480),
    Plan(Guest("Regula", "Moser", "+41780000109"), "seminar-aare", 5, 8, 120),
    Plan(Guest("Marc", "Aebischer", "+41780000110"), "kursraum-muehle", 6, 17, 60),
)


def demo_file() -> str:
    """The demo's configuration file, also an example for `einlass apply`."""
    return (files("einlass.demo") / "demo.yaml").read_text(encoding="utf-8")


class NotEmpty(Exception):
    """The installation has branches of its own, into which no demo belongs."""


def refuse_foreign_data() -> None:
    """Raises NotEmpty rather than mix a demo into somebody's bookings."""
    own = Branch.objects.exclude(key__in=BRANCHES).values_list("key", flat=True)
    if own:
        raise NotEmpty(", ".join(own))


def load_demo(now: datetime) -> Applied:
    """Apply the demo's file, make its owner, and book where nothing was ever booked. A second time changes nothing."""
    refuse_foreign_data()
    applied = apply(demo_file(), source="demo.yaml", prune=False, dry_run=False, now=now, actor=LOADER)
    if not User.objects.filter(email=OWNER_EMAIL).exists():
        create_owner(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, now=now, actor=LOADER)
    if not Booking.objects.exists():
        for plan in PLANS:
            _book(plan, now=now)
    return applied


def _book(plan: Plan, *, now: datetime) -> None:
    """Book the plan on the first day from its own on that has room for it."""
    service = service_by_key(plan.service)
    assert service is not None, plan.service
    start = _first_start(service, plan, now=now)
    if start is None:
        return
    guest = plan.guest
    answers = {"first_name": guest.first_name, "last_name": guest.last_name, "email": guest.email, "mobile": guest.mobile}
    try:
        book(Wish(service=service, start=start, duration=plan.duration, answers=answers, language=guest.language), actor=GUEST, now=now)
    except Refusal as refusal:
        # Somebody at the page was quicker in this very moment; the demo does not need each booking.
        if refusal.code != "slot_taken":
            raise


def _first_start(service: Service, plan: Plan, *, now: datetime) -> datetime | None:
    zone = service.branch.time_zone
    first = local_date(now, zone) + timedelta(days=plan.days)
    days = free_days(service, duration=plan.duration, first=first, last=first + timedelta(days=7), now=now)
    starts = [slot.start for day in days for slot in day.slots]
    return next((start for start in starts if to_local(start, zone).hour >= plan.hour), None)
