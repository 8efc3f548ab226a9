# SPDX-License-Identifier: Apache-2.0
"""A mail server on a socket of this machine, with the standard library only: takes mail, or answers as a test wants it to."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """What arrived is in `received`, from whom in `senders`. `answers` replaces the answer to a command, such as
    {"RCPT": "550 no such user"}, or to one about somebody, such as {"RCPT lea@example.org": "452 mailbox full"}."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.received: list[EmailMessage] = []
        self.senders: list[str] = []
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline():
            command = line.split(b":")[0].split()[0].decode().upper()
            about = line.partition(b"<")[2].partition(b">")[0].decode()
            if command == "MAIL":
                self.server.senders.append(about)
            if command == "DATA" and command not in self.server.answers:
                self._take()
            else:
                self._say(self.server.answers.get(f"{command} {about}", self.server.answers.get(command, "250 fine")))
            if command == "QUIT":
                return

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        self.server.received.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def serving() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
