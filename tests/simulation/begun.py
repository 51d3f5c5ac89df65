"""The same three phones with jobs begun on the spot, before a server that may lag behind."""

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import invariant, rule

from shared.kinds import REGISTRY
from shared.ops import FINAL, Verdict
from shared.work_order import Assignment, WorkOrder
from sync.ports import Outboxed, Recorded
from tests.simulation.test_state_machine import OWNERS, PHONES, Company
from tests.simulation.upgrades import without

BEGIN = "work_order.begin"
FACTS = frozenset(kind.name for kind in REGISTRY.kinds.values() if kind.cls == "fact")


class Finders(Company):
    """What people find beside their jobs, among all that they do otherwise."""

    @rule(target=Company.orders, phone=PHONES, order=Company.orders, works=st.booleans())
    def find_something(self, phone: int, order: str, works: bool) -> str:
        said = {"beside": order, "summary": "Bracket is loose", "service": "repair"}
        done = self.world.tap(self.phones[phone], BEGIN, ("work_order", ""), said)
        if not isinstance(done, Outboxed):
            return order
        self.recorded[done.op_id] = done.kind
        self.done[done.op_id] = self.world.now_ms
        if works:
            for verb in ("arrive", "start"):
                self.step(phone, done.op_id, verb)
            self.use(phone, done.op_id, 1)
            self.edit(phone, done.op_id, "666")  # its site, by right of it
            self.step(phone, done.op_id, "complete")
        return done.op_id

    @rule(target=Company.orders, phone=PHONES, said=st.integers(0, 3), more=st.booleans())
    def one_comes_to_nothing(self, phone: int, said: int, more: bool) -> str:
        """A job is begun and given up; so much of what is done on it has come by then."""
        order = self.world.job(OWNERS[phone])
        self.sync(phone, [], 200, False)
        known = self.world.server_registry
        self.world.server_registry = without(frozenset({BEGIN}))
        new = str(self.find_something(phone, order, works=True))
        self.sync(phone, ["ok"] * said + ["no request"] * 6, 1, False)
        birth = self.begun().get(new)
        if birth is not None and birth.verdict == "quarantined":
            self.world.office("op.discard", ("op", new), {"of": new, "reason": "x"})
        self.world.server_registry = known
        if more:
            self.sync(phone, [], 200, False)
        return new

    @rule()
    def server_knows_no_beginnings(self) -> None:
        self.world.server_registry = without(frozenset({BEGIN}))

    @rule()
    def server_knows_them_again(self) -> None:
        self.world.server_registry = REGISTRY

    def is_lost(self, birth: Recorded) -> bool:
        """Whether a server that was put back no longer has what something was begun beside."""
        begun, beside = self.begun(), birth.op_id
        while beside in begun:
            said = json.loads(self.books.pages.raw[begun[beside].op_id])
            beside = said["args"].get("beside", "")
        return self.restored and (WorkOrder, beside) not in self.books.pages.rows

    def begun(self) -> dict[str, Any]:
        ops = self.books.pages.ops.values()
        return {op.op_id: op for op in ops if op.on == ("work_order", op.op_id)}

    @invariant()
    def what_waits_waits_for_all_on_it(self) -> None:
        begun = self.begun()
        for op in self.books.pages.ops.values():
            birth = begun.get(op.on[1]) if op.on is not None else None
            if birth is None or birth is op or Verdict(birth.verdict) in FINAL:
                continue
            if op.device is None:  # the office may refuse itself what it does not know yet
                continue
            known = op.code in ("discarded", "wrong_author")  # whatever it is about
            assert known or Verdict(op.verdict) not in FINAL

    @invariant()
    def no_fact_on_it_is_refused_for_want_of_a_place(self) -> None:
        begun = self.begun()
        for op in self.books.pages.ops.values():
            birth = begun.get(op.on[1]) if op.on is not None else None
            if birth is None or birth is op or op.kind not in FACTS:
                continue
            if (op.verdict, op.code) == ("rejected", "unknown_subject"):
                nowhere = birth.code == "not_assigned" or self.is_lost(birth)
                assert op.detail.get("field") != "on" or nowhere

    @invariant()
    def a_stub_stands_only_where_the_beginning_came_to_nothing(self) -> None:
        begun = self.begun()
        for row in self.rows(WorkOrder):
            birth = begun.get(row.id)
            if row.orphan:
                assert birth is not None
                assert birth.verdict == "rejected"
                theirs = [one for one in self.rows(Assignment) if one.work_order_id == row.id]
                assert theirs
            elif birth is not None and birth.kind == BEGIN:
                assert birth.verdict == "applied"
                assert birth.by in OWNERS
