"""Returns and exchanges: what may be said when, what it does, and what the terms say to it."""

from typing import Any

import pytest
from msgspec import structs

from shared.machine import its_serial
from shared.records import Record
from shared.registry import Act, Outcome
from shared.return_case import STEPS, ReturnCase, case_id
from shared.return_terms import TERMS, USUAL, Cost, ReturnTerms, bearer_of, last_day
from shared.site import Asset
from shared.take_away import TakenItem
from shared.tasks import Task
from shared.ticket import Ticket, TicketEvent
from tests.shared.company import (
    ASSET,
    DORA,
    NOW,
    ORDER,
    OTHER_ASSET,
    TICKET,
    act,
    done,
    ident,
    only,
    refused,
    state,
)

ON = ("ticket", TICKET.id)
ALL = ["fault_report", "repair_record", "invoice"]
ASKED = ReturnCase(
    id=case_id(TICKET.id),
    version=1,
    ticket_id=TICKET.id,
    asset_id=ASSET.id,
    wish="exchange",
    reason="quality",
    step="asked",
    asked_at=NOW,
    asked_by=DORA.id,
)
GRANT: dict[str, Any] = {"granted": True, "means": "phone", "papers": ALL}
NEW: dict[str, Any] = {
    "asset": ASSET.id,
    "model": "P-2",
    "serial": "S-2",
    "delivered_on": "2026-11-21",
}
SAID: dict[str, dict[str, Any]] = {
    "return.decide": GRANT,
    "return.receive": {"way": "sent_in"},
    "return.inspect": {"confirmed": True},
    "return.refund": {"amount": 120_000, "currency": "CNY"},
    "return.exchange": NEW,
    "return.drop": {"reason": "Kept it"},
}


def at(step: str, **told: Any) -> ReturnCase:
    return structs.replace(ASKED, step=step, **told)


def said(kind: str, args: dict[str, Any] | None = None) -> Act:
    return act(kind, SAID.get(kind, {}) if args is None else args, on=ON, by=DORA)


def case(outcome: Outcome) -> ReturnCase:
    return only(outcome, ReturnCase)


def events(outcome: Outcome) -> tuple[str, ...]:
    return only(outcome, TicketEvent).events


def test_a_return_that_is_asked_for_starts_its_clock() -> None:
    outcome = done(state(), said("return.ask", {"wish": "return", "reason": "damage"}))
    found = case(outcome)
    assert (found.wish, found.reason, found.step) == ("return", "damage", "asked")
    assert (found.asset_id, found.asked_by) == (ASSET.id, DORA.id)
    assert events(outcome) == ("return_asked",)
    assert only(outcome, Ticket).service_type == "exchange"


def test_asking_twice_is_once_and_a_second_return_is_another_ticket() -> None:
    assert done(state(ASKED), said("return.ask", {"wish": "exchange"})).merged
    told = refused(state(at("refused")), said("return.ask", {"wish": "exchange"}))
    assert (told.code, told.params) == ("one_return", {"step": "refused"})


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("kind", "when"),
    [
        ("return.decide", {"asked"}),
        ("return.receive", {"granted"}),
        ("return.inspect", {"received"}),
        ("return.refund", {"inspected"}),
        ("return.exchange", {"inspected"}),
        ("return.drop", {"asked", "granted", "received", "inspected"}),
    ],
)
def test_one_step_comes_after_the_other(kind: str, when: set[str], step: str) -> None:
    over = {"done_at": NOW} if step in ("done", "dropped") else {}
    rows = state(at(step, **over))
    if step in when:
        assert not done(rows, said(kind)).merged
    elif (kind, step) == ("return.drop", "dropped"):
        assert done(rows, said(kind)).merged
    else:
        told = refused(rows, said(kind))
        assert (told.code, told.params) == ("return_step", {"step": step, "verb": kind})


@pytest.mark.parametrize("kind", sorted(SAID))
def test_nothing_is_done_about_a_return_that_nobody_asked_for(kind: str) -> None:
    assert refused(state(), said(kind)).code == "no_return"


@pytest.mark.parametrize("status", ["withdrawn", "refused"])
def test_a_request_that_came_to_nothing_has_no_return(status: str) -> None:
    over = structs.replace(TICKET, status=status)
    told = refused(state(over), said("return.ask", {"wish": "return"}))
    assert told.code == "illegal_status"


def test_a_return_goes_on_after_its_ticket_is_filed() -> None:
    filed = structs.replace(TICKET, status="closed")
    assert case(done(state(filed, ASKED), said("return.decide"))).step == "granted"


