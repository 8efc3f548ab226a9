# SPDX-License-Identifier: Apache-2.0
"""Answers end in time over real sockets on this machine, and one account has one line."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.locks.wires import KEY, NOW, SITE, Scripted, account, says

from einlass.locks import wire
from einlass.locks.exivo.driver import ExivoDriver, build
from einlass.locks.port import Limits, LockFailure, LockOutcomeUnknown, LockUnavailable
from einlass.locks.wire import line_for

INFO = b'{"id": "' + SITE.encode() + b'", "name": "Bern"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIMITS = Limits(connect_seconds=0.5, answer_seconds=0.4, calls_per_second=1000, calls_at_once=4)


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that reads one request a connection and lets `speak` answer it. Gives its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(5)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        whole_request(connection)
                        speak(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def whole_request(connection: socket.socket) -> None:
    """Read a request without a body: an answer to half of one looks like a line that is out of step. Nothing more comes where it ends."""
    received = b""
    while not received.endswith(b"\r\n\r\n") and (more := connection.recv(65536)):
        received += more


@contextmanager
def driver_at(address: str) -> Iterator[ExivoDriver]:
    there = account(base_url=address, limits=LIMITS)
    driver = build(there, before_call=lambda: None, in_transaction=lambda: False, clock=lambda: NOW)
    try:
        yield driver
    finally:
        line_for(there).http.close()


def failure_within(act: Callable[[], object], seconds: float) -> LockFailure:
    began = time.monotonic()
    with pytest.raises(LockFailure) as failed:
        act()
    assert time.monotonic() - began < seconds
    return failed.value


def drip(before: bytes, dripped: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        for byte in dripped:
            time.sleep(0.05)
            connection.sendall(bytes([byte]))

    return speak


@pytest.mark.parametrize(
    "speak",
    [
        drip(HEAD + b"Content-Length: 1000\r\n\r\n", b" " * 60),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10),
        drip(b"", HEAD),
        drip(HEAD, b"X-Slow: " + b"x" * 60),
        lambda connection: time.sleep(0.6),
    ],
    ids=["body", "chunks", "status", "headers", "silence"],
)
def test_dripped_answer_ends_in_time(speak: Callable[[socket.socket], None]) -> None:
    with server(speak) as address, driver_at(address) as driver:
        assert isinstance(failure_within(lambda: driver.site(SITE), 0.9), LockUnavailable)
        assert isinstance(failure_within(lambda: driver.revoke(SITE, KEY), 0.9), LockOutcomeUnknown)


def test_reset_after_the_request_has_an_unknown_outcome() -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with server(reset) as address, driver_at(address) as driver:
        assert isinstance(failure_within(lambda: driver.revoke(SITE, KEY), 0.9), LockOutcomeUnknown)


def test_nobody_listening_means_nothing_was_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    with driver_at(f"http://127.0.0.1:{port}/v1") as driver:
        assert isinstance(failure_within(lambda: driver.revoke(SITE, KEY), 0.9), LockUnavailable)


def test_untrusted_certificate_means_nothing_was_sent(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=lambda: refuse_tls(listening, context))
        thread.start()
        with driver_at(f"https://127.0.0.1:{listening.getsockname()[1]}/v1") as driver:
            assert isinstance(failure_within(lambda: driver.revoke(SITE, KEY), 0.9), LockUnavailable)
        thread.join()


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(plain + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def refuse_tls(listening: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listening.accept()
    with closing(connection), pytest.raises(OSError), context.wrap_socket(connection, server_side=True):
        pass


def test_no_time_left_means_no_answer() -> None:
    there = account(base_url="http://127.0.0.1:1/v1", limits=Limits(answer_seconds=0.01, calls_per_second=1000))

    def late(request: httpx2.Request) -> httpx2.Response:
        time.sleep(0.03)
        return httpx2.Response(200, content=INFO)

    driver = build(there, before_call=lambda: None, in_transaction=lambda: False, transport=httpx2.MockTransport(late))

    assert isinstance(failure_within(lambda: driver.site(SITE), 0.9), LockUnavailable)


def test_deadline_that_is_over_stops_the_next_read() -> None:
    with server(lambda connection: None) as address, wire.answer_within(0.0):
        with pytest.raises(httpx2.TimeoutException):
            line_for(account(base_url=address, limits=LIMITS)).http.get(address)
        line_for(account(base_url=address, limits=LIMITS)).http.close()


def test_connection_is_kept_for_the_next_call() -> None:
    connections: list[int] = []

    def speak(connection: socket.socket) -> None:
        connections.append(1)
        for _ in range(3):
            connection.sendall(HEAD + f"Content-Length: {len(INFO)}\r\n\r\n".encode() + INFO)
            whole_request(connection)

    with server(speak) as address, driver_at(address) as driver:
        for _ in range(3):
            driver.site(SITE)

    assert connections == [1]


def test_drivers_of_one_account_share_their_line() -> None:
    transport = Scripted([says(200)])
    first = line_for(account(), transport=transport)

    assert line_for(account(api_secret="another"), transport=transport) is first
    assert line_for(account(limits=Limits(answer_seconds=1, calls_per_second=100_000)), transport=transport) is first
    assert line_for(account(api_key="another"), transport=transport) is not first
    assert line_for(account(), transport=Scripted([says(200)])) is not first


def test_drivers_of_one_account_share_their_pace() -> None:
    limits = Limits(calls_per_second=1, calls_at_once=8)
    transport = Scripted([says(200, {"id": SITE})])
    drivers = [build(account(limits=limits), before_call=lambda: None, in_transaction=lambda: False, transport=transport) for _ in range(2)]
    drivers[0].site(SITE)
    began = time.monotonic()

    drivers[1].site(SITE)

    assert time.monotonic() - began > 0.9


def test_forgotten_line_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_LINES", 1)
    wire._start_afresh()
    closed: list[bool] = []

    class Closing(httpx2.MockTransport):
        def close(self) -> None:
            closed.append(True)

    line = line_for(account(), transport=Closing(lambda request: httpx2.Response(200)))
    held = weakref.ref(line)
    line_for(account(), transport=Scripted([says(200)]))
    gc.collect()
    assert closed == []

    del line
    gc.collect()

    assert (held(), closed) == (None, [True])


@pytest.mark.skipif(not hasattr(os, "register_at_fork"), reason="no fork on this system")
def test_forked_child_has_lines_of_its_own() -> None:
    transport = Scripted([says(200)])
    line = line_for(account(), transport=transport)

    wire._start_afresh()

    assert line_for(account(), transport=transport) is not line
