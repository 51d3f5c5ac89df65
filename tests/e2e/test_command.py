"""Every subcommand's exit codes and what it prints, as the command's help promises."""

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from mobile.courier import alone
from shared.kinds import REGISTRY
from tests.bases import CHOICE
from tests.e2e.conftest import Company
from tests.e2e.processes import Phone, Ran, Server, Told, begun, ended, fieldfare

ZHOU: Final = "zhou.jian"
DONE, BROKEN, USAGE, REFUSED, UNREACHABLE, PERSON_NEEDED = 0, 1, 2, 3, 4, 5
REPORT: Final = {
    "pushed",
    "verdicts",
    "pulled_rows",
    "pending_ops",
    "pending_files",
    "files_sent",
    "files_set_aside",
    "checksum_ok",
    "audit_ok",
    "timed_out",
    "ops_only",
    "revoked",
    "server_epoch",
}
JOB: Final = {"number", "status", "customer", "planned_from", "priority", "sync"}


def assert_usage(ran: Ran, words: str) -> None:
    """Wrong usage: said on standard error, nothing printed, no trace."""
    assert (ran.code, ran.told) == (USAGE, None), ran
    assert words in ran.errors, ran.errors
    assert "Traceback" not in ran.errors, ran.errors


@pytest.fixture
def data(pristine: Path, tmp_path: Path) -> Path:
    """A data folder of one's own that nobody serves."""
    return CHOICE.copied(pristine, tmp_path / "data")


# init


def test_a_new_folder_gets_an_administrator_and_its_own_password(tmp_path: Path) -> None:
    ran = fieldfare("init", "--data", tmp_path / "new", "--lang", "zh")
    assert ran.code == DONE
    assert ran.told["admin"]["login"] == "admin"
    assert len(ran.told["admin"]["one_time_password"]) >= 12
    assert ran.told["demo_logins"] == []
    again = fieldfare("init", "--data", tmp_path / "new", "--lang", "zh")
    assert (again.code, again.told["code"], again.told["field"]) == (
        REFUSED,
        "folder_not_empty",
        "data",
    )
    assert str(tmp_path / "new") in again.told["reason"]


