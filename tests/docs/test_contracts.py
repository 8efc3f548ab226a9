# SPDX-License-Identifier: Apache-2.0
"""Who may know whom holds, and each contract bites: one seeded violation each must be reported under its name."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.docs.tree import PACKAGES, ROOT, page

CONTRACTS = [contract["name"] for contract in tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]]

# The beginning of a contract's name, a file, and a line that the contract forbids there.
SEEDS = (
    ("1 ", "einlass/core/windows.py", "from einlass.models import Booking"),
    ("1 ", "einlass/queries/scope.py", "from einlass.operations import events"),
    ("1 ", "einlass/locks/port.py", "import einlass.queries.scope"),
    ("1 ", "einlass/jobs/work.py", "from einlass.web import health"),
    ("1 ", "einlass/a_room_nobody_knows.py", '"""A module outside of every layer."""'),
    ("2a", "einlass/core/hours.py", "import django.utils.timezone"),
    ("2a", "einlass/core/phones.py", "import httpx2"),
    ("2b", "einlass/locks/exivo/driver.py", "from django.db import connection"),
    ("2b", "einlass/locks/wire.py", "from einlass.conf import settings"),
    ("1 ", "einlass/gateways/port.py", "from einlass.queries import scope"),
    ("2c", "einlass/gateways/seven.py", "from django.conf import settings"),
    ("2c", "einlass/gateways/mailbox.py", "from einlass.models import Message"),
    ("3 ", "einlass/web/manage/booking.py", "from einlass.gateways.port import Sms"),
    ("3 ", "einlass/web/manage/bookings.py", "from einlass.locks.port import LockFailure"),
    ("3 ", "einlass/web/booking/own.py", "import httpx2"),
    ("4a", "einlass/web/manage/bookings.py", "from einlass.web.booking import offers"),
    ("4b", "einlass/supervisor.py", "import exivo_emulator"),
    ("4b", "exivo_emulator/world.py", "from einlass.core import windows"),
    ("5a", "einlass/operations/bookings.py", "from einlass.locks import registry"),
    ("5a", "einlass/jobs/work.py", "from einlass.locks.registry import vendors"),
    ("5b", "einlass/jobs/worker.py", "import dbos"),
    ("5b", "einlass/operations/wakeups.py", "from dbos import DBOS"),
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a folder of their own, without what is not Python."""
    folder = tmp_path_factory.mktemp("contracts")
    for package in PACKAGES:
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__", "static", "templates", "locale"))
    return folder


def lint(folder: Path) -> tuple[int, str]:
    """The whole check over the packages in `folder`, by the project's own configuration."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")]
    # The folder it runs in comes first on its path, so it reads the copy and not what is installed.
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_contracts_are_kept(copied: Path) -> None:
    status, told = lint(copied)

    assert status == 0, told


def test_every_contract_has_a_seed() -> None:
    starts = {start for start, _, _ in SEEDS}

    assert [name for name in CONTRACTS if name[:2] not in starts] == []


@pytest.mark.parametrize(("start", "file", "line"), SEEDS, ids=[f"{start.strip()}-{file}" for start, file, _ in SEEDS])
def test_contract_bites(copied: Path, start: str, file: str, line: str) -> None:
    seeded = copied / file
    before = seeded.read_text(encoding="utf-8") if seeded.exists() else None
    seeded.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        status, told = lint(copied)
    finally:
        if before is None:
            seeded.unlink()
        else:
            seeded.write_text(before, encoding="utf-8")

    contract = next(name for name in CONTRACTS if name.startswith(start))
    assert status == 1, told
    # An unknown module ends the run before any contract is named: it is told by its own name.
    assert f"{_words(contract)} BROKEN" in _words(told) or "a_room_nobody_knows" in told, told


def _words(text: str) -> str:
    """The text on one line: the report wraps long names."""
    return " ".join(text.split())
