# SPDX-License-Identifier: Apache-2.0
"""Which database, in which mode. Tables live in `models`, what is checked at start in `startup.py`."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from einlass.conf.environment import ConfigurationError, Environment

# 3.7.0 to 3.51.2 can corrupt a file in WAL mode with two writers (the WAL-reset bug); fixed from here on.
WAL_IS_SAFE_FROM = (3, 51, 3)


def use_newer_sqlite() -> None:
    """Let the newer SQLite of the wheel stand in for the system's, before Django imports it. Does nothing where there is no wheel."""
    try:
        import pysqlite3
    except ImportError:
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def journal_mode() -> str:
    """WAL where the linked SQLite is safe with it, else the slower DELETE with full synchronisation."""
    linked = sys.modules.get("sqlite3", sqlite3)
    return "WAL" if linked.sqlite_version_info >= WAL_IS_SAFE_FROM else "DELETE"


def database_settings(env: Environment) -> dict[str, Any]:
    """Django's DATABASES["default"] from the address. Raises ConfigurationError for one that is neither of the two."""
    parts = urlsplit(env.database_url)
    if parts.scheme == "sqlite":
        return _sqlite(parts.path)
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(env)
    raise ConfigurationError("EINLASS_DATABASE_URL must start with sqlite:/// or postgres://.")


def _sqlite(path: str) -> dict[str, Any]:
    # As everywhere: three slashes and a relative path, four slashes and an absolute one.
    name = unquote(path[1:])
    mode = journal_mode()
    pragmas = {
        "WAL": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "DELETE": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;",
    }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        # IMMEDIATE takes the write lock when the transaction begins: DEFERRED would fail with "database is locked"
        # as soon as two transactions that have read both want to write.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas[mode] + " PRAGMA foreign_keys=ON;"},
        # A file in tests as well: threads and processes must meet the locks that they meet in earnest.
        "TEST": {"NAME": f"{name}.test"},
    }


def _postgresql(env: Environment) -> dict[str, Any]:
    parts = urlsplit(env.database_url)
    query = dict(parse_qsl(parts.query))
    options: dict[str, Any] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}, **{k: v for k, v in query.items() if k != "host"}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        # The pool keeps connections; Django's own persistence on top would hold one per thread for ever.
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def engine_url(env: Environment) -> str:
    """Where the background engine keeps its own tables: beside SQLite's file, or in the same PostgreSQL database."""
    if env.on_sqlite:
        return f"sqlite:///{env.data_dir.absolute() / 'engine.sqlite3'}"
    parts = urlsplit(env.database_url)
    return parts._replace(scheme="postgresql+psycopg").geturl()
