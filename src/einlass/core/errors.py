# SPDX-License-Identifier: Apache-2.0
"""What the product says no to. The failures of a lock system live in `locks/port.py`; anything else is a bug."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was not accepted. `code` is stable; `values` fill the translated sentence."""

    field: str
    code: str
    values: dict[str, str] = dataclasses.field(default_factory=dict)


class Refusal(Exception):
    """The product says no. Has a stable code and becomes a sentence (form error, fragment, problem+json).

    How a refusal looks to a person and to a program is the business of `web/refusals.py`.
    """

    def __init__(self, code: str, *, fields: tuple[FieldError, ...] = (), values: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields
        self.values = values or {}


# Every code a Refusal may carry; web/refusals.py has a sentence and a status for each, held by a test.
REFUSAL_CODES = (
    "slot_taken",
    "invalid",
    "not_offered",
    "service_not_bookable",
    "deadline_passed",
    "not_allowed_now",
    "busy",
    "changed_meanwhile",
    "in_use",
    "doors_off",
    "door_not_openable",
    "nothing_to_reissue",
    "no_mail_address",
    "too_many_codes",
    "too_many",
    "look_again",
)

# Codes of a FieldError about the room that somebody of the staff chose for a booking.
ROOM_ERRORS = ("room_too_small",)

# Codes of a FieldError about another mobile number and the code that proves it.
NUMBER_ERRORS = ("same_number", "wrong_code", "code_over")

# Codes of a FieldError of the settings beside those of the booking questions, with the names of the values that they carry.
SETTING_ERRORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "not_accepted": ("sentence",),
        "too_small": ("limit",),
        "too_large": ("limit",),
        "not_a_url": (),
        "not_a_colour": (),
        "not_an_origin": ("value",),
        "not_digits": (),
        "unknown_zone": (),
        "unknown_country": (),
        "unknown_holidays": (),
        "not_a_span": (),
        "spans_overlap": (),
        "twice": ("value",),
        "not_minutes": (),
        "unknown_site": (),
        "site_mismatch": (),
        "credentials_rejected": (),
        "other_encryption_keys": (),
        "not_active": (),
        "unreachable": (),
        "door_elsewhere": (),
        "keys_left": (),
        "gateway": (),
        "unknown_type": (),
        "door_not_listed": (),
        "door_not_chosen": (),
        "last_room": ("names",),
        "template_unknown_placeholder": ("name", "line", "names"),
        "template_syntax": ("name", "line", "names"),
        "template_not_allowed": ("name", "line", "names"),
        "template_too_long": ("name", "line", "names"),
        "template_too_complex": ("name", "line", "names"),
        "options_missing": (),
        "picture_unreadable": (),
        "picture_too_large": ("limit",),
        "default_language_missing": (),
        "email_taken": (),
        "last_owner": (),
        "branches_missing": (),
    }
)
