# SPDX-License-Identifier: Apache-2.0
"""A demo of its own to measure: the same processes as in production, the sample customer, empty folders. Ended with the measure."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTS_WITHIN_SECONDS = 120


@contextmanager
def demo() -> Iterator[str]:
    """Gives its address. Limits are off: all visitors of a measure are one, and fill in forms at once."""
    port, emulator_port = free_port(), free_port()
    base = f"http://localhost:{port}"
    command = [str(Path(sys.executable).parent / "einlass"), "demo", "--emulator-port", str(emulator_port)]
    with tempfile.TemporaryDirectory(prefix="einlass-bench-") as folder:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("EINLASS_")}
        settings = {
            "EINLASS_DATA_DIR": folder,
            "EINLASS_PORT": str(port),
            "EINLASS_BASE_URL": base,
            "EINLASS_LIMIT_FACTOR": "0",
            "EINLASS_FORM_SECONDS": "0",
        }
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(command, env=mine | settings, stdout=log, stderr=log)  # noqa: S603 - our own command
        try:
            _wait_for(base, process)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the sample customer's services are offered."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("The demo did not start; `einlass demo` says why.")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
                if b'class="offer"' in answer.read():
                    return
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.3)
    sys.exit("The demo does not answer.")
