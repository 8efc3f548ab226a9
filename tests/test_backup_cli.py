# SPDX-License-Identifier: Apache-2.0
"""`einlass backup` and `restore` as a person meets them, in processes of their own. What is in a backup: `operations/test_backup.py`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.prepared import prepared
from tests.test_cli import FILE, _runner


def _configure(folder: Path) -> None:
    run = _runner(folder / "data")
    (folder / "house.yaml").write_text(FILE)
    assert run("migrate").returncode == 0
    assert run("apply", str(folder / "house.yaml")).returncode == 0


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data folder with a house in it."""
    return shutil.copytree(prepared("backup-cli", _configure) / "data", tmp_path / "data")


# Every table takes its time, as with a million rows.
SLOW = """
import time
from einlass.cli import main, setup
setup.load()
from einlass.operations import backup
quick = backup._write_table
def slow(*arguments, **more):
    time.sleep(1)
    return quick(*arguments, **more)
backup._write_table = slow
main()
"""


def environment(data: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("EINLASS_")}
    return mine | {"EINLASS_DATA_DIR": str(data)}


def branches(data: Path) -> list[str]:
    return [branch["key"] for branch in json.loads(_runner(data)("export", "--json").stdout)["branches"]]


def test_backup_and_restore_on_another_machine(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "house.einlass"
    made = _runner(house)("backup", str(file), "--with-keys", "--json")
    elsewhere = _runner(tmp_path / "elsewhere")
    elsewhere("migrate")

    refused = elsewhere("restore", str(file))
    done = elsewhere("restore", str(file), "--with-keys", "--json")

    assert (made.returncode, json.loads(made.stdout)["backup"]["with_keys"]) == (0, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (refused.returncode, "other encryption keys" in refused.stderr) == (1, True)
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (0, json.loads(made.stdout)["rows"])
    assert branches(tmp_path / "elsewhere") == ["bern"]
    keys = [(folder / "encryption_keys").read_text() for folder in (house, tmp_path / "elsewhere")]
    assert keys[0] == keys[1]


def test_standard_output_and_input_and_what_is_there_is_kept(house: Path) -> None:
    command = f"{sys.executable} -m einlass.cli backup - | {sys.executable} -m einlass.cli restore -"
    env = environment(house)

    refused = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    replaced = subprocess.run(["sh", "-c", f"{command} --replace"], env=env, capture_output=True, text=True, check=False)

    assert (refused.returncode, "--replace" in refused.stderr, branches(house)) == (1, True, ["bern"])
    assert (replaced.returncode, "rows are back" in replaced.stdout) == (0, True)


def test_a_file_that_is_there_is_not_written_over(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("precious")

    refused = _runner(house)("backup", str(file))

    assert (refused.returncode, file.read_text()) == (1, "precious")
    assert "--replace" in refused.stderr


def test_what_is_no_backup_is_refused(house: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")

    for file in ("text", "nothing"):
        refused = _runner(house)("restore", str(tmp_path / file), "--replace")
        assert (refused.returncode, "Traceback" in refused.stderr, branches(house)) == (1, False, ["bern"])


def test_a_killed_backup_leaves_nothing_under_its_name(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "folder" / "house.einlass"
    file.parent.mkdir()
    process = subprocess.Popen([sys.executable, "-c", SLOW, "backup", str(file)], env=environment(house))
    deadline = time.monotonic() + 30
    while not list(file.parent.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert process.returncode == -signal.SIGKILL
    assert not file.exists()
    assert _runner(house)("backup", str(file)).returncode == 0
