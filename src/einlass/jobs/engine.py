# SPDX-License-Identifier: Apache-2.0
"""DBOS Transact behind the port of `operations/wakeups.py`; the only file that imports it. What runs is in `work.py`."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos import DBOSPortableJSONSerializer as Portable
from django.conf import settings
from django.db import close_old_connections

from einlass.conf.database import engine_url
from einlass.jobs import work
from einlass.operations.wakeups import OpeningWakeup, Wakeup

if TYPE_CHECKING:
    from dbos import EnqueueOptions

log = structlog.get_logger()

NAME = "einlass"
# Constant on purpose: the default is a hash of the code, and rows of another version would not be picked up after an upgrade.
VERSION = "1"
KEYS_QUEUE = "keys"
SWEEPS_QUEUE = "sweeps"
# Of its own: somebody stands at the door, so it waits behind no key, however many are being made.
OPENINGS_QUEUE = "openings"
POLL_SECONDS = 0.1
# At once in one process and per lock system; the calls themselves are limited across all processes in the driver.
KEYS_AT_ONCE = 8
OPENINGS_AT_ONCE = 4
CONNECT_AGAIN_SECONDS = 5.0


def executor_id(slot: str = "0") -> str:
    """Stable per host and slot, so that a worker that comes back takes up what it left behind."""
    return f"{socket.gethostname()}-{os.environ.get('EINLASS_WORKER_SLOT', slot)}"


def migrate() -> None:
    """Create or bring up to date the engine's own tables."""
    DBOS.migrate(engine_url(settings.ENVIRONMENT))


class DbosEngine:
    """Hands wake-ups to the queue from any process. Connects when first needed; while that fails, the sweep does the work."""

    def __init__(self) -> None:
        self._client: DBOSClient | None = None
        self._lock = threading.Lock()
        self._try_again = 0.0

    def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None:
        client = self._connected()
        if client is None:
            return
        try:
            if isinstance(wakeup, OpeningWakeup):
                client.enqueue(_opening_options(), wakeup.opening)
            else:
                client.enqueue(_options(wakeup), wakeup.booking)
        except Exception as error:
            log.warning("wakeup_left_to_the_sweep", error=type(error).__name__)
            self._forget()

    def _connected(self) -> DBOSClient | None:
        with self._lock:
            if self._client is None and time.monotonic() >= self._try_again:
                try:
                    url = engine_url(settings.ENVIRONMENT)
                    self._client = DBOSClient(system_database_url=url, serializer=Portable(), retry_connection_errors=False)
                except Exception as error:
                    log.warning("engine_not_reachable", error=type(error).__name__)
                    self._try_again = time.monotonic() + CONNECT_AGAIN_SECONDS
            return self._client

    def close(self) -> None:
        """Let go of the engine's connections; the next wake-up makes new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.destroy()

    def _forget(self) -> None:
        self.close()
        self._try_again = time.monotonic() + CONNECT_AGAIN_SECONDS


def _options(wakeup: Wakeup) -> EnqueueOptions:
    options: EnqueueOptions = {
        "workflow_name": "reconcile_booking",
        "queue_name": KEYS_QUEUE,
        "queue_partition_key": wakeup.system,
        "priority": wakeup.priority,
        "app_version": VERSION,
        "application_name": NAME,
    }
    if wakeup.not_before is not None:
        delay = (wakeup.not_before - datetime.now(UTC)).total_seconds()
        if delay > 0:
            options["delay_seconds"] = delay
    return options


def _opening_options() -> EnqueueOptions:
    return {"workflow_name": "open_door", "queue_name": OPENINGS_QUEUE, "app_version": VERSION, "application_name": NAME}


@DBOS.workflow(name="open_door")
def open_door(opening: int) -> None:
    _run(work.open_door, opening)


@DBOS.workflow(name="reconcile_booking")
def reconcile_booking(booking: int) -> None:
    _run(work.reconcile, booking)


@DBOS.workflow(name="sweep_one_site")
def sweep_one_site(branch: int) -> None:
    _run(work.sweep_site, branch)


@DBOS.workflow(name="minutely")
def minutely(scheduled: datetime, context: Any) -> None:
    _run(work.minutely)


@DBOS.workflow(name="probes")
def probes(scheduled: datetime, context: Any) -> None:
    _run(work.probe)


@DBOS.workflow(name="send_messages")
def send_messages(scheduled: datetime, context: Any) -> None:
    _run(work.send_messages)


@DBOS.workflow(name="returned_mail")
def returned_mail(scheduled: datetime, context: Any) -> None:
    _run(work.read_mailbox)


@DBOS.workflow(name="door_logs")
def door_logs(scheduled: datetime, context: Any) -> None:
    _run(work.read_door_logs)


@DBOS.workflow(name="site_sweeps")
def site_sweeps(scheduled: datetime, context: Any) -> None:
    sweep_sites()


def sweep_sites() -> None:
    """Have every site compared with the vendor's list; also when a worker starts, because nobody looked while it was away."""
    for branch in _run(work.sites_to_sweep):
        DBOS.enqueue_workflow(SWEEPS_QUEUE, sweep_one_site, branch)