def test_a_file_is_no_folder_for_data(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ran = fieldfare("init", "--data", tmp_path / "file")
    assert (ran.code, ran.told["code"]) == (REFUSED, "folder_not_empty")
    assert (tmp_path / "file").read_text() == "mine"


def test_the_demo_company_needs_a_day_that_there_is(tmp_path: Path) -> None:
    ran = fieldfare("init", "--data", tmp_path / "new", "--demo", "--day", "2026-02-30")
    assert ran.code in (USAGE, REFUSED), ran
    assert "Traceback" not in ran.errors
    assert not (tmp_path / "new").exists()


# serve


def test_nothing_is_served_where_others_could_listen_or_know_the_password(
    data: Path, tmp_path: Path
) -> None:
    """S5."""
    assert_usage(fieldfare("serve", "--data", tmp_path / "nothing"), "fieldfare init")
    assert_usage(fieldfare("serve", "--data", data, "--host", "0.0.0.0"), "demo company")
    lines = (data / "fieldfare.toml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("demo ")]
    (data / "fieldfare.toml").write_text("\n".join(kept))
    assert_usage(fieldfare("serve", "--data", data, "--host", "0.0.0.0"), "plain HTTP")


@pytest.mark.sqlite
def test_a_file_of_books_is_served_by_one_process(data: Path) -> None:
    assert_usage(fieldfare("serve", "--data", data, "--workers", "2"), "SQLite")


def test_a_port_that_is_taken_is_told(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = fieldfare("serve", "--data", data, "--port", str(taken.getsockname()[1]))
    assert_usage(ran, "cannot listen on http://127.0.0.1")


# person


@pytest.mark.slow
def test_people_come_get_passwords_and_leave(data: Path) -> None:
    def person(what: str, *more: str) -> Ran:
        return fieldfare("person", what, "--data", data, *more)

    added = person("add", "--login", "new.one", "--name", "新人", "--role", "technician")
    assert (added.code, added.told["login"]) == (DONE, "new.one")
    assert len(added.told["one_time_password"]) >= 12
    again = person("add", "--login", "new.one", "--role", "technician", "--lang", "zh")
    assert (again.code, again.told["code"]) == (REFUSED, "person_exists")
    assert "new.one" in again.told["reason"]
    wrong = person("add", "--login", "other", "--role", "king")
    assert (wrong.code, wrong.told["code"]) == (REFUSED, "wrong_value")
    given = person("password", "--login", "new.one")
    assert given.told["one_time_password"] != added.told["one_time_password"]
    gone = person("disable", "--login", "new.one")
    assert (gone.code, gone.told) == (DONE, {"login": "new.one", "disabled": True})
    listed = person("list").told["items"]
    assert [one for one in listed if one["login"] == "new.one"] == [
        {"login": "new.one", "name": "新人", "roles": ["technician"], "disabled": True}
    ]
    nobody = person("password", "--login", "nobody")
    assert (nobody.code, nobody.told["code"]) == (REFUSED, "person_unknown")
    code = fieldfare("enrol-code", "--data", data, "--person", "new.one")
    assert (code.code, code.told["code"]) == (REFUSED, "person_unknown")


@pytest.mark.slow
def test_a_login_that_nobody_could_type_is_refused(data: Path) -> None:
    for login in ("", "Ä b"):
        words = ("person", "add", "--data", data, "--login", login, "--role", "technician")
        ran = fieldfare(*words)
        assert (ran.code, ran.told["code"], ran.errors) == (REFUSED, "wrong_value", "")


# audit


@pytest.mark.slow
@pytest.mark.sqlite
def test_the_audit_log_is_verified_and_what_was_tampered_with_is_named(data: Path) -> None:
    whole = fieldfare("audit", "verify", "--data", data)
    assert (whole.code, whole.told["fault"]) == (DONE, None)
    assert whole.told["leaves"] > 1_000
    copy = f"sqlite:///{data / 'fieldfare.db'}"
    by_copy = fieldfare("audit", "verify", "--database", copy, "--keys", data / "keys")
    assert by_copy.told == whole.told
    exported = fieldfare("audit", "export", "--data", data)
    assert exported.code == DONE
    assert len(exported.told["leaves"]) == whole.told["leaves"]
    assert exported.told["heads"] != []
    with closing(sqlite3.connect(data / "fieldfare.db")) as books, books:
        (op,) = books.execute("SELECT op_id FROM leaf WHERE number = 700").fetchone()
        books.execute("UPDATE op SET verdict = 'rejected' WHERE op_id = ?", (op,))
    broken = fieldfare("audit", "verify", "--data", data)
    assert broken.code == BROKEN
    assert (broken.told["fault"]["number"], broken.told["fault"]["op_id"]) == (700, op)


# device


def test_every_kind_is_described_by_a_schema() -> None:
    told = fieldfare("device", "kinds").told
    assert set(told["kinds"]) == set(REGISTRY.kinds)
    for name, kind in told["kinds"].items():
        assert kind.keys() == {"v", "on", "class", "device", "args"}, name
        assert kind["device"] == REGISTRY.kinds[name].device
        assert_schema(kind["args"], told["$defs"])
    note = told["$defs"][told["kinds"]["note.add"]["args"]["$ref"].removeprefix("#/$defs/")]
    assert sorted(note["required"]) == ["audience", "text"]
    assert note["additionalProperties"] is False


def assert_schema(schema: Any, defs: Told) -> None:
    """Only words that JSON Schema has, and references that lead somewhere."""
    assert isinstance(schema, dict)
    for word, value in schema.items():
        if word == "$ref":
            assert_schema(defs[value.removeprefix("#/$defs/")], {})
        elif word in ("properties", "additionalProperties") and isinstance(value, dict):
            for one in value.values() if word == "properties" else [value]:
                assert_schema(one, defs) if defs else None
        assert word in KEYWORDS, word


KEYWORDS: Final = {
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "prefixItems",
    "properties",
    "required",
    "title",
    "type",
}


def test_a_folder_that_is_not_enrolled_is_told_so(tmp_path: Path) -> None:
    phone = Phone(tmp_path / "nothing")
    for words in (["list"], ["sync"], ["show", "--wo", "X"], ["do", "note.add", "--json", "{}"]):
        ran = phone.run(*words)
        assert (ran.code, ran.told["code"]) == (USAGE, "not_enrolled"), ran
    assert not (tmp_path / "nothing").exists()
    assert_usage(fieldfare("device", "fly"), "invalid choice")
    assert_usage(fieldfare(), "required")


@pytest.mark.parametrize(
    "text",
    ["", "hello", "fieldfare:1?url=http%3A%2F%2Fexample.org&code=AAAA", "fieldfare:1?code=A"],
)
def test_an_enrolment_text_that_leads_nowhere_is_wrong_usage(tmp_path: Path, text: str) -> None:
    ran = Phone(tmp_path / "phone").run("enrol", "--code", text)
    assert (ran.code, ran.told["code"]) == (USAGE, "wrong_value")
    assert ran.told["reason"] != ""


def test_enrolling_where_nobody_answers_is_unreachable(tmp_path: Path) -> None:
    words = ("enrol", "--code", "AAAA-BBBB-CCCC", "--server", "http://127.0.0.1:9")
    ran = Phone(tmp_path / "phone").run(*words)
    assert (ran.code, ran.told["code"]) == (UNREACHABLE, "unreachable")


def test_what_a_phone_prints_is_what_is_promised(company: Company) -> None:
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    words = ("--wo", job["number"], "--json", json.dumps({"fields": {"job_note": "x"}}))
    done = phone.run("do", "edit", *words)
    assert (done.code, done.told.keys()) == (DONE, {"id", "lseq", "kind", "flags"})
    (item,) = (one for one in phone.items("list") if one["number"] == job["number"])
    assert item.keys() >= JOB
    assert {name: item[name] for name in ("status", "priority", "sync")} == {
        "status": "assigned",
        "priority": "normal",
        "sync": "waiting",
    }
    (line,) = (one for one in phone.items("outbox") if one["op_id"] == done.told["id"])
    assert (line["state"], line["verdict"], line["number"]) == ("waiting", None, job["number"])
    (status,) = phone.items("status")
    assert (status["pending"], status["attention"], status["checksum_ok"]) == (1, 0, True)
    assert (status["clock_skewed"], status["free_bytes"] > 0) == (False, True)
    pushed = phone.run("sync", "--ops-only")
    assert (pushed.code, pushed.told.keys()) == (DONE, REPORT)
    assert (pushed.told["ops_only"], pushed.told["verdicts"]) == (True, {"applied": 1})
    pulled = phone.sync()
    assert (pulled.code, pulled.told["pending_ops"]) == (DONE, 0)
    sheet = phone.sheet(job["id"])
    assert (sheet["order"]["job_note"], sheet["job"]["sync"]) == ("x", "safe")
    gone = phone.run("show", "--wo", "WO-99-999999", "--lang", "zh")
    assert (gone.code, gone.told["code"], gone.told["field"]) == (REFUSED, "unknown_subject", "wo")
    assert "派工单 WO-99-999999" in gone.told["reason"]


def test_an_act_that_needs_a_person_is_delivered_and_told(company: Company) -> None:
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    phone.must("work_order.accept", job["number"])
    company.desk.must("work_order.cancel", ("work_order", job["id"]), reason="Sold")
    ran = phone.sync()
    assert (ran.code, ran.told["verdicts"]) == (PERSON_NEEDED, {"conflict": 1})
    assert phone.sync().code == DONE
    assert phone.items("status")[0]["attention"] >= 1


@pytest.mark.slow
def test_an_act_that_was_set_aside_is_mended_by_command(company: Company) -> None:
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    phone.must("work_order.accept", job["number"])
    note = phone.must("note.add", job["number"], text="damaged", audience="internal")
    with closing(sqlite3.connect(phone.database())) as database, database:
        torn = """UPDATE outbox SET body = replace(body, op_id, 'x') WHERE op_id = ?"""
        database.execute(torn, (note,))
    assert phone.sync().code == PERSON_NEEDED
    line = phone.line(note)
    assert (line["state"], line["code"]) == ("attention", "unreadable")
    assert line["kept_as"] not in (None, note)
    assert phone.act("op.repair", of=note, body_fingerprint="0" * 64).code == DONE
    assert phone.sync().told["verdicts"] == {"rejected": 1}
    mended = phone.act("op.repair", of=note)
    assert (mended.code, mended.told["kind"]) == (DONE, "op.repair")
    assert phone.sync().code == DONE
    assert phone.line(note)["state"] == "safe"
    notes = company.desk.order(job["number"])["notes"]
    assert [one["text"] for one in notes] == ["damaged"]


def test_one_process_talks_at_a_time_and_the_other_says_so(company: Company) -> None:
    phone = company.phone(ZHOU)
    with alone(phone.folder):
        ran = phone.sync()
        assert (ran.code, ran.told["code"]) == (UNREACHABLE, "busy")
        number = company.job(ZHOU)["number"]
        assert phone.run("list").code == DONE
    assert phone.sync().code == DONE
    note = {"text": "while talking", "audience": "internal"}
    phone.must("note.add", number, **note)
    processes = [begun(*phone.words("sync")) for _ in range(3)]
    codes = [ended(process).code for process in processes]
    assert DONE in codes
    assert set(codes) <= {DONE, UNREACHABLE}
    assert phone.items("status")[0]["pending"] == 0
    texts = [one["text"] for one in company.desk.order(number)["notes"]]
    assert texts == ["while talking"]


def test_a_server_that_is_told_to_stop_stops_cleanly(data: Path) -> None:
    server = Server(data)
    server.start()
    assert server.stop() == DONE
    assert server.faults() == []
