# SPDX-License-Identifier: Apache-2.0
"""The command line as a person meets it: mostly in a process of its own. What commands do is tested where it lives."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.prepared import prepared
from typer.testing import CliRunner

from einlass.cli import app

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FILE = """\
organisation: {name: Haus, languages: [de]}
branches:
  - {key: bern, name: Bern, time_zone: Europe/Zurich, rooms: [{key: aare, name: Aare}]}
services:
  - {key: seminar, branch: bern, name: Seminar, rooms: [aare], durations: [60]}
"""


def _runner(data_dir: Path) -> Run:
    def run(*arguments: str, env: dict[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("EINLASS_")}
        mine |= {"EINLASS_DATA_DIR": str(data_dir), "EINLASS_LOG_LEVEL": "warning", "COLUMNS": "200", **(env or {})}
        command = [sys.executable, "-m", "einlass.cli", *arguments]
        return subprocess.run(command, env=mine, input=stdin, capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.fixture
def einlass(data_dir: Path) -> Run:
    """The command on a folder with nothing in it."""
    return _runner(data_dir)


def _migrate(folder: Path) -> None:
    assert _runner(folder / "data")("migrate").returncode == 0


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The command on a migrated database that the tests share."""
    return _runner(shutil.copytree(prepared("cli", _migrate) / "data", tmp_path_factory.mktemp("cli") / "data"))


@pytest.fixture
def fresh(data_dir: Path) -> Run:
    """The command on a migrated database of the test's own."""
    return _runner(shutil.copytree(prepared("cli", _migrate) / "data", data_dir))


COMMANDS = [
    "up",
    "demo",
    "serve",
    "worker",
    "migrate",
    "emulator",
    "check",
    "apply",
    "export",
    "mail bounced",
    "token create",
    "owner create",
    "keys sweep",
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"])

    assert (done.exit_code, "Usage:" in done.stdout) == (0, True)


def test_help_needs_no_settings(einlass: Run) -> None:
    assert einlass("apply", "--help", env={"EINLASS_PORT": "no number"}).returncode == 0


@pytest.mark.parametrize("arguments", [("nothing",), ("token", "create"), ("token", "create", "--name", "x", "--role", "king"), ("apply",)])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, list(arguments)).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (("check",), {}, "Run `einlass migrate` first."),
        (("serve",), {}, "Run `einlass migrate` first."),
        (("worker",), {}, "Run `einlass migrate` first."),
        (("token", "create", "--name", "x", "--role", "owner"), {}, "Run `einlass migrate` first."),
        (("check",), {"EINLASS_PORT": "no number"}, "EINLASS_PORT"),
        (("check",), {"EINLASS_CONFIG": "/no/such.toml"}, "/no/such.toml"),
        (("migrate",), {"EINLASS_DATA_DIR": "/proc/einlass"}, "/proc/einlass"),
        (("migrate",), {"EINLASS_DATABASE_URL": "postgres://u@127.0.0.1:1/none"}, "EINLASS_SECRET_KEY is missing"),
        (
            ("check",),
            {
                "EINLASS_DATABASE_URL": "postgres://u@127.0.0.1:1/none",
                "EINLASS_SECRET_KEY": "x",
                "EINLASS_ENCRYPTION_KEYS": "YSBrZXkgdGhhdCBpcyBvbmx5IGdvb2QgZm9yIHRlc3Q=",
            },
            "The database",
        ),
    ],
)
def test_mistake_is_told_in_words_and_ends_with_1(einlass: Run, arguments: tuple[str, ...], env: dict[str, str], words: str) -> None:
    done = einlass(*arguments, env=env)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert words in done.stderr
    assert done.stdout == ""


def test_token_stands_alone_on_standard_output(migrated: Run) -> None:
    done = migrated("token", "create", "--name", "x", "--role", "guest")

    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stdout.startswith("einlass_")


def test_token_comes_as_json(migrated: Run) -> None:
    made = json.loads(migrated("token", "create", "--name", "x", "--role", "read_only", "--json").stdout)

    assert sorted(made) == ["name", "role", "token"]


@pytest.mark.parametrize(
    ("role", "code", "words"), [("staff", 1, "There is no branch nowhere."), ("manager", 2, "only staff and read_only")]
)
def test_token_for_branches_that_cannot_be_is_refused(migrated: Run, role: str, code: int, words: str) -> None:
    done = migrated("token", "create", "--name", "x", "--role", role, "--branch", "nowhere")

    assert (done.returncode, words in done.stderr, done.stdout) == (code, True, "")


