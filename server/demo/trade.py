"""What the demo company charges, its contracts, and the money of the visits that are over."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from server.demo.customers import Machine
from server.demo.masters import Catalog, Good
from server.demo.premises import DemoOp, Premises
from server.demo.work import Firm, Job, category_of
from shared.coverage import Case, decide
from shared.ids import derive
from shared.prices import ORGANISATION, PriceList
from shared.site import Asset

TAX: Final = 1300
INVOICED: Final = 4  # of so many jobs one is paid for by invoice, however small
LATE_ONE: Final = 2  # of so many, one still waits for finance
METHODS: Final = ("qr", "cash", "qr", "transfer")
MONEY_FROM: Final = 17 * 60

Step = tuple[str, dict[str, Any]]


class Prices(NamedTuple):
    """What is written down about prices, and the edition that counts today."""

    ops: list[DemoOp]
    newest: PriceList


def prices(premises: Premises, goods: Catalog, verify_url: str) -> Prices:
    """Who the company is, and the editions of its price list."""
    written = premises.read("prices")
    head = {**written["organisation"], "verify_url": verify_url}
    ops = [premises.put("organisation", ORGANISATION, head)]
    row: dict[str, Any] = {}
    for edition in written["editions"]:
        row = _edition(premises, goods.parts, edition)
        ops.append(premises.put("price_list", premises.id("price_list", row["edition"]), row))
    return Prices(ops, msgspec.convert({**row, "id": ops[-1].on[1]}, PriceList))


def contracts(premises: Premises) -> list[DemoOp]:
    """What organisations have bought for a time."""
    return [
        premises.put("contract", premises.id("contract", one["number"]), _contract(premises, one))
        for one in premises.read("prices")["contracts"]
    ]


def billed(firm: Firm, job: Job, part: Good | None) -> Iterator[Step]:
    """What a visit that is over cost, and how it was paid for: on the spot, or by invoice."""
    premises, machine = firm.premises, job.machine
    category = category_of(premises, machine)
    if job.slot.fate != "past" or category == "B":
        return
    decided = decide(
        Case(
            category=category,
            site_id=machine.site_id,
            day=premises.date(job.slot.day).isoformat(),
            asset=_asset(machine),
            prices=firm.prices,
        )
    )
    yield ("charge.decide", msgspec.to_builtins(decided))
    if decided.category == "A":
        yield from _paid_for(firm, job, part)


def _paid_for(firm: Firm, job: Job, part: Good | None) -> Iterator[Step]:
    premises, prices = firm.premises, firm.prices
    parts = {one.part_id: one for one in prices.items}
    lines = [one for one in prices.items if one.code in ("visit", "labour")]
    if part is not None and part.id in parts:
        lines.append(parts[part.id])
    for one in lines:
        line = {"kind": one.kind, "item": one.code, "quantity": "1"}
        yield ("charge.add", {"line": line, "price_list": prices.id})
    total = sum(one.price for one in lines)
    if total > prices.on_spot_limit or job.slot.n % INVOICED == 0:
        asked = {"type": "plain", "title": job.machine.caller, "delivery": "message"}
        yield ("invoice.ask", {**asked, "price_list": prices.id})
        return
    paid = {"amount": total, "currency": prices.currency, "price_list": prices.id}
    method = premises.draw(METHODS, "paid", job.slot.n)
    yield ("payment.take", {**paid, "method": method, "payer": job.machine.caller})


def handed_over(firm: Firm, field: list[DemoOp]) -> Iterator[DemoOp]:
    """What finance did with the money and the requests; some of both still waits."""
    for turn, op in enumerate(one for one in field if one.kind == "payment.take"):
        if turn % LATE_ONE == 0:
            args = {"payment": derive(op.id, "payment")}
            yield _said(firm, op, ("payment.hand_over", args), turn)
    for turn, op in enumerate(one for one in field if one.kind == "invoice.ask"):
        if turn % LATE_ONE == 0:
            number = f"2632{firm.premises.roll(10**12, 'invoice', turn):012d}"
            args = {"request": derive(op.id, "invoice"), "number": number}
            yield _said(firm, op, ("invoice.issue", args), turn)


def _said(firm: Firm, op: DemoOp, step: Step, turn: int) -> DemoOp:
    premises = firm.premises
    kind, args = step
    return DemoOp(
        id=premises.id("money", premises.day.isoformat(), op.id, kind),
        kind=kind,
        on=op.on,
        args=args,
        by=firm.team.desk("finance"),
        at=premises.at(-1, MONEY_FROM + turn),
    )


def _edition(premises: Premises, goods: Sequence[Good], edition: dict[str, Any]) -> dict[str, Any]:
    """The row of one edition: every price as much cheaper as it says."""
    written = premises.read("prices")
    listed = [*written["items"], *_parts(written["parts"], goods)]
    return {
        **written["list"],
        "edition": edition["edition"],
        "valid_from": edition["valid_from"],
        "items": [
            {"tax": TAX, **one, "price": one["price"] * edition["per_cent"] // 100}
            for one in listed
        ],
    }


def _asset(machine: Machine) -> Asset:
    return Asset(
        id=machine.id,
        site_id=machine.site_id,
        name=machine.kind,
        model=machine.kind,
        product_class=machine.kind,
        delivered_on=machine.delivered_on.isoformat(),
    )


def _parts(written: dict[str, list[int]], parts: Sequence[Good]) -> Iterator[dict[str, Any]]:
    """An item for each part of a family that has prices."""
    for part in parts:
        family, _, place = part.number.partition("-")
        if family in written:
            first, step = written[family]
            yield {
                "code": _code(part),
                "kind": "part",
                "en": part.en,
                "zh": part.zh,
                "unit": part.unit,
                "price": first + step * (int(place) - 1),
                "part_id": part.id,
            }


def _code(part: Good) -> str:
    return f"part_{part.number.lower().replace('-', '_')}"


def _contract(premises: Premises, one: dict[str, Any]) -> dict[str, Any]:
    start, end = (premises.date(offset).isoformat() for offset in one["days"])
    return {
        "customer_id": premises.id("customer", one["customer"]),
        "number": one["number"],
        "valid_from": start,
        "valid_to": end,
        "covers": one["covers"],
        "note": one["note"],
    }
