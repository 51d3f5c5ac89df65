"""Money is the same on the phone and on the server: in memory, on SQLite and on PostgreSQL."""

from typing import Any

from shared.billing import charged
from shared.charges import Charge, CoverageDecision, Quote
from shared.errors import Refused
from shared.ids import derive
from shared.money import receipt_of, total_of
from shared.ops import SYSTEM
from shared.payments import InvoiceRequest, Payment
from shared.prices import Contract, PriceList
from shared.sign_off import SignOff
from shared.signing import sign_off_id
from shared.take_away import TakenItem
from shared.ticket import TicketEvent
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Replica
from tests.contracts.servers import PhoneShelf
from tests.contracts.test_verbs import rows, said
from tests.proof import document_on, said as told_as, sign, signature
from tests.trade import FINN, LATER, ROW, bill_on, charge_id, line, open_trade, paying
from tests.world import ANN, CUSTOMER, FILTER, PRICES, VAN_ANN, WEN, Server, World


def begun(server: Server, phones: PhoneShelf) -> tuple[World, Replica, str]:
    """A technician at work on a job, with prices on the phone."""
    world = World(server)
    open_trade(world)
    order = world.job(ANN)
    phone = world.phone(ANN, phones)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    return world, phone, order


def on_both(world: World, phone: Replica, order: str) -> None:
    """The rows of a job's bill are the same on either end."""
    world.sync(phone)
    here = bill_on(phone, order)
    for kind in (CoverageDecision, Charge, Quote, Payment, TakenItem):
        assert list(here.of(kind, order)) == sorted(
            rows(world, kind, f"wo:{order}"), key=lambda one: one.id
        )


def refused(world: World, phone: Replica, kind: str, order: str, args: dict[str, Any]) -> str:
    done = world.tap(phone, kind, ("work_order", order), args)
    assert isinstance(done, Refused), done
    return done.code


def test_prices_and_contracts_come_to_the_phone(server: Server, phones: PhoneShelf) -> None:
    world, _, _ = begun(server, phones)
    (prices,) = rows(world, PriceList, "catalog")
    assert (prices.edition, [one.code for one in prices.items]) == (
        1,
        ["visit", "labour", "filter"],
    )
    (contract,) = rows(world, Contract, f"customer:{CUSTOMER}")
    assert contract.covers == ("visit", "labour")


def test_a_visit_is_charged_paid_for_and_signed(server: Server, phones: PhoneShelf) -> None:
    world, phone, order = begun(server, phones)
    use = said(world, phone, "parts.use", order, part=FILTER, location=VAN_ANN, quantity="1")
    world.taps(phone, order, "complete")
    because = {"category": "A", "basis": "none", "code": "no_date"}
    said(world, phone, "charge.decide", order, **because)
    said(world, phone, "charge.add", order, **line())
    said(world, phone, "charge.add", order, **line("filter", use=derive(use, "part")))
    gone = said(world, phone, "charge.add", order, **line("labour", "1.5"))
    said(world, phone, "charge.drop", order, charge=charge_id(gone))
    paid = said(world, phone, "payment.take", order, **paying(11_333, "qr"))
    assert bill_on(phone, order).find(Payment, derive(paid, "payment")) is not None
    done = sign(world, phone, order)
    assert isinstance(done, Outboxed), done
    summary = world.sync(phone)
    assert (set(summary.verdicts), summary.checksum_ok) == ({"applied"}, True)
    (sealed,) = rows(world, SignOff, f"wo:{order}")
    assert (sealed.state, sealed.total, sealed.currency) == ("sealed", 11_333, "CNY")
    (payment,) = rows(world, Payment, f"wo:{order}")
    assert payment.receipt == receipt_of(paid)
    assert payment.visit_id == sealed.visit_id
    on_both(world, phone, order)


