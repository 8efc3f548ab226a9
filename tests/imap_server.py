# SPDX-License-Identifier: Apache-2.0
"""A mailbox on a socket of this machine, with the standard library only: speaks as much IMAP4rev1 as a reader of mail needs."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

USER, PASSWORD = "bounces@example.org", 'pass "word" \\ 1'
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class MailboxServer(socketserver.ThreadingTCPServer):
    """`mails` by their UID, `seen` those that were read. `answers` replaces the answer to a command, such as {"LOGIN": "NO wrong"}."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.answers: dict[str, str] = {}
        self.commands: list[str] = []
        self.folder = "INBOX"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def put(self, mail: bytes) -> int:
        uid = max(self.mails, default=100) + 1
        self.mails[uid] = mail
        return uid


class _Conversation(socketserver.StreamRequestHandler):
    server: MailboxServer

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] test")
        while line := self.rfile.readline():
            tag, _, command = line.decode().rstrip("\r\n").partition(" ")
            words = [quoted.replace('\\"', '"').replace("\\\\", "\\") or plain for quoted, plain in QUOTED.findall(command)]
            name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            self.server.commands.append(name)
            if name in self.server.answers:
                self._say(f"{tag} {self.server.answers[name]}")
            else:
                self._say(f"{tag} {self._do(name, words)}")
            if name == "LOGOUT":
                return

    def _do(self, name: str, words: list[str]) -> str:
        match name:
            case "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1")
            case "LOGIN" if words[1:] != [USER, PASSWORD]:
                return "NO [AUTHENTICATIONFAILED] wrong"
            case "SELECT" if words[1] != self.server.folder:
                return "NO no such folder"
            case "SELECT":
                self._say(f"* {len(self.server.mails)} EXISTS")
            case "UID SEARCH":
                self._say(" ".join(["* SEARCH", *(str(uid) for uid in self.server.mails if uid not in self.server.seen)]))
            case "UID FETCH":
                self._fetch(int(words[2]), command=" ".join(words))
            case "UID STORE":
                self.server.seen.add(int(words[2]))
            case "LOGOUT":
                self._say("* BYE")
        return "OK done"

    def _fetch(self, uid: int, *, command: str) -> None:
        wanted = re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", command)
        assert wanted, command
        content = self.server.mails[uid][int(wanted[1]) : int(wanted[1]) + int(wanted[2])]
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<{wanted[1]}> {{{len(content)}}}\r\n".encode() + content + b")\r\n")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def serving() -> Iterator[MailboxServer]:
    with MailboxServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
