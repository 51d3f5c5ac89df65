"""The command of the phone where there is no server: what it refuses, and how it says so."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mobile import service
from mobile.courier import HandInLater
from mobile.device import Installation, install
from mobile.keys import adopt_key, next_key
from mobile.wire import REPLY_BYTES_MAX, Throttled
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


def run(
    *words: str | Path, file_bytes_max: int | None = None, stdin: bytes = b""
) -> tuple[int, Any, str]:
    """Run one command; a limit on the size of files is how a full disk is played."""
    limit = (file_bytes_max or 0, file_bytes_max or 0)
    limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
    ran = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        input=stdin,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        preexec_fn=None if file_bytes_max is None else limits,
    )
    return (ran.returncode, json.loads(ran.stdout) if ran.stdout else None, ran.stderr.decode())


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
    """C19."""
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
        before = kept(phone)
        code, told, errors = run("sync", "--data", folder, file_bytes_max=SMALL_FILES_BYTES)
    assert (code, told["code"], errors) == (4, "disk_full", "")
    assert kept(phone) == before


def kept(phone: Phone) -> list[str]:
    """All that a phone's file says, but for when it last asked."""
    return [line for line in phone.connection.iterdump() if "VALUES('absence'" not in line]


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
    """C25."""
    folder = installed(phone)
    phone.must("work_order.accept")
    text = "fieldfare:1?url=http%3A%2F%2F127.0.0.1%3A9&code=7KQ2-9XWM&person=somebody"
    code, told, errors = run("enrol", "--code", text, "--data", folder)
    assert (code, told["code"], errors) == (3, "work_waiting", "")
    assert "1 change of Ann" in told["reason"]


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, without what a conversation or SQLite leave beside it."""
    beside = ("-shm", "-wal", ".lock", ".next")
    found = (path for path in sorted(folder.iterdir()) if not path.name.endswith(beside))
    return {path.name: path.read_bytes() for path in found if path.is_file()}


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


def scribble(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


FAULTS: Final[tuple[tuple[str, Callable[[Path], None], str, str], ...]] = (
    (f"{ANN}.db", Path.unlink, "phone_missing", "put it back"),
    (f"{ANN}.db", empty, "phone_missing", "put it back"),
    (f"{ANN}.db", cut_off, "phone_damaged", "left as it is"),
    (f"{ANN}.db", scribble, "phone_damaged", "left as it is"),
    (f"{ANN}.db", newer, "app_too_old", "update this app"),
    (f"{ANN}.db", folder_instead, "folder_shut", "cannot be used"),
    ("device.json", cut_off, "enrol_again", "new code"),
    ("device.json", folder_instead, "folder_shut", "cannot be used"),
)


@pytest.mark.parametrize(("name", "harm", "code", "words"), FAULTS)
def test_a_folder_that_came_to_harm_is_told_in_words_and_left_as_it_is(
    phone: Phone, name: str, harm: Callable[[Path], None], code: str, words: str
) -> None:
    folder = installed(phone)
    phone.connection.close()
    harm(folder / name)
    before = files(folder)
    commands = (["list"], ["status"], ["outbox"], ["show", "--wo", "X"], ["sync"])
    for command in (*commands, ["do", "note.add", "--json", "{}"]):
        exit_code, told, errors = run(*command, "--data", folder)
        assert (exit_code, told["code"], errors) == (3, code, "")
        assert words in told["reason"]
    assert files(folder) == before


def test_a_page_that_is_damaged_is_told_where_it_is_come_upon(phone: Phone) -> None:
    phone.work()
    folder = installed(phone)
    phone.connection.close()
    path = folder / f"{ANN}.db"
    content = bytearray(path.read_bytes())
    content[8_192:] = b"\xff" * (len(content) - 8_192)
    path.write_bytes(content)
    code, told, errors = run("outbox", "--data", folder)
    assert (code, told["code"], errors) == (3, "phone_damaged", "")


@pytest.mark.parametrize("harm", [Path.unlink, cut_off])
def test_an_installation_without_its_key_must_enrol_again_and_keeps_its_outbox(
    phone: Phone, harm: Callable[[Path], None]
) -> None:
    folder = installed(phone)
    phone.must("work_order.accept")
    harm(folder / "device.key")
    code, told, errors = run("sync", "--data", folder)
    assert (code, told["code"], errors) == (3, "enrol_again", "")
    assert not (folder / "device.key").exists() or harm is cut_off
    code, told, _ = run("outbox", "--data", folder)
    assert (code, [line["state"] for line in told["items"]]) == (0, ["waiting"])


def test_a_folder_that_is_none_cannot_be_enrolled(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    words = ("enrol", "--code", "ABCD-EFGH-JKMN", "--server", "http://127.0.0.1:9", "--data")
    for folder in (tmp_path / "file", tmp_path / "file" / "in" / "it"):
        code, told, errors = run(*words, folder)
        assert (code, told["code"], errors) == (3, "folder_shut", "")
    assert (tmp_path / "file").read_text() == "mine"
    code, told, errors = run(*words, "")
    assert (code, told) == (2, None)
    assert "folder is expected" in errors


@pytest.mark.parametrize("harm", [scribble, newer])
def test_a_database_that_cannot_be_read_is_no_place_to_enrol(
    phone: Phone, harm: Callable[[Path], None]
) -> None:
    folder = installed(phone)
    phone.connection.close()
    harm(folder / f"{ANN}.db")
    before = files(folder)
    words = ("enrol", "--code", "ABCD-EFGH-JKMN", "--server", "http://127.0.0.1:9")
    code, told, errors = run(*words, "--data", folder)
    assert (code, errors) == (3, "")
    assert told["code"] in ("phone_damaged", "app_too_old")
    assert files(folder) == before


def test_a_server_that_is_not_reached_is_named(phone: Phone, tmp_path: Path) -> None:
    """R8."""
    url = "http://127.0.0.1:9"
    code, told, _ = run("sync", "--data", installed(phone, url))
    assert (code, told["code"]) == (4, "unreachable")
    assert f"at {url}." in told["reason"]
    words = ("enrol", "--code", "ABCD-EFGH-JKMN", "--server", url, "--data", tmp_path / "new")
    code, told, _ = run(*words)
    assert (code, told["code"]) == (4, "unreachable")
    assert f"at {url}." in told["reason"]


def test_an_answer_that_is_too_large_is_told_apart(phone: Phone) -> None:
    phone.must("work_order.accept")
    with office(Answer(body=b" " * (REPLY_BYTES_MAX + 1))) as (server, _):
        code, told, errors = run("sync", "--data", installed(phone, server))
    assert (code, told["code"], errors) == (4, "answer_too_large", "")
    assert [line.state for line in phone.queries.outbox()] == ["waiting"]


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"", "No arguments"),
        (b" \n", "No arguments"),
        (b"[1]", "one JSON object"),
        (b"{", "one JSON"),
    ],
)
def test_arguments_that_are_none_are_told_plainly(phone: Phone, stdin: bytes, words: str) -> None:
    folder = installed(phone)
    told = run("do", "note.add", "--wo", "X", "--json", "-", "--data", folder, stdin=stdin)
    assert (told[0], told[1]["code"], told[2]) == (2, "not_json", "")
    assert words in told[1]["reason"]


def test_without_a_folder_nothing_is_listed() -> None:
    code, told, errors = run("list")
    assert (code, told) == (2, None)
    assert "--data" in errors


def test_whom_the_office_puts_off_is_told_which_kind_of_wait_it_is() -> None:
    """C65."""
    put_off = (HandInLater(3_600.0, 429), Throttled(2.0, 503), Throttled(9.0, 429))
    told = [service.trouble(one).code for one in put_off]
    assert told == ["enough_today", "busy", "too_many_tries"]
