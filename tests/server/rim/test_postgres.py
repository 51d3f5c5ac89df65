"""The same rim over PostgreSQL, in one process and in several."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from server.app import real_clock
from server.sessions import COOKIE
from tests.machine import free_port
from tests.server.rim.company import PASSWORD, Company
from tests.server.rim.test_office_ops import ask, assigned, created, opened, say, verdicts
from tests.server.rim.test_round_trip import accept, begun, talk
from tests.server.rim.test_serving import ROOT, answered, ended

STOPS_S = 60
PROGRAM = """
import sys
from pathlib import Path
from server.serving import serve
from server.settings import load

if __name__ == "__main__":
    given = {"data": Path(sys.argv[1]), "port": int(sys.argv[2]), "database": sys.argv[3]}
    serve(load({**given, "workers": 2}), ready=lambda url: print(url, flush=True))
"""


def test_a_working_day_on_postgresql(tmp_path: Path, fresh_postgres: str) -> None:
    company = Company(tmp_path / "data", database=fresh_postgres, threads=4)
    with company.client:
        company.set_password("dispatcher")
        body = {"login": "dispatcher", "password": PASSWORD}
        assert company.client.post("/api/login", json=body).status_code == 200
        ticket = opened(company)
        order = created(company, ticket["id"])
        answer = say(company, "dispatcher", ticket, order, assigned(company, order["id"]))
        assert verdicts(answer) == ["applied"] * 3
        phone = company.phone()
        first = begun(company, phone)
        op = accept(company, phone, order["id"])
        told = talk(company, phone, token=first.token, full=True, ops=[op], pull=True)
        assert [result.verdict for result in told.results] == ["applied"]
        paths: dict[str, Any] = {
            "/api/tickets?q=drips&limit=1": 1,
            "/api/work-orders?status=accepted&assignee=technician": 1,
            "/api/stock": 0,
            "/api/conflicts?status=open": 0,
            "/api/devices": 1,
            "/api/audit?work_order=WO-26-000001": 3,
        }
        assert {path: len(ask(company, path)["items"]) for path in paths} == paths
        page = ask(company, "/api/audit?work_order=WO-26-000001&limit=2")
        rest = ask(company, f"/api/audit?work_order=WO-26-000001&after={page['next']}")
        assert (len(page["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
        story = ask(company, "/api/work-orders/WO-26-000001")["story"]
        assert [line["kind"] for line in story][-1] == "work_order.accept"
        assert company.client.get("/health").status_code == 200


def test_two_processes_serve_one_database(tmp_path: Path, fresh_postgres: str) -> None:
    with two_processes(tmp_path, fresh_postgres) as (url, process):
        for _ in range(10):
            assert answered(f"{url}/health").json()["ready"] is True
        process.terminate()
        _, errors = process.communicate(timeout=STOPS_S)
    assert process.returncode == 0, errors


def test_processes_that_have_not_begun_to_serve_stop_as_well(
    tmp_path: Path, fresh_postgres: str
) -> None:
    with two_processes(tmp_path, fresh_postgres) as (_, process):
        process.terminate()
        _, errors = process.communicate(timeout=STOPS_S)
    assert process.returncode == 0, errors


def test_consoles_hear_what_any_process_wrote_and_are_let_go_at_the_end(
    tmp_path: Path, fresh_postgres: str
) -> None:
    company = Company(tmp_path / "data", database=fresh_postgres, threads=4)
    company.now_ms = real_clock()
    token = company.signed_in("dispatcher")["Authorization"].removeprefix("Bearer ")
    with two_processes(tmp_path, fresh_postgres) as (url, process), ExitStack() as opened_streams:
        answered(f"{url}/health")
        streams = []
        for _ in range(4):
            answer = requests.get(
                f"{url}/live", cookies={COOKIE: token}, stream=True, timeout=STOPS_S
            )
            opened_streams.callback(answer.close)
            streams.append(answer.iter_lines(chunk_size=1, decode_unicode=True))
        for stream in streams:
            next_change(stream)
        company.now_ms = real_clock()
        site = company.new_id()
        company.put("customer", site, name="New here", type="organisation")
        assert [next_change(stream, f"customer:{site}") for stream in streams] == [True] * 4
        process.terminate()
        # A stream that is cut off, as a process that is killed does, raises here.
        assert [next_change(stream, "nothing more") for stream in streams] == [False] * 4
        _, errors = process.communicate(timeout=STOPS_S)
        assert process.returncode == 0, errors
    company.office.close()


def next_change(stream: Iterator[str], thing: str = "") -> bool:
    """Listen until something changes, and this thing if one is named."""
    return any(line.startswith("data: {") and thing in line for line in stream)


@contextmanager
def two_processes(folder: Path, database: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server of two processes: its address, and the process that started them."""
    port = free_port()
    program = folder / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, program, str(folder / "data"), str(port), database],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, ended(process):
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"http://127.0.0.1:{port}"
        yield f"http://127.0.0.1:{port}", process
