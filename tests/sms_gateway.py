# SPDX-License-Identifier: Apache-2.0
"""An SMS gateway on a socket of this machine that speaks as seven.io does: it takes what seven.io takes and refuses what it refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

API_KEY = "a key/that+is only good for tests"
# 03.38 counts 160 signs an SMS; ten of them is the most that a gateway takes.
MOST_SIGNS = 1520


class GatewayServer(ThreadingHTTPServer):
    """What was accepted is in `accepted`. `answers` are given in turn before it thinks for itself: a code, a status, or a body as it is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.accepted: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.answers: list[str | int | bytes] = []
        # Accepts, and never says so: the connection ends before the answer.
        self.loses_answers = 0

    @property
    def url(self) -> str:
        return f"seven://{quote(API_KEY, safe='')}@127.0.0.1:{self.server_port}?tls=false&from=Aare"


class _Handler(BaseHTTPRequestHandler):
    server: GatewayServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base calls it so
        """Tests read what was accepted, not this."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        if self.path != "/api/sms":
            self._say(404, b"")
        elif self.headers["X-Api-Key"] != API_KEY:
            self._say(200, b'"900"')
        elif self.server.answers:
            self._given(self.server.answers.pop(0))
        else:
            self._think(body)

    def _given(self, answer: str | int | bytes) -> None:
        if isinstance(answer, int):
            self._say(answer, b"")
        else:
            self._say(200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def _think(self, body: dict[str, Any]) -> None:
        to, text = str(body.get("to", "")), str(body.get("text", ""))
        if not text or len(text) > MOST_SIGNS:
            return self._say(200, b'"401"' if text else b'"305"')
        if not to.startswith("+") or not to[1:].isdigit() or not 8 <= len(to) <= 16:
            return self._say(200, _answer(to, text, error="202"))
        if body in self.server.accepted:
            return self._say(200, b'"402"')
        self.server.accepted.append(body)
        if self.server.loses_answers:
            self.server.loses_answers -= 1
            self.connection.close()
            return None
        return self._say(200, _answer(to, text))

    def _say(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answer(to: str, text: str, *, error: str = "") -> bytes:
    part = {
        "id": None if error else "77233308155",
        "sender": "Aare",
        "recipient": to.removeprefix("+"),
        "text": text,
        "encoding": "gsm",
        "parts": 1,
        "price": 0.075,
        "success": not error,
        "error": error or None,
        "error_text": "Recipient number is invalid" if error else None,
    }
    whole = {"success": "101" if error else "100", "total_price": 0.075, "balance": 593.994, "debug": "false", "sms_type": "direct"}
    return json.dumps(whole | {"messages": [part]}).encode()


@contextmanager
def serving() -> Iterator[GatewayServer]:
    with GatewayServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
