# SPDX-License-Identifier: Apache-2.0
"""The environment of a test run, set before Django is loaded (pytest reads this file first, see pyproject.toml): which database,
a scratch folder, keys that are good for tests only."""

from __future__ import annotations

import gc
import os
import tempfile

from tests import postgres

# Six thousand tests are many objects, and none of them goes: nobody need look through them again and again.
gc.disable()

DATABASE = os.environ.get("EINLASS_TEST_DATABASE", "sqlite")
CLUSTER = "EINLASS_TEST_POSTGRES_URL"
SHARED = "EINLASS_TEST_SHARED"
_scratch = tempfile.TemporaryDirectory(prefix="einlass-test-")
_cluster: postgres.Cluster | None = None

for name in [name for name in os.environ if name.startswith("EINLASS_") and "_TEST_" not in name]:
    del os.environ[name]
os.environ.update(
    {
        "EINLASS_DATA_DIR": _scratch.name,
        "EINLASS_SECRET_KEY": "a key that is only good for tests",
        "EINLASS_ENCRYPTION_KEYS": "YSBrZXkgdGhhdCBpcyBvbmx5IGdvb2QgZm9yIHRlc3Q=",
        "EINLASS_BASE_URL": "http://testserver",
        "EINLASS_LOG_LEVEL": "warning",
        # Tests fill in a form faster than any person; those of the check set it back.
        "EINLASS_FORM_SECONDS": "0",
        "DJANGO_SETTINGS_MODULE": "einlass.conf.settings",
        # The browser's driver runs an event loop in the thread of the tests; our code itself is not asynchronous.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
)
# With several processes the first one makes it and the others inherit where it is.
os.environ.setdefault(SHARED, _scratch.name)
if DATABASE == "postgres":
    # With several processes the first one starts the cluster and the others inherit its address.
    if CLUSTER not in os.environ:
        _cluster = postgres.Cluster.start()
        os.environ[CLUSTER] = _cluster.url
    os.environ["EINLASS_DATABASE_URL"] = os.environ[CLUSTER]


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    if _cluster is not None:
        _cluster.stop()


def pytest_report_header() -> str:
    return f"einlass database: {DATABASE}"
