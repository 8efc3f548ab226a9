# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL cluster in a scratch folder, on loopback, for one run of the tests. Never the machine's own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PLACES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin"), Path("/opt/homebrew/bin")]

# Safety against power cuts is switched off where nothing is to be kept.
SCRATCH = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path:
    """Where initdb and pg_ctl are. Raises RuntimeError with what to do."""
    on_path = shutil.which("initdb")
    places = [*PLACES, *([Path(on_path).parent] if on_path else [])]
    found = [place for place in places if all((place / name).exists() for name in ("initdb", "pg_ctl", "createdb"))]
    if not found:
        raise RuntimeError(
            "The tests on PostgreSQL need its server programs (Debian: apt-get install postgresql). `make test` installs them."
        )
    return found[0]


@dataclass
class Cluster:
    """One running cluster. As root its processes run as another user, because PostgreSQL refuses to run as root."""

    folder: Path
    port: int
    user: str
    options: str = SCRATCH

    @property
    def url(self) -> str:
        return f"postgres://einlass:einlass@127.0.0.1:{self.port}/einlass"

    @classmethod
    def start(cls, *, options: str = SCRATCH) -> Cluster:
        folder = Path(tempfile.mkdtemp(prefix="einlass-pg-"))
        user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        cluster = cls(folder, port, user, options)
        cluster._create()
        return cluster

    def _create(self) -> None:
        password = self.folder / "password"
        password.write_text("einlass\n")
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
            shutil.chown(password, self.user)
        self._run(
            "initdb", "-D", self.data, "-U", "einlass", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"
        )
        self.up()
        env = {**os.environ, "PGPASSWORD": "einlass"}
        subprocess.run(
            [programs() / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "einlass", "einlass"],
            env=env,
            check=True,
            capture_output=True,
        )

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def up(self) -> None:
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        options = f"{where} {self.options} -c max_connections=200"
        self._run("pg_ctl", "-D", self.data, "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def down(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(programs() / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", *command]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}{done.stdout}")
