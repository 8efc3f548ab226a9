# SPDX-License-Identifier: Apache-2.0
"""A whole house of real processes for tests: emulator, web, workers, on a database of its own. Started and ended here."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from tests import factories as make
from tests.environment import CLUSTER, DATABASE
from tests.prepared import prepared

CONFIGURATION = f"""
organisation: {{name: Seminarhaus Aare, languages: [de, en, fr, it], default_language: de, most_open_bookings: null}}
lock_systems:
  - {{key: exivo, vendor: exivo, enabled: true, api_key: {make.API_KEY}, api_secret: {{env: EXIVO_SECRET}}, calls_per_second: 60,
     mobile_app: {{name: dormakaba mobile access, id: "100200"}}, install_notification: true}}
branches:
  - key: bern
    name: Bern Bahnhof
    time_zone: Europe/Zurich
    country: CH
    lock_system: exivo
    site_id: {make.BERN}
    opening_hours: {{mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"],
      sat: ["00:00-24:00"], sun: ["00:00-24:00"]}}
    doors:
      - {{component: {make.ENTRANCE}, use: always}}
      - {{component: {make.AARE}, use: services}}
      - {{component: {make.GURTEN}, use: services}}
    rooms:
      - {{key: aare, name: Seminarraum Aare, capacity: 24, doors: [{make.AARE}]}}
      - {{key: gurten, name: Seminarraum Gurten, capacity: 12, doors: [{make.GURTEN}]}}
services:
  - key: seminar
    branch: bern
    name: {{de: Seminarraum, en: Seminar room, fr: Salle de séminaire, it: Sala per seminari}}
    rooms: [aare, gurten]
    durations: [60, 120]
    step: 60
questions:
  - {{key: first_name, kind: text, required: true}}
  - {{key: last_name, kind: text, required: true}}
  - {{key: email, kind: email, required: true}}
  - {{key: mobile, kind: mobile, required: true}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Ask until it is so; the seconds that it took. Raises AssertionError with what was waited for."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if true():
            return time.monotonic() - started
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class House:
    """Everything on loopback, with free ports; `stop` ends what was started."""

    folder: Path
    web_port: int = field(default_factory=free_port)
    exivo_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    token: str = ""

    @property
    def env(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("EINLASS_")}
        return mine | {
            "EINLASS_DATA_DIR": str(self.folder / "data"),
            "EINLASS_DATABASE_URL": self.database_url,
            "EINLASS_SECRET_KEY": os.environ["EINLASS_SECRET_KEY"],
            "EINLASS_ENCRYPTION_KEYS": os.environ["EINLASS_ENCRYPTION_KEYS"],
            "EINLASS_BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "EINLASS_PORT": str(self.web_port),
            "EINLASS_EXIVO_URL": f"http://127.0.0.1:{self.exivo_port}/v1",
            "EINLASS_WORKERS": "1",
            "EINLASS_LOG_LEVEL": "warning",
            # All guests of a house of tests come from one address, and fill in forms faster than people do.
            "EINLASS_LIMIT_FACTOR": "0",
            "EINLASS_FORM_SECONDS": "0",
            "EXIVO_SECRET": make.API_SECRET,
        }

    @property
    def database_url(self) -> str:
        if DATABASE == "postgres":
            return f"{os.environ[CLUSTER].rsplit('/', 1)[0]}/house_{self.web_port}"
        return f"sqlite:///{self.folder / 'data' / 'einlass.sqlite3'}"

    def prepare(self) -> None:
        """An empty database, migrated; nothing but the emulator runs yet."""
        self._move_into(prepared(f"migrated-{DATABASE}", _migrated))

    def build(self) -> None:
        """The same with the configuration applied and a token made."""
        self._move_into(prepared(f"configured-{DATABASE}", _configured))

    def create_database(self, *, like: str = "") -> None:
        """A database of this house's own, empty or with all that stands in another one. A file needs no making."""
        if DATABASE == "postgres":
            template = f" TEMPLATE {like}" if like else ""
            with psycopg.connect(os.environ[CLUSTER].replace("postgres://", "postgresql://"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE house_{self.web_port}{template}".encode())

    def _move_into(self, ready: Path) -> None:
        shutil.copytree(ready / "data", self.folder / "data")
        self.create_database(like=(ready / "database").read_text())
        self.token = (ready / "token").read_text()
        self.start_emulator()

    def einlass(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "einlass.cli", *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        env = self.env | {"EINLASS_WORKER_SLOT": name}
        self.processes[name] = subprocess.Popen([sys.executable, "-m", *command], env=env, stdout=log, stderr=log, start_new_session=True)
        log.close()

    def start_emulator(self) -> None:
        self.start("emulator", "exivo_emulator", "--port", str(self.exivo_port))
        wait_until(lambda: self._answers(f"http://127.0.0.1:{self.exivo_port}/control/clock"), seconds=20, what="the emulator answers")

    def migrate(self) -> None:
        """What takes long, see `_migrated`."""
        (self.folder / "data").mkdir()
        self.create_database()
        self.einlass("migrate")

    def configure(self) -> None:
        (self.folder / "house.yaml").write_text(CONFIGURATION)
        self.einlass("apply", str(self.folder / "house.yaml"))
        self.token = self.einlass("token", "create", "--name", "chaos", "--role", "owner").strip()

    def leave(self) -> None:
        """Write down what whoever moves in has to know."""
        self.stop()
        (self.folder / "database").write_text(f"house_{self.web_port}")
        (self.folder / "token").write_text(self.token)

    def start_web(self) -> None:
        self.start("web", "einlass.cli", "serve")
        wait_until(lambda: self._answers(f"http://127.0.0.1:{self.web_port}/health"), seconds=40, what="the web server answers")

    def start_worker(self, name: str = "worker") -> None:
        self.start(name, "einlass.cli", "worker")

    def kill(self, name: str) -> None:
        """kill -9, as a power cut would: the processes that it has started as well."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)
        self.processes.clear()

    @staticmethod
    def _answers(address: str) -> bool:
        try:
            return httpx2.get(address, timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def api(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx2.request(method, f"http://127.0.0.1:{self.web_port}/api/v1{path}", json=body, headers=headers, timeout=20)

    def bookings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            answer = self.api("GET", f"/bookings?page={page}").json()
            found += answer["items"]
            page, pages = page + 1, answer["pages"]
        return found

    def all_keys(self) -> list[dict[str, Any]]:
        """Every key that was ever made, taken back ones included."""
        answer = httpx2.get(f"http://127.0.0.1:{self.exivo_port}/control/keys", timeout=10).json()
        return list(answer["keys"] if isinstance(answer, dict) else answer)

    def live_keys(self) -> list[dict[str, Any]]:
        return [key for key in self.all_keys() if key["live"]]

    def tap(self, phone: str, component: str) -> str:
        body = {"phone": phone, "component": component}
        return str(httpx2.post(f"http://127.0.0.1:{self.exivo_port}/control/tap", json=body, timeout=10).json()["reason"])


def _migrated(folder: Path) -> None:
    house = House(folder)
    house.migrate()
    house.leave()


def _configured(folder: Path) -> None:
    house = House(folder)
    try:
        house.migrate()
        house.start_emulator()
        house.configure()
    finally:
        house.leave()
