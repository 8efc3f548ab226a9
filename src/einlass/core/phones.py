# SPDX-License-Identifier: Apache-2.0
"""A phone number: read it (R10), show it, hide most of it. Whether a question asks for one is in `questions.py`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

ERROR_CODES = (
    "phone_landline",
    "phone_not_mobile",
    "phone_too_short",
    "phone_too_long",
    "phone_unknown_country",
    "phone_extension",
    "phone_letters",
    "phone_impossible",
)
FIRST_COUNTRIES = ("CH", "DE", "AT", "LI", "FR", "IT")
MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_LONGEST = 60  # characters, with all the ways to group digits
_EXTENSION = re.compile(r"(?:;?ext(?:ension)?|durchwahl|intern|poste|dw|int|x|#)[.:= ]*[0-9]{1,7} *$", re.IGNORECASE)
_GROUPING = frozenset(" -\u2010\u2011\u2012\u2013\u2014\u2212./()[]+")


class PhoneRefused(Exception):
    """No number that can be used. `values` fill the sentence beside the field: `number` as read, `example` of a mobile number there."""

    def __init__(self, code: str, values: dict[str, str]) -> None:
        super().__init__(code)  # the code alone: an exception may end in a log, and a log holds no phone number
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class CallingCode:
    """A country of the select beside the number: ISO 3166 code, and its calling code as "+41"."""

    country: str
    code: str


def parse_mobile(text: str, *, country: str) -> str:
    """The mobile number in E.164 (R10); without a country code it is read with `country`. Raises PhoneRefused.

    Accepted are the types mobile and fixed-line-or-mobile: in some countries, such as the USA, nobody can tell the two apart.
    """
    number = _valid(text, country=country, kind=PhoneNumberType.MOBILE)
    found = phonenumbers.number_type(number)
    if found not in MOBILE_TYPES:
        shown = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        code = "phone_landline" if found == PhoneNumberType.FIXED_LINE else "phone_not_mobile"
        raise PhoneRefused(code, _values(shown, country))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def parse_phone(text: str, *, country: str) -> str:
    """Any valid number in E.164; without a country code it is read with `country`. Raises PhoneRefused."""
    number = _valid(text, country=country, kind=PhoneNumberType.UNKNOWN)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national(e164: str) -> str:
    """The number as people of its country write it; what is no number comes back as it is."""
    number = _known(e164)
    return e164 if number is None else phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def mask(e164: str) -> str:
    """The number with only its first group and its last two digits, such as "078 ••• •• 67"; at least four digits are hidden."""
    text = national(e164)
    digits = [at for at, sign in enumerate(text) if sign.isdecimal()]
    first = re.search(r"\d+", text) if _known(e164) else None
    ahead = min(len(first.group()) if first else 0, max(len(digits) - 6, 0))
    hidden = set(digits[ahead : max(len(digits) - 2, 0)])
    return "".join("•" if at in hidden else sign for at, sign in enumerate(text))


@cache
def example_mobile(country: str) -> str:
    """A mobile number as people there write it, for a hint; a Swiss one with its country code where the country is not known."""
    number = phonenumbers.example_number_for_type(country.upper(), PhoneNumberType.MOBILE)
    return "+41 78 123 45 67" if number is None else phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


@cache
def calling_codes() -> tuple[CallingCode, ...]:
    """Every country with its calling code: the neighbours first, then by ISO code."""
    others = sorted(set(phonenumbers.SUPPORTED_REGIONS) - set(FIRST_COUNTRIES))
    return tuple(CallingCode(c, f"+{phonenumbers.country_code_for_region(c)}") for c in (*FIRST_COUNTRIES, *others))


def _values(number: str, country: str) -> dict[str, str]:
    return {"number": number[:_LONGEST], "example": example_mobile(country)}


def _valid(text: str, *, country: str, kind: int) -> PhoneNumber:
    """The number behind the text, valid in its country. `kind` is what it ought to be: it decides how many digits are too few."""
    plain = _plain(text)
    values = _values(plain, country)
    if code := _unreadable(plain):
        raise PhoneRefused(code, values)
    try:
        number = phonenumbers.parse(plain, country.upper())
    except NumberParseException as error:
        raise PhoneRefused(_PARSING.get(error.error_type, "phone_impossible"), values) from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneRefused(_wrong_length(number, kind) or "phone_impossible", values)
    return number


_PARSING = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_unknown_country",
    NumberParseException.NOT_A_NUMBER: "phone_too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_too_short",
    NumberParseException.TOO_SHORT_NSN: "phone_too_short",
    NumberParseException.TOO_LONG: "phone_too_long",
}
_LENGTH = {
    ValidationResult.TOO_SHORT: "phone_too_short",
    ValidationResult.TOO_LONG: "phone_too_long",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "phone_too_short",
}


def _wrong_length(number: PhoneNumber, kind: int) -> str:
    """Too short or too long, or "" when only the digits are wrong.

    The library keeps the 0 in front of a number that it does not recognise, and counts it: one digit too few would look right.
    """
    bare = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    return _LENGTH.get(phonenumbers.is_possible_number_for_type_with_reason(bare, kind), "")


def _plain(text: str) -> str:
    """Digits, signs and letters as ASCII where there is an equal; invisible signs, which copied numbers are full of, left out."""
    signs = unicodedata.normalize("NFKC", text[: _LONGEST * 4])
    kept = (" " if sign.isspace() else sign for sign in signs if unicodedata.category(sign) != "Cf")
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in kept).strip()
    plain = re.sub(r"^tel: *", "", plain, flags=re.IGNORECASE)
    return re.sub(r"^00(?=[ /.-]*[1-9])", "+", plain)


def _unreadable(plain: str) -> str:
    """Why the text is no number before anybody looks at its digits; "" when it may be one."""
    if _EXTENSION.search(plain):
        return "phone_extension"
    if any(sign.isalpha() for sign in plain):
        return "phone_letters"
    if len(plain) > _LONGEST:
        return "phone_too_long"
    readable = all(sign in _GROUPING or sign in "0123456789" for sign in plain) and "+" not in plain.lstrip("([ ")[1:]
    return "" if readable and any(sign.isdecimal() for sign in plain) else "phone_impossible"


def _known(e164: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(e164, None)
    except NumberParseException:
        return None
