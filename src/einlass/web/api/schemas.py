# SPDX-License-Identifier: Apache-2.0
"""The shapes that go in and out of the API. How rows become them: `shapes.py`; adding a field is free, changing one is not."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema

from einlass.core.access import PROBLEMS, AccessState
from einlass.core.bookings import LONGEST, SHOWN, Status
from einlass.core.questions import KINDS

AnyDay = TypeVar("AnyDay", bound=dt.date)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = range(2000, 2200)
LONGEST_MINUTES = LONGEST // dt.timedelta(minutes=1)
STATUSES = tuple(status.value for status in Status if SHOWN[status] is status)


def _text_of_time(value: object) -> object:
    """pydantic would take a number for seconds since 1970; nobody means that."""
    if not isinstance(value, str) or _DATE.fullmatch(value) or not _DATE.match(value):
        raise ValueError("not_a_time")
    return value


def _in_range(value: AnyDay) -> AnyDay:
    """Far from where adding to a time fails."""
    if value.year not in YEARS:
        raise ValueError("out_of_range")
    return value


def _date(value: object) -> dt.date:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) and _DATE.fullmatch(value) else "")
    except ValueError:
        raise ValueError("not_a_date") from None


def _day_or_time(value: object) -> dt.date | dt.datetime:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _in_range(_date(value))
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("not_a_time_or_date")
    # A + that was not encoded arrives as a space.
    return _in_range(_TIME.validate_python(re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", value)))


def _without_controls(value: str) -> str:
    return "".join(sign for sign in value if sign >= " " or sign in "\n\t")


_TIME: TypeAdapter[dt.datetime] = TypeAdapter(AwareDatetime)
Instant = Annotated[AwareDatetime, BeforeValidator(_text_of_time), AfterValidator(_in_range)]
Day = Annotated[dt.date, BeforeValidator(_date), AfterValidator(_in_range)]
DayOrTime = Annotated[dt.date | dt.datetime, BeforeValidator(_day_or_time), WithJsonSchema({"type": "string"})]
Minutes = Annotated[int, Field(ge=1, le=LONGEST_MINUTES, description="Minutes.")]
Shown = Literal["held", "pending", "confirmed", "cancelled", "declined", "completed", "no_show"]
Reason = Annotated[str, Field(max_length=500), AfterValidator(_without_controls)]


class Strict(Schema):
    """What comes in: a field that is not known is a mistake of the program, and is said so."""

    model_config = ConfigDict(extra="forbid")


class BookingIn(Strict):
    service: Annotated[str, Field(max_length=60, description="Key of the service.")]
    start: Annotated[Instant, Field(description="With any offset, such as 2027-01-12T14:00:00+01:00.")]
    duration: Minutes
    answers: dict[str, Any] = {}
    language: Annotated[str | None, Field(max_length=8)] = None


class CancelIn(Strict):
    reason: Reason = ""


class RescheduleIn(Strict):
    start: Annotated[Instant, Field(description="With any offset.")]
    duration: Annotated[Minutes | None, Field(description="Minutes; left out, the length stays.")] = None


class BookingQuery(Schema):
    first: Annotated[DayOrTime | None, Field(alias="from", description="A day of the branch, or a time with offset.")] = None
    last: Annotated[DayOrTime | None, Field(alias="to", description="A day, inclusive, or a time with offset, exclusive.")] = None
    branch: Annotated[str, Field(max_length=60)] = ""
    status: Shown | None = None
    q: Annotated[str, Field(max_length=200, description="Part of a name, address, number or reference.")] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class Door(Schema):
    id: str
    name: str


class KeyProblem(Schema):
    code: Annotated[str, Field(json_schema_extra={"enum": [*PROBLEMS]})]
    since: AwareDatetime
    next_attempt_at: AwareDatetime | None
    text: str


class Access(Schema):
    """The booking's key. `ready` and `active` only after the key was read back from the vendor."""

    state: Annotated[str, Field(json_schema_extra={"enum": [state.value for state in AccessState]})]
    valid_from: AwareDatetime | None
    valid_until: AwareDatetime | None
    may_open_until: Annotated[
        AwareDatetime | None,
        Field(description="Until when a key that was taken back may still open, because the phone has not synchronised; else null."),
    ]
    doors: list[Door]
    problem: KeyProblem | None


class BookingOut(Schema):
    reference: str
    status: Shown
    service: str
    branch: str
    room: str
    start: AwareDatetime
    end: AwareDatetime
    time_zone: str
    answers: dict[str, Any]
    manage_url: Annotated[str, Field(description="The guest's own page; empty while the time is only held for a visitor.")]
    access: Access


class Bookings(Schema):
    items: list[BookingOut]
    page: int
    pages: int
    total: int


class BranchOut(Schema):
    key: str
    name: str
    address: str
    time_zone: str


class Option(Schema):
    key: str
    label: str


class QuestionOut(Schema):
    key: str
    kind: Annotated[str, Field(json_schema_extra={"enum": [*KINDS]})]
    label: str
    hint: str
    required: bool
    options: list[Option]


class ServiceOut(Schema):
    key: str
    name: str
    description: str
    price: str
    picture: str | None = Field(description="Address of its picture, at most 1200 pixels wide.")
    branch: BranchOut
    durations: list[int]
    step: int
    approval: bool
    opens_doors: bool
    questions: list[QuestionOut]


class Services(Schema):
    items: list[ServiceOut]


class SlotOut(Schema):
    start: AwareDatetime
    end: AwareDatetime


class SlotDayOut(Schema):
    date: dt.date
    slots: list[SlotOut]


class Slots(Schema):
    time_zone: str
    duration: int
    days: list[SlotDayOut]
