# SPDX-License-Identifier: Apache-2.0
"""The log of changes: who changed what, when, before and after. The filters stand in the address; nonsense there counts as not set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.bookings import Actor as ActorKind
from einlass.core.hours import local_instant
from einlass.core.roles import May
from einlass.core.texts import in_language
from einlass.models import Branch, EventRecord, User
from einlass.queries.events import EVERYBODY, KINDS, PEOPLE, SETTINGS, EventFilter, log_of_events
from einlass.web import formats
from einlass.web.context import operator_of
from einlass.web.manage.addresses import day_in
from einlass.web.manage.desk import Crumb, settings_crumbs, show, staff_page
from einlass.web.manage.event_words import moved_of, reason_of, sentence_of
from einlass.web.manage.setting_words import Change, Names, changes_of

PER_PAGE = 50
WHO = {
    PEOPLE: _("The staff"),
    EVERYBODY: _("Everybody"),
    ActorKind.GUEST.value: _("Guests"),
    ActorKind.API.value: _("Programs"),
    ActorKind.CLOCK.value: "Einlass",
}
AREAS = {
    "organisation": _("Organisation"),
    "branches": _("Branches"),
    "services": _("Services"),
    "questions": _("Booking questions"),
    "templates": _("Templates"),
    "lock_systems": _("Integrations"),
    "team": _("Team"),
    "tokens": _("Tokens"),
    "privacy": _("Privacy"),
    "bookings": _("Bookings"),
    "keys": _("Keys"),
    "doors": _("Opened doors"),
    "messages": _("Messages"),
}
assert set(AREAS) == {*SETTINGS, *KINDS}


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters as they stand in the address."""

    who: str
    area: str
    branch: str
    first: date | None
    last: date | None
    text: str

    @property
    def address(self) -> str:
        """For the link to older events."""
        days = {"from": self.first.isoformat() if self.first else "", "to": self.last.isoformat() if self.last else ""}
        return urlencode({"who": self.who, "area": self.area, "branch": self.branch, **days, "q": self.text})

    @property
    def narrowed(self) -> bool:
        return self.who != PEOPLE or any((self.area, self.branch, self.first, self.last, self.text))


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is told."""

    at: datetime
    when: str
    who: str
    sentence: str
    reference: str
    reason: str
    changes: tuple[Change, ...]


@staff_page(May.ADMINISTER)
def audit(request: HttpRequest) -> HttpResponse:
    branches, now = list(Branch.objects.all()), timezone.now()
    people = list(User.objects.order_by("name", "email"))
    names = sorted({user.get_full_name() for user in people})
    filters = _filters_in(request.GET, branches=branches)
    zone = branches[0].time_zone if branches else "UTC"
    rows = list(log_of_events(_wanted(filters, zone=zone, before=request.GET.get("before", "")))[: PER_PAGE + 1])
    teller = _Teller(request, zone=zone, now=now)
    context = {
        "entries": [teller.entry(row) for row in rows[:PER_PAGE]],
        "older": rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None,
        "later": bool(request.GET.get("before")),
        "filters": filters,
        "who": [(value, str(word), value == filters.who) for value, word in {**WHO, **{name: name for name in names}}.items()],
        "areas": [(value, str(word), value == filters.area) for value, word in AREAS.items()],
        "branches": [(branch.key, teller.branch(branch), branch.key == filters.branch) for branch in branches],
    }
    return show(request, "manage/audit.html", context, at="audit", crumbs=settings_crumbs(Crumb(gettext("Log of changes"))))


def _filters_in(query: Mapping[str, str], *, branches: Sequence[Branch]) -> Filters:
    area, branch = query.get("area", ""), query.get("branch", "")
    return Filters(
        who=_clean(query.get("who", "")) or PEOPLE,
        area=area if area in AREAS else "",
        branch=branch if branch in {row.key for row in branches} else "",
        first=day_in(query.get("from", "")),
        last=day_in(query.get("to", "")),
        text=_clean(query.get("q", ""))[:100],
    )


def _clean(text: str) -> str:
    """PostgreSQL refuses to look for a NUL, which an address may hold."""
    return text.replace("\0", "").strip()


def _wanted(filters: Filters, *, zone: str, before: str) -> EventFilter:
    return EventFilter(
        who=filters.who,
        area=filters.area,
        branch=filters.branch,
        start=local_instant(zone, filters.first, 0) if filters.first else None,
        end=local_instant(zone, filters.last + timedelta(days=1), 0) if filters.last else None,
        text=filters.text,
        before=int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None,
    )


class _Teller:
    """Puts events into words for one request."""

    def __init__(self, request: HttpRequest, *, zone: str, now: datetime) -> None:
        self.language = request.LANGUAGE_CODE
        self.default = operator_of(request).default_language
        self.zone, self.now = zone, now
        self.names = Names.read(language=self.language, default=self.default)
        self.questions = self.names.within("questions")

    def branch(self, branch: Branch) -> str:
        return in_language(branch.name, language=self.language, default=self.default) or branch.key

    def entry(self, row: EventRecord) -> Entry:
        return Entry(
            at=row.at,
            when=formats.recent(row.at, self.zone, now=self.now),
            who=row.actor_name or str(WHO.get(row.actor_kind, row.actor_kind)),
            sentence=sentence_of(row, branch=self.branch(row.branch) if row.branch else "", questions=self.questions),
            reference=row.booking.reference if row.booking else "",
            reason=reason_of(row),
            changes=tuple(self._changes(row)),
        )

    def _changes(self, row: EventRecord) -> list[Change]:
        found = list(changes_of(row.data.get("values") or [], names=self.names, default=self.default))
        if moved := moved_of(row.data):
            before, after = (self._moment(text, zone=row.branch.time_zone if row.branch else self.zone) for text in moved)
            found.append(Change(gettext("Start"), before, after))
        return found

    @staticmethod
    def _moment(text: str, *, zone: str) -> str:
        at = parse_datetime(text)
        return formats.moment(at, zone) if at else text
