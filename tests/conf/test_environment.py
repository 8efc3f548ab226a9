# SPDX-License-Identifier: Apache-2.0
"""What an administrator may set, and the sentence he gets when it is wrong."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from einlass.conf.database import database_settings, engine_url
from einlass.conf.environment import ConfigurationError, Environment, environment
from einlass.conf.logs import masked
from einlass.conf.secrets import encryption_keys, fingerprint, secret_key

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "BASE_URL", "LOG_LEVEL", "CONFIG"):
        monkeypatch.delenv(f"EINLASS_{name}", raising=False)
    monkeypatch.setenv("EINLASS_DATA_DIR", str(tmp_path / "data"))


def test_defaults_put_sqlite_into_the_data_folder(tmp_path: Path) -> None:
    env = Environment()

    assert env.database_url == f"sqlite:///{tmp_path}/data/einlass.sqlite3"
    assert (env.base_url, env.host, env.port, env.exivo_url) == ("http://localhost:8000", "127.0.0.1", 8000, "https://api.exivo.io/v1")


def test_a_file_may_name_the_settings_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "einlass.toml").write_text('PORT = 9000\nBASE_URL = "https://book.example/"\nEINLASS_LOG_LEVEL = "debug"\n')
    monkeypatch.setenv("EINLASS_CONFIG", str(tmp_path / "einlass.toml"))
    monkeypatch.setenv("EINLASS_PORT", "9001")

    env = Environment()

    assert (env.port, env.base_url, env.log_level) == (9001, "https://book.example", "debug")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "zero", "EINLASS_PORT"),
        ("PORT", "70000", "EINLASS_PORT"),
        ("BASE_URL", "book.example", "EINLASS_BASE_URL"),
        ("LOG_LEVEL", "loud", "EINLASS_LOG_LEVEL"),
        ("CONFIG", "/nowhere.toml", "/nowhere.toml"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(f"EINLASS_{name}", value)
    environment.cache_clear()

    with pytest.raises(ConfigurationError, match=said):
        environment()

    environment.cache_clear()


def test_with_sqlite_the_secrets_are_made_once_and_only_for_us(tmp_path: Path) -> None:
    made = secret_key(Environment()), encryption_keys(Environment())

    assert (secret_key(Environment()), encryption_keys(Environment())) == made
    modes = [stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) for name in ("secret_key", "encryption_keys")]
    assert modes == [0o600, 0o600]


def test_with_postgresql_the_secrets_must_be_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EINLASS_DATABASE_URL", "postgres://einlass:pw@db.example/einlass")
    with pytest.raises(ConfigurationError, match="EINLASS_SECRET_KEY is missing"):
        secret_key(Environment())

    (tmp_path / "keys").write_text(f"{KEY}\n")
    monkeypatch.setenv("EINLASS_ENCRYPTION_KEYS_FILE", str(tmp_path / "keys"))
    assert encryption_keys(Environment()) == (b"k" * 32,)


@pytest.mark.parametrize(("value", "said"), [("not base64!", "not base64"), ("c2hvcnQ=", "5 bytes")])
def test_a_key_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    monkeypatch.setenv("EINLASS_ENCRYPTION_KEYS", value)

    with pytest.raises(ConfigurationError, match=said):
        encryption_keys(Environment())


def test_a_newer_key_keeps_the_fingerprint() -> None:
    assert fingerprint((b"n" * 32, b"k" * 32)) == fingerprint((b"k" * 32,)) != fingerprint((b"n" * 32,))


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite:///relative.db", "relative.db"), ("sqlite:////var/lib/einlass.db", "/var/lib/einlass.db")]
)
def test_sqlite_addresses(monkeypatch: pytest.MonkeyPatch, url: str, name: str) -> None:
    monkeypatch.setenv("EINLASS_DATABASE_URL", url)

    settings = database_settings(Environment())

    assert (settings["NAME"], settings["OPTIONS"]["transaction_mode"]) == (name, "IMMEDIATE")


def test_postgresql_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EINLASS_DATABASE_URL", "postgres://einlass:p%40ss@db.example:5433/rooms?sslmode=require")

    settings = database_settings(Environment())

    named = {key: settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {"NAME": "rooms", "USER": "einlass", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "5433"}
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert engine_url(Environment()) == "postgresql+psycopg://einlass:p%40ss@db.example:5433/rooms?sslmode=require"


def test_another_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EINLASS_DATABASE_URL", "mysql://x/y")

    with pytest.raises(ConfigurationError, match="sqlite:/// or postgres://"):
        database_settings(Environment())


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("sent to +41781234567 at once", "sent to +…67 at once"),
        ("sent to +41 78 123 45 67.", "sent to +…67."),
        ("0041781234567", "+…67"),
        ("guest 0781234567 called", "guest +…67 called"),
        ("at 2027-01-12T14:00:00+01:00 for 240 min", "at 2027-01-12T14:00:00+01:00 for 240 min"),
        ("Not Found: /b/kJ3-aB_9kJ3-aB_9kJ3-aB_9kJ3-aB_9/nothing", "Not Found: /b/…/nothing"),
        ("b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000001"),
    ],
)
def test_i10_logs_keep_only_the_last_two_digits_of_a_number(line: str, kept: str) -> None:
    assert masked(line) == kept
