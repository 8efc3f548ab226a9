# SPDX-License-Identifier: Apache-2.0
"""What an operator enters for exivo, and whether it can be right. Texts for people and the storing of it live elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from einlass.core.errors import FieldError

APP_NAME = "dormakaba mobile access"
MOST_CHARACTERS = 200

# not_printable: white space or a control character in a credential. not_allowed: a colon ends the user name of HTTP Basic.
ERROR_CODES = ("required", "too_long", "not_printable", "not_allowed", "not_digits")
HINT_CODES = ("not_a_uuid",)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form. `secret` ones are stored sealed and never shown again (R2)."""

    name: str
    secret: bool = False
    required: bool = True


FIELDS = (
    Field("api_key"),
    Field("api_secret", secret=True),
    Field("mobile_app_name"),
    Field("mobile_app_id"),
    Field("install_notification", required=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class ExivoSettings:
    """The app's name and id differ by installation; the id is the LEGIC id that exivo lists with the registered apps."""

    api_key: str
    api_secret: str
    mobile_app_id: str
    mobile_app_name: str = APP_NAME
    install_notification: bool = True

    def problems(self) -> tuple[FieldError, ...]:
        """What cannot be right; empty when it may be tried. Codes are those of ERROR_CODES."""
        found = [
            ("api_key", _credential_problem(self.api_key) or ("not_allowed" if ":" in self.api_key else "")),
            ("api_secret", _credential_problem(self.api_secret)),
            ("mobile_app_name", _text_problem(self.mobile_app_name, most=100)),
            ("mobile_app_id", _digits_problem(self.mobile_app_id)),
        ]
        return tuple(FieldError(name, code) for name, code in found if code)

    def hints(self) -> tuple[FieldError, ...]:
        """What looks unusual and is accepted all the same: key and secret were only ever seen as UUIDs."""
        pairs = (("api_key", self.api_key), ("api_secret", self.api_secret))
        return tuple(FieldError(name, "not_a_uuid") for name, value in pairs if value and not looks_like_an_id(value))


def looks_like_an_id(value: str) -> bool:
    """Whether it has the form that exivo's ids, keys and secrets have; for a hint beside the field, never to refuse."""
    return _UUID.fullmatch(value.strip()) is not None


def _credential_problem(value: str) -> str:
    if code := _text_problem(value, most=MOST_CHARACTERS):
        return code
    return "not_printable" if any(character.isspace() for character in value) else ""


def _text_problem(value: str, *, most: int) -> str:
    if not value.strip():
        return "required"
    if len(value) > most:
        return "too_long"
    return "" if value.isprintable() else "not_printable"


def _digits_problem(value: str) -> str:
    if not value:
        return "required"
    if len(value) > 40:
        return "too_long"
    return "" if value.isascii() and value.isdigit() else "not_digits"
