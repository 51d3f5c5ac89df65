"""Values that no honest caller sends are refused by name, on both databases, and harm nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import get
from sqlalchemy import text

from server.contacts import Contact
from server.rounds import tidy
from server.sessions import PUBLIC
from shared.clock import At
from shared.ops import Op, encode
from sync.protocol import STREAMS_MAX
from tests.server.rim.company import Company, newcomer
from tests.server.rim.test_round_trip import begun, talk

BEYOND = 10**30
AFTER = f"{BEYOND}_x"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server on either database."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    made = Company(tmp_path / "data", database=kind, threads=4)
    with made.client:
        yield made


def asked(company: Company, path: str, method: str = "GET", **more: Any) -> tuple[int, str, Any]:
    """Status, code, and the first field at fault."""
    answer = company.client.request(method, path, **more)
    told = answer.json()
    return (answer.status_code, told["code"], told.get("errors", [{}])[0].get("field"))


def test_a_parameter_that_no_row_can_have_is_named(company: Company) -> None:
    headers = company.signed_in("administrator")
    lists = ("tickets", "work-orders", "conflicts", "devices")
    marks = ("--5_x", AFTER, f"-{AFTER}", "9223372036854775808_x", "٣_x", "1_\0")
    wrong = {f"/api/{one}?after={quote(mark)}": "after" for one in lists for mark in marks}
    wrong |= {
        "/api/stock?after=x_%00": "after",
        "/api/tickets?q=%00": "q",
        "/api/work-orders?q=x%00": "q",
        "/api/work-orders?assignee=%00": "assignee",
        "/api/stock?location=%00": "location",
        "/api/stock?q=%00": "q",
        "/api/conflicts?work_order=%00": "work_order",
        "/api/audit?work_order=%00": "work_order",
        "/api/tickets/%00": "number",
        "/api/work-orders/%00": "number",
        "/api/audit/%00": "op",
    }
    found = {path: asked(company, path, headers=headers) for path in wrong}
    assert found == {path: (400, "wrong_parameter", name) for path, name in wrong.items()}
    for path, name in (("devices/%00/revoke", "device"), ("people/%00/password", "login")):
        told = asked(company, f"/api/{path}", "POST", headers=headers)
        assert told == (400, "wrong_parameter", name)


def test_what_is_said_at_the_door_is_checked_before_it_is_looked_for(company: Company) -> None:
    key = newcomer(company.code(), ec.generate_private_key(ec.SECP256R1()))
    for path, body, field in (
        ("/api/login", {"login": "a\0", "password": "x"}, "login"),
        ("/token", {"device": "a\0"}, "device"),
        ("/token", {"device": "a", "nonce": "\0", "signature": "x"}, "nonce"),
        ("/enrol", {**key, "name": "a\0"}, "name"),
        ("/enrol", {**key, "app": "a\0"}, "app"),
    ):
        assert asked(company, path, "POST", json=body) == (400, "wrong_value", field)
    assert asked(company, "/api/login", "POST", json={"login": "a", "password": "\0"})[0] == 401


def test_a_request_of_a_phone_keeps_within_its_bounds(company: Company) -> None:
    phone = company.phone()
    headers, clock = phone.headers(), phone.request()["clock"]
    many = {f"wo:{number}": 1 for number in range(STREAMS_MAX + 1)}
    for more, field in (
        ({"app": "a\0"}, "app"),
        ({"incarnation": "a\0"}, "incarnation"),
        ({"token": "a\0"}, "token"),
        ({"forked_from": "a\0"}, "forked_from"),
        ({"protocol": 0}, "protocol"),
        ({"clock": {**clock, "wall": BEYOND}}, "clock.wall"),
        ({"clock": {**clock, "mono": -BEYOND}}, "clock.mono"),
        ({"clock": {**clock, "boot": "a\0"}}, "clock.boot"),
        ({"clock": {**clock, "boot": ""}}, "clock.boot"),
        ({"cursors": {"wo:\0": 1}}, "cursors"),
        ({"cursors": {"x" * 81: 1}}, "cursors"),
        ({"cursors": {"wo:1": -1}}, "cursors[...]"),
        ({"cursors": {"wo:1": 2**53 + 1}}, "cursors[...]"),
        ({"cursors": many}, "cursors"),
        ({"staged": many}, "staged"),
        ({"staged": {"wo:1": BEYOND}}, "staged[...]"),
    ):
        body = {**phone.request(), **more}
        told = asked(company, "/sync", "POST", json=body, headers=headers)
        assert told == (400, "wrong_value", field)


def test_an_op_with_an_impossible_clock_is_refused_alone(company: Company) -> None:
    """C58."""
    phone = company.phone()
    first = begun(company, phone)
    ops = []
    wrong: tuple[dict[str, Any], ...] = ({"wall": BEYOND}, {"boot": "\0"}, {})
    for lseq, at in enumerate(wrong, 1):
        op = Op(
            id=company.new_id(),
            kind="op.discard",
            v=1,
            on=("op", company.new_id()),
            by=company.people["technician"],
            origin="device",
            at=At(wall=1, boot="b", mono=1, src="boottime"),
            salt="0" * 32,
            args=msgspec.Raw(b"{}"),
        )
        said = msgspec.json.decode(encode(op))
        body = msgspec.json.encode({**said, "at": {**said["at"], **at}}).decode()
        ops.append({"lseq": lseq, "id": op.id, "body": body})
    told = talk(company, phone, token=first.token, ops=ops)
    assert [(one.verdict, one.code, one.detail.get("field")) for one in told.results] == [
        ("rejected", "out_of_range", "at.wall"),
        ("rejected", "out_of_range", "at.boot"),
        ("rejected", "missing_field", "args.of"),
    ]


def test_one_device_does_not_stop_the_housekeeping_of_the_others(company: Company) -> None:
    """C65."""
    bad, good = company.phone(), company.phone("partner")
    heard = Contact(at=company.now_ms + 1, clock_ms=7, app="test/2")
    company.office.contacts[bad.device] = Contact(at=BEYOND, clock_ms=BEYOND, app="a\0")
    company.office.contacts[good.device] = heard
    tidy(company.office)
    assert company.office.contacts == {}
    assert "a contact cannot be kept" in company.log.getvalue()
    headers = company.signed_in("dispatcher")
    items = company.client.get("/api/devices", headers=headers).json()["items"]
    kept = {item["id"]: (item["contact_at"], item["clock_ms"], item["app"]) for item in items}
    assert kept[good.device] == (heard.at, heard.clock_ms, heard.app)
    assert kept[bad.device][1:] == (0, "test/1")


def test_what_the_database_cannot_look_for_is_the_callers_mistake(company: Company) -> None:
    @get("/strange", opt={"intent": PUBLIC}, sync_to_thread=True)
    def strange() -> None:
        with company.office.reading() as books:
            books.execute(text("SELECT name FROM person WHERE version = :it"), {"it": BEYOND})
            books.execute(text("SELECT name FROM person WHERE id = :it"), {"it": "\0"})
            raise OverflowError

    company.app.register(strange)
    assert asked(company, "/strange") == (400, "wrong_value", None)
