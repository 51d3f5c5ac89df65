"""Commands that begin at once: each is forked from a process that has loaded the product already.

A forked command is a process of its own, and is killed like any other. What it does not do is
spend nine tenths of its life on loading modules, in which there is nothing to be lost.
"""

import gc
import io
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from tests.e2e.processes import COMMAND_S, ROOT, Phone, Ran, Server, ran_of

REQUEST_BYTES: Final = 65_536
STARTS_S: Final = 60.0


class Running:
    """A command that was begun, by the connection on which the warm process tells of its end."""

    def __init__(self, told: socket.socket, written: Sequence[IO[bytes]]) -> None:
        self._told = told
        self._lines = told.makefile("r", encoding="ascii")
        self._written = written
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code if it has ended; a signal's number with a minus."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float = COMMAND_S) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            with selectors.DefaultSelector() as told:
                told.register(self._told, selectors.EVENT_READ)
                if not told.select(timeout):
                    raise subprocess.TimeoutExpired([str(self.pid)], timeout)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._told.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Tell it something; who has ended hears nothing."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it where it stands."""
        self.send_signal(signal.SIGKILL)

    def ended(self) -> Ran:
        """What it came to."""
        code = self.wait()
        printed, errors = (self._read(file) for file in self._written)
        return ran_of(code, printed, errors)

    def _read(self, file: IO[bytes]) -> str:
        with file:
            file.seek(0)
            return file.read().decode()


class Warm:
    """The process that has everything loaded and begins commands."""

    def __init__(self, folder: Path) -> None:
        self._door = folder / "warm"

    @contextmanager
    def open(self) -> Iterator["Warm"]:
        """Ready for as long as the block lasts."""
        words = [sys.executable, "-W", "error", "-m", "tests.e2e.warm", str(self._door)]
        surroundings = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
        process = subprocess.Popen(words, cwd=ROOT, env=surroundings)
        try:
            until = time.monotonic() + STARTS_S
            while not self._door.exists():
                assert process.poll() is None, "the warm process has ended"
                assert time.monotonic() < until, "the warm process does not answer"
                time.sleep(0.02)
            yield self
        finally:
            process.kill()
            process.wait()

    def begun(self, *words: str | Path) -> Running:
        """Begin a command; `Running.ended` waits for it."""
        files = tuple(tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - `ended` closes it
        return self.launched(words, files)

    def launched(self, words: Sequence[str | Path], files: Sequence[IO[bytes]]) -> Running:
        """Begin a command that prints into these files."""
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(self._door))
        asked = json.dumps([str(word) for word in words]).encode()
        socket.send_fds(line, [asked], [file.fileno() for file in files])
        return Running(line, files)


class WarmServer(Server):
    """A server whose process is begun by a warm one."""

    def __init__(self, data: Path, port: int, warm: Warm) -> None:
        super().__init__(data, port)
        self._warm = warm

    def _launched(self, words: Sequence[str], log: IO[bytes]) -> Any:
        return self._warm.launched(words[-len(self.words) :], (log, log))


class WarmPhone(Phone):
    """A phone whose commands are begun by a warm process."""

    def __init__(self, folder: Path, warm: Warm) -> None:
        super().__init__(folder)
        self._warm = warm

    def run(self, *words: str, stdin: str | None = None) -> Ran:
        """As `Phone.run`, without an input."""
        assert stdin is None, "a warm command reads nothing"
        return self.begun(*words).ended()

    def begun(self, *words: str) -> Running:
        """Begin one command."""
        return self._warm.begun(*self.words(*words))


def main(door: Path) -> None:
    """Load everything, then begin whatever is asked for, until killed."""
    from mobile import carrier, command, couriers, service, wire  # noqa: F401
    from server import administration, serving  # noqa: F401

    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as waiting:
        draft = door.with_suffix(".draft")
        listening.bind(str(draft))
        listening.listen(64)
        draft.rename(door)
        waiting.register(listening, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.data is None:
                    pid, line = _begin(listening.accept()[0], listening)
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, line))
                else:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    _tell_the_end(*key.data)


def _begin(line: socket.socket, listening: socket.socket) -> tuple[int, socket.socket]:
    asked, files, _, _ = socket.recv_fds(line, REQUEST_BYTES, 2)
    pid = os.fork()
    if pid == 0:
        line.close()
        listening.close()
        os._exit(_run(json.loads(asked), files))
    for file in files:
        os.close(file)
    line.sendall(b"%d\n" % pid)
    return pid, line


def _run(words: list[str], files: list[int]) -> int:
    """Be the command; what it ends with."""
    import fieldfare

    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), *files)):
        os.dup2(file, number)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    try:
        return fieldfare.main(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter itself would
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _tell_the_end(pid: int, line: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    with line, suppress(OSError):
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
