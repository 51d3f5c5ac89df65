"""Serving for real: a process of its own that starts, answers, and stops when it is told to."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from tests.machine import free_port

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from server.serving import serve
from server.settings import load

settings = load({"data": Path(sys.argv[1]), "port": int(sys.argv[2])})
serve(settings, ready=lambda url: print(url, flush=True))
"""
READY_S = 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_process_answers_and_stops_when_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    with begun(tmp_path / "data", port) as process:
        answer = answered(f"http://127.0.0.1:{port}/health")
        assert answer.json() == {"live": True, "ready": True, "writable": True, "migrated": True}
        problem = requests.get(f"http://127.0.0.1:{port}/api/tickets", timeout=READY_S)
        assert (problem.status_code, problem.json()["code"]) == (401, "not_signed_in")
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert [json.loads(line) for line in errors.splitlines()] == []


def test_nobody_fills_the_servers_memory_with_headers(tmp_path: Path) -> None:
    port = free_port()
    with begun(tmp_path / "data", port):
        url = f"http://127.0.0.1:{port}"
        answered(f"{url}/health")
        fits, flood = "&".join(["a=1"] * 1_000), "&".join(["a=1"] * 10_000)
        asked = [
            requests.get(f"{url}/nowhere?{fits}", timeout=READY_S),
            requests.get(f"{url}/nowhere", headers={"Cookie": fits}, timeout=READY_S),
            requests.get(f"{url}/nowhere?{flood}", timeout=READY_S),
            requests.get(f"{url}/nowhere", headers={"Cookie": flood}, timeout=READY_S),
        ]
    assert [one.status_code for one in asked] == [404, 404, 431, 431]


@pytest.mark.slow
def test_whoever_holds_a_connection_open_keeps_nobody_else_from_an_answer(tmp_path: Path) -> None:
    """C65."""
    port = free_port()
    with begun(tmp_path / "data", port), ExitStack() as held:
        answered(f"http://127.0.0.1:{port}/health")
        for _ in range(400):
            line = held.enter_context(socket.create_connection(("127.0.0.1", port), READY_S))
            line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=READY_S).status_code == 200


@pytest.mark.slow
def test_a_port_or_a_folder_that_is_served_is_not_served_twice(tmp_path: Path) -> None:
    port = free_port()
    with begun(tmp_path / "data", port):
        for folder, place, reason in (
            (tmp_path / "other", port, f"Unfit: port: cannot listen on http://127.0.0.1:{port}"),
            (tmp_path / "data", free_port(), "Unfit: data: another server serves"),
        ):
            with started(folder, place) as second, ended(second):
                told, errors = second.communicate(timeout=READY_S)
            assert (second.returncode, told) == (1, "")
            assert reason in errors


def started(folder: Path, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def begun(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """A server process that serves."""
    with started(folder, port) as process, ended(process):
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"http://127.0.0.1:{port}"
        yield process


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """No process stays behind when a test goes wrong."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()


def answered(url: str) -> requests.Response:
    """The answer, as soon as there is one."""
    until = time.monotonic() + READY_S
    while True:
        try:
            return requests.get(url, timeout=READY_S)
        except requests.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
