"""Ops and reads of the office: one door in, and what came of it page by page."""

from typing import Any

import pytest

from shared.audit import includes, leaf_hash
from shared.ids import derive
from tests.server.rim.company import CUSTOMER, PART, SITE, STORE, Company


def opened(company: Company, problem: str = "It drips") -> dict[str, Any]:
    identity = company.new_id()
    args = {
        "customer": CUSTOMER,
        "site": SITE,
        "problem": problem,
        "channel": "phone",
        "priority": "normal",
    }
    return {"id": identity, "kind": "ticket.open", "on": ["ticket", identity], "args": args}


def created(company: Company, ticket: str) -> dict[str, Any]:
    identity = company.new_id()
    args = {
        "ticket": ticket,
        "category": "A",
        "service": "repair",
        "priority": "normal",
        "summary": "Mend the tap",
    }
    return {
        "id": identity,
        "kind": "work_order.create",
        "on": ["work_order", identity],
        "args": args,
    }


def assigned(company: Company, order: str, role: str = "technician") -> dict[str, Any]:
    args = {"person": company.people[role], "role": "lead"}
    on = ["work_order", order]
    return {"id": company.new_id(), "kind": "work_order.assign", "on": on, "args": args}


def say(company: Company, role: str, *ops: dict[str, Any], language: str = "en") -> Any:
    headers = {**company.signed_in(role), "Accept-Language": language}
    return company.client.post("/api/ops", json={"ops": list(ops)}, headers=headers)


def verdicts(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["verdict"] for result in answer.json()["results"]]


def ask(company: Company, path: str) -> dict[str, Any]:
    answer = company.client.get(path, headers=company.signed_in("service_manager"))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
def job(company: Company) -> dict[str, Any]:
    """A ticket with a work order that is assigned to the technician."""
    ticket = opened(company)
    order = created(company, ticket["id"])
    answer = say(company, "dispatcher", ticket, order, assigned(company, order["id"]))
    assert verdicts(answer) == ["applied"] * 3, answer.text
    return ask(company, f"/api/work-orders/{order['id']}")


def test_an_op_is_done_once_however_often_it_is_posted(company: Company) -> None:
    """C35."""
    op = opened(company)
    first, second = (say(company, "dispatcher", op) for _ in range(2))
    assert first.json() == second.json()
    assert verdicts(first) == ["applied"]
    assert first.json()["results"][0]["detail"] == {"number": "T-26-000001"}
    assert len(ask(company, "/api/tickets")["items"]) == 1


def test_a_refusal_is_an_answer_in_the_callers_language(company: Company) -> None:
    op = opened(company)
    (english,) = say(company, "warehouse", op).json()["results"]
    assert english == {
        "id": op["id"],
        "verdict": "rejected",
        "code": "not_permitted",
        "reason": "Your role does not allow this. Ask the dispatcher or the administrator.",
        "field": None,
        "detail": {"params": {"kind": "ticket.open"}},
        "flags": [],
    }
    wrong = opened(company)
    wrong["args"]["customer"] = derive("nobody")
    (chinese,) = say(company, "dispatcher", wrong, language="zh").json()["results"]
    assert (chinese["code"], chinese["field"]) == ("unknown_subject", "args.customer")
    assert "客户" in chinese["reason"]


def test_one_refused_op_does_not_stop_the_others(company: Company) -> None:
    wrong, right = opened(company), opened(company)
    wrong["args"]["priority"] = "whenever"
    assert verdicts(say(company, "dispatcher", wrong, right)) == ["rejected", "applied"]


def test_a_slip_of_the_pen_is_a_problem_and_enters_no_book(company: Company) -> None:
    kind, field, version = opened(company), opened(company), opened(company)
    kind["kind"] = "ticket.opne"
    field["args"]["colour"] = "red"
    version["v"] = 9
    answer = say(company, "dispatcher", kind, field, version)
    assert answer.status_code == 400
    assert [(one["op"], one["code"], one["field"]) for one in answer.json()["errors"]] == [
        (kind["id"], "unknown_choice", "ops.0.kind"),
        (field["id"], "unknown_field", "ops.1.args.colour"),
        (version["id"], "out_of_range", "ops.2.v"),
    ]
    bad = {**opened(company), "id": "one"}
    assert say(company, "dispatcher", bad).json()["errors"][0]["field"] == "ops[0].id"
    assert ask(company, "/api/tickets") == {"items": [], "next": None}


def test_nobody_speaks_for_another(company: Company) -> None:
    op = {**opened(company), "by": company.people["administrator"]}
    answer = say(company, "dispatcher", op)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_field")


def test_lists_come_page_by_page_newest_first(company: Company) -> None:
    for number in range(5):
        company.now_ms += 1000
        assert verdicts(say(company, "dispatcher", opened(company, f"Problem {number}")))
    seen, path = [], "/api/tickets?limit=2"
    page = ask(company, path)
    while True:
        seen += [item["problem"] for item in page["items"]]
        if page["next"] is None:
            break
        page = ask(company, f"{path}&after={page['next']}")
    assert seen == [f"Problem {number}" for number in (4, 3, 2, 1, 0)]


