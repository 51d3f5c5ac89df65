"""The office's new verbs over HTTP: who may, and what is said when something is there already."""

from typing import Any

from shared.ids import derive
from tests.server.rim.company import CUSTOMER, PART, SITE, STORE, Company
from tests.server.rim.test_office_ops import assigned, created, opened, say, verdicts


def adding(company: Company, noun: str, **args: Any) -> dict[str, Any]:
    identity = company.new_id()
    return {"id": identity, "kind": f"{noun}.add", "on": [noun, identity], "args": args}


def doing(company: Company, kind: str, on: tuple[str, str], **args: Any) -> dict[str, Any]:
    return {"id": company.new_id(), "kind": kind, "on": list(on), "args": args}


def test_a_new_caller_is_served_in_one_go(company: Company) -> None:
    customer = adding(company, "customer", name="沈岚", type="person", phone="13800138000")
    place = {"address": "桂月路 9 号", "time_zone": "Asia/Shanghai"}
    site = adding(company, "site", customer=customer["id"], **place)
    asset = adding(company, "asset", site=site["id"], model="KF-35", serial="S-77")
    ticket = opened(company)
    ticket["args"] |= {"customer": customer["id"], "site": site["id"], "asset": asset["id"]}
    answer = say(company, "customer_service", customer, site, asset, ticket)
    assert verdicts(answer) == ["applied"] * 4
    again = adding(company, "customer", name="沈岚", type="person", phone="13800138000")
    (told,) = say(company, "customer_service", again, language="zh").json()["results"]
    assert (told["verdict"], told["code"]) == ("rejected", "on_file")
    assert told["reason"] == "“电话”13800138000 已有登记。请直接使用已有的资料。"
    assert told["detail"]["params"]["id"] == customer["id"]


def test_what_is_wrong_with_a_new_place_is_said_by_the_name_of_the_entry(company: Company) -> None:
    nameless = adding(company, "site", customer=CUSTOMER, address=" ", time_zone="Asia/Shanghai")
    (told,) = say(company, "dispatcher", nameless).json()["results"]
    assert (told["verdict"], told["detail"]["field"]) == ("rejected", "args.address")
    elsewhere = adding(company, "asset", site=SITE, model="x", delivered_on="2026-02-30")
    (told,) = say(company, "dispatcher", elsewhere).json()["results"]
    assert (told["code"], told["detail"]["field"]) == ("wrong_value", "args.delivered_on")


def test_the_warehouse_supplies_and_counts_but_plans_no_work(company: Company) -> None:
    ticket = opened(company)
    order = created(company, ticket["id"])
    say(company, "dispatcher", ticket, order, assigned(company, order["id"]))
    on = ("work_order", order["id"])
    ordering = doing(company, "parts.order", on, text="排水泵", quantity="1")
    assert verdicts(say(company, "dispatcher", ordering)) == ["applied"]
    supply = doing(company, "parts.supply", on, ordered=derive(ordering["id"], "ordered"))
    count = doing(company, "stock.count", ("location", STORE), part=PART, counted="3")
    assert verdicts(say(company, "warehouse", supply, count)) == ["applied", "applied"]
    for kind, args in (
        ("work_order.unassign", {}),
        ("parts.plan", {"part": PART, "quantity": "1"}),
    ):
        (told,) = say(company, "warehouse", doing(company, kind, on, **args)).json()["results"]
        assert (told["verdict"], told["code"]) == ("rejected", "not_permitted")
    assert verdicts(say(company, "dispatcher", doing(company, "work_order.unassign", on))) == [
        "applied"
    ]
