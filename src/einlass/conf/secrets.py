# SPDX-License-Identifier: Apache-2.0
"""The two secrets of an installation: where they come from, and their fingerprint. What they seal lives in `models/sealed.py`."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from einlass.conf.environment import ConfigurationError, Environment

MADE_SECRET_KEY, MADE_ENCRYPTION_KEYS = "secret_key", "encryption_keys"
KEY_BYTES = 32


def secret_key(env: Environment) -> str:
    """Signs sessions and links. With SQLite it is made on the first start; with PostgreSQL it must be given."""
    given = _given(env.secret_key.get_secret_value(), env.secret_key_file)
    return given or _made(env, MADE_SECRET_KEY, "EINLASS_SECRET_KEY")


def encryption_keys(env: Environment) -> tuple[bytes, ...]:
    """The AES keys, newest first; the first seals, all of them open. Raises ConfigurationError for one that is no key."""
    given = _given(env.encryption_keys.get_secret_value(), env.encryption_keys_file)
    text = given or _made(env, MADE_ENCRYPTION_KEYS, "EINLASS_ENCRYPTION_KEYS")
    return read_keys(text)


def read_keys(text: str) -> tuple[bytes, ...]:
    """The AES keys of a text such as the variable holds. Raises ConfigurationError for one that is no key."""
    return tuple(_key(part) for part in text.replace(",", " ").split())


def refuse_given(env: Environment) -> None:
    """Raises ConfigurationError where the environment gives the keys: then it is the environment that has to be changed."""
    given = (env.secret_key.get_secret_value(), env.secret_key_file, env.encryption_keys.get_secret_value(), env.encryption_keys_file)
    if any(given) or not env.on_sqlite:
        raise ConfigurationError(
            "This machine has its keys from EINLASS_SECRET_KEY and EINLASS_ENCRYPTION_KEYS, so the backup's cannot be put in their place."
        )


def put_in_place(env: Environment, *, secret_key: str, encryption_keys: str) -> None:
    """Keep two keys from a backup as the files of the data folder; those that are there already stay beside them under another name."""
    for name, text in ((MADE_SECRET_KEY, secret_key), (MADE_ENCRYPTION_KEYS, encryption_keys)):
        file = env.data_dir.absolute() / name
        if file.exists() and file.read_text().strip() == text:
            continue
        fresh = file.with_name(f"{name}.new")
        fresh.touch(mode=0o600)
        fresh.write_text(f"{text}\n")
        if file.exists():
            file.replace(file.with_name(f"{name}.before_restore"))
        fresh.replace(file)


def fingerprint(keys: tuple[bytes, ...]) -> str:
    """Tells two installations' keys apart without giving them away; of the oldest key, so that adding a newer one keeps it."""
    return hashlib.sha256(b"einlass fingerprint" + keys[-1]).hexdigest()[:16]


def _given(value: str, file: Path | None) -> str:
    if value:
        return value
    if file is None:
        return ""
    try:
        return file.read_text().strip()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def _made(env: Environment, name: str, variable: str) -> str:
    if not env.on_sqlite:
        raise ConfigurationError(
            f"{variable} is missing. With PostgreSQL it has to be given, so that every machine has the same: "
            f"put the output of `openssl rand -base64 {KEY_BYTES}` into {variable} or name a file in {variable}_FILE."
        )
    file = env.data_dir.absolute() / name
    env.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start at once exactly one makes the key, the other reads it.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_when_written(file)
    with os.fdopen(handle, "w") as out:
        out.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return _read_when_written(file)


def _read_when_written(file: Path) -> str:
    for _ in range(1000):
        if text := file.read_text().strip():
            return text
    raise ConfigurationError(f"{file} is empty. Restore it from a backup, or remove it to have a new one made.")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ConfigurationError("EINLASS_ENCRYPTION_KEYS holds something that is not base64.") from error
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"EINLASS_ENCRYPTION_KEYS holds a key of {len(key)} bytes; {KEY_BYTES} are needed.")
    return key
