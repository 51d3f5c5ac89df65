"""The same three phones with bills, payments and quotes: both ends come to the same sums."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import initialize, invariant, rule

from shared.billing import charged
from shared.charges import Charge, Quote
from shared.collecting import paid
from shared.ids import derive
from shared.money import net_of, total_of
from shared.payments import Payment
from shared.prices import PriceList
from shared.records import State
from sync.memory import MemoryPhone
from tests.simulation.test_state_machine import PHONES, Company
from tests.trade import FINN, charge_id, line, open_trade, paying
from tests.world import DORA, PRICES

ITEMS = st.sampled_from(["visit", "labour", "filter"])
ENDS = ("hand over", "void", "drop", "sync")
QUANTITIES = st.sampled_from(["1", "0.5", "1.333", "7"])


class Traders(Company):
    """What people do about money, among all that they do otherwise."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        open_trade(self.world)

    @rule(phone=PHONES, order=Company.orders, item=ITEMS, quantity=QUANTITIES)
    def charge(self, phone: int, order: str, item: str, quantity: str) -> None:
        self.tap(phone, "charge.add", ("work_order", order), line(item, quantity))

    @rule(target=Company.orders, phone=PHONES, ends=st.lists(st.sampled_from(ENDS), max_size=6))
    def whole_bill(self, phone: int, ends: list[str]) -> str:
        """A visit that is charged and paid for, and what becomes of its money."""
        order = str(self.whole_visit(phone, waits=False, signs=0))
        self.charge(phone, order, "visit", "1")
        self.pay(phone, order, 8_000)
        self.sync(phone, [], 200, False)
        on = ("work_order", order)
        for end in ends:
            (payment,) = self.of(order, Payment)[:1] or (None,)
            (line,) = self.of(order, Charge)[:1] or (None,)
            if end == "sync":
                self.sync(phone, [], 200, False)
            elif end == "hand over" and payment is not None:
                self.world.office("payment.hand_over", on, {"payment": payment.id}, by=FINN)
            elif end == "void" and payment is not None:
                self.tap(phone, "payment.void", on, {"payment": payment.id, "reason": "x"})
            elif end == "drop" and line is not None:
                self.tap(phone, "charge.drop", on, {"charge": line.id})
        return order

    def of(self, order: str, kind: type[Any]) -> list[Any]:
        return [one for one in self.rows(kind) if one.work_order_id == order]

    @rule(order=Company.orders, item=ITEMS)
    def office_charges(self, order: str, item: str) -> None:
        self.world.office("charge.add", ("work_order", order), line(item))

    @rule(phone=PHONES, pick=st.integers(0, 9), by_office=st.booleans())
    def drop(self, phone: int, pick: int, by_office: bool) -> None:
        found = self.seen(phone, Charge)
        if not found:
            return
        row = found[pick % len(found)]
        on, said = ("work_order", row.work_order_id), {"charge": row.id}
        if by_office:
            self.world.office("charge.drop", on, said, by=DORA)
        else:
            self.tap(phone, "charge.drop", on, said)

    @rule(phone=PHONES, order=Company.orders, amount=st.integers(1, 30_000))
    def pay(self, phone: int, order: str, amount: int) -> None:
        self.tap(phone, "payment.take", ("work_order", order), paying(amount))

    @rule(phone=PHONES, pick=st.integers(0, 9), voids=st.booleans())
    def hand_over_or_void(self, phone: int, pick: int, voids: bool) -> None:
        found = self.seen(phone, Payment)
        if not found:
            return
        row = found[pick % len(found)]
        on, said = ("work_order", row.work_order_id), {"payment": row.id}
        if voids:
            self.tap(phone, "payment.void", on, {**said, "reason": "x"})
        else:
            self.world.office("payment.hand_over", on, said, by=FINN)

    @rule(phone=PHONES, order=Company.orders, quantity=QUANTITIES)
    def quote(self, phone: int, order: str, quantity: str) -> None:
        said = {"lines": [line("labour", quantity)["line"]], "price_list": PRICES}
        self.tap(phone, "quote.make", ("work_order", order), said)

    def seen(self, phone: int, kind: type[Any]) -> list[Any]:
        rows = self.phones[phone].shown(base=False)
        return [
            row for key, row in sorted(rows.items(), key=lambda one: one[0][1]) if key[0] is kind
        ]

    @invariant()
    def every_line_was_said_and_none_counts_twice(self) -> None:
        ops = self.books.pages.ops.values()
        done = [op for op in ops if op.kind == "charge.add" and op.verdict == "applied"]
        lines = self.rows(Charge)
        assert {one.id for one in lines} == {charge_id(op.op_id) for op in done}
        assert [one for one in lines if one.net != net_of(one.price, one.amount)] == []
        takes = [op for op in ops if op.kind == "payment.take" and op.verdict == "applied"]
        assert {one.id for one in self.rows(Payment)} == {
            derive(op.op_id, "payment") for op in takes
        }

    @invariant()
    def money_is_with_finance_or_was_taken_back_and_never_both(self) -> None:
        both = [
            one
            for one in self.rows(Payment)
            if one.handed_at is not None and one.void_at is not None
        ]
        assert both == []

    def sums(self, state: State) -> dict[str, tuple[int, int, int]]:
        """What each job comes to, what was paid, and what was quoted."""
        prices = state.find(PriceList, PRICES)
        kinds: tuple[type[Any], ...] = (Charge, Payment, Quote)
        orders = {one.work_order_id for kind in kinds for one in state.all(kind)}
        if prices is None:
            return {}
        return {
            order: (
                total_of(charged(state, order), prices).total,
                sum(one.amount for one in paid(state, order)),
                sum(one.total for one in state.of(Quote, order)),
            )
            for order in orders
        }

    def teardown(self) -> None:
        """Once all is told, every phone comes to the sums of the books."""
        super().teardown()
        books = self.sums(State(self.books.pages.rows.values()))
        for phone in self.phones:
            assert isinstance(phone, MemoryPhone)
            scope = self.books.scope(phone.identity().person)  # of what they have now
            here = self.sums(State(phone.shown(base=False).values(), versioned=False))
            shown = {order: sums for order, sums in here.items() if f"wo:{order}" in scope}
            assert shown == {order: books[order] for order in shown}


TestTraders = Traders.TestCase
TestTraders.settings = settings(
    max_examples=15, stateful_step_count=40, deadline=None, derandomize=True
)


class LongQuarters(Traders):
    """The same for longer."""


TestLongQuarters = pytest.mark.slow(pytest.mark.timeout(1800)(LongQuarters.TestCase))
TestLongQuarters.settings = settings(
    max_examples=600, stateful_step_count=60, deadline=None, derandomize=True, print_blob=True
)