def test_owner_without_a_terminal_gets_a_password_that_is_shown_once(migrated: Run) -> None:
    made = json.loads(migrated("owner", "create", "--email", "one@example.org", "--json").stdout)
    again = migrated("owner", "create", "--email", "one@example.org")

    assert (made["email"], len(made["password"])) == ("one@example.org", 20)
    assert (again.returncode, again.stderr.strip()) == (1, "There is an account for one@example.org already.")


def test_owner_takes_the_password_from_standard_input(migrated: Run) -> None:
    short = migrated("owner", "create", "--email", "two@example.org", "--password-stdin", stdin="short\n")
    long = migrated("owner", "create", "--email", "two@example.org", "--password-stdin", stdin="a long enough one\n")

    assert (short.returncode, "too short" in short.stderr) == (1, True)
    assert (long.returncode, "a long" in long.stdout) == (0, False)


def test_apply_twice_says_that_nothing_changed(fresh: Run, tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(FILE)

    tried = fresh("apply", str(file), "--dry-run")
    first = fresh("apply", str(file))
    second = fresh("apply", str(file))
    as_json = json.loads(fresh("apply", str(file), "--json").stdout)

    assert tried.stdout == first.stdout
    assert "services.seminar added" in first.stdout.splitlines()
    assert (second.returncode, second.stdout) == (0, "No changes.\n")
    assert as_json == {"changes": [], "warnings": [], "dry_run": False}


def test_apply_tells_every_error_with_file_and_line(migrated: Run, tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(FILE.replace("Europe/Zurich", "Europe/Bern").replace("[60]", "[0]"))

    done = migrated("apply", str(file))
    as_json = migrated("apply", str(file), "--json")

    assert done.returncode == as_json.returncode == 1
    assert done.stderr.splitlines() == [
        f"{file}:3: branches.bern.time_zone: is no known time zone: write one such as Europe/Zurich",
        f"{file}:5: services.seminar.durations[1]: must be at least 1",
    ]
    assert [error["line"] for error in json.loads(as_json.stdout)["errors"]] == [3, 5]


def test_apply_of_a_file_that_is_not_there_is_told(migrated: Run) -> None:
    done = migrated("apply", "/no/such.yaml")

    assert (done.returncode, done.stderr) == (1, "/no/such.yaml: No such file or directory\n")


def test_export_is_a_file_that_apply_takes(fresh: Run, tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(FILE)
    fresh("apply", str(file))

    exported = fresh("export")
    file.write_text(exported.stdout)
    applied = fresh("apply", str(file))
    as_json = json.loads(fresh("export", "--json").stdout)

    assert exported.stdout.startswith("# The configuration of this installation of Einlass")
    assert (exported.returncode, exported.stderr, applied.stdout) == (0, "", "No changes.\n")
    assert [service["key"] for service in as_json["services"]] == ["seminar"]


def test_check_ends_with_1_while_something_is_red(migrated: Run) -> None:
    done = migrated("check")
    as_json = json.loads(migrated("check", "--json").stdout)

    assert done.returncode == 1
    assert "NO  No worker has been running for a minute" in done.stdout
    assert "!   No e-mail goes out. No mail server is set.\n" in done.stdout
    assert as_json["ready"] is False
    assert {"code": "worker_alive", "ok": False, "subject": "", "values": {"seconds": ""}, "warning": False} in as_json["checks"]


def test_sweep_without_a_site_has_nothing_to_do(migrated: Run) -> None:
    assert json.loads(migrated("keys", "sweep", "--json").stdout) == {"sites": [], "left_out": 0}


def test_port_that_is_taken_is_told(migrated: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = migrated("serve", env={"EINLASS_PORT": str(taken.getsockname()[1])})

    assert (done.returncode, "Set EINLASS_PORT." in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_mail_bounced_takes_a_returned_mail_and_leaves_others_alone(migrated: Run) -> None:
    none = migrated("mail", "bounced", stdin="Subject: Abwesend\n\nIch bin nicht da.\n")

    assert (none.returncode, none.stdout) == (0, "No message of ours, or no final failure.\n")


def test_mail_bounced_without_a_database_asks_the_mail_server_to_try_again(einlass: Run) -> None:
    away = einlass("mail", "bounced", stdin="Subject: x\n\n")

    assert away.returncode == 75
    assert away.stderr.startswith("The database is not migrated")
