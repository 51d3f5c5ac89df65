"""Codes, passwords, bytes that are no request, and a server that was put back: refused in words."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from msgspec import structs

from mobile.device import installation
from mobile.keys import next_key
from sync.protocol import encode
from tests.bases import CHOICE
from tests.e2e.books import change, complaints
from tests.e2e.conftest import Company, opened
from tests.e2e.processes import ANSWER_S, Desk, Phone, Ran, Refusal, Server, fieldfare
from tests.e2e.talker import Talker, talking

ZHOU: Final = "zhou.jian"
LANGUAGES: Final = ("en", "zh")
REFUSED, UNREACHABLE = 3, 4
CHINESE: Final = re.compile(r"[一-鿿]")
TRIES_MAX: Final = 10
CODE_TRIES_MAX: Final = 5
BOMB: Final = gzip.compress(b" " * 50_000_000, 9)


def enrol(folder: Path, text: str, *more: str) -> Ran:
    """Try to enrol a new folder."""
    return Phone(folder).run("enrol", "--code", text, *more)


def assert_refused(company: Company, folder: Path, text: str, code: str) -> None:
    """The code is not taken, in both languages, and no installation is made."""
    for language in LANGUAGES:
        ran = enrol(folder, text, "--lang", language)
        assert (ran.code, ran.told["code"], ran.errors) == (REFUSED, code, "")
        assert bool(CHINESE.search(ran.told["reason"])) == (language == "zh")
    assert installation(folder) is None
    assert company.server.faults() == []


# Enrolment codes


def test_a_code_that_was_never_issued_lets_nobody_in(company: Company, tmp_path: Path) -> None:
    text = re.sub("code=[^&]*", "code=2222-2222-2222", company.desk.code(ZHOU))
    assert_refused(company, tmp_path / "phone", text, "code_unknown")


def test_a_code_is_good_once(company: Company, tmp_path: Path) -> None:
    text = company.desk.code(ZHOU)
    assert enrol(tmp_path / "first", text).code == 0
    assert_refused(company, tmp_path / "second", text, "code_used")


def test_a_code_is_good_for_minutes(company: Company, tmp_path: Path) -> None:
    text = company.desk.code(ZHOU)
    change(company.server.data, "UPDATE enrolment_code SET expires_at = 1 WHERE used_at IS NULL")
    assert_refused(company, tmp_path / "phone", text, "code_expired")


def test_a_code_that_was_guessed_at_too_often_is_used_up(company: Company, tmp_path: Path) -> None:
    text = company.desk.code(ZHOU)
    wrong = re.sub(r"(code=....-)[^&]*", r"\g<1>2222-2222", text)
    key = {"public_key": public_key(tmp_path), "name": "x"}
    for _ in range(CODE_TRIES_MAX):
        code = re.search("code=([^&]*)", wrong)
        assert code is not None
        answer = post(company.server, "/enrol", json={"code": code[1], **key})
        assert (answer.status_code, answer.json()["code"]) == (403, "code_unknown")
    assert_refused(company, tmp_path / "phone", text, "code_used")


def public_key(folder: Path) -> str:
    return next_key(folder / "key").public()


@pytest.mark.slow
def test_a_code_comes_from_the_command_too_but_not_for_nobody(
    company: Company, tmp_path: Path
) -> None:
    words = ("enrol-code", "--data", company.server.data, "--port", str(company.server.port))
    issued = fieldfare(*words, "--person", "ma.lei")
    assert (issued.code, issued.told.keys()) == (0, {"text", "code", "expires_at"})
    ran = enrol(tmp_path / "phone", issued.told["code"], "--server", company.server.url)
    assert (ran.code, ran.told["person"], ran.told["server"]) == (0, "ma.lei", company.server.url)
    nobody = fieldfare(*words, "--person", "nobody", "--lang", "zh")
    assert (nobody.code, nobody.told["code"], nobody.told["field"]) == (
        REFUSED,
        "person_unknown",
        "person",
    )


@pytest.mark.slow
def test_a_phone_is_let_in_by_command_if_it_shows_the_digits_that_are_given(
    company: Company, tmp_path: Path
) -> None:
    """S5."""
    phone, data = Phone(tmp_path / "phone"), company.server.data
    known = phone.run("enrol", "--code", company.desk.code("ma.lei")).told
    waits = phone.sync()
    assert (waits.code, waits.told["code"]) == (REFUSED, "device_unconfirmed")
    listed = fieldfare("phone", "list", "--data", data).told["items"]
    shown = {one["id"]: (one["digits"], one["login"]) for one in listed}
    assert shown[known["device"]] == (known["digits"], "ma.lei")
    here = ("--data", data, "--device", known["device"])
    wrong = fieldfare("phone", "confirm", *here, "--digits", "1234 5678")
    assert (wrong.code, wrong.told["code"]) == (REFUSED, "digits_differ")
    right = fieldfare("phone", "confirm", *here, "--digits", known["digits"])
    assert (right.code, right.told) == (0, {"device": known["device"], "confirmed": True})
    assert phone.sync().code == 0


# Passwords


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_password_is_told_and_nothing_more(company: Company, language: str) -> None:
    told = [
        post(
            company.server,
            "/api/login",
            json={"login": login, "password": "not this one"},
            headers={"Accept-Language": language},
        )
        for login in ("kefu", "nobody.here")
    ]
    assert [answer.status_code for answer in told] == [401, 401]
    assert told[0].json() == told[1].json()
    assert bool(CHINESE.search(told[0].json()["detail"])) == (language == "zh")


def test_too_many_wrong_passwords_close_the_door_for_that_login_only(company: Company) -> None:
    wrong = {"login": "jingli", "password": "not this one"}
    answers = [post(company.server, "/api/login", json=wrong) for _ in range(TRIES_MAX)]
    assert {answer.status_code for answer in answers} == {401}
    with pytest.raises(Refusal) as refusal:
        Desk(company.server.url, "jingli")
    assert (refusal.value.status, refusal.value.problem["code"]) == (429, "too_many_tries")
    wait = int(refusal.value.headers["Retry-After"])
    assert 0 < wait <= 15 * 60
    assert str(wait) in refusal.value.problem["detail"]
    assert Desk(company.server.url, "diaodu2").get("/api/tickets")["items"]


# Bytes that are no request


def post(server: Server, path: str, **more: Any) -> requests.Response:
    return requests.post(server.url + path, timeout=ANSWER_S, **more)


@pytest.fixture(scope="module")
def talker(company: Company) -> Iterator[Talker]:
    with talking(company.phone(ZHOU)) as made:
        yield made


WRONG_BYTES: Final = {
    "not JSON": (b"{", {}, 400, "not_json"),
    "no text": (b"\xff\xfe", {}, 400, "not_json"),
    "brackets without end": (b'{"x":' * 100_000, {}, 400, "not_json"),
    "JSON of something else": (b"[]", {}, 400, "wrong_request"),
    "not gzip": (b"{}", {"Content_Encoding": "gzip"}, 400, "wrong_encoding"),
    "half a gzip": (gzip.compress(b"{}")[:-4], {"Content_Encoding": "gzip"}, 400, "wrong_encoding"),
    "an encoding nobody knows": (b"{}", {"Content_Encoding": "br"}, 400, "wrong_encoding"),
    "a gzip bomb": (BOMB, {"Content_Encoding": "gzip"}, 413, "too_large"),
    "too much": (b" " * 5_000_000, {}, 413, "too_large"),
    "too much, packed": (
        gzip.compress(b" " * 5_000_000),
        {"Content_Encoding": "gzip"},
        413,
        "too_large",
    ),
}


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"), WRONG_BYTES.values(), ids=WRONG_BYTES.keys()
)
def test_bytes_that_are_no_request_are_refused_and_the_server_goes_on(
    company: Company,
    talker: Talker,
    content: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    for language in LANGUAGES:
        answer = talker.post(content, language, **headers)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), problem
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert bool(CHINESE.search(problem["detail"])) == (language == "zh")
    assert post(company.server, "/api/login", data=content).status_code in (400, 413)
    assert company.phones[ZHOU].sync().code == 0
    assert company.server.faults() == []


def test_a_request_for_another_device_or_without_a_key_is_refused(
    company: Company, talker: Talker
) -> None:
    """C10."""
    other = structs.replace(talker.request([]), device="another")
    assert talker.post(encode(other)).json()["code"] == "wrong_device"
    naked = post(company.server, "/sync", data=encode(talker.request([])))
    assert (naked.status_code, naked.json()["code"]) == (401, "not_signed_in")


def test_an_op_with_a_slip_from_the_office_is_told_before_anything_is_done(
    company: Company,
) -> None:
    job = company.job(ZHOU)
    on = ["work_order", job["id"]]
    ops = [
        {"id": job["id"][:-1] + "0", "kind": "work_order.fly", "on": on, "args": {}},
    ]
    for language in LANGUAGES:
        answer = post(
            company.server,
            "/api/ops",
            json={"ops": ops},
            headers={**company.desk.headers, "Accept-Language": language},
        )
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "wrong_value")
        (fault,) = problem["errors"]
        assert (fault["op"], fault["field"]) == (ops[0]["id"], "ops.0.kind")
        assert bool(CHINESE.search(fault["reason"])) == (language == "zh")


# A phone that has seen more than the server knows


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_server_put_back_takes_a_new_epoch_and_gets_everything_again(
    pristine: Path, tmp_path: Path
) -> None:
    CHOICE.copied(pristine, tmp_path / "data")
    server, books = Server(tmp_path / "data"), tmp_path / "data" / "fieldfare.db"
    with server.serving():
        company = opened(tmp_path, server)
        job = company.job(ZHOU)
        phone = company.phone(ZHOU)
        kept = [phone.must("note.add", job["number"], text="before", audience="internal")]
        phone.sync()
    shutil.copy(books, tmp_path / "copy.db")
    with server.serving():
        kept += phone.work(job["number"], "accept", "depart")
        before = phone.sync().told
        kept += [phone.must("note.add", job["number"], text="after", audience="internal")]
        assert phone.sync().told["verdicts"] == {"applied": 1}
    for path in books.parent.glob("fieldfare.db-*"):
        path.unlink()
    shutil.copy(tmp_path / "copy.db", books)
    with server.serving():
        kept += [phone.must("note.add", job["number"], text="then", audience="internal")]
        ran = phone.sync()
        assert (ran.code, ran.told["pending_ops"], ran.told["checksum_ok"]) == (0, 0, True)
        assert ran.told["server_epoch"] != before["server_epoch"]
        seen = Desk(server.url).order(job["number"])
        assert seen["status"] == "en_route"
        assert sorted(one["text"] for one in seen["notes"]) == ["after", "before", "then"]
        assert {line["state"] for line in phone.items("outbox")} == {"safe"}
        phone.sync()
    audited = fieldfare("audit", "verify", "--data", server.data)
    assert (audited.code, audited.told["fault"]) == (0, None)
    assert complaints(server.data, [phone.database()], kept) == []


@pytest.mark.slow
def test_without_a_server_everything_is_kept_and_can_be_gone_on_with(
    pristine: Path, tmp_path: Path
) -> None:
    """R8."""
    CHOICE.copied(pristine, tmp_path / "data")
    server = Server(tmp_path / "data")
    with server.serving():
        company = opened(tmp_path, server)
        number, phone = company.job(ZHOU)["number"], company.phone(ZHOU)
    phone.work(number, "accept", "depart")
    ran = phone.sync()
    assert (ran.code, ran.told["code"]) == (UNREACHABLE, "unreachable")
    assert phone.items("status")[0]["pending"] == 2
    phone.work(number, "arrive")
    with server.serving():
        ran = phone.sync()
        assert (ran.code, ran.told["verdicts"]) == (0, {"applied": 3})
        assert Desk(server.url).order(number)["status"] == "on_site"