def _run(function: Any, *arguments: Any) -> Any:
    """Database connections of another thread's past must not be used, nor kept beyond the job."""
    close_old_connections()
    try:
        return function(*arguments)
    except Exception:
        # The outermost loop: a bug in one booking's work must not end the worker; its row is due again and says so.
        log.exception("job_failed", job=function.__name__, arguments=[str(a) for a in arguments])
        return work.NOTHING
    finally:
        close_old_connections()


def guarded(chore: Callable[[], int]) -> None:
    """A chore with the engine's own tables; one that fails waits for the next time."""
    try:
        chore()
    except Exception as error:
        log.warning("chore_failed", chore=chore.__name__, error=type(error).__name__)
    finally:
        close_old_connections()


def launch() -> None:
    """Start working: engine, queues, schedule. Returns at once; the work runs in threads until `stop`."""
    config: DBOSConfig = {
        "name": NAME,
        "system_database_url": engine_url(settings.ENVIRONMENT),
        "application_version": VERSION,
        "executor_id": executor_id(),
        "serializer": Portable(),
        "notification_listener_polling_interval_sec": POLL_SECONDS,
        "scheduler_polling_interval_sec": 1.0,
        "log_level": "WARNING",
        "console_log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(
        KEYS_QUEUE, partition_worker_concurrency=KEYS_AT_ONCE, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
    )
    DBOS.register_queue(OPENINGS_QUEUE, worker_concurrency=OPENINGS_AT_ONCE, polling_interval_sec=POLL_SECONDS, on_conflict="always_update")
    DBOS.register_queue(SWEEPS_QUEUE, worker_concurrency=2, polling_interval_sec=1.0, on_conflict="always_update")
    DBOS.apply_schedules(
        [
            {"schedule_name": "probes", "workflow_fn": probes, "schedule": "*/10 * * * * *"},
            {"schedule_name": "send_messages", "workflow_fn": send_messages, "schedule": "5-59/10 * * * * *"},
            {"schedule_name": "returned_mail", "workflow_fn": returned_mail, "schedule": "40 * * * * *"},
            {"schedule_name": "door_logs", "workflow_fn": door_logs, "schedule": "20 */3 * * * *"},
            {"schedule_name": "minutely", "workflow_fn": minutely, "schedule": "0 * * * * *"},
            {"schedule_name": "site_sweeps", "workflow_fn": site_sweeps, "schedule": "30 */10 * * * *"},
        ]
    )


def stop() -> None:
    """Let running jobs end (an answer takes 15 s at most), then go."""
    DBOS.destroy(workflow_completion_timeout_sec=20)


def revive_lost_work() -> int:
    """Give back the jobs of workers that are gone: the engine itself does so only when the same worker returns.

    Called outside of the engine's own jobs, which would keep the answer as a step of theirs.
    """
    alive = work.live_workers()
    pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False, limit=MOST_AT_ONCE)
    lost = [w.workflow_id for w in pending if w.executor_id not in alive and w.name in REVIVED]
    if lost:
        DBOS.resume_workflows(lost)
        log.warning("lost_work_revived", jobs=len(lost))
    return len(lost)


# Scheduled jobs are not revived: the next one is on its way already. Nor is the opening of a door, which must not come late.
REVIVED = frozenset({"reconcile_booking", "sweep_one_site"})
MOST_AT_ONCE = 500
KEEP_FINISHED = timedelta(days=1)
FINISHED: Sequence[str] = ("SUCCESS", "ERROR", "CANCELLED")


def forget_finished_work() -> int:
    """Delete what the engine keeps of jobs that ended more than a day ago; nothing of ours lives only there. Returns how many."""
    before = (datetime.now(UTC) - KEEP_FINISHED).isoformat()
    old = DBOS.list_workflows(status=list(FINISHED), end_time=before, load_input=False, load_output=False, limit=MOST_AT_ONCE)
    if old:
        DBOS.delete_workflows([w.workflow_id for w in old])
    return len(old)
