"""The stage of the main job: folders, the command, the server's process, and its API."""

import json
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from shared.ids import derive

PATIENCE_S: Final = 60.0
POLL_S: Final = 0.01


class Failed(Exception):
    """A step of the main job did not do what it must; the message says which."""


class Stage:
    """Everything one performance needs, in one folder."""

    def __init__(self, command: Sequence[str], folder: Path, language: str) -> None:
        self.command = list(command)
        self.books = folder / "server"
        self.phone = folder / "phone"
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.language = language
        self.token = ""
        self.acts = 0
        self.server: subprocess.Popen[bytes] | None = None

    def run(self, *words: str, codes: Sequence[int] = (0,)) -> Any:
        """One command's JSON. Raises `Failed` when it ends with an exit code not expected."""
        done = subprocess.run(  # noqa: S603  our own command
            [*self.command, *words], capture_output=True, check=False, timeout=PATIENCE_S
        )
        if done.returncode not in codes:
            told = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
            raise Failed(f"{' '.join(words)}: exit code {done.returncode}\n{told}")
        return json.loads(done.stdout or b"null")

    def device(self, *words: str, codes: Sequence[int] = (0,)) -> Any:
        """One command on the phone."""
        place = ("--data", str(self.phone), "--lang", self.language)
        return self.run("device", *words, *place, codes=codes)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        words = ["serve", "--data", str(self.books), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(  # noqa: S603  our own command
                [*self.command, *words], stdout=log, stderr=log
            )
        self.wait(self._answers, "the server does not answer")

    def kill(self) -> None:
        """Kill the server without a word."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def sync_and_kill(self, when: Callable[[], bool]) -> None:
        """Synchronise the phone, and kill the server as soon as something is so."""
        words = ["device", "sync", "--data", str(self.phone)]
        talking = subprocess.Popen(  # noqa: S603  our own command
            [*self.command, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.wait(lambda: when() or talking.poll() is not None, "the phone does not synchronise")
        self.kill()
        talking.wait(PATIENCE_S)

    def ask(self, path: str, message: Any = None) -> Any:
        """One request to the server's API."""
        data = None if message is None else json.dumps(message).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return json.load(answer)

    def office(self, kind: str, on: tuple[str, str], args: dict[str, Any]) -> dict[str, Any]:
        """One op of whoever is signed in. An empty id in `on` means: of this op."""
        self.acts += 1
        identity = derive("main job", str(self.books), self.acts)
        op = {"id": identity, "kind": kind, "on": [on[0], on[1] or identity], "args": args}
        told: dict[str, Any] = self.ask("/api/ops", {"ops": [op]})["results"][0]
        if told["verdict"] != "applied":
            raise Failed(f"{kind}: {told}")
        return told

    def query(self, database: Path, statement: str, *values: Any) -> list[Any]:
        """Rows of one of the two databases, read beside whoever has it open."""
        uri = f"{database.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_S)) as connection:
            return connection.execute(statement, values).fetchall()

    def wait(self, done: Callable[[], bool], otherwise: str) -> None:
        """Wait until something is so. Raises `Failed`."""
        until = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > until:
                raise Failed(otherwise)
            time.sleep(POLL_S)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("/health"))
        except OSError:
            return False


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
