# SPDX-License-Identifier: Apache-2.0
"""The product as in production, to be measured: a database of its own, the emulator, two web processes, workers as wanted. Everything is
on loopback, in a folder that goes, and ended with the measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.postgres import Cluster

from bench.house import free_port
from bench.place import building
from bench.processes import Process, family

WEB_PROCESSES = 2
ANSWERS_WITHIN_SECONDS = 60.0


@dataclass
class Product:
    """`filled` is what was said when the data set was loaded: its first day, tokens, a session."""

    database: str
    folder: Path
    cluster: Cluster | None
    web_port: int = field(default_factory=free_port)
    exivo_port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    filled: dict[str, Any] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """Limits are off: all guests of a measure are one, and fill in forms at once. Else everything is as it is without being set."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("EINLASS_")}
        return mine | {
            "EINLASS_DATA_DIR": str(self.folder / "data"),
            "EINLASS_DATABASE_URL": self.cluster.url if self.cluster else f"sqlite:///{self.folder / 'data' / 'einlass.sqlite3'}",
            "EINLASS_SECRET_KEY": "a key that is only good for measures",
            "EINLASS_ENCRYPTION_KEYS": "b25seSBnb29kIGZvciBtZWFzdXJlcywgMzIgYnl0ZXM=",
            "EINLASS_BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "EINLASS_PORT": str(self.web_port),
            "EINLASS_WORKERS": str(WEB_PROCESSES),
            "EINLASS_EXIVO_URL": f"http://127.0.0.1:{self.exivo_port}/v1",
            "EINLASS_MAIL_URL": "console:",
            "EINLASS_LOG_LEVEL": "warning",
            "EINLASS_LIMIT_FACTOR": "0",
            "EINLASS_FORM_SECONDS": "0",
        }

    def build(self, *, size: str, branches: int, with_keys: bool) -> None:
        (self.folder / "data").mkdir()
        place = self.folder / "building.yaml"
        place.write_text(building(branches))
        self.start("emulator", "exivo_emulator", "--port", str(self.exivo_port), "--building", str(place))
        self._command("einlass.cli", "migrate")
        self.filled = self.inside("fill", size, *(["--with-keys"] if with_keys else []))
        self.start("web", "einlass.cli", "serve")
        self._wait_for(f"http://127.0.0.1:{self.exivo_port}/control/clock")
        self._wait_for(f"http://127.0.0.1:{self.web_port}/health")

    def inside(self, *arguments: str, text: Any = None) -> Any:
        """Something done in a process with the product's environment, see `inside.py`; `text` is what it reads."""
        return json.loads(self._command("bench.inside", *arguments, text=text).splitlines()[-1])

    def start_worker(self, name: str = "worker") -> None:
        self.start(name, "einlass.cli", "worker")

    def vendor_takes(self, seconds: float) -> None:
        """Every call of exivo's takes so long from now on."""
        plan = [{"kind": "slow", "seconds": seconds}] if seconds else []
        address = f"http://127.0.0.1:{self.exivo_port}/control/faults"
        request = urllib.request.Request(address, json.dumps(plan).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            env = self.env | {"EINLASS_WORKER_SLOT": name}
            self.running[name] = subprocess.Popen([sys.executable, "-m", *command], env=env, stdout=log, stderr=log)  # noqa: S603 - our own command

    def end(self, *names: str) -> None:
        ending = [self.running.pop(name) for name in names]
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def processes(self) -> dict[str, list[Process]]:
        """Each part with all its processes; PostgreSQL's are its own children."""
        found = {name: family(process.pid) for name, process in self.running.items()}
        if self.cluster:
            found["database"] = family(int((Path(self.cluster.data) / "postmaster.pid").read_text().split()[0]))
        return found

    def _command(self, *arguments: str, text: Any = None) -> str:
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, env=self.env, input=json.dumps(text), capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def _wait_for(self, address: str) -> None:
        deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
            except OSError:
                time.sleep(0.2)
            else:
                return
        logs = "".join(log.read_text()[-1000:] for log in self.folder.glob("*.log"))
        sys.exit(f"{address} does not answer:\n{logs}")


@contextmanager
def product(database: str, *, size: str, branches: int, with_keys: bool) -> Iterator[Product]:
    """On `sqlite` or `postgres`, with the data set of this size in it."""
    # PostgreSQL as it comes: every commit is on the disk before it is answered.
    cluster = Cluster.start(options="") if database == "postgres" else None
    with tempfile.TemporaryDirectory(prefix="einlass-bench-") as folder:
        made = Product(database, Path(folder), cluster)
        try:
            made.build(size=size, branches=branches, with_keys=with_keys)
            yield made
        finally:
            made.end(*made.running)
            if cluster:
                cluster.stop()
