"""Billing: what the office says of a job's bill, each act by a form of its own."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, structs

from server.console import bill, gate
from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.opened import Opened
from server.console.saying import Said
from server.console.speech import Speech
from server.problems import Problem
from server.queries import money
from shared.coverage import Case, Decision, by_a_person, decide, explain
from shared.money import written
from shared.payments import INVOICE_TYPES
from shared.people import may
from shared.prices import PriceList, current, item_of
from shared.pricing import BY_HAND
from shared.typed import minor

SHOWS: Final = "read.work_orders"
PAYS, CHARGE, INVOICE, SAY = (
    f"work_order_{one}.html" for one in ("pays", "charge", "invoice", "say")
)
CHARGED: Final = ("item", "kind", "quantity", "name", "price", "note", "use", "covered")
ASKED: Final = ("type", "title", "tax_number", "delivery", "address", "bank")
DELIVERIES: Final = ("email", "message", "paper")
Texts = dict[str, str]


class Verb(Struct, frozen=True, kw_only=True):
    """An act on one thing of a bill: its kind, what names the thing, and what it asks for."""

    kind: str
    names: str
    asks: str = ""


VERBS: Final = {
    "drop": Verb(kind="charge.drop", names="charge"),
    "decline": Verb(kind="quote.decline", names="quote", asks="reason"),
    "hand_over": Verb(kind="payment.hand_over", names="payment"),
    "void": Verb(kind="payment.void", names="payment", asks="reason"),
    "issue": Verb(kind="invoice.issue", names="request", asks="number"),
    "reverse": Verb(kind="invoice.reverse", names="request", asks="reason"),
    "hand_in": Verb(kind="item.hand_in", names="item"),
    "return": Verb(kind="item.return", names="item"),
}
# Where the things of a bill are, by what names them.
THINGS: Final = {
    "charge": "charges",
    "quote": "quotes",
    "payment": "payments",
    "request": "invoices",
    "item": "items",
}


@get("/work-orders/{number:str}/pays", opt=opt("charge.decide", shows=SHOWS), sync_to_thread=True)
def ask_who_pays(job: NamedDependency[Opened]) -> Response[str]:
    """Who pays for a job: what the papers say, and what a person may decide otherwise."""
    return _pays(job, {"code": "", "note": ""})


@post(
    "/work-orders/{number:str}/pays",
    opt=opt("charge.decide", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def say_who_pays(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Decide it, with the reason as it is worded for customers."""
    typed = {"code": form.text("code"), "note": form.text("note")}
    chosen = next((one for one in _decisions(job) if one.code == typed["code"]), None)
    act = job.act("charge.decide")
    if chosen is None:
        said = job.refusal(form, act, "nothing_chosen", "code")
    else:
        args = {**structs.asdict(chosen), "note": typed["note"]}
        said = job.say(form, structs.replace(act, args=args))
    return job.went(said, lambda job, said: _pays(job, typed, said))


def _pays(job: Opened, typed: Texts, said: Said | None = None) -> Response[str]:
    catalogue = job.speech.catalogue
    offered = [
        {
            "code": one.code,
            "category": one.category,
            "basis": one.basis,
            "reason": explain(catalogue, one.code, one.params, one.covers),
        }
        for one in _decisions(job)
    ]
    return job.panel(PAYS, said, offered=offered, typed=typed)


def _decisions(job: Opened) -> list[Decision]:
    case = _case(job)
    return [decide(case), *by_a_person(case)]


def _case(job: Opened) -> Case:
    day = _day(job)
    prices = current(job.order["bill"]["editions"], day)
    with job.office.reading() as books:
        return money.case(books, job.order, prices, day)


@get("/work-orders/{number:str}/charges", opt=opt("charge.add", shows=SHOWS), sync_to_thread=True)
def ask_charge(job: NamedDependency[Opened]) -> Response[str]:
    """The form for one more line of the bill."""
    return _charge(job, {"quantity": "1"})


