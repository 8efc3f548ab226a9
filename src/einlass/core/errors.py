# SPDX-License-Identifier: Apache-2.0
"""What the product says no to. The failures of a lock system live in `locks/port.py`; anything else is a bug."""

import dataclasses
from dataclasses import dataclass


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
)
