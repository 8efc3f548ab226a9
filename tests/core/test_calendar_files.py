# SPDX-License-Identifier: Apache-2.0
"""Calendar files: what the RFCs ask of one, and that other libraries read the same instants out of it by the file's own time zone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from dateutil.tz import tzical

from einlass.core.bookings import Status
from einlass.core.calendar_files import Entry, Method, Party, calendar_file, method_for

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENTRY = Entry(
    uid="K7Q4-MX2R@book.example.org",
    sequence=3,
    stamp=NOW,
    status=Status.CONFIRMED,
    start=datetime(2027, 1, 12, 13, 0, tzinfo=UTC),
    end=datetime(2027, 1, 12, 17, 0, tzinfo=UTC),
    zone="Europe/Zurich",
    summary="Seminarraum Aare, Bern; Bahnhof",
    location="Raum Aare, 2. OG, Bollwerk 15, 3011 Bern",
    description="https://book.example.org/b/abc/\n\nIhr Handy öffnet von 13:45 bis 18:15: Haupteingang, Raum Aare.",
    url="https://book.example.org/b/abc/",
    organizer=Party("Seminarhaus Aare, Bern", "info@example.org"),
    attendee=Party('Lea "Lee" Baumann; Äbi', "lea.baumann@example.org"),
)
# What must stand in the entry of each method once, what must not (RFC 5545, 3.6.1; RFC 5546, 3.2.1, 3.2.2, 3.2.5).
ALWAYS = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "STATUS"}
NEEDED = {Method.PUBLISH: ALWAYS, Method.REQUEST: ALWAYS | {"ATTENDEE"}, Method.CANCEL: ALWAYS | {"ATTENDEE"}}
FORBIDDEN = {
    Method.PUBLISH: {"ATTENDEE", "REQUEST-STATUS"},
    Method.REQUEST: {"REQUEST-STATUS"},
    Method.CANCEL: {"REQUEST-STATUS", "VALARM"},
}
STATES = {Method.PUBLISH: {"TENTATIVE", "CONFIRMED", "CANCELLED"}, Method.REQUEST: {"TENTATIVE", "CONFIRMED"}, Method.CANCEL: {"CANCELLED"}}
ONCE_IN_A_CALENDAR = {"PRODID", "VERSION", "METHOD"}

# The two nights on which the clocks of Switzerland change, and what goes over them.
DST = [
    (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), timedelta(hours=1)),
    (datetime(2026, 10, 25, 0, 15, tzinfo=UTC), timedelta(minutes=30)),
    (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), timedelta(hours=1)),
    (datetime(2026, 10, 25, 1, 15, tzinfo=UTC), timedelta(minutes=30)),
    (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), timedelta(hours=10)),
    (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), timedelta(hours=4)),
    (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), timedelta(hours=1)),
    (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), timedelta(minutes=30)),
    (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), timedelta(hours=2)),
    (datetime(2027, 3, 27, 20, 0, tzinfo=UTC), timedelta(hours=10)),
    (datetime(2027, 3, 29, 7, 0, tzinfo=UTC), timedelta(hours=4)),
    (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), timedelta(hours=4)),
]
ZONES = [
    "Europe/Zurich",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "UTC",
]


def lines_of(text: str) -> list[str]:
    """The content lines, unfolded (RFC 5545, 3.1)."""
    return text.replace("\r\n ", "").replace("\r\n\t", "").removesuffix("\r\n").split("\r\n")


def part(lines: list[str], name: str) -> list[str]:
    return lines[lines.index(f"BEGIN:{name}") + 1 : lines.index(f"END:{name}")]


def names(lines: list[str]) -> list[str]:
    return [re.split(r"[;:]", line, maxsplit=1)[0] for line in lines]


def value(lines: list[str], name: str) -> str:
    found = [line for line in lines if re.split(r"[;:]", line, maxsplit=1)[0] == name]
    return found[0].partition(":")[2] if len(found) == 1 else ""


def faults_of(text: str, *, method: Method) -> list[str]:
    """What the RFCs would have otherwise; empty for a file that is right."""
    faults = [f"more than 75 octets: {line}" for line in text.split("\r\n") if len(line.encode()) > 75]
    if "\n" in text.replace("\r\n", "") or "\r" in text.replace("\r\n", "") or not text.endswith("\r\n"):
        return [*faults, "a line does not end with CR LF"]
    lines = lines_of(text)
    event, head = part(lines, "VEVENT"), names(lines)
    found = names(event)
    faults += [f"{name} is not there once" for name in ONCE_IN_A_CALENDAR if head.count(name) != 1]
    faults += [f"{name} is not there once" for name in NEEDED[method] if found.count(name) != 1]
    faults += [f"{name} must not be there" for name in FORBIDDEN[method] if name in found]
    faults += [f"{name} is there twice" for name in set(found) if found.count(name) > 1]
    if value(lines, "METHOD") != method.value or value(event, "STATUS") not in STATES[method]:
        faults.append("the method does not fit the state")
    if not re.fullmatch(r"\d{8}T\d{6}Z", value(event, "DTSTAMP")):
        faults.append("DTSTAMP is not in UTC")
    referred = set(re.findall(r"^DT(?:START|END);TZID=([^:]+):", "\n".join(event), re.MULTILINE))
    defined = [line.partition(":")[2] for line in lines if line.startswith("TZID:")]
    if sorted(referred) != sorted(defined):
        faults.append(f"zones {defined} for {sorted(referred)}")
    if not re.search(r"^ORGANIZER[^\r\n]*:mailto:\S+@\S+$", "\n".join(event), re.MULTILINE):
        faults.append("the organizer has no address")
    return faults


def read_back(text: str) -> tuple[datetime, datetime]:
    """Start and end as other libraries read them, which know the zone from the file alone."""
    lines = lines_of(text)
    if "BEGIN:VTIMEZONE" in lines:
        zone = ["BEGIN:VTIMEZONE", *part(lines, "VTIMEZONE"), "END:VTIMEZONE"]
        vobject.icalendar.registerTzid(value(zone, "TZID"), tzical(io.StringIO("\n".join(zone))).get())
    event = vobject.readOne(text).vevent
    return event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)


@pytest.mark.parametrize("status", sorted(Status))
def test_file_keeps_the_rules_fetched_and_sent(status: Status) -> None:
    for method in (Method.PUBLISH, method_for(status)):
        assert faults_of(calendar_file(replace(ENTRY, status=status), method=method), method=method) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n ", ""),
        lambda text: text.replace("METHOD:REQUEST\r\n", ""),
        lambda text: text.replace("STATUS:CONFIRMED", "STATUS:CANCELLED"),
        lambda text: text.replace("TZID:Europe/Zurich", "TZID:Europe/Bern"),
        lambda text: re.sub(r"UID:[^\r]+\r\n", "", text),
        lambda text: re.sub(r"SEQUENCE:3", "SEQUENCE:3\r\nSEQUENCE:4", text),
        lambda text: text.replace("DTSTAMP:20261123T090000Z", "DTSTAMP:20261123T090000"),
        lambda text: text.replace(":mailto:info@example.org", ":info"),
    ],
)
def test_the_check_of_the_rules_sees_a_fault(spoil: object) -> None:
    assert callable(spoil)

    assert faults_of(spoil(calendar_file(ENTRY, method=Method.REQUEST)), method=Method.REQUEST) != []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("start", "lasts"), DST)
def test_another_library_reads_the_same_instants(zone: str, start: datetime, lasts: timedelta) -> None:
    text = calendar_file(replace(ENTRY, start=start, end=start + lasts, zone=zone), method=Method.REQUEST)

    assert faults_of(text, method=Method.REQUEST) == []
    assert read_back(text) == (start, start + lasts)


def test_every_half_hour_around_both_changes_reads_the_same() -> None:
    for change in (datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)):
        for step in range(-8, 12):
            start = change + timedelta(minutes=30 * step)
            text = calendar_file(replace(ENTRY, start=start, end=start + timedelta(minutes=45)), method=Method.REQUEST)

            assert read_back(text) == (start, start + timedelta(minutes=45))


def test_the_zone_is_a_yearly_rule_as_calendars_know_it() -> None:
    zone = part(lines_of(calendar_file(ENTRY, method=Method.REQUEST)), "VTIMEZONE")

    assert part(zone, "DAYLIGHT") == [
        "DTSTART:20260329T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
    ]
    assert part(zone, "STANDARD") == [
        "DTSTART:20261025T030000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
    ]


def test_a_zone_without_changes_has_one_rule() -> None:
    zone = part(lines_of(calendar_file(replace(ENTRY, zone="Asia/Tokyo"), method=Method.REQUEST)), "VTIMEZONE")

    assert [line for line in zone if line.startswith(("BEGIN", "TZOFFSET"))] == ["BEGIN:STANDARD", "TZOFFSETFROM:+0900", "TZOFFSETTO:+0900"]


def test_the_hour_that_comes_twice_is_told_in_utc_the_second_time() -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    event = part(lines_of(calendar_file(replace(ENTRY, start=start, end=start + timedelta(hours=1)), method=Method.REQUEST)), "VEVENT")

    assert [line for line in event if line.startswith("DT") and "STAMP" not in line] == [
        "DTSTART;TZID=Europe/Zurich:20261025T023000",
        "DTEND:20261025T013000Z",
    ]


def test_names_and_texts_come_back_as_they_were() -> None:
    event = vobject.readOne(calendar_file(ENTRY, method=Method.REQUEST)).vevent

    assert (event.summary.value, event.location.value, event.description.value) == (ENTRY.summary, ENTRY.location, ENTRY.description)
    assert (event.organizer.value, event.organizer.params["CN"]) == ("mailto:info@example.org", ["Seminarhaus Aare, Bern"])
    assert (event.attendee.value, event.attendee.params["PARTSTAT"]) == ("mailto:lea.baumann@example.org", ["ACCEPTED"])
    assert (event.uid.value, event.sequence.value, event.url.value) == (ENTRY.uid, "3", ENTRY.url)


def test_nothing_rings_and_nobody_is_asked_for_an_answer() -> None:
    text = calendar_file(ENTRY, method=Method.REQUEST)

    assert "VALARM" not in text
    assert "RSVP=FALSE" in text.replace("\r\n ", "")


@pytest.mark.parametrize(
    ("status", "method", "said"),
    [
        (Status.PENDING, Method.REQUEST, ("TENTATIVE", "OPAQUE")),
        (Status.CONFIRMED, Method.REQUEST, ("CONFIRMED", "OPAQUE")),
        (Status.CANCELLED, Method.CANCEL, ("CANCELLED", "TRANSPARENT")),
        (Status.DECLINED, Method.CANCEL, ("CANCELLED", "TRANSPARENT")),
        (Status.LAPSED, Method.CANCEL, ("CANCELLED", "TRANSPARENT")),
    ],
)
def test_the_state_of_the_booking_is_that_of_the_entry(status: Status, method: Method, said: tuple[str, str]) -> None:
    event = part(lines_of(calendar_file(replace(ENTRY, status=status), method=method_for(status))), "VEVENT")

    assert method_for(status) is method
    assert (value(event, "STATUS"), value(event, "TRANSP")) == said
