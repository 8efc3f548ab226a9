# SPDX-License-Identifier: Apache-2.0
"""Running the parts as processes: the web server here, or web, worker and emulator together. No rule of the product."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from einlass.conf.environment import ConfigurationError, environment

STOP_WITHIN_SECONDS = 25.0
SERVER_STOPS_WITHIN_SECONDS = 5
RESTART_PAUSE_SECONDS = 1.0
QUICK_DEATH_SECONDS = 5.0
MOST_QUICK_DEATHS = 5
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Part:
    """One child process and how often it died right after its start."""

    name: str
    command: Sequence[str]
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.env})  # noqa: S603 - our own commands
        self.started = time.monotonic()

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None


def serve() -> None:
    """The web server in this process group: Granian with the workers that the environment names. Returns when it was stopped."""
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server as Granian

    env = environment()
    _refuse_taken_port(env.host, env.port)
    Granian(
        "einlass.conf.wsgi:application",
        address=env.host,
        port=env.port,
        interface=Interfaces.WSGI,
        workers=env.workers,
        blocking_threads=4,
        backpressure=64,
        loop=Loops.auto,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=SERVER_STOPS_WITHIN_SECONDS,
        websockets=False,
    ).serve()


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(f"Port {port} on {host} cannot be used: {error.strerror}. Set EINLASS_PORT.") from error


def run_parts(parts: Sequence[Part], *, ready: Callable[[], None] = lambda: None) -> int:
    """Start the parts and keep them running until Ctrl-C or SIGTERM; 0 after a clean stop, 1 when one will not stay up."""
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for part in parts:
            part.start()
        ready()
        while not stopping:
            time.sleep(LOOK_SECONDS)
            for part in parts:
                if part.died() and not stopping and not _restarted(part):
                    return 1
        return 0
    finally:
        _stop(parts)
        for number, handler in before.items():
            signal.signal(number, handler)


def _restarted(part: Part) -> bool:
    """Start a part that died again, after a pause; False once it died right after its start too often."""
    assert part.process is not None
    quick = time.monotonic() - part.started < QUICK_DEATH_SECONDS
    part.quick_deaths = part.quick_deaths + 1 if quick else 0
    sys.stderr.write(f"einlass: {part.name} ended with {part.process.returncode}, starting it again\n")
    if part.quick_deaths >= MOST_QUICK_DEATHS:
        sys.stderr.write(f"einlass: {part.name} does not stay up, stopping\n")
        return False
    time.sleep(RESTART_PAUSE_SECONDS)
    part.start()
    return True


def _stop(parts: Sequence[Part]) -> None:
    """Ask every part to end, the last started first, and end what does not listen."""
    for part in reversed(parts):
        if part.process is not None and part.process.poll() is None:
            part.process.terminate()
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for part in parts:
        if part.process is None:
            continue
        try:
            part.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            part.process.kill()
            part.process.wait()


def web_and_worker() -> list[Part]:
    """The two parts of `einlass up`, each a process of its own, so that one that dies takes nobody along."""
    einlass = [sys.executable, "-m", "einlass.cli"]
    return [Part("web", [*einlass, "serve"]), Part("worker", [*einlass, "worker"])]


def emulator_part(*, port: int, building: str = "") -> Part:
    """The other side of the wire, started as a process: neither package imports the other."""
    command = [sys.executable, "-m", "exivo_emulator", "--port", str(port)]
    return Part("emulator", [*command, "--building", building] if building else command)
