# SPDX-License-Identifier: Apache-2.0
"""Speaking to exivo's cloud API, and which answer means what. Keys and doors are the driver's business."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar
from urllib.parse import quote

import httpx2

from einlass.locks.exivo.words import WrongShape, usable_id
from einlass.locks.port import BeforeCall, LockAccount, LockFailure, LockNeedsOperator, LockOutcomeUnknown, LockRefused, LockUnavailable
from einlass.locks.redaction import redacted
from einlass.locks.wire import Answer, Line, exchange

T = TypeVar("T")

THROTTLED_SECONDS = 60.0
THROTTLED_AT_MOST = 900.0

# Before a byte of the request has left: nothing was applied, whatever was asked.
_NOTHING_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
_NAMES_A_SITE = re.compile(r"\bsite(?:[ _-]?ids?)?s?\b", re.IGNORECASE)
_NAMES_A_DOOR = re.compile(r"\bcomponents?\b", re.IGNORECASE)
_NAMES_THE_PHONE = re.compile(r"\bpublicRegistrationId\b|(?<!ma-)\bphone\b", re.IGNORECASE)
_NAMES_THE_SERVICE = re.compile(r"\bservice\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """One request within a site. `about` are the ids it names besides the site: an error that names one of them is not about the site.

    A POST changes something at the vendor, a GET does not; exivo keeps to that.
    """

    method: str
    path: tuple[str, ...]
    query: dict[str, int | str] = field(default_factory=dict)
    body: dict[str, object] | None = None
    about: frozenset[str] = frozenset()
    of_a_list: bool = False

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path[0]}{'/…' if len(self.path) > 1 else ''}"


class ExivoClient:
    """One account on one line. Every request waits for its turn, asks `before_call`, then goes out exactly once."""

    def __init__(self, account: LockAccount, *, line: Line, before_call: BeforeCall) -> None:
        self._account = account
        self._line = line
        self._before_call = before_call
        pair = f"{account.api_key}:{account.api_secret}".encode()
        self._secrets = (base64.b64encode(pair).decode(), account.api_secret, account.api_key)

    def ask(self, site_id: str, call: Call, read: Callable[[object], T]) -> T:
        """The answer, read by `read`. Raises the four lock failures; an unreadable success counts as none (F08)."""
        return self.ask_dated(site_id, call, read)[0]

    def ask_dated(self, site_id: str, call: Call, read: Callable[[object], T]) -> tuple[T, datetime | None]:
        """The same, with what exivo's clock said when it answered."""
        answer = self._send(site_id, call)
        try:
            return read(json.loads(answer.body)), _date_of(answer)
        except WrongShape as error:
            raise self._no_answer(call, answer, str(error)) from error
        except (ValueError, RecursionError) as error:
            raise self._no_answer(call, answer, "not JSON") from error

    def tell(self, site_id: str, call: Call) -> None:
        """A request that is answered by 204 and nothing else. Raises the four lock failures."""
        answer = self._send(site_id, call)
        if answer.status != 204:
            raise self._no_answer(call, answer, "not the answer that is documented")

    def _send(self, site_id: str, call: Call) -> Answer:
        """A 2xx answer. The lease is looked at last, after the wait: it must hold while the request is on its way."""
        if not usable_id(site_id):
            raise LockNeedsOperator("no usable site id", what="site", reason="unknown_site")
        try:
            request = self._request(site_id, call)
            pace = self._line.pace
            with pace.turn_for_a_list() if call.of_a_list else pace.turn():
                self._before_call()
                answer = exchange(self._line, request, account=self._account)
        except httpx2.InvalidURL as error:
            raise LockUnavailable("the address of exivo's API cannot be used") from error
        except _NOTHING_SENT as error:
            raise LockUnavailable(self._detail(call, f"not connected ({type(error).__name__})")) from error
        except httpx2.RequestError as error:
            raise _without_outcome(call, self._detail(call, f"no answer ({type(error).__name__})")) from error
        if 200 <= answer.status < 300:
            return answer
        raise self._failure(site_id, call, answer)

    def _request(self, site_id: str, call: Call) -> httpx2.Request:
        limits = self._account.limits
        address = "/".join([self._account.base_url.rstrip("/"), *(quote(part, safe="") for part in (site_id, *call.path))])
        return self._line.http.build_request(
            call.method,
            address,
            params=call.query or None,
            json=call.body,
            timeout=httpx2.Timeout(limits.answer_seconds, connect=limits.connect_seconds),
        )

    def _failure(self, site_id: str, call: Call, answer: Answer) -> LockFailure:
        status, message = answer.status, message_in(answer)
        detail = self._detail(call, f"answered {status}: {message}" if message else f"answered {status}")
        if status == 401:
            return LockNeedsOperator(detail, status=status, what="credentials")
        if reason := _site_reason(site_id, call, status, message):
            return LockNeedsOperator(detail, status=status, what="site", reason=reason)
        if status in {400, 404, 409, 422}:
            return LockRefused(detail, status=status, phone=_about_the_phone(call, message))
        wait = _retry_after(answer)
        if 300 <= status < 500:
            throttled = status == 429
            wait = THROTTLED_SECONDS if throttled and wait is None else wait
            return LockUnavailable(detail, status=status, retry_after=wait, throttled=throttled)
        return _without_outcome(call, detail, status=status, retry_after=wait)

    def _no_answer(self, call: Call, answer: Answer, why: str) -> LockFailure:
        sample = answer.body[:2000].decode(errors="replace")
        return _without_outcome(call, self._detail(call, f"answered {answer.status}, {why}: {sample}"), status=answer.status)

    def _detail(self, call: Call, text: str) -> str:
        return redacted(f"{call} {text}", secrets=self._secrets)