def test_a_quote_is_agreed_to_in_ink_and_pins_its_prices(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    lines = [line("labour", "2")["line"], line()["line"]]
    made = said(world, phone, "quote.make", order, lines=lines, price_list=PRICES)
    quote = derive(made, "quote")
    shown = document_on(phone, order, purpose="quote", subject=quote)
    assert shown.sum is not None
    assert shown.sum.total == 32_690
    args = signature(shown, ANN, subject=quote)
    done = world.tap(phone, "sign_off.take", ("work_order", order), told_as(args))
    assert isinstance(done, Outboxed), done
    put = {"row": {**ROW, "edition": 2}}
    world.must(world.office("master.put", ("price_list", LATER), put, by=SYSTEM))
    assert world.sync(phone).checksum_ok
    (agreed,) = rows(world, Quote, f"wo:{order}")
    assert agreed.sign_off_id == sign_off_id(done.op_id, order)
    (sealed,) = rows(world, SignOff, f"wo:{order}")
    assert sealed.state == "sealed"
    other = {**line(), "price_list": LATER}
    entry = world.tap(phone, "charge.add", ("work_order", order), other)
    assert isinstance(entry, Outboxed)
    assert [one.code for one in entry.flags] == ["other_prices"]
    reason = {"quote": quote, "reason": "x"}
    assert refused(world, phone, "quote.decline", order, reason) == "already_settled"
    on_both(world, phone, order)


def test_money_goes_to_finance_once(server: Server, phones: PhoneShelf) -> None:
    world, phone, order = begun(server, phones)
    said(world, phone, "charge.add", order, **line())
    paid = said(world, phone, "payment.take", order, **paying(8_000))
    world.sync(phone)
    args, on = {"payment": derive(paid, "payment")}, ("work_order", order)
    world.must(world.office("payment.hand_over", on, args, by=FINN))
    assert world.office("payment.hand_over", on, args, by=FINN).verdict == "merged"
    # The phone has not heard of it: its word comes too late.
    said(world, phone, "payment.void", order, **args, reason="x")
    assert world.sync(phone).verdicts == {"rejected": 1}
    (payment,) = rows(world, Payment, f"wo:{order}")
    assert (payment.handed_to, payment.void_at) == (FINN, None)
    on_both(world, phone, order)


def test_two_who_charge_the_same_part_are_both_kept_and_told(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    use = said(world, phone, "parts.use", order, part=FILTER, location=VAN_ANN, quantity="1")
    world.sync(phone)
    args = line("filter", use=derive(use, "part"))
    first = said(world, phone, "charge.add", order, **args)
    assert refused(world, phone, "charge.add", order, args) == "charged_twice"
    world.must(world.office("charge.add", ("work_order", order), args))
    assert world.sync(phone).verdicts == {"applied": 1}
    both = rows(world, Charge, f"wo:{order}")
    assert len(both) == 2
    assert charge_id(first) in {one.id for one in both}
    on_both(world, phone, order)


def test_an_invoice_is_asked_for_issued_and_reversed(server: Server, phones: PhoneShelf) -> None:
    world, phone, order = begun(server, phones)
    plain = {"type": "plain", "title": "陈静", "delivery": "message", "price_list": PRICES}
    assert refused(world, phone, "invoice.ask", order, plain) == "nothing_charged"
    said(world, phone, "charge.add", order, **line("labour", "3"))
    over = paying(50_001)
    assert refused(world, phone, "payment.take", order, over) == "over_limit"
    said(world, phone, "payment.take", order, **paying(37_035, "account"))
    asked = said(world, phone, "invoice.ask", order, **plain)
    world.sync(phone)
    args, on = {"request": derive(asked, "invoice")}, ("work_order", order)
    world.must(world.office("invoice.issue", on, {**args, "number": "2632"}, by=FINN))
    world.must(world.office("invoice.reverse", on, {**args, "reason": "抬头有误"}, by=FINN))
    (request,) = rows(world, InvoiceRequest, f"wo:{order}")
    assert (request.state, request.amount, request.tax_amount) == ("reversed", 37_035, 4_261)
    on_both(world, phone, order)


def test_an_item_is_taken_away_and_comes_back_with_two_signatures(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    taken = said(world, phone, "item.take", order, what="主板", reason="返厂检测")
    item = derive(taken, "item")
    for purpose, state in (("take_away", "taken"), ("item_return", "returned")):
        shown = document_on(phone, order, purpose=purpose, subject=item)
        args = signature(shown, ANN, subject=item)
        done = world.tap(phone, "sign_off.take", ("work_order", order), told_as(args))
        assert isinstance(done, Outboxed), done
        assert set(world.sync(phone).verdicts) == {"applied"}
        assert [one.state for one in rows(world, TakenItem, f"wo:{order}")] == [state]
        if purpose == "take_away":
            on = ("work_order", order)
            world.must(world.office("item.hand_in", on, {"item": item}, by=WEN))
            world.sync(phone)
    (kept,) = rows(world, TakenItem, f"wo:{order}")
    assert None not in (kept.sign_off_id, kept.return_sign_off_id, kept.handed_in_by)
    assert {one.state for one in rows(world, SignOff, f"wo:{order}")} == {"sealed"}
    on_both(world, phone, order)
    (job,) = rows(world, WorkOrder, f"wo:{order}")
    told = [one.what for one in rows(world, TicketEvent, f"ticket:{job.ticket_id}")]
    assert {"item.take", "item.hand_in"} <= set(told)


def test_a_total_is_the_same_on_either_end(server: Server, phones: PhoneShelf) -> None:
    world, phone, order = begun(server, phones)
    for item, quantity in (("visit", "1"), ("labour", "1.5"), ("filter", "7.777")):
        said(world, phone, "charge.add", order, **line(item, quantity))
    off = {"kind": "discount", "name": "优惠", "price": 777, "quantity": "0.333"}
    said(world, phone, "charge.add", order, line=off, price_list=PRICES)
    (prices,) = rows(world, PriceList, "catalog")
    before = total_of(charged(bill_on(phone, order), order), prices)
    world.sync(phone)
    assert total_of(rows(world, Charge, f"wo:{order}"), prices) == before
    assert total_of(charged(bill_on(phone, order), order), prices) == before