@pytest.mark.parametrize("paper", ALL)
def test_each_paper_that_the_terms_ask_for_is_named_where_it_is_missing(paper: str) -> None:
    there = [one for one in ALL if one != paper]
    told = refused(state(ASKED), said("return.decide", {**GRANT, "papers": there}))
    assert (told.code, told.params) == ("paper_missing", {"paper": paper})


@pytest.mark.parametrize(("day", "code"), [("2026-11-16", ""), ("2026-11-17", "return_too_late")])
def test_the_last_day_of_the_terms_is_in_time(day: str, code: str) -> None:
    terms = ReturnTerms(id=TERMS, exchange_days=15)
    machine = structs.replace(ASSET, delivered_on="2026-11-01")
    rows, asked = state(ASKED, terms, machine), said("return.decide", {**GRANT, "day": day})
    assert (refused(rows, asked).code if code else case(done(rows, asked)).step) == (
        code or "granted"
    )


def test_whoever_decides_may_say_why_the_terms_do_not_count() -> None:
    args = {**GRANT, "papers": [], "why": "An old customer"}
    found = case(done(state(ASKED), said("return.decide", args)))
    assert (found.step, found.papers, found.why) == ("granted", (), "An old customer")


def test_a_refusal_needs_its_reason_and_stops_the_clock() -> None:
    no = {"granted": False, "means": "phone"}
    assert refused(state(ASKED), said("return.decide", no)).code == "not_text"
    outcome = done(state(ASKED), said("return.decide", {**no, "why": "Dropped into water"}))
    assert (case(outcome).step, case(outcome).why) == ("refused", "Dropped into water")
    assert events(outcome) == ("progress_told", "return_done")


def test_a_decision_says_who_bears_the_cost_and_what_the_customer_pays() -> None:
    args = {**GRANT, "fee": 5_000, "currency": "CNY", "reason": "other"}
    found = case(done(state(ASKED), said("return.decide", args)))
    assert (found.borne_by, found.fee, found.currency) == ("customer", 5_000, "CNY")
    assert (
        refused(state(ASKED), said("return.decide", {**GRANT, "fee": 1})).field == "args.currency"
    )


@pytest.mark.parametrize(
    ("reason", "product", "expected"),
    [
        ("quality", "pump", "customer"),
        ("quality", "vrf", "company"),
        ("damage", "pump", "company"),
        ("unusable", "pump", ""),
    ],
)
def test_the_cost_is_borne_by_class_before_any_class(
    reason: str, product: str, expected: str
) -> None:
    costs = (
        Cost(reason="quality", product_class="pump", borne_by="customer"),
        Cost(reason="quality", borne_by="company"),
        Cost(reason="damage", borne_by="company"),
    )
    assert bearer_of(ReturnTerms(id=TERMS, costs=costs), reason, product) == expected


@pytest.mark.parametrize(
    ("wish", "told", "expected"),
    [
        ("return", {"delivered_on": "2026-02-27"}, "2026-03-06"),
        ("exchange", {"delivered_on": "2026-02-27"}, "2026-03-14"),
        ("return", {"invoiced_on": "2026-02-27"}, "2026-03-06"),
        ("return", {}, None),
    ],
)
def test_days_count_from_the_delivery(
    wish: str, told: dict[str, str], expected: str | None
) -> None:
    terms = ReturnTerms(id=TERMS, return_days=7, exchange_days=15)
    assert last_day(terms, wish, structs.replace(ASSET, **told)) == expected
    assert last_day(USUAL, wish, structs.replace(ASSET, **told)) is None


def test_what_comes_in_by_a_technician_was_taken_away_on_a_job_of_the_ticket() -> None:
    item = TakenItem(
        id=ident("item"),
        version=1,
        work_order_id=ORDER.id,
        receipt="AB12",
        what="Pump",
        reason="Return",
        state="taken",
        person_id=DORA.id,
        at=NOW,
    )
    told = said("return.receive", {"way": "collected", "item": item.id})
    assert case(done(state(at("granted"), item), told)).item_id == item.id
    other = structs.replace(ORDER, ticket_id=ident("other ticket"))
    for rows in (state(at("granted")), state(at("granted"), item, other)):
        refusal = refused(rows, told)
        assert (refusal.code, refusal.field) == ("unknown_subject", "args.item")


