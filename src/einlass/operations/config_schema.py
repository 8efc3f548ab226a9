# SPDX-License-Identifier: Apache-2.0
"""The shape of the configuration file, field by field. What one value may be: `config_types.py`; what must fit together:
`config_check.py`; wording: `config_errors.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from einlass.operations.config_types import (
    DAY_MINUTES,
    Colour,
    Components,
    Country,
    Date,
    Days,
    Digits,
    Durations,
    Holidays,
    Key,
    Keys,
    Language,
    Languages,
    MailAddress,
    Minutes,
    Name,
    Notice,
    OneLine,
    Option,
    Origins,
    PictureSource,
    QuestionKind,
    SecretValue,
    SiteId,
    SmsMessages,
    Spans,
    TemplateKey,
    Text,
    Url,
    Zone,
    short,
)
from einlass.operations.config_yaml import Path


class Part(BaseModel):
    """Base. A field that is not in the file is left alone, see `given` in `config_write.py`; unknown fields are refused.

    `needed` must be given for an item that is new; `related` are written by hand because they are rows of their own.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    needed: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[frozenset[str]] = frozenset()
    prefix: ClassVar[str] = ""
    _path: Path = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _keep_path(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        part = handler(data)
        part._path = getattr(data, "path", ())  # noqa: SLF001 - our own, in a class method
        return part

    def at(self, *field: str | int) -> Path:
        """Where this item, or a field of it, stands in the file."""
        return (*self._path, *field)


class Organisation(Part):
    needed: ClassVar[tuple[str, ...]] = ("name",)
    related: ClassVar[frozenset[str]] = frozenset({"logo"})
    name: Annotated[OneLine, Field(min_length=1, max_length=200)] = "Einlass"
    languages: Languages = ["de", "en"]
    default_language: Language = "de"
    address: Annotated[str, short(300)] = ""
    phone: Annotated[str, short(40)] = ""
    email: MailAddress = ""
    privacy_url: Url = ""
    imprint_url: Url = ""
    logo: PictureSource = None
    accent_colour: Colour = ""
    most_open_bookings: Annotated[int, Field(ge=1, le=1_000_000)] | None = 10
    sms_messages: SmsMessages = []
    keep_personal_days: Days = None
    door_log_days: Days = None


class MobileApp(Part):
    prefix: ClassVar[str] = "mobile_app_"
    name: Annotated[str, short(100)] = "dormakaba mobile access"
    id: Digits = ""


class LockSystem(Part):
    related: ClassVar[frozenset[str]] = frozenset({"api_secret", "api_key"})
    key: Key
    vendor: Literal["exivo"] = "exivo"
    enabled: bool = False
    api_key: SecretValue = ""
    api_secret: SecretValue = ""
    mobile_app: MobileApp = MobileApp()
    install_notification: bool = True
    calls_per_second: Annotated[int, Field(ge=1, le=100)] = 10
    calls_at_once: Annotated[int, Field(ge=1, le=64)] = 8


class Margins(Part):
    early_minutes: Minutes = 15
    late_minutes: Minutes = 15
    shrink_margins: bool = False
    remake_running: bool = True


class Week(Part):
    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []


class ExceptionDay(Part):
    date: Date
    hours: Spans


class Door(Part):
    component: Annotated[str, Field(min_length=1, max_length=100)]
    use: Literal["none", "always", "services"] = "none"
    allow_unknown: bool = False


class Room(Part):
    needed: ClassVar[tuple[str, ...]] = ("name",)
    related: ClassVar[frozenset[str]] = frozenset({"doors"})
    key: Key
    name: Name = ""
    capacity: Annotated[int, Field(ge=1, le=100_000)] | None = None
    floor: Annotated[str, short(60)] = ""
    doors: Components = []
    active: bool = True


class Branch(Part):
    needed: ClassVar[tuple[str, ...]] = ("name", "time_zone")
    related: ClassVar[frozenset[str]] = frozenset({"lock_system", "doors", "rooms", "opening_hours", "exceptions"})
    key: Key
    name: Name = ""
    address: Annotated[str, short(300)] = ""
    directions_url: Url = ""
    phone: Annotated[str, short(40)] = ""
    time_zone: Zone = ""
    country: Country = "CH"
    holidays: Holidays = ""
    lock_system: Key | None = None
    site_id: SiteId = ""
    access: Margins = Margins()
    opening_hours: Week = Week()
    exceptions: list[ExceptionDay] = []
    embed_origins: Origins = []
    doors: list[Door] = []
    rooms: list[Room] = []
    active: bool = True


class Buffer(Part):
    prefix: ClassVar[str] = "buffer_"
    before: Minutes = 0
    after: Minutes = 0


class Service(Part):
    needed: ClassVar[tuple[str, ...]] = ("branch", "name", "rooms", "durations")
    related: ClassVar[frozenset[str]] = frozenset({"branch", "rooms", "doors", "picture"})
    key: Key
    branch: Key = ""
    name: Name = ""
    description: Text = ""
    price: Text = ""
    picture: PictureSource = None
    rooms: Annotated[Keys, Field(min_length=1)] = []
    doors: Components = []
    durations: Durations = []
    step: Annotated[int, Field(ge=1, le=DAY_MINUTES)] = 30
    buffer: Buffer = Buffer()
    notice_minutes: Notice = 0
    horizon_days: Annotated[int, Field(ge=0, le=36_500)] = 365
    cancel_until_minutes: Notice = 0
    reschedule_until_minutes: Notice = 0
    approval: bool = False
    active: bool = True


class Question(Part):
    needed: ClassVar[tuple[str, ...]] = ("kind",)
    related: ClassVar[frozenset[str]] = frozenset({"services"})
    key: Key
    kind: QuestionKind = "text"
    label: Text = ""
    hint: Text = ""
    options: list[Option] = []
    required: bool = False
    services: Keys = []
    active: bool = True


class Template(Part):
    needed: ClassVar[tuple[str, ...]] = ("text",)
    key: TemplateKey
    subject: Text = ""
    text: Text = ""


class ConfigFile(Part):
    """The whole file; every part may be missing."""

    organisation: Organisation | None = None
    lock_systems: list[LockSystem] = []
    branches: list[Branch] = []
    services: list[Service] = []
    questions: list[Question] = []
    templates: list[Template] = []
