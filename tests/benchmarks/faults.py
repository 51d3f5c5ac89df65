"""The scenarios of honesty: cut connections (F) and a late retry (X). All that counts is zero."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

import msgspec
from msgspec import Struct, field

from shared.amounts import thousandths
from shared.ops import decode
from sync.protocol import Reply, WireOp
from tests.benchmarks.house import House
from tests.benchmarks.line import CUTS, Busy, Cut
from tests.benchmarks.phone import BUSY_WAIT_S, Phone
from tests.benchmarks.scenarios import JSON, Figures, Sizes, at_once, team
from tests.benchmarks.workload import JOBS_PER_DAY, NOTED, Deed, row_of

CUT_SHARE = 0.3
OPS_PER_REQUEST = 17  # an order's work in a request, so that many are cut
CHANGES_OF_AN_ORDER = 1  # what comes in one request is one version
BEFORE_THE_DAY = ("work_order.create", "work_order.assign", "work_order.accept")
ZEROS = ("lost", "doubled", "overwritten", "re_stamped")
# What the row of a fact must still say: its own field, and how that follows from the arguments.
SAID: dict[str, Callable[[Any], dict[str, Any]]] = {
    "reading": lambda args: {"item": args["item"], "value": args["value"]},
    "part_use": lambda args: {"part_id": args["part"], "amount": thousandths(args["quantity"])},
    "note": lambda args: {"text": args["text"]},
    "status_change": lambda _args: {},
}


class Ledger(Struct):
    """What the phones were told: the first time of receipt of each op, and how often they asked."""

    received: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    cut: int = 0

    def note(self, reply: Reply) -> None:
        """Keep when each op was first said to be received; a phone may never see it."""
        for result in reply.results:
            assert result.verdict == "applied", result
            self.received.setdefault(result.id, result.received)


def flaky(house: House, sizes: Sizes) -> Figures:
    """F: P with 30 % of the requests cut, retried until answered; then everything is compared."""
    days = [(phone, phone.record(deeds)) for phone, deeds in team(house, sizes.flaky, JOBS_PER_DAY)]
    said = [op for _, ops in days for op in ops]
    before = {row["id"]: row for row in house.rows("work_order")}
    ledger = Ledger()

    def hand_in(phone: Phone, ops: Sequence[WireOp], dice: Random) -> None:
        for start in range(0, len(ops), OPS_PER_REQUEST):
            insist(phone, list(ops[start : start + OPS_PER_REQUEST]), _cuts(dice), ledger)

    at_once([partial(hand_in, *one, Random(seed)) for seed, one in enumerate(days)])
    found = {
        table: {row["id"]: row for row in house.rows(table)} for table in (*SAID, "work_order")
    }
    troubles = Counter(
        [
            *_facts(said, found),
            *_orders(said, before, found["work_order"]),
            *_stock(house, said),
            *_stamps(house, ledger),
        ]
    )
    return {
        **{name: troubles[name] for name in ZEROS},
        "ops": len(said),
        "applied": len(ledger.received),
        "requests": ledger.requests,
        "cut": ledger.cut,
    }


def _cuts(dice: Random) -> Iterator[Cut | None]:
    """Which requests are cut, and where."""
    while True:
        yield dice.choice(CUTS) if dice.random() < CUT_SHARE else None


def insist(phone: Phone, ops: list[WireOp], cuts: Iterable[Cut | None], ledger: Ledger) -> None:
    """Send the same bytes until they are answered."""
    request = phone.compose(ops, pull=False)
    for cut in cuts:
        ledger.requests += 1
        ledger.cut += cut is not None
        try:
            reply = phone.send(request, cut)
        except Busy:  # with requests of this phone to which nobody listens any more
            time.sleep(BUSY_WAIT_S)
            continue
        if reply is not None:
            ledger.note(reply)
            if cut is None:
                phone.keep(reply)
                return


def _facts(said: Sequence[WireOp], found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Every fact is there once, as it was said."""
    mine = {decode(op.body).on[1] for op in said}
    expected: set[tuple[str, str]] = set()
    for op in said:
        told = decode(op.body)
        place = row_of(told.kind, told.id)
        if place is None:
            continue
        expected.add(place)
        row = found[place[0]].get(place[1])
        if row is None:
            yield "lost"
            continue
        wanted = SAID[place[0]](msgspec.json.decode(told.args))
        if any(row[name] != value for name, value in wanted.items()):
            yield "overwritten"
    for table in SAID:
        for identity, row in found[table].items():
            earlier = row.get("verb") in BEFORE_THE_DAY
            if row["work_order_id"] in mine and not earlier and (table, identity) not in expected:
                yield "doubled"


