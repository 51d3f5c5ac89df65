"""The round trip of a phone over HTTP: pushed once, pulled compressed, and what a restore does."""

import gzip
import shutil
from typing import Any

import msgspec
import pytest

from server.app import open_office
from server.database import Busy
from server.keys import marked_epoch
from server.office import Office
from server.packs import PIECE_BYTES
from shared.clock import At
from shared.ops import Op, encode
from sync.digest import vector_hash
from sync.protocol import Page, Reply, decode_reply
from tests.server.rim.company import CUSTOMER, Company, Phone, asked_of
from tests.server.rim.test_office_ops import assigned, created, opened, say, verdicts


def talk(company: Company, phone: Phone, **more: Any) -> Reply:
    content = gzip.compress(msgspec.json.encode(phone.request(**more)))
    headers = {**phone.headers(), "Content-Encoding": "gzip"}
    answer = company.client.post("/sync", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers.get("Content-Encoding", "gzip") == "gzip"
    return decode_reply(answer.content)


def begun(company: Company, phone: Phone) -> Reply:
    """The first exchange, which tells the server that the phone has nothing."""
    return talk(
        company, phone, pull=True, full=True, vector=vector_hash(epoch_of(company.office), {})
    )


def epoch_of(office: Office) -> str:
    with office.reading() as books:
        return office.library(books).epoch


def accept(company: Company, phone: Phone, order: str) -> dict[str, Any]:
    op = Op(
        id=company.new_id(),
        kind="work_order.accept",
        v=1,
        on=("work_order", order),
        by=company.people["technician"],
        origin="device",
        at=At(wall=company.now_ms, boot="b", mono=1, src="boottime"),
        salt="0" * 32,
        args=msgspec.Raw(b"{}"),
    )
    return {"lseq": 1, "id": op.id, "body": encode(op)}


def job(company: Company) -> str:
    ticket = opened(company)
    order = created(company, ticket["id"])
    answer = say(company, "dispatcher", ticket, order, assigned(company, order["id"]))
    assert verdicts(answer) == ["applied"] * 3
    return str(order["id"])


def test_what_a_phone_pushes_is_decided_once_and_comes_back(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    assert {page.stream.partition(":")[0] for page in first.streams} >= {"tech", "wo", "catalog"}
    op = accept(company, phone, order)
    vector = vector_hash(first.server_epoch, {})
    told = talk(company, phone, token=first.token, vector=vector, ops=[op])
    again = talk(company, phone, token=first.token, vector=vector, ops=[op])
    assert [result.verdict for result in told.results] == ["applied"]
    assert again.results == told.results
    headers = company.signed_in("inspector")
    seen = company.client.get(f"/api/work-orders/{order}", headers=headers).json()
    assert seen["status"] == "accepted"
    line = seen["story"][-1]
    assert (line["device"], line["kind"]) == (
        {"id": phone.device, "name": "Phone"},
        "work_order.accept",
    )


def test_a_request_without_news_writes_nothing(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    headers = phone.headers()
    request = phone.request(
        token=first.token, vector=vector_hash(first.server_epoch, {}), pull=True
    )
    said = asked_of(company.office)
    company.now_ms += 1_000
    answer = company.client.post("/sync", json=request, headers=headers)
    assert decode_reply(answer.content).token == first.token
    assert [one for one in said if one.startswith(("INSERT", "UPDATE", "BEGIN IMM"))] == []
    (item,) = company.client.get("/api/devices", headers=company.signed_in("dispatcher")).json()[
        "items"
    ]
    assert item["contact_at"] == company.now_ms


def test_somebody_who_left_may_hand_in_and_read_nothing(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    company.disable("technician")
    op = accept(company, phone, order)
    vector = vector_hash(first.server_epoch, {})
    told = talk(company, phone, token=first.token, vector=vector, ops=[op], pull=True)
    assert [flag.code for flag in told.results[0].flags] == ["role_ended", "no_evidence"]
    assert told.streams == []


def test_somebody_who_lost_the_role_may_hand_in_and_read_nothing(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    row = {"login": "technician", "name": "Ann", "roles": ["dispatcher"]}
    company.put("person", company.people["technician"], **row)
    op = accept(company, phone, order)
    vector = vector_hash(first.server_epoch, {})
    told = talk(company, phone, token=first.token, vector=vector, ops=[op], pull=True)
    assert [(one.verdict, one.code) for one in told.results] == [("rejected", "not_permitted")]
    assert told.streams == []


def test_a_token_from_the_future_begins_a_new_epoch(company: Company) -> None:
    """S1."""
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    vector = vector_hash(first.server_epoch, {})
    op = accept(company, phone, order)
    with company.office.writing() as books:
        kept = company.office.library(books).standing("inc-1")
    later = talk(company, phone, token=first.token, vector=vector, ops=[op])
    with company.office.writing() as books:  # the books as they were before
        company.office.ledger(books).stand(kept)  # type: ignore[arg-type]
    told = talk(company, phone, token=later.token, vector=vector, full=True, pull=True)
    assert told.server_epoch != first.server_epoch
    assert marked_epoch(company.office.keys.folder) == told.server_epoch == epoch_of(company.office)


def test_a_busy_database_asks_to_come_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.api import health

    def busy() -> Any:
        raise Busy("somebody else writes")

    occupied = msgspec.structs.replace(company.office, writing=busy)
    assert health._state(occupied) == (False, False)
    with pytest.raises(Busy):
        occupied._count(("a", "b"))


def test_a_database_put_back_from_a_copy_begins_a_new_epoch(tmp_path: Any) -> None:
    first = Company(tmp_path / "one")
    with first.client:
        before = epoch_of(first.office)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / "keys" / "epoch").write_text("another")
    office = open_office(
        msgspec.structs.replace(first.settings, data=tmp_path / "two"),
        clock=lambda: first.now_ms + 1,
        dice=first.random.randbytes,
        stream=first.log,
    )
    assert epoch_of(office) not in (before, "another")
    office.close()


def test_a_fork_is_in_the_audit_log(company: Company) -> None:
    """S11."""
    phone = company.phone()
    begun(company, phone)
    more = {"incarnation": "inc-2", "forked_from": "inc-1", "full": True, "pull": True}
    talk(company, phone, vector=vector_hash(epoch_of(company.office), {}), **more)
    with company.office.reading() as books:
        kinds = [row.kind for row in books.exec_driver_sql("SELECT kind FROM op")]
    assert kinds.count("device.fork") == 1


def test_what_broke_a_rule_is_logged_by_its_op_without_its_words(company: Company) -> None:
    try:
        raise ValueError("138 0000 5678")
    except ValueError as broken:
        company.office.note_crash("op-7", broken)
    line = msgspec.json.decode(company.log.getvalue().splitlines()[-1])
    assert (line["op"], line["error"], line["level"]) == ("op-7", "ValueError", "error")
    assert "5678" not in company.log.getvalue()


def pulled(company: Company, phone: Phone) -> list[Page]:
    """What a new phone gets at first, which is all there is."""
    nothing = vector_hash(epoch_of(company.office), {})
    named = {"incarnation": phone.device, "vector": nothing, "full": True, "pull": True}
    reply = talk(company, phone, **named)
    assert not reply.more
    return reply.streams


def test_a_second_new_phone_is_sent_what_the_first_was_and_what_changed(company: Company) -> None:
    """Out of what is kept ready, from the second one on."""
    for _ in range(40):
        job(company)
    first, second = pulled(company, company.phone()), pulled(company, company.phone())
    assert second == first
    assert len(msgspec.json.encode(first)) > PIECE_BYTES
    asked = asked_of(company.office)
    assert pulled(company, company.phone()) == first
    assert [one for one in asked if "FROM feed" in one] == []
    order = job(company)
    third = pulled(company, company.phone())
    assert {page.stream for page in third} - {page.stream for page in first} >= {f"wo:{order}"}
    company.put("customer", CUSTOMER, name="Renamed & Sons", type="organisation")
    (page,) = (
        one for one in pulled(company, company.phone()) if one.stream == f"customer:{CUSTOMER}"
    )
    assert [b"Renamed & Sons" in (row.data or b"") for row in page.rows] == [True]


def test_an_exchange_without_news_is_one_question(company: Company) -> None:
    """Who asks, where both stand, and where the streams end; at any time anew."""
    phone, order = company.phone(), job(company)
    reply = begun(company, phone)
    cursors = {page.stream: page.to for page in reply.streams}
    vector = vector_hash(reply.server_epoch, cursors)
    reply = talk(company, phone, pull=True, token=reply.token, vector=vector, cursors=cursors)
    headers, asked = phone.headers(), asked_of(company.office)
    content = msgspec.json.encode(phone.request(pull=True, token=reply.token, vector=vector))
    asked.clear()
    for _ in range(2):
        answer = company.client.post("/sync", content=content, headers=headers)
        assert decode_reply(answer.content).streams == []
    acts = [one.split()[0] for one in asked if "PRAGMA" not in one]
    assert acts == ["SELECT"] * 2
    company.say("work_order.cancel", ("work_order", order), reason="other")
    answer = company.client.post("/sync", content=content, headers=headers)
    assert f"wo:{order}" in {page.stream for page in decode_reply(answer.content).streams}
    company.disable("technician")
    answer = company.client.post("/sync", content=content, headers=headers)
    assert (answer.status_code, decode_reply(answer.content).streams) == (200, [])
    company.office.revoke(phone.device, company.people["dispatcher"])
    answer = company.client.post("/sync", content=content, headers=headers)
    assert decode_reply(answer.content).revoked