@post(
    "/work-orders/{number:str}/charges",
    opt=opt("charge.add", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def add_charge(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Put a line on the bill, from the price list or by hand."""
    typed = {name: form.text(name) for name in CHARGED}
    return job.went(_added(job, form, typed), lambda job, said: _charge(job, typed, said))


def _added(job: Opened, form: Form, typed: Texts) -> Said:
    act, prices = job.act("charge.add"), _edition(job)
    if prices is None:
        return job.refusal(form, act, "no_prices")
    by_hand = not typed["item"]
    price = minor(typed["price"], prices.currency) if by_hand else None
    if by_hand and typed["price"] and price is None:
        name = job.speech.text("fields", "price")
        return job.refusal(form, act, "no_amount", "price", name=name, typed=typed["price"])
    line = _wish({**typed, "quantity": form.quantity("quantity")}, prices)
    line |= {"price": price} if price is not None else {}
    return job.say(form, job.act("charge.add", line=line, price_list=prices.id))


def _wish(typed: Mapping[str, str], prices: PriceList) -> dict[str, Any]:
    """A line as it is asked for, but for a price by hand; an item that is none, by hand."""
    use = {"use": typed["use"]} if typed["use"] else {}
    common: dict[str, Any] = {"quantity": typed["quantity"], "note": typed["note"], **use}
    common["covered"] = bool(typed["covered"])
    item = item_of(prices, typed["item"]) if typed["item"] else None
    if item is not None:
        return {"kind": item.kind, "item": item.code, **common}
    return {"kind": typed["kind"] or "other", "name": typed["name"], **common}


def _charge(job: Opened, typed: Texts, said: Said | None = None) -> Response[str]:
    speech, prices = job.speech, _edition(job)
    billed = {one["use_id"] for one in job.order["bill"]["charges"]}
    uses = [
        (one["id"], f"{one['part_' + speech.language]} × {one['quantity']}")
        for one in job.order["used"]
        if one["id"] not in billed
    ]
    return job.panel(
        CHARGE,
        said,
        prices=prices,
        items=_priced(speech, prices) if prices is not None else [],
        uses=uses,
        kinds=[(one, speech.text("line_kinds", one)) for one in sorted(BY_HAND)],
        typed={name: typed.get(name, "") for name in CHARGED},
    )


def _priced(speech: Speech, prices: PriceList) -> list[tuple[str, str]]:
    """The items of a price list by their codes, each with its price."""
    return [
        (one.code, f"{getattr(one, speech.language)} · {written(one.price, prices.currency)}")
        for one in prices.items
    ]


@get("/work-orders/{number:str}/invoice", opt=opt("invoice.ask", shows=SHOWS), sync_to_thread=True)
def ask_invoice(job: NamedDependency[Opened]) -> Response[str]:
    """The form for what is to stand on an invoice."""
    return _invoice(job, {})


@post(
    "/work-orders/{number:str}/invoice",
    opt=opt("invoice.ask", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def want_invoice(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Ask for an invoice."""
    typed = {name: form.text(name) for name in ASKED}
    prices = _edition(job)
    if prices is None:
        said = job.refusal(form, job.act("invoice.ask"), "no_prices")
    else:
        said = job.say(form, job.act("invoice.ask", price_list=prices.id, **typed))
    return job.went(said, lambda job, said: _invoice(job, typed, said))


def _invoice(job: Opened, typed: Texts, said: Said | None = None) -> Response[str]:
    text = job.speech.text
    return job.panel(
        INVOICE,
        said,
        types=[(one, text("invoice_types", one)) for one in INVOICE_TYPES],
        deliveries=[(one, text("deliveries", one)) for one in DELIVERIES],
        typed={name: typed.get(name, "") for name in ASKED},
    )


@get(
    "/work-orders/{number:str}/bill/{does:str}/{thing:str}",
    opt=opt(SHOWS, "back"),
    sync_to_thread=True,
)
def ask(
    does: FromPath[str], thing: FromPath[str], job: NamedDependency[Opened], back: Query = ""
) -> Response[str]:
    """The form for an act that needs a word: a reason, or an invoice's number."""
    if not _verb(job, does, thing).asks:
        raise Problem("not_found")
    return _say(job, {"does": does, "thing": thing, "word": "", "back": back})


@post(
    "/work-orders/{number:str}/bill/{does:str}/{thing:str}",
    opt=opt(SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def say(
    does: FromPath[str],
    thing: FromPath[str],
    job: NamedDependency[Opened],
    form: NamedDependency[Form],
) -> Response[Any]:
    """Say it: take a line off, hand money over, issue an invoice, and so on."""
    verb = _verb(job, does, thing)
    word = {verb.asks: form.text("word")} if verb.asks else {}
    said = job.say(form, job.act(verb.kind, **{verb.names: thing}, **word))
    back = gate.way_back(form.text("back"), job.home)
    typed = {"does": does, "thing": thing, "word": form.text("word"), "back": back}
    again = (lambda job, said: _say(job, typed, said)) if verb.asks else None
    return job.went(said, again, to=back)


def _say(job: Opened, typed: Texts, said: Said | None = None) -> Response[str]:
    back = gate.way_back(typed["back"], job.home)
    return job.panel(SAY, said, verb=VERBS[typed["does"]], typed=typed, back=back)


def _verb(job: Opened, does: str, thing: str) -> Verb:
    """The act of this name, where the job has such a thing and the person may. Raises `Problem`."""
    verb = VERBS.get(does)
    if verb is None or all(one["id"] != thing for one in job.order["bill"][THINGS[verb.names]]):
        raise Problem("not_found")
    if not may(job.actor.person.roles, verb.kind):
        raise Problem("not_permitted")
    return verb


def _edition(job: Opened) -> PriceList | None:
    """The edition that this job's lines are at, or the one in force."""
    told = job.order["bill"]
    return bill.edition_of(told["charges"], told["editions"], _day(job))


def _day(job: Opened) -> str:
    return bill.day_at(job.office.now_ms(), job.order["site"]["time_zone"])


ROUTES: Final = [
    *(ask_who_pays, say_who_pays, ask_charge, add_charge, ask_invoice, want_invoice, ask, say),
]
