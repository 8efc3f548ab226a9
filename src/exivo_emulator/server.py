# SPDX-License-Identifier: Apache-2.0
"""The threaded HTTP/1.1 server around the emulator: keeps connections open and sends each answer in one piece."""

from __future__ import annotations

import logging
from email.utils import format_datetime
from typing import Any, cast

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from exivo_emulator.app import Emulator

logger = logging.getLogger("exivo_emulator")


class KeepAliveHandler(WSGIRequestHandler):
    """werkzeug's own handler closes the connection after every answer; a client that makes many calls would mostly connect."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    lost = False

    def run_wsgi(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
        environ = self.make_environ()
        try:
            self._answer(environ)
        except (ConnectionError, TimeoutError):
            # A fault lost the answer, or the client is gone: either way this connection is over.
            self.close_connection = self.lost = True
        except Exception:
            logger.exception("a request failed")
            self.close_connection = True
            self._send("500 INTERNAL SERVER ERROR", [("Content-Length", "0")], b"")

    def _answer(self, environ: dict[str, Any]) -> None:
        told: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers]
            return lambda data: None

        chunks = self.server.app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        self._send(told[0], told[1], body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer is what the clock of exivo's cloud says, so that it can be wrong like any other."""
        emulator = cast("Emulator", self.server.app)
        return format_datetime(emulator.world.clocks.api(), usegmt=True)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def finish(self) -> None:
        """Close a lost connection here: the server would end it orderly first, and a reset would never reach the client."""
        super().finish()
        if self.lost:
            self.connection.close()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The emulator has a log of its own; a line per request would only slow it down."""


def serve(app: Emulator, *, host: str, port: int) -> BaseWSGIServer:
    """A server bound to its address (port 0: a free one) that answers once `serve_forever` is called."""
    server = make_server(host, port, app, threaded=True, request_handler=KeepAliveHandler)
    server.daemon_threads = True  # type: ignore[attr-defined] # of the threading mixin: a held connection must not keep the process
    server.log_startup = lambda: None  # type: ignore[method-assign] # says nothing of use here
    return server