def test_lists_are_filtered(company: Company, job: dict[str, Any]) -> None:
    number = job["number"]
    found = {
        path: [item["number"] for item in ask(company, path)["items"]]
        for path in (
            "/api/work-orders?status=assigned",
            "/api/work-orders?status=done",
            "/api/work-orders?assignee=technician",
            "/api/work-orders?assignee=partner",
            "/api/work-orders?q=müller",
            "/api/work-orders?q=100%25",
            "/api/tickets?q=drips&status=planned",
        )
    }
    assert list(found.values()) == [
        [number],
        [],
        [number],
        [],
        [number],
        [],
        [job["ticket"]["number"]],
    ]
    (item,) = ask(company, "/api/work-orders")["items"]
    assert item["assignees"] == [
        {
            "id": company.people["technician"],
            "login": "technician",
            "name": "The technician",
            "role": "lead",
        }
    ]


def test_a_work_order_tells_its_whole_story(company: Company, job: dict[str, Any]) -> None:
    same = ask(company, f"/api/work-orders/{job['number']}")
    assert same["id"] == job["id"]
    told = [(line["kind"], line["verdict"], line["by"]["name"]) for line in job["story"]]
    assert told == [
        ("work_order.create", "applied", "The dispatcher"),
        ("work_order.assign", "applied", "The dispatcher"),
    ]
    assert [line["text"] for line in job["story"]] == [
        "created the work order",
        "assigned the job",
    ]
    assert {line["origin"] for line in job["story"]} == {"api"}
    assert (job["customer"]["id"], job["site"]["id"]) == (CUSTOMER, SITE)
    ticket = ask(company, f"/api/tickets/{job['ticket']['number']}")
    assert [order["number"] for order in ticket["work_orders"]] == [job["number"]]
    for path in ("/api/work-orders/WO-99", "/api/tickets/T-99"):
        answer = company.client.get(path, headers=company.signed_in("inspector"))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_every_verdict_is_a_leaf_that_can_be_proven(company: Company, job: dict[str, Any]) -> None:
    from server.notary import Seal
    from server.rounds import notarise

    before = ask(company, f"/api/audit?work_order={job['number']}")["items"]
    assert len(before) == 2
    company.now_ms += 60_000
    keys = company.office.keys
    notarise(company.office, Seal(signer=keys.signer, key=keys.notary_key, holder="test"))
    items = ask(company, f"/api/audit?work_order={job['number']}")["items"]
    assert [item["provable"] for item in items] == [True, True]
    for item in items:
        proof = ask(company, f"/api/audit/{item['op']}")
        leaf = leaf_hash(proof["leaf"].encode())
        assert (leaf.hex(), proof["leaf"]) == (item["hash"], item["data"])
        head = (proof["head"]["size"], bytes.fromhex(proof["head"]["root"]))
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert includes(leaf, proof["number"], path, head)
    (line, _) = ask(company, f"/api/work-orders/{job['number']}")["story"]
    assert line["leaf"]["provable"] is True


def test_stock_is_told_by_place_in_decimal_text(company: Company) -> None:
    op = {
        "id": company.new_id(),
        "kind": "stock.receive",
        "on": ["location", STORE],
        "args": {"part": PART, "quantity": "12.5"},
    }
    assert verdicts(say(company, "warehouse", op)) == ["applied"]
    for path in ("/api/stock", "/api/stock?location=MAIN", "/api/stock?q=滤芯&limit=1"):
        (item,) = ask(company, path)["items"]
        assert (item["number"], item["location"], item["quantity"]) == ("F-100", "MAIN", "12.5")
    assert ask(company, "/api/stock?location=VAN")["items"] == []


def test_conflicts_are_listed_until_they_are_settled(company: Company, job: dict[str, Any]) -> None:
    def edit(new: str) -> dict[str, Any]:
        args = {"fields": {"priority": ["low", new]}}
        return {
            "id": company.new_id(),
            "kind": "edit",
            "on": ["work_order", job["id"]],
            "args": args,
        }

    answer = say(company, "dispatcher", edit("urgent"))
    assert verdicts(answer) == ["conflict"]
    found = ask(company, "/api/conflicts?status=open")["items"]
    assert [(one["work_order"], one["field"]) for one in found] == [(job["number"], "priority")]
    assert ask(company, f"/api/conflicts?work_order={job['number']}")["items"] == found
    assert ask(company, "/api/conflicts?status=settled")["items"] == []


def test_the_fleet_page_tells_when_a_phone_was_last_heard_of(company: Company) -> None:
    phone = company.phone()
    headers = phone.headers()
    company.now_ms += 5_000
    clock = {"wall": company.now_ms + 7_000, "boot": "b", "mono": 1, "src": "boottime"}
    request = {**phone.request(), "clock": clock, "app": "phone/2"}
    assert company.client.post("/sync", json=request, headers=headers).status_code == 200
    (item,) = ask(company, "/api/devices")["items"]
    assert (item["id"], item["login"], item["waiting"]) == (phone.device, "technician", 0)
    assert (item["contact_at"], item["clock_ms"], item["app"]) == (company.now_ms, 7_000, "phone/2")
    assert "public_key" not in item


def test_the_last_administrator_stays_also_where_a_program_asks(company: Company) -> None:
    whose = company.people["administrator"]
    row = {"login": "administrator", "name": "Nobody's boss", "roles": ["dispatcher"]}
    put = {"id": company.new_id(), "kind": "master.put", "on": ["person", whose]}
    answer = say(company, "administrator", {**put, "args": {"row": row}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "last_administrator")
    assert "There has to be an administrator" in answer.json()["errors"][0]["reason"]
    assert say(company, "administrator", opened(company)).status_code == 200
