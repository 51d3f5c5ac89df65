"""The bill of a job as the office sees it: who pays and why, lines, payments, invoices, items."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from server.console.lanes import wall
from server.console.proof import named
from server.console.speech import NOTHING, Speech
from shared.amounts import quantity_text
from shared.charges import QuoteLine
from shared.coverage import explain
from shared.document import TaxPart
from shared.money import DISCOUNT, total_of, written
from shared.payments import ON_ACCOUNT
from shared.prices import PriceList, current

Item = Mapping[str, Any]
HUNDRED: Final = 100  # basis points of one percent
FOR_GOOD: Final = 2**62  # ms: later than anything is taken off
# What the office may say of a bill and the things on it.
OFFERED: Final = {
    "pays": "charge.decide",
    "charge": "charge.add",
    "invoice": "invoice.ask",
    "drop": "charge.drop",
    "decline": "quote.decline",
    "hand_over": "payment.hand_over",
    "void": "payment.void",
    "issue": "invoice.issue",
    "reverse": "invoice.reverse",
    "hand_in": "item.hand_in",
    "return": "item.return",
}


class Line(Struct, frozen=True, kw_only=True):
    """One line: what, how much of it, at which price, and what it comes to, or that it is free.

    `share` is how much of the lines a discount takes off, `moved` that those have changed since.
    """

    id: str
    kind: str
    name: str
    note: str
    quantity: str
    net: str
    covered: bool
    by_hand: bool
    share: str = ""
    moved: str = ""


class Totals(Struct, frozen=True, kw_only=True):
    """What the lines come to."""

    taxes: tuple[tuple[str, str], ...]
    inclusive: bool
    total: str
    paid: str
    due: str
    settled: bool
    edition: str


class Slip(Struct, frozen=True, kw_only=True):
    """A quote, a payment, an invoice or an item: what it is, how it stands, what may be said.

    `photo` is the id of the one that shows it, such as the slip of a bank transfer.
    """

    id: str
    title: str
    value: str
    state: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    acts: tuple[str, ...]
    photo: str | None = None


class Bill(Struct, frozen=True, kw_only=True):
    """Everything that a job costs and what was done about it."""

    basis: str
    covered: bool
    reason: str
    note: str
    decided: str
    lines: tuple[Line, ...]
    totals: Totals | None
    quotes: tuple[Slip, ...]
    payments: tuple[Slip, ...]
    invoices: tuple[Slip, ...]
    items: tuple[Slip, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nobody has said anything about money yet."""
        said = (self.basis, self.lines, self.quotes, self.payments, self.invoices, self.items)
        return not any(said)


class Reader(Struct, frozen=True, kw_only=True):
    """Whose eyes a bill is drawn for: their speech, the zone of the site, names, and rights."""

    speech: Speech
    zone: str
    names: Mapping[str, Item]
    can: frozenset[str]

    def when(self, at: int | None) -> str:
        """A time at the site."""
        return self.speech.when(at, self.zone)

    def acts(self, *wanted: str) -> tuple[str, ...]:
        """Those of these acts that the reader may do."""
        return tuple(one for one in wanted if one in self.can)


def bill(reader: Reader, told: Item) -> Bill:
    """The bill, from its rows."""
    speech = reader.speech
    decision = told["decisions"][-1] if told["decisions"] else None
    day = day_at(speech.now_ms, reader.zone)
    prices = edition_of(told["charges"], told["editions"], day)
    currency = prices.currency if prices is not None else ""
    reason = decided = note = basis = ""
    if decision is not None:
        basis = speech.text("bases", decision["basis"])
        reason = explain(speech.catalogue, decision["code"], decision["params"], decision["covers"])
        note = decision["note"]
        who = named(reader.names, decision["person_id"])
        decided = f"{who} · {reader.when(decision['at'])}"
    return Bill(
        basis=basis,
        covered=decision is not None and decision["category"] != "A",
        reason=reason,
        note=note,
        decided=decided,
        lines=tuple(_line(speech, one, told, currency) for one in told["charges"]),
        totals=_totals(speech, told, prices) if told["charges"] and prices is not None else None,
        quotes=tuple(_quote(reader, one) for one in reversed(told["quotes"])),
        payments=tuple(_payment(reader, one) for one in told["payments"]),
        invoices=tuple(_invoice(reader, one) for one in told["invoices"]),
        items=tuple(_item(reader, one, currency) for one in told["items"]),
    )


