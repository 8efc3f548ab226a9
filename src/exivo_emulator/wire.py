# SPDX-License-Identifier: Apache-2.0
"""How an answer of the API gets lost, late or wrong on its way. In process there is no wire: exceptions stand for it."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from time import monotonic

from exivo_emulator.answers import Answer, json_answer
from exivo_emulator.faults import Fault

LONGEST_SILENCE = 600.0


@dataclass(frozen=True, slots=True)
class Wire:
    """The connection a request came over; `socket` is None in process. `sleep` is replaced by tests."""

    sleep: Callable[[float], None]
    socket: socket.socket | None = None

    def fall_silent(self, seconds: float) -> None:
        """Answer nothing until the client hangs up or `seconds` are over. Raises TimeoutError, in process at once."""
        if self.socket is not None:
            _wait_for_hang_up(self.socket, seconds)
        raise TimeoutError("the emulator was told not to answer")

    def reset(self) -> None:
        """Raises ConnectionResetError; on a real connection the client gets a RST."""
        if self.socket is not None:
            # Lingering for zero seconds makes the close a reset instead of an orderly end.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionResetError("the emulator was told to reset the connection")


def _wait_for_hang_up(connection: socket.socket, seconds: float) -> None:
    """Peeks, so that a client which gave up does not keep a thread for the rest of the time."""
    until = monotonic() + seconds
    while (left := until - monotonic()) > 0:
        readable, _, _ = select.select([connection], [], [], min(left, 1.0))
        if readable:
            try:
                if not connection.recv(1, socket.MSG_PEEK):
                    return
            except OSError:
                return
            # Something more was sent, so the socket stays readable: wait in steps instead.
            select.select([], [], [], min(left, 0.2))


def before(fault: Fault, wire: Wire, *, now: datetime) -> Answer | None:
    """What a fault does instead of carrying the call out; None when the call goes on."""
    match fault.kind:
        case "timeout_before":
            wire.fall_silent(fault.options["seconds"])
        case "drop":
            wire.fall_silent(LONGEST_SILENCE)
        case "reset_before":
            wire.reset()
        case "slow":
            wire.sleep(fault.options["seconds"])
        case "status":
            return _told(fault)
        case "throttle":
            return _throttled(fault, now)
        case "error_body":
            return json_answer({"message": fault.options["message"]})
    return _FIXED.get(fault.kind)


_FIXED = {
    "html": Answer(200, b"<!doctype html><title>exivo</title><h1>Wartungsarbeiten</h1>", "text/html; charset=utf-8"),
    "schema": json_answer({"result": {"version": 2, "entries": [{"key": "0", "state": "ok"}]}}),
    "reject_credentials": json_answer({"message": "API key or API secret is not valid"}, status=401),
    "connection_inactive": json_answer({"message": "the Connection service is not active for this site"}, status=403),
}


def after(fault: Fault, wire: Wire, answer: Answer) -> Answer:
    """What a fault makes of an answer once the call was carried out."""
    match fault.kind:
        case "timeout_after":
            wire.fall_silent(fault.options["seconds"])
        case "reset_after":
            wire.reset()
        case "status_after":
            return _told(fault)
    return answer


def postponed(fault: Fault, wire: Wire) -> Answer:
    """What is answered to a call that will be carried out only later."""
    if fault.options["status"] is None:
        wire.fall_silent(LONGEST_SILENCE)
    return json_answer({"message": "gateway timeout"}, status=fault.options["status"])


def _told(fault: Fault) -> Answer:
    status, body, headers = fault.options["status"], fault.options["body"], fault.options["headers"]
    named = {str(name): str(value) for name, value in headers.items()}
    if isinstance(body, str):
        return Answer(status, body.encode(), "text/plain; charset=utf-8", named)
    return replace(json_answer({"message": "the emulator was told to fail"} if body is None else body, status=status), headers=named)


def _throttled(fault: Fault, now: datetime) -> Answer:
    """`retry_after`: seconds, "date" (in 30 s) or an HTTP date as it stands, "absurd" (never in a lifetime) or "absent"."""
    answer, wanted = json_answer({"message": "too many requests"}, status=429), fault.options["retry_after"]
    if wanted == "absent":
        return answer
    text = {"absurd": "99999999999", "date": format_datetime(now + timedelta(seconds=30), usegmt=True)}.get(wanted, str(wanted))
    return replace(answer, headers={"Retry-After": text})
