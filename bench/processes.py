# SPDX-License-Identifier: Apache-2.0
"""What Linux tells of processes: whose children they are, their memory, the time that they worked. Elsewhere it tells nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """`resident` is RSS in MB, `shared_once` the same with what is shared counted by its share (PSS); None where that is not told."""

    pid: int
    resident: float
    shared_once: float | None
    worked_seconds: float


def family(pid: int) -> list[Process]:
    """The process and all that it has started, and they in turn."""
    parents = {int(each.name): _parent(each) for each in PROC.glob("[0-9]*")} if PROC.exists() else {}
    known, todo = [], [pid]
    while todo:
        one = todo.pop(0)
        known.append(one)
        todo += sorted(child for child, parent in parents.items() if parent == one)
    return [process for process in map(_process, known) if process is not None]


def _parent(folder: Path) -> int:
    fields = _fields(folder)
    return int(fields[1]) if fields else 0


def _process(pid: int) -> Process | None:
    fields = _fields(PROC / str(pid))
    if not fields:
        return None
    worked = (int(fields[11]) + int(fields[12])) / TICKS
    return Process(pid, round(int(fields[21]) * PAGE / 1e6, 1), _shared_once(pid), worked)


def _fields(folder: Path) -> list[str]:
    """Of `stat`, from the state on: the name before it may hold anything."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _shared_once(pid: int) -> float | None:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((round(int(line.split()[1]) * 1024 / 1e6, 1) for line in lines if line.startswith("Pss:")), None)
