"""Faults of a disk: a process is killed at one call to the system, or the call says ENOSPC.

`strace` watches a process of ours, counts what it writes and syncs, and strikes where it is told.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct, field

# What changes a disk, or says that it is changed for good.
WRITES: Final = ("write", "pwrite64", "ftruncate", "truncate")
SYNCS: Final = ("fsync", "fdatasync")
NAMES: Final = ("rename", "link", "linkat", "unlink", "mkdir", "rmdir")
CALLS: Final = (*WRITES, *SYNCS, *NAMES)
FAILING: Final = (*WRITES, *SYNCS, "rename", "link", "linkat", "mkdir")
STARTS: Final = re.compile(r"^(\d+) +(\w+)\(")
PR_SET_PTRACER: Final = 0x59616D61
ANYBODY: Final = -1
HEAD_BYTES: Final = 4

Kind = Literal["kill", "full once", "full"]


class Untraceable(Exception):
    """Nothing can be tried here: `strace` is missing, or this machine forbids it to trace."""


class Fault(Struct, frozen=True, kw_only=True):
    """What goes wrong: at the `k`th time, from one, that a thread makes some call.

    `full once` is one call that finds no room; `full` is that one and all like it that follow.
    """

    call: str
    k: int
    kind: Kind

    def words(self) -> list[str]:
        """The same, as `strace` is told."""
        what = "signal=SIGKILL" if self.kind == "kill" else "error=ENOSPC"
        which = f"{self.k}+" if self.kind == "full" else str(self.k)
        return ["-e", f"inject={self.call}:{what}:when={which}"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.call} {self.k}"


class Line:
    """How a process and whoever watches over it talk; none of it is a write that is counted."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.heard = 0  # messages

    def tell(self, promise: str) -> None:
        """Promise something: from now on it is so, whatever happens."""
        self.send(b"P" + promise.encode())

    def refuse(self, code: str) -> None:
        """Say that something was not done, and why."""
        self.send(b"R" + code.encode())

    def ask(self, question: bytes) -> bytes:
        """Ask the other end; the answer. Raises `EOFError` where nobody is there any more."""
        self.send(b"Q" + question)
        return self.hear()

    def send(self, message: bytes) -> None:
        """Say anything."""
        self._end.sendall(len(message).to_bytes(HEAD_BYTES, "big") + message)

    def hear(self) -> bytes:
        """What is said next. Raises `EOFError` where nobody is there any more."""
        message = self._read(int.from_bytes(self._read(HEAD_BYTES), "big"))
        self.heard += 1
        return message

    def _read(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            some = self._end.recv(count - len(found))
            if not some:
                raise EOFError
            found += some
        return found


class Silent(Line):
    """Nobody hears what is told."""

    def __init__(self) -> None:
        self.heard = 0

    def send(self, message: bytes) -> None:
        """Nobody is there."""


class Outcome(Struct, kw_only=True):
    """What a watched process promised and refused, how it ended, and how often it made a call.

    `broken` is an error that nobody named, `code` a signal's number with a minus. `moments` says of
    each promise after how many messages it was made.
    """

    promised: list[str] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: str = ""
    code: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def is_killed(self) -> bool:
        """Whether it was killed."""
        return self.code < 0

    def promise(self, promise: str, line: Line) -> None:
        """Keep that something is promised, by what was heard so far."""
        self.promised.append(promise)
        self.moments.append(line.heard)

    def hear(self, line: Line) -> bytes | None:
        """Keep what is said next; what is asked is returned. Raises as `Line.hear`."""
        return self.keep(line.hear(), line)

    def keep(self, message: bytes, line: Line) -> bytes | None:
        """Keep what was said; what is asked is returned."""
        kind, text = message[:1], message[1:]
        if kind == b"Q":
            return text
        if kind == b"E":
            self.broken = text.decode()
        elif kind == b"P":
            self.promise(text.decode(), line)
        else:
            self.refused.append(text.decode())
        return None


def watched(
    act: Callable[[Line], None],
    partner: Callable[[Line, Outcome], None],
    log: Path,
    *,
    fault: Fault | None = None,
    words: tuple[str, ...] = (),
) -> Outcome:
    """Have a process of its own act under `strace`, and talk with it until it ends.

    `log` is where the calls are written, `words` are further ones for `strace`. Raises
    `Untraceable`.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            ours.close()
            code = _acted(act, theirs)
        finally:
            os._exit(code)
    theirs.close()
    outcome = Outcome()
    try:
        tracing = _attached(pid, log, [*(fault.words() if fault else []), *words])
    except Untraceable:
        ours.close()
        os.waitpid(pid, 0)
        raise
    with ours:
        line = Line(ours)
        line.send(b"go")
        partner(line, outcome)
    _, status = os.waitpid(pid, 0)
    tracing.wait()
    outcome.code = os.waitstatus_to_exitcode(status)
    outcome.calls = Counter(dict(_counted(log)))
    return outcome


def listen(line: Line, outcome: Outcome, answer: Callable[[bytes], bytes]) -> None:
    """Hear promises and answer questions until the other end is gone."""
    try:
        while True:
            asked = outcome.hear(line)
            if asked is not None:
                line.send(answer(asked))
    except (EOFError, ConnectionError):
        return


def _acted(act: Callable[[Line], None], end: socket.socket) -> int:
    """Act as soon as somebody watches; says what is wrong where that has no name."""
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY)
    line = Line(end)
    try:
        line.hear()
        act(line)
    except EOFError:
        return 0
    except BaseException:  # noqa: BLE001 - told to whoever watches
        with suppress(OSError):
            line.send(b"E" + traceback.format_exc().encode())
        return 1
    return 0


def _attached(pid: int, log: Path, words: list[str]) -> "subprocess.Popen[str]":
    strace = shutil.which("strace")
    if strace is None:
        raise Untraceable("strace is missing: install the Debian package strace")
    watched_calls = ("-e", f"trace={','.join(CALLS)}") if "-xx" not in words else ()
    process = subprocess.Popen(
        [strace, "-f", "-p", str(pid), "-o", str(log), *watched_calls, *words],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as errors:
        said = errors.readline()
    if "attached" not in said:
        process.kill()
        process.wait()
        raise Untraceable(f"this machine does not let a process be traced: {said.strip()}")
    return process


def _counted(log: Path) -> Iterator[tuple[str, int]]:
    """How often each call was made by the thread that made it most often."""
    made: Counter[tuple[str, str]] = Counter()
    with log.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            found = STARTS.match(text)
            if found:
                made[found[2], found[1]] += 1
    for call in {call for call, _ in made}:
        yield call, max(count for (one, _), count in made.items() if one == call)


def every_fault(calls: Counter[str]) -> list[Fault]:
    """All that can go wrong where these calls are made so often."""
    killed = [
        Fault(call=call, k=k, kind="kill")
        for call in CALLS
        for k in range(1, calls.get(call, 0) + 1)
    ]
    kinds: tuple[Kind, Kind] = ("full once", "full")
    full = [
        Fault(call=call, k=k, kind=kind)
        for kind in kinds
        for call in FAILING
        for k in range(1, calls.get(call, 0) + 1)
    ]
    return [*killed, *full]


def forbidden() -> str:
    """Why nothing can be tried on this machine; nothing where it can."""
    try:
        watched(lambda _: None, lambda _, __: None, Path(os.devnull))
    except Untraceable as reason:
        return str(reason)
    return ""