def day_at(now_ms: int, zone: str) -> str:
    """The day it is at a place: 2026-11-23."""
    return wall(now_ms, zone)[:10]


def edition_of(
    charges: Sequence[Item], editions: Sequence[PriceList], day: str
) -> PriceList | None:
    """The newest edition that lines are at; the one in force where there are none."""
    used = {one["price_list_id"] for one in charges}
    return next((one for one in editions if one.id in used), None) or current(editions, day)


def _line(speech: Speech, one: Item, told: Item, currency: str) -> Line:
    unit = speech.text("units", one["unit"]) if speech.knows("units", one["unit"]) else one["unit"]
    price = written(one["price"], currency)
    free = speech.text("console.bill", "covered")
    share, moved = _shares(speech, one, told, currency) if one["kind"] == DISCOUNT else ("", "")
    return Line(
        id=one["id"],
        kind=speech.text("line_kinds", one["kind"]),
        name=one[speech.language],
        note=one["note"],
        quantity=f"{price} × {quantity_text(one['amount'])}" + ("" if unit == "×" else f" {unit}"),
        net=free if one["covered"] else written(one["net"], currency),
        covered=one["covered"],
        by_hand=not one["item"],
        share=share,
        moved=moved,
    )


def _shares(speech: Speech, discount: Item, told: Item, currency: str) -> tuple[str, str]:
    """How much a discount took off the lines when it was given, and now, if that is otherwise."""
    beside = [
        one
        for one in (*told["charges"], *told["dropped"])
        if one["kind"] != DISCOUNT
        and not one["covered"]
        and one["visit_id"] in (None, discount["visit_id"])
    ]
    given = discount["at"]
    then = sum(one["net"] for one in beside if one["at"] <= given < (one["dropped_at"] or FOR_GOOD))
    now = sum(one["net"] for one in beside if one["dropped_at"] is None)

    def share(code: str, lines: int) -> str:
        percent = f"{round(-discount['net'] * HUNDRED / lines, 2):g}" if lines else ""
        return speech.text("console.bill", code, percent=percent, lines=written(lines, currency))

    was = share("share", then) if then else ""
    if then == now:
        return was, ""
    return was, share("share_moved" if now else "share_gone", now)


def _totals(speech: Speech, told: Item, prices: PriceList) -> Totals:
    lines = [QuoteLine(**{name: one[name] for name in _LINE}) for one in told["charges"]]
    stand = [one for one in told["payments"] if one["void_at"] is None]
    paid = sum(one["amount"] for one in stand if one["method"] != ON_ACCOUNT)
    found = total_of(lines, prices, paid)
    money = prices.currency
    return Totals(
        taxes=tuple(_tax(speech, one, money) for one in found.taxes if one.tax),
        inclusive=found.tax_inclusive,
        total=written(found.total, money),
        paid=written(found.paid, money) if found.paid else "",
        due=written(found.due, money),
        settled=found.due == 0,
        edition=speech.text("console.bill", "edition", name=prices.name, edition=prices.edition),
    )


_LINE: Final = tuple(name for name in QuoteLine.__struct_fields__)


def _tax(speech: Speech, part: TaxPart, currency: str) -> tuple[str, str]:
    rate = f"{part.rate / HUNDRED:g}"
    return speech.text("console.bill", "tax", rate=rate), written(part.tax, currency)


def _quote(reader: Reader, one: Item) -> Slip:
    speech = reader.speech
    state = "agreed" if one["agreed_at"] else "declined" if one["declined_at"] else "open"
    tones = {"agreed": "success", "declined": "danger", "open": "info"}
    return Slip(
        id=one["id"],
        title=speech.text("console.bill", "quote", when=reader.when(one["at"])),
        value=written(one["total"], one["currency"]),
        state=speech.text("console.quotes", state),
        tone=tones[state],
        facts=_facts((speech.text("fields", "reason"), one["decline_reason"])),
        acts=reader.acts("decline") if state == "open" else (),
    )


