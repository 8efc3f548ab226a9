# SPDX-License-Identifier: Apache-2.0
"""One worker process: start the engine, say every ten seconds that we live, stop cleanly. What it works at is in `work.py`."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections

from einlass.conf import startup
from einlass.conf.database import journal_mode
from einlass.conf.environment import ConfigurationError
from einlass.jobs import engine, work
from einlass.operations import wakeups

log = structlog.get_logger()

BEAT_SECONDS = 10.0
BEATS_TO_TIDY = 60


def run() -> None:
    """Work until SIGTERM or Ctrl-C. Raises ConfigurationError when this machine must not work (unmigrated, other keys)."""
    startup.verify()
    if not startup.keys_belong_here():
        raise ConfigurationError(
            "This machine has other encryption keys than the one that set up this database, so it cannot read the lock systems' "
            "secrets and does no work. Give it the same EINLASS_ENCRYPTION_KEYS."
        )
    stopping = threading.Event()
    _stop_on_signals(stopping)
    wakeups.register(engine.DbosEngine())
    work.beat(engine.executor_id())
    engine.launch()
    work.minutely()
    engine.sweep_sites()
    log.info("worker_started", worker=engine.executor_id(), sqlite_journal=journal_mode())
    beats = 0
    while not stopping.wait(BEAT_SECONDS):
        _beat()
        engine.guarded(engine.revive_lost_work)
        beats += 1
        if beats % BEATS_TO_TIDY == 0:
            engine.guarded(engine.forget_finished_work)
    log.info("worker_stopping")
    engine.stop()


def _beat() -> None:
    """A database that is away for a moment ends no worker: the next beat tries again (F20)."""
    try:
        close_old_connections()
        work.beat(engine.executor_id())
    except DatabaseError as error:
        log.warning("heartbeat_failed", error=type(error).__name__)
    finally:
        close_old_connections()


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
