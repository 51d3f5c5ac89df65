"""The command of the phone where there is no server: what it refuses, and how it says so."""

import json
import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mobile.device import Installation, install
from mobile.keys import adopt_key, next_key
from shared.ops import Stamp
from sync.protocol import Page, Reply, Row, encode
from tests.mobile.phones import Phone
from tests.mobile.wires import Answer, office
from tests.world import ANN

COMMAND: Final = (sys.executable, "-W", "error", "fieldfare.py", "device")
ROOT: Final = Path(__file__).resolve().parents[2]
SMALL_FILES_BYTES: Final = 40_000  # room for what SQLite needs to open, not for what it is told
LONG: Final = {"text": "x" * 3_000, "audience": "internal"}


def installed(phone: Phone, server: str = "http://127.0.0.1:9") -> Path:
    """The folder of a phone, as the command finds it."""
    known = Installation(server=server, device="d", person=ANN, login="ann")
    next_key(phone.folder)
    adopt_key(phone.folder)
    install(phone.folder, known)
    phone.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return phone.folder


def run(*words: str | Path, file_bytes_max: int | None = None) -> tuple[int, Any, str]:
    """Run one command; a limit on the size of files is how a full disk is played."""
    limit = (file_bytes_max or 0, file_bytes_max or 0)
    limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
    ran = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        preexec_fn=None if file_bytes_max is None else limits,
    )
    return (ran.returncode, json.loads(ran.stdout) if ran.stdout else None, ran.stderr)


def note(phone: Phone, folder: Path, **given: Any) -> tuple[int, Any, str]:
    """Record a note on the phone's job by command."""
    words = ("--wo", phone.job, "--json", json.dumps(LONG), "--data", folder)
    return run("do", "note.add", *words, **given)


def test_an_act_that_finds_no_room_is_refused_in_words_and_nothing_is_lost(phone: Phone) -> None:
    folder = installed(phone)
    code, _, _ = note(phone, folder)
    assert code == 0
    codes = [note(phone, folder, file_bytes_max=SMALL_FILES_BYTES) for _ in range(3)]
    for code, told, errors in codes:
        assert (code, told["code"], errors) == (3, "disk_full", "")
        assert "Nothing was recorded" in told["reason"]
    code, told, _ = note(phone, folder)
    assert (code, told["lseq"]) == (0, 2)


def test_a_phone_that_cannot_even_be_opened_says_so(phone: Phone) -> None:
    folder = installed(phone)
    phone.connection.close()
    code, told, errors = run("list", "--data", folder, file_bytes_max=0)
    assert (code, told["code"], errors) == (3, "disk_full", "")


def test_a_phone_without_room_is_not_enrolled(tmp_path: Path) -> None:
    words = ("enrol", "--code", "ABCD-EFGH-JKMN", "--server", "http://127.0.0.1:9")
    code, told, errors = run(*words, "--data", tmp_path / "phone", file_bytes_max=0)
    assert (code, told["code"], errors) == (4, "disk_full", "")


def test_an_answer_that_finds_no_room_is_not_taken_and_everything_is_kept(phone: Phone) -> None:
    phone.must("work_order.accept")
    rows = [
        Row(table="future", id=f"r{place}", body=msgspec.Raw(b'{"x":"' + b"x" * 2_000 + b'"}'))
        for place in range(100)
    ]
    page = Page(stream="catalog", kind="snapshot", since=0, to=9, head=9, rows=rows)
    stamp = Stamp(epoch="other", server_ms=1, key="k", mac8="m")
    reply = Reply(server_epoch="other", now=1, stamp=stamp, streams=[page])
    answers = (b'{"nonce":"n"}', b'{"token":"t","expires_in":600}', encode(reply))
    with office(*(Answer(body=body) for body in answers)) as (server, _):
        folder = installed(phone, server)
        before = list(phone.connection.iterdump())
        code, told, errors = run("sync", "--data", folder, file_bytes_max=SMALL_FILES_BYTES)
    assert (code, told["code"], errors) == (4, "disk_full", "")
    assert list(phone.connection.iterdump()) == before


@pytest.mark.parametrize("more", [["--wo", "X"], []])
def test_a_kind_that_is_not_known_is_not_one_of_the_choices(phone: Phone, more: list[str]) -> None:
    folder = installed(phone)
    code, told, _ = run("do", "note.ad", "--json", "{}", "--data", folder, *more)
    assert (code, told["code"], told["field"]) == (3, "unknown_choice", "kind")
    assert "kept" not in told["reason"]
    assert "Action" in told["reason"]


def test_who_reads_only_the_beginning_gets_it_without_a_trace() -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has enough
    ran = subprocess.run(
        [*COMMAND, "kinds"], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_another_person_is_told_whose_work_is_still_waiting(phone: Phone) -> None:
    folder = installed(phone)
    phone.must("work_order.accept")
    text = "fieldfare:1?url=http%3A%2F%2F127.0.0.1%3A9&code=7KQ2-9XWM&person=somebody"
    code, told, errors = run("enrol", "--code", text, "--data", folder)
    assert (code, told["code"], errors) == (3, "work_waiting", "")
    assert "1 change of Ann" in told["reason"]