def _orders(
    said: Sequence[WireOp], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    """Every work order has come to its end, with the note last written, each counted once."""
    for order in {decode(op.body).on[1] for op in said}:
        row = after[order]
        if (row["status"], row["job_note"]) != ("done", NOTED):
            yield "overwritten"
        if row["version"] != before[order]["version"] + CHANGES_OF_AN_ORDER:
            yield "re_stamped"


def _stock(house: House, said: Sequence[WireOp]) -> Iterator[str]:
    """Every part has left its van once, and balances are what the movements say."""
    used = Counter(row["op_id"] for row in house.rows("movement"))
    for op in said:
        if decode(op.body).kind == "parts.use":
            yield from {0: ["lost"], 1: []}.get(used[op.id], ["doubled"])
    sums: Counter[tuple[str, str]] = Counter()
    for row in house.rows("movement"):
        sums[row["target_id"], row["part_id"]] += row["amount"]
        sums[row["source_id"], row["part_id"]] -= row["amount"]
    for row in house.rows("balance"):
        if row["amount"] != sums[row["location_id"], row["part_id"]]:
            yield "doubled"


def _stamps(house: House, ledger: Ledger) -> Iterator[str]:
    """No op has been given another time of receipt, or a second verdict."""
    kept = {row["op_id"]: row for row in house.rows("op")}
    for op_id, received in ledger.received.items():
        row = kept.get(op_id)
        if row is None:
            yield "lost"
        elif (row["received"], row["n"]) != (received, 1):
            yield "re_stamped"


def stale(house: House, sizes: Sizes) -> Figures:
    """X: a status op is committed, its answer lost, the office cancels, the device retries."""
    technician = house.company.technician()
    orders = house.company.jobs(sizes.stale, technician)
    phone = house.phone(technician)
    phone.pull()
    office, token = house.line(), house.company.session()
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    ledger = Ledger()
    said: list[WireOp] = []
    for order in orders:
        ops = phone.record([Deed("work_order.arrive", order, {})])
        said += ops

        def cuts(order: str = order) -> Iterator[Cut | None]:
            yield "reply lost"
            cancel = {"kind": "work_order.cancel", "on": ("work_order", order)}
            asked = {**cancel, "id": house.company.new_id(), "args": {"reason": "by telephone"}}
            answer = office.post("/api/ops", msgspec.json.encode({"ops": [asked]}), headers)
            assert answer is not None
            assert msgspec.json.decode(answer)["results"][0]["verdict"] == "applied", answer
            yield None

        insist(phone, ops, cuts(), ledger)
    found = {table: {row["id"]: row for row in house.rows(table)} for table in SAID}
    rows = {row["id"]: row for row in house.rows("work_order")}
    troubles = Counter([*_stamps(house, ledger)])
    facts = {place[1] for op in said if (place := row_of("work_order.arrive", op.id)) is not None}
    return {
        "overwritten": sum(rows[order]["status"] != "cancelled" for order in orders),
        "lost": len(facts - found["status_change"].keys()),
        "re_stamped": troubles["re_stamped"],
        "retries": len(orders),
    }
