"""One of several server processes is killed: the others serve on, and another takes its place."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests.machine import free_port
from tests.server.rim.test_postgres import STOPS_S, two_processes
from tests.server.rim.test_serving import READY_S, ROOT, answered

WORKERS: Final = 2


@pytest.mark.slow
def test_a_process_that_is_killed_is_followed_by_another(
    tmp_path: Path, postgres_copy: str
) -> None:
    with two_processes(tmp_path, postgres_copy) as (url, process):
        answered(f"{url}/health")
        first = workers(process, without=set())
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        second = workers(process, without={victim})
        assert first - second == {victim}
        for _ in range(10):
            assert answered(f"{url}/health").json()["ready"] is True
        process.terminate()
        _, errors = process.communicate(timeout=STOPS_S)
    assert process.returncode == 0, errors


def workers(process: "subprocess.Popen[Any]", without: set[int]) -> set[int]:
    """The processes that serve, as soon as there are as many as there should be."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until = time.monotonic() + READY_S
    while True:
        assert process.poll() is None, "nobody serves any more"
        found = {int(one) for one in children.read_text().split()} - without
        if len(found) == WORKERS:
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


BROKEN = """
import sys
from pathlib import Path
from server import serving
from server.settings import load

def broken(settings):
    raise RuntimeError("it cannot")

if __name__ == "__main__":
    serving.create_app = broken
    given = {"data": Path(sys.argv[1]), "port": int(sys.argv[2]), "database": sys.argv[3]}
    serving.serve(load({**given, "workers": 2}), ready=lambda url: print(url, flush=True))
"""


@pytest.mark.slow
def test_processes_that_cannot_serve_are_not_begun_again_and_again(
    tmp_path: Path, postgres_copy: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(BROKEN)
    given = [str(tmp_path / "data"), str(free_port()), postgres_copy]
    ended = subprocess.run(
        [sys.executable, program, *given],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=STOPS_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "it cannot" in ended.stderr