def message_in(answer: Answer) -> str:
    """What exivo says about an error, for programs: JSON with a `message`, else plain text; "" for an empty or an HTML body."""
    text = answer.body[:20_000].decode(errors="replace").strip()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return "" if "<" in text else text
    message = said.get("message") if isinstance(said, dict) else said
    return message if isinstance(message, str) else ""


def _site_reason(site_id: str, call: Call, status: int, message: str) -> Literal["unknown_site", "not_active"] | None:
    """R2: whether it is the site that a person has to mend, and how. None when it is not the site."""
    about_site = _about_the_site(message, site_id=site_id, about=call.about)
    if status == 403:
        return "unknown_site" if about_site and not _NAMES_THE_SERVICE.search(message) else "not_active"
    if status == 404 and call.path == ("info",):
        return "unknown_site"
    return "unknown_site" if status in {400, 404} and about_site else None


def _about_the_site(message: str, *, site_id: str, about: frozenset[str]) -> bool:
    """Whether an error names the site. `component X is not at site Y` is about X, and must not stop the whole site."""
    said = message.casefold()
    if _NAMES_A_DOOR.search(message) or any(other.casefold() in said for other in about):
        return False
    return site_id.casefold() in said or _NAMES_A_SITE.search(message) is not None


def _about_the_phone(call: Call, message: str) -> bool:
    """Whether a refused creation names the guest's number or the field it stands in."""
    number = (call.body or {}).get("publicRegistrationId")
    return isinstance(number, str) and (_NAMES_THE_PHONE.search(message) is not None or number in message)


def _without_outcome(call: Call, detail: str, *, status: int | None = None, retry_after: float | None = None) -> LockFailure:
    """Unknown is not absent: what was sent to change something may have been applied, whatever came back."""
    if call.changes:
        return LockOutcomeUnknown(detail, status=status)
    return LockUnavailable(detail, status=status, retry_after=retry_after)


def _retry_after(answer: Answer) -> float | None:
    """Seconds that the vendor asks to wait, cut to what can be meant (F05); None when it does not say."""
    said = next((value.strip() for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(said)
    except ValueError:
        seconds = _seconds_until(said, answer)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), THROTTLED_AT_MOST)


def _seconds_until(date: str, answer: Answer) -> float:
    """From the answer's own Date where it has one, so that a clock that runs wrong does not make the wait wrong (F17)."""
    try:
        until = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return math.nan
    return (until.replace(tzinfo=until.tzinfo or UTC) - (_date_of(answer) or datetime.now(UTC))).total_seconds()


def _date_of(answer: Answer) -> datetime | None:
    """When exivo answered, by its own clock; None where the answer has no readable Date."""
    try:
        said = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return said.replace(tzinfo=said.tzinfo or UTC)
