"""Problems: what is wrong is told by a code, in the caller's language, and never by a trace."""

import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest
from litestar import get

from server.problems import STATUS, Problem, document, malformed, wrong_field
from server.sessions import PUBLIC
from server.settings import ASSETS
from server.texts import load_texts
from shared.texts import has_text
from sync.protocol import OPS_PER_PUSH_MAX, REQUEST_BYTES_MAX
from tests.server.rim.company import Company

TEXTS = load_texts(ASSETS)


@pytest.fixture
def company(shared_company: Company) -> Company:
    """Nothing of what is wrong here leaves anything behind."""
    return shared_company


def login(company: Company, content: bytes, **headers: str) -> Any:
    return company.client.post("/api/login", content=content, headers=headers)


def test_a_problem_is_a_document_in_the_callers_language(company: Company) -> None:
    english = company.client.get("/api/tickets", headers={"Accept-Language": "de, en;q=0.5"})
    chinese = company.client.get("/api/tickets", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert english.headers["Content-Type"] == "application/problem+json"
    assert english.headers["WWW-Authenticate"] == 'Bearer realm="fieldfare"'
    assert english.json() == {
        "type": "urn:fieldfare:problem:not_signed_in",
        "title": "Not signed in",
        "status": 401,
        "code": "not_signed_in",
        "detail": "Please sign in.",
    }
    assert (chinese.json()["title"], chinese.json()["detail"]) == ("未登录", "请先登录。")
    assert chinese.headers["Content-Language"] == "zh"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_code_has_words_and_a_title(code: str, language: str) -> None:
    catalogue = TEXTS.of(language)
    told = document(catalogue, Problem(code, {"name": "x", "seconds": 1, "count": 1}))
    assert has_text(catalogue, "problems", code)
    assert told.title != str(told.status)


def test_the_reason_of_a_fault_names_the_field_in_words() -> None:
    told = document(TEXTS.of("zh"), wrong_field("login", "missing_field"))
    assert told.detail == "“登录名”的值不对。"
    assert [fault.reason for fault in told.errors] == ["“登录名”没有填。请补填后再保存。"]
    for path, detail in (
        ("ops[0].args.text", "The value of “Text” is not possible."),
        ("ops[0].id", "The value of “Identifier” is not possible."),
        ("items[2]", "The value of “Checks” is not possible."),
        ("ops[0].lseq", "The value of “lseq” is not possible."),
    ):
        assert document(TEXTS.of("en"), wrong_field(path)).detail == detail
    told = document(TEXTS.of("en"), wrong_field("ops.0.args.mood", "unknown_field"))
    assert "“mood”" in told.errors[0].reason


def test_a_body_that_is_not_json_is_told_so(company: Company) -> None:
    for content in (b"{", b"", b"\xff\xfe", b'{"login": "\xff"}', b"[" * 50_000):
        answer = login(company, content)
        assert answer.status_code == 400, content
        assert answer.json()["code"] in ("not_json", "wrong_request", "wrong_value"), content
    for content in (b"{", b'{"login": "\xff"}', b"[" * 50_000):
        assert login(company, content).json()["code"] == "not_json"


def test_a_wrong_body_is_told_where(company: Company) -> None:
    told = {
        content: [
            (fault.get("field"), fault["code"])
            for fault in login(company, content).json()["errors"]
        ]
        for content in (
            b'{"login": "ann"}',
            b'{"login": "ann", "password": 5}',
            b'{"login": "ann", "password": ""}',
            b'{"login": "ann", "password": "x", "colour": "red"}',
        )
    }
    assert list(told.values()) == [
        [("password", "missing_field")],
        [("password", "wrong_type")],
        [("password", "out_of_range")],
        [("colour", "unknown_field")],
    ]


def test_a_request_of_a_phone_is_told_where_it_is_wrong(company: Company) -> None:
    """C05."""
    phone = company.phone()
    headers = phone.headers()
    request = {**phone.request(), "ops": [{"lseq": -1, "id": "x", "body": ""}]}
    answer = company.client.post("/sync", json=request, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "ops[0].lseq")
    broken = company.client.post("/sync", content=b"nonsense", headers=headers)
    assert (broken.status_code, broken.json()["code"]) == (400, "not_json")
    other = {**phone.request(), "device": "another"}
    stranger = company.client.post("/sync", json=other, headers=headers)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "wrong_device")
    many = {**phone.request(), "ops": [{"lseq": 1, "id": "x", "body": ""}] * (OPS_PER_PUSH_MAX + 1)}
    answer = company.client.post("/sync", json=many, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_gzip_is_opened_and_wrong_gzip_refused(company: Company) -> None:
    plain = b'{"login": "ann", "password": "x"}'
    gzipped = {"Content-Encoding": "gzip"}
    assert login(company, gzip.compress(plain), **gzipped).status_code == 401
    for wrong in (plain, gzip.compress(plain)[:-5], gzip.compress(plain) * 2, b""):
        answer = login(company, wrong, **gzipped)
        assert (answer.status_code, answer.json()["code"]) == (400, "wrong_encoding")
    answer = login(company, zlib.compress(plain), **{"Content-Encoding": "br"})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_encoding")


def test_a_bomb_and_a_body_without_end_are_too_large(company: Company) -> None:
    """S9."""
    bomb = gzip.compress(b" " * (REQUEST_BYTES_MAX + 1))
    assert len(bomb) < 10_000
    packed = company.limits().request_bytes_max
    for content, headers in (
        (bomb, {"Content-Encoding": "gzip"}),
        (b"x" * (packed + 1), {"Content-Encoding": "gzip"}),
        (b" " * (REQUEST_BYTES_MAX + 1), {}),
    ):
        answer = login(company, content, **headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_wrong_address_and_a_wrong_method_are_problems_too(company: Company) -> None:
    missing = company.client.get("/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    method = company.client.delete("/health")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/tickets?status=lost", "status"),
        ("/api/tickets?limit=0", "limit"),
        ("/api/tickets?limit=201", "limit"),
        ("/api/tickets?limit=many", "limit"),
        ("/api/tickets?after=1", "after"),
        ("/api/tickets?after=x_y", "after"),
        ("/api/tickets?colour=red", "colour"),
        ("/api/stock?after=x", "after"),
        ("/api/conflicts?status=lost", "status"),
        ("/api/work-orders?limit=-1", "limit"),
        ("/api/work-orders/WO-1?limit=1", "limit"),
        ("/api/audit", "work_order"),
        ("/api/audit?work_order=WO-1", "work_order"),
    ],
)
def test_a_wrong_parameter_is_named(company: Company, path: str, name: str) -> None:
    answer = company.client.get(path, headers=company.signed_in("service_manager"))
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == ("wrong_parameter", name)


def test_a_breakdown_is_told_by_a_reference_that_the_log_knows(company: Company) -> None:
    @get("/broken", opt={"intent": PUBLIC}, sync_to_thread=True)
    def breaks() -> None:
        raise RuntimeError("the customer's phone is 0151 23456789")

    company.app.register(breaks)
    answer = company.client.get("/broken")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (500, "internal")
    assert told["reference"] in told["detail"]
    (line,) = [line for line in company.log.getvalue().splitlines() if "RuntimeError" in line]
    assert json.loads(line)["reference"] == told["reference"]
    assert "0151" not in answer.text + line


def test_answers_tell_browsers_to_take_them_for_what_they_are(company: Company) -> None:
    for path in ("/health", "/nowhere", "/api/tickets"):
        headers = company.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "no-store"


def test_malformed_bytes_and_malformed_shapes_differ() -> None:
    assert malformed(msgspec.DecodeError("x")).code == "not_json"
    assert malformed(msgspec.ValidationError("Expected `int`, got `str` - at `$.a`")).faults
    assert malformed(msgspec.ValidationError("Expected `object`, got `int`")).code == (
        "wrong_request"
    )
