"""Processes that are measured: started, asked for their CPU time and memory, stopped."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP_S = 30
READY_EVERY_S = 0.05
# Places in /proc/PID/stat after the command: parent; user, system, both of gone children; pages.
PARENT, TIMES, RESIDENT = 1, slice(11, 15), 21


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_s(roots: Sequence[int]) -> float:
    """CPU seconds of these processes and all their descendants, gone ones included."""
    return sum(int(one) for told in _family(roots) for one in told[TIMES]) / TICKS_PER_S


def resident_bytes(roots: Sequence[int]) -> int:
    """Memory that these processes and all their descendants hold; what they share counts twice."""
    return sum(int(told[RESIDENT]) for told in _family(roots)) * PAGE_BYTES


def _family(roots: Sequence[int]) -> list[list[str]]:
    known = dict(_stats())
    wanted = [pid for pid in roots if pid in known]
    for pid in wanted:
        wanted += [child for child, told in known.items() if int(told[PARENT]) == pid]
    return [known[pid] for pid in wanted]


def _stats() -> Iterator[tuple[int, list[str]]]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue


@contextmanager
def serving(
    command: Sequence[str | Path], port: int, log: Path, settings: Path | None = None
) -> Iterator[int]:
    """A process that listens on a port, by its id; stopped at the end."""
    told = {} if settings is None else {"FIELDFARE_SETTINGS": str(settings)}
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.DEVNULL, stderr=errors
        )
    try:
        while not _listens(port):
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(READY_EVERY_S)
        yield process.pid
    finally:
        process.terminate()
        process.wait(STOP_S)