def test_a_machine_whose_fault_is_not_there_goes_back_with_the_reason() -> None:
    rows = state(at("received"))
    assert refused(rows, said("return.inspect", {"confirmed": False})).code == "not_text"
    outcome = done(rows, said("return.inspect", {"confirmed": False, "text": "It runs"}))
    found = case(outcome)
    assert (found.step, found.confirmed, found.finding) == ("refused", False, "It runs")
    assert events(outcome) == ("return_done",)


def test_a_refund_is_a_task_for_the_accounts_and_the_machine_is_gone() -> None:
    args = {**SAID["return.refund"], "asset": ASSET.id, "day": "2026-11-21"}
    outcome = done(state(at("inspected")), said("return.refund", args))
    assert (case(outcome).step, case(outcome).refund) == ("done", 120_000)
    task = only(outcome, Task)
    assert (task.code, task.params) == ("refund_due", {"amount": "¥1,200.00"})
    machine = only(outcome, Asset)
    assert (machine.id, machine.gone, machine.gone_on) == (ASSET.id, "returned", "2026-11-21")
    assert events(outcome) == ("return_done",)


def test_an_exchange_puts_the_new_machine_in_place_of_the_old_one() -> None:
    old = structs.replace(ASSET, serial="S-1", product_class="pump")
    outcome = done(state(at("inspected"), old), said("return.exchange"))
    machines: list[Record] = [one for one in outcome.rows if isinstance(one, Asset)]
    made = Asset(
        id=case(outcome).new_asset_id or "",
        site_id=ASSET.site_id,
        name="P-2",
        model="P-2",
        serial="S-2",
        product_class="pump",
        delivered_on="2026-11-21",
        invoiced_on="2026-11-21",
    )
    gone = structs.replace(old, gone="exchanged", gone_on="2026-11-21", replaced_by=made.id)
    assert machines == [made, gone]
    assert (case(outcome).step, events(outcome)) == ("done", ("return_done",))


def test_a_serial_number_that_is_on_file_is_no_new_machine() -> None:
    other = structs.replace(OTHER_ASSET, model="P-2", serial="S-2")
    told = refused(state(at("inspected"), other), said("return.exchange"))
    assert (told.code, told.field) == ("on_file", "args.serial")
    assert its_serial("S-2") == ((Asset, "serial=S-2"),)


@pytest.mark.parametrize("asset", [OTHER_ASSET.id, ident("nothing")])
def test_a_machine_of_somewhere_else_is_not_taken_for_the_ticket_s(asset: str) -> None:
    for kind in ("return.ask", "return.decide", "return.refund", "return.exchange"):
        step = {"return.ask": (), "return.decide": (ASKED,)}.get(kind, (at("inspected"),))
        args = {**SAID.get(kind, {"wish": "return"}), "asset": asset}
        told = refused(state(*step), said(kind, args))
        assert (told.code, told.field) == ("unknown_subject", "args.asset")


@pytest.mark.parametrize(
    "kind", ["return.ask", "return.decide", "return.refund", "return.exchange"]
)
@pytest.mark.parametrize("named", [{"asset": ASSET.id}, {}])
def test_a_machine_that_left_by_another_return_is_neither_paid_nor_exchanged_twice(
    kind: str, named: dict[str, str]
) -> None:
    left = structs.replace(ASSET, gone="returned", gone_on="2026-11-20")
    step = {"return.ask": (), "return.decide": (ASKED,)}.get(kind, (at("inspected"),))
    args = {**SAID.get(kind, {"wish": "return"}), **named}
    told = refused(state(*step, left), said(kind, args))
    assert (told.code, told.field, told.params) == (
        "machine_gone",
        "args.asset",
        {"machine": "Pump"},
    )


def test_terms_are_set_by_whoever_saw_the_newest() -> None:
    on = ("return_terms", TERMS)
    args = {"papers": ["invoice"], "return_days": 7, "costs": [], "warranty": "remains"}
    found = only(done(state(), act("return.set_terms", args, on=on, by=DORA)), ReturnTerms)
    assert (found.papers, found.return_days, found.costs) == (("invoice",), 7, ())
    kept = structs.replace(found, version=3)
    told = refused(state(kept), act("return.set_terms", args, on=on, by=DORA))
    assert told.code == "changed_meanwhile"
    assert done(state(kept), act("return.set_terms", {**args, "seen": 3}, on=on, by=DORA)).merged
    twice = {"costs": [{"reason": "quality", "borne_by": "company"}] * 2, "seen": 3}
    assert (
        refused(state(kept), act("return.set_terms", twice, on=on, by=DORA)).field == "args.costs"
    )