def _payment(reader: Reader, one: Item) -> Slip:
    speech = reader.speech
    state, tone = payment_state(one)
    open_acts = {"collected": ("hand_over", "void"), "handed": ("void",), "account": ("void",)}
    return Slip(
        id=one["id"],
        title=speech.text("payment_methods", one["method"]),
        value=written(one["amount"], one["currency"]),
        state=speech.text("console.payments", state),
        tone=tone,
        facts=_facts(
            (speech.text("console.payments", "receipt"), one["receipt"]),
            (speech.text("console.payments", "by"), _by(reader, one)),
            (speech.text("fields", "payer"), one["payer"]),
            (speech.text("fields", "transaction"), one["transaction"]),
            (speech.text("fields", "reason"), one["void_reason"]),
        ),
        acts=reader.acts(*open_acts.get(state, ())),
        photo=one["photo_id"],
    )


def payment_state(one: Item) -> tuple[str, str]:
    """How a payment stands, and its tone."""
    if one["void_at"] is not None:
        return "void", "danger"
    if one["handed_at"] is not None:
        return "handed", "success"
    return ("account", "") if one["method"] == ON_ACCOUNT else ("collected", "warning")


def _invoice(reader: Reader, one: Item) -> Slip:
    speech = reader.speech
    tones = {"asked": "warning", "issued": "success", "reversed": "danger"}
    acts = {"asked": ("issue",), "issued": ("reverse",)}
    return Slip(
        id=one["id"],
        title=one["title"],
        value=written(one["amount"], one["currency"]),
        state=speech.text("invoice_states", one["state"]),
        tone=tones[one["state"]],
        facts=_facts(
            *invoice_facts(speech, one), (speech.text("console.payments", "by"), _by(reader, one))
        ),
        acts=reader.acts(*acts.get(one["state"], ())),
    )


def invoice_facts(speech: Speech, one: Item) -> tuple[tuple[str, str], ...]:
    """What stands on an invoice that is asked for, and what became of it."""
    tax = written(one["tax_amount"], one["currency"])
    return (
        (speech.text("fields", "type"), speech.text("invoice_types", one["type"])),
        (speech.text("console.bill", "number"), one["number"]),
        (speech.text("fields", "tax_number"), one["tax_number"]),
        (speech.text("console.bill", "tax_in_it"), tax),
        (speech.text("fields", "delivery"), speech.text("deliveries", one["delivery"])),
        (speech.text("fields", "address"), one["address"]),
        (speech.text("fields", "bank"), one["bank"]),
        (speech.text("fields", "reason"), one["reverse_reason"]),
    )


def _item(reader: Reader, one: Item, currency: str) -> Slip:
    speech = reader.speech
    tones = {"taken": "warning", "handed_in": "info", "returned": "success"}
    acts = {"taken": ("hand_in", "return"), "handed_in": ("return",)}
    estimate = written(one["estimate"], currency) if one["estimate"] is not None else ""
    return Slip(
        id=one["id"],
        title=one["what"],
        value="",
        state=speech.text("item_states", one["state"]),
        tone=tones[one["state"]],
        facts=_facts(
            (speech.text("console.payments", "receipt"), one["receipt"]),
            (speech.text("fields", "serial"), one["serial"]),
            (speech.text("fields", "accessories"), one["accessories"]),
            (speech.text("fields", "condition"), one["condition"]),
            (speech.text("fields", "reason"), one["reason"]),
            (speech.text("fields", "back_by"), one["back_by"] or ""),
            (speech.text("fields", "estimate"), estimate),
            (speech.text("console.payments", "by"), _by(reader, one)),
        ),
        acts=reader.acts(*acts.get(one["state"], ())),
    )


def _by(reader: Reader, one: Item) -> str:
    return f"{named(reader.names, one['person_id'])} · {reader.when(one['at'])}"


def _facts(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if pair[1] and pair[1] != NOTHING)


def mentioned(told: Item) -> Iterable[str]:
    """The ids of those whom a bill names."""
    for name in ("decisions", "payments", "invoices", "items"):
        for one in told[name]:
            yield one["person_id"]
