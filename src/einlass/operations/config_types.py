# SPDX-License-Identifier: Apache-2.0
"""The types of the fields of a configuration file: what one value may be, and what is said where it is not. Fields: `config_schema.py`."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any

import phonenumbers
from django.conf.locale import LANG_INFO
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from einlass.core.bookings import LONGEST
from einlass.core.hours import is_known_holiday_region, is_known_zone, parse_span
from einlass.core.messages import SMS_MESSAGES
from einlass.core.questions import KINDS, is_mail_address
from einlass.core.templates import PLACEHOLDERS
from einlass.core.texts import canonical

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DATA_URL = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]*={0,2}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ORIGIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?")
USUAL_PORTS = {"https": "443", "http": "80"}
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
        raise PydanticCustomError("not_a_colour", 'must be a colour such as "#1f5fbf"')
    return value.lower()


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _mail_address(value: str) -> str:
    """Nothing else may stand in a mail's header or in a calendar entry, and a block of YAML ends with a line break."""
    address = value.strip()
    if address and not is_mail_address(address):
        raise ValueError("must be an e-mail address such as info@example.org")
    return address


def _origin(value: str) -> str:
    """As a browser names it: small letters, and no port that goes without saying."""
    found = ORIGIN.fullmatch(value.lower())
    if not found:
        raise PydanticCustomError("not_an_origin", "no origin: {value}", {"value": value[:100]})
    scheme, host, port = found.groups()
    return f"{scheme}://{host}" if port in {None, USUAL_PORTS[scheme]} else f"{scheme}://{host}:{port}"


def _sms_message(value: str) -> str:
    if value not in SMS_MESSAGES:
        raise ValueError(f"is no message that goes by SMS: there are {', '.join(SMS_MESSAGES)}")
    return value


def short(length: int) -> Any:
    return Field(max_length=length)


Key = Annotated[str, AfterValidator(_key)]
OneLine = Annotated[str, AfterValidator(_one_line)]
MailAddress = Annotated[str, Field(max_length=254), AfterValidator(_mail_address)]
Text = Annotated[str | dict[str, str], PlainValidator(_text)]
Name = Annotated[str | dict[str, str], PlainValidator(_name)]
Language = Annotated[str, AfterValidator(_language)]
Languages = Annotated[list[Language], Field(min_length=1), AfterValidator(_different)]
SecretValue = Annotated[Secret, PlainValidator(_secret), Field(repr=False)]
PictureSource = Annotated[PictureFile | PictureData | None, PlainValidator(_picture)]
Spans = list[Annotated[str, AfterValidator(_span)]]
Keys = Annotated[list[Key], AfterValidator(_different)]
Components = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], AfterValidator(_different)]
Minutes = Annotated[int, Field(ge=0, le=DAY_MINUTES)]
Notice = Annotated[int, Field(ge=0, le=525_600)]
# How long something is kept; nothing means for ever, or not at all where it says so.
Days = Annotated[int, Field(ge=1, le=36_500)] | None
Duration = Annotated[int, Field(ge=1, le=LONGEST // dt.timedelta(minutes=1))]
Durations = Annotated[list[Duration], Field(min_length=1), AfterValidator(_different)]
Colour = Annotated[str, AfterValidator(_colour)]
Origins = Annotated[list[Annotated[str, short(200), AfterValidator(_origin)]], AfterValidator(_different)]
SmsMessages = Annotated[list[Annotated[str, AfterValidator(_sms_message)]], AfterValidator(_different)]
Digits = Annotated[str, short(40), AfterValidator(_digits)]
Date = Annotated[dt.date, BeforeValidator(_as_date)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
Holidays = Annotated[str, BeforeValidator(_nothing_as_empty), AfterValidator(_holidays)]
SiteId = Annotated[str, BeforeValidator(_nothing_as_empty), short(100)]
QuestionKind = Annotated[str, AfterValidator(_kind)]
Option = Annotated[str | dict[str, Any], PlainValidator(_option)]
TemplateKey = Annotated[str, AfterValidator(_template_key)]
Url = Annotated[str, Field(max_length=500, pattern=r"^($|https?://\S+$)")]
