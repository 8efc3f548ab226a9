# SPDX-License-Identifier: Apache-2.0
"""The shape of the configuration file, field by field. What must fit together: `config_check.py`; wording: `config_errors.py`."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import phonenumbers
from django.conf.locale import LANG_INFO
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    model_validator,
)

from einlass.core.hours import is_known_holiday_region, is_known_zone, parse_span
from einlass.core.messages import SMS_MESSAGES
from einlass.core.questions import KINDS
from einlass.core.templates import PLACEHOLDERS
from einlass.core.texts import canonical
from einlass.operations.config_yaml import Path

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DATA_URL = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]*={0,2}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
DAY_MINUTES = 1440


def _key(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("must be a short name of small letters, digits, - and _, such as seminar-aare")
    return value


def _language(value: str) -> str:
    if value not in LANG_INFO:
        raise ValueError("is no known language: write a code such as de, en, fr or it")
    return value


def _text(value: object) -> str | dict[str, str]:
    """A string, or one for each language, in its one form: so a file and what it is exported as do not differ."""
    if isinstance(value, str):
        return str(canonical(value))
    if not isinstance(value, Mapping):
        raise ValueError("must be a text, or one text per language such as {de: …, en: …}")  # noqa: TRY004 - pydantic collects ValueErrors
    for language, text in value.items():
        if language not in LANG_INFO:
            raise ValueError(f"{language!r} is no known language: write codes such as de, en, fr or it")
        if not isinstance(text, str):
            raise ValueError(f"the text for {language} is no text: put it in quotes")  # noqa: TRY004 - as above
    text = canonical(value)
    return text if isinstance(text, str) else dict(text)


def _name(value: object) -> str | dict[str, str]:
    text = _text(value)
    if not text or (isinstance(value, Mapping) and not all(value.values())):
        raise ValueError("must not be empty")
    return text


def _kind(value: str) -> str:
    if value not in KINDS:
        close = difflib.get_close_matches(value, KINDS, n=1)
        raise ValueError(f"is no kind of question: {f'did you mean {close[0]}?' if close else 'there are ' + ', '.join(KINDS)}")
    return value


def _template_key(value: str) -> str:
    if value not in PLACEHOLDERS:
        close = difflib.get_close_matches(value, PLACEHOLDERS, n=1)
        raise ValueError(f"is no template: {f'did you mean {close[0]}?' if close else 'there are ' + ', '.join(sorted(PLACEHOLDERS))}")
    return value


class EnvironmentSecret(BaseModel):
    """A secret that stands in an environment variable."""

    env: str


class FileSecret(BaseModel):
    """A secret that stands in a file; its path is relative to the configuration file."""

    file: str


Secret = str | EnvironmentSecret | FileSecret


def _secret(value: object) -> Secret:
    """Never names the value in an error: it may be the secret itself."""
    match value:
        case str() if value:
            return value
        case {"env": str() as name, **rest} if not rest and VARIABLE.fullmatch(name):
            return EnvironmentSecret(env=name)
        case {"file": str() as path, **rest} if not rest and path:
            return FileSecret(file=path)
    raise ValueError("must be a text in quotes, {env: NAME} or {file: PATH}")


class PictureFile(BaseModel):
    """A picture in a file of its own; its path is relative to the configuration file."""

    file: str


class PictureData(BaseModel):
    """A picture written into the file."""

    data: str = Field(repr=False)


def _picture(value: object) -> PictureFile | PictureData | None:
    """Never names the value in an error: it may be as long as the picture."""
    match value:
        case None | "":
            return None
        case {"file": str() as path, **rest} if not rest and path:
            return PictureFile(file=path)
        case {"data": str() as url, **rest} if not rest and DATA_URL.fullmatch(url):
            return PictureData(data=url)
    raise ValueError('must be {file: PATH} or {data: "data:image/webp;base64,…"}')


def _zone(value: str) -> str:
    if not is_known_zone(value):
        raise ValueError("is no known time zone: write one such as Europe/Zurich")
    return value


def _digits(value: str) -> str:
    """exivo refuses every key that names an app otherwise; better said here than at each booking."""
    if value and not (value.isascii() and value.isdigit()):
        raise ValueError('must be digits only, such as "100200": it is the LEGIC id of the app')
    return value


def _country(value: str) -> str:
    if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("is no known country: write its two letters such as CH, DE or AT")
    return value.upper()


def _holidays(value: str) -> str:
    if value and not is_known_holiday_region(value):
        raise ValueError("is no known holiday region: write a country or a country and its part, such as AT or CH-BE")
    return value


def _span(value: str) -> str:
    parse_span(value)
    return value


def _different(values: list[Any]) -> list[Any]:
    twice = next((value for n, value in enumerate(values) if value in values[:n]), None)
    if twice is not None:
        raise ValueError(f"names {twice!r} twice")
    return values


def _nothing_as_empty(value: object) -> object:
    return "" if value is None else value


def _as_date(value: object) -> object:
    """YAML reads 2027-01-02 as a date, but not "2027-01-02"."""
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be a date such as 2027-01-02") from None


def _option(value: object) -> str | dict[str, Any]:
    match value:
        case str() if value:
            return value
        case {"key": str() as key, "label": label, **rest} if not rest and key:
            return {"key": key, "label": _text(label)}
    raise ValueError("must be a text, or {key: …, label: …}")


def _colour(value: str) -> str:
    if value and not COLOUR.fullmatch(value):
        raise ValueError('must be a colour such as "#1f5fbf"')
    return value.lower()


def _origin(value: str) -> str:
    if not ORIGIN.fullmatch(value):
        raise ValueError("must be the origin of a website without a path, such as https://www.example.org")
    return value.lower()


def _sms_message(value: str) -> str:
    if value not in SMS_MESSAGES:
        raise ValueError(f"is no message that goes by SMS: there are {', '.join(SMS_MESSAGES)}")
    return value


def _short(length: int) -> Any:
    return Field(max_length=length)


Key = Annotated[str, AfterValidator(_key)]
Text = Annotated[str | dict[str, str], PlainValidator(_text)]
Name = Annotated[str | dict[str, str], PlainValidator(_name)]
Language = Annotated[str, AfterValidator(_language)]
SecretValue = Annotated[Secret, PlainValidator(_secret), Field(repr=False)]
PictureSource = Annotated[PictureFile | PictureData | None, PlainValidator(_picture)]
Spans = list[Annotated[str, AfterValidator(_span)]]
Keys = Annotated[list[Key], AfterValidator(_different)]
Components = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], AfterValidator(_different)]
Minutes = Annotated[int, Field(ge=0, le=DAY_MINUTES)]
Notice = Annotated[int, Field(ge=0, le=525_600)]
Duration = Annotated[int, Field(ge=1, le=31 * DAY_MINUTES)]
Url = Annotated[str, Field(max_length=500, pattern=r"^($|https?://\S+$)")]


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
    name: Annotated[str, Field(min_length=1, max_length=200)] = "Einlass"
    languages: Annotated[list[Language], Field(min_length=1), AfterValidator(_different)] = ["de", "en"]
    default_language: Language = "de"
    address: Annotated[str, _short(300)] = ""
    phone: Annotated[str, _short(40)] = ""
    email: Annotated[str, _short(254)] = ""
    privacy_url: Url = ""
    imprint_url: Url = ""
    logo: PictureSource = None
    accent_colour: Annotated[str, AfterValidator(_colour)] = ""
    most_open_bookings: Annotated[int, Field(ge=1, le=1_000_000)] | None = 10
    sms_messages: Annotated[list[Annotated[str, AfterValidator(_sms_message)]], AfterValidator(_different)] = []
    keep_personal_days: Annotated[int, Field(ge=1, le=36_500)] | None = None


class MobileApp(Part):
    prefix: ClassVar[str] = "mobile_app_"
    name: Annotated[str, _short(100)] = "dormakaba mobile access"
    id: Annotated[str, _short(40), AfterValidator(_digits)] = ""


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


class Week(Part):
    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []


class ExceptionDay(Part):
    date: Annotated[dt.date, BeforeValidator(_as_date)]
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
    floor: Annotated[str, _short(60)] = ""
    doors: Components = []
    active: bool = True


class Branch(Part):
    needed: ClassVar[tuple[str, ...]] = ("name", "time_zone")
    related: ClassVar[frozenset[str]] = frozenset({"lock_system", "doors", "rooms", "opening_hours", "exceptions"})
    key: Key
    name: Name = ""
    address: Annotated[str, _short(300)] = ""
    directions_url: Url = ""
    phone: Annotated[str, _short(40)] = ""
    time_zone: Annotated[str, AfterValidator(_zone)] = ""
    country: Annotated[str, AfterValidator(_country)] = "CH"
    holidays: Annotated[str, BeforeValidator(_nothing_as_empty), AfterValidator(_holidays)] = ""
    lock_system: Key | None = None
    site_id: Annotated[str, BeforeValidator(_nothing_as_empty), _short(100)] = ""
    access: Margins = Margins()
    opening_hours: Week = Week()
    exceptions: list[ExceptionDay] = []
    embed_origins: Annotated[list[Annotated[str, AfterValidator(_origin)]], AfterValidator(_different)] = []
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
    durations: Annotated[list[Duration], Field(min_length=1), AfterValidator(_different)] = []
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
    kind: Annotated[str, AfterValidator(_kind)] = "text"
    label: Text = ""
    hint: Text = ""
    options: list[Annotated[str | dict[str, Any], PlainValidator(_option)]] = []
    required: bool = False
    services: Keys = []
    active: bool = True


class Template(Part):
    needed: ClassVar[tuple[str, ...]] = ("text",)
    key: Annotated[str, AfterValidator(_template_key)]
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
