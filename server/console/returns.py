"""Returns: each step of a return or an exchange as a form on its ticket, and their terms."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import bill, frame, known, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.machine import class_name
from server.console.return_card import facts, machine_name
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.ticket import options
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, money, policies, returns as books_of_returns
from server.queries.pages import Item
from server.sessions import Actor
from shared import typed
from shared.coverage import warranty
from shared.people import may
from shared.prices import PriceList
from shared.reception import MEANS
from shared.return_case import WAYS, WISHES
from shared.return_terms import DAYS_MAX, PAPERS, REASONS, TERMS, ReturnTerms, bearer_of, last_day
from shared.site import Asset

READ: Final = "read.tickets"
SET: Final = "return.set_terms"
TERMS_PATH: Final = "/policies/returns"
STEPS: Final = ("ask", "decide", "receive", "inspect", "refund", "exchange", "drop")
AMOUNTS: Final = {"decide": "fee", "refund": "refund"}  # what the field of an amount is called
MORE_LINES: Final = 3
DIGITS_MAX: Final = len(str(DAYS_MAX))
BEARERS: Final = ("customer", "company")
WARRANTIES: Final = ("", "remains")


@get("/tickets/{number:str}/return/{does:str}", opt=opt(READ), sync_to_thread=True)
def ask(
    number: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form of one step."""
    return _page(request, office, actor, (number, does), (Form(), None))


@post(
    "/tickets/{number:str}/return/{does:str}", opt=opt(READ), status_code=200, sync_to_thread=True
)
def tell(  # noqa: PLR0913  which step of which ticket, and who sends it
    *,
    number: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Take the step, and go back to the ticket; what is refused is drawn again as it was typed."""
    _allowed(actor, does)
    found = _found(office, number)
    speech = frame.speech_of(request, office)
    act = Act(
        kind=f"return.{does}", on=("ticket", found["ticket"]["id"]), args=_args(does, form, found)
    )
    if form.has("amount") and "currency" not in act.args:
        told = {"name": speech.text("fields", AMOUNTS[does]), "typed": form.text("amount")}
        said = saying.refusal(speech, act, form.op, "no_amount", "amount", **told)
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, (number, does), (form, said)))
    return saying.go(request, office, said, f"/tickets/{number}")


def _allowed(actor: Actor, does: str) -> None:
    if does not in STEPS:
        raise Problem("not_found")
    if not may(actor.person.roles, f"return.{does}"):
        raise Problem("not_permitted")


def _found(office: Office, number: str) -> dict[str, Any]:
    """A ticket with its return, its site's machines, the terms, and the prices of that day."""
    with office.reading() as books:
        ticket = known.ticket(books, number)
        day = bill.day_at(office.now_ms(), ticket["site"]["time_zone"])
        found = books_of_returns.of_ticket(books, ticket["id"])
        return {
            "ticket": ticket,
            "case": found,
            "machines": customers.machines(books, ticket["site_id"]),
            "items": books_of_returns.items_of(books, ticket["id"]),
            "terms": books_of_returns.terms(books),
            "prices": money.in_force(books, day),
            "day": day,
            "currency": office.settings.currency,
        }


def _args(does: str, form: Form, found: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a step says; what was left open is left out."""
    named = {
        "ask": ("wish", "reason", "asset", "note"),
        "decide": ("means", "wish", "reason", "asset", "why", "borne_by"),
        "receive": ("way", "item", "note"),
        "inspect": ("text",),
        "refund": ("asset", "note"),
        "exchange": ("asset", "model", "serial", "delivered_on", "warranty_until", "note"),
        "drop": ("reason",),
    }[does]
    args: dict[str, Any] = {name: form.text(name) for name in named if form.has(name)}
    if does == "decide":
        args |= {"granted": form.text("granted") == "yes", "papers": list(form.all("papers"))}
        args["day"] = found["day"]
    if does == "inspect":
        args["confirmed"] = form.text("confirmed") == "yes"
    if does == "receive" and args.get("way") != "collected":
        args.pop("item", None)
    amount = typed.minor(form.text("amount"), found["currency"]) if form.has("amount") else None
    if amount is not None:
        args |= {"fee" if does == "decide" else "amount": amount}
        args["currency"] = found["currency"]
    if does == "refund":
        args["day"] = found["day"]
    return args


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    which: tuple[str, str],
    told: tuple[Form, Said | None],
) -> Response[str]:
    number, does = which
    _allowed(actor, does)
    found, (form, said) = _found(office, number), told
    s = frame.speech_of(request, office)
    known = _known(found, does)
    context = {
        "ticket": found["ticket"],
        "case": found["case"],
        "does": does,
        "kind": f"return.{does}",
        "typed": {**known, **{name: form.text(name) for name in form.fields}},
        "ticked": form.all("papers") if form.fields else known.get("papers", ()),
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "facts": facts(s, found["case"]) if found["case"] is not None else [],
        "terms": _in_words(s, found),
        "machines": [(one["id"], machine_name(one)) for one in _here(found)],
        "items": [(one["id"], f"{one['what']} · {one['receipt']}") for one in found["items"]],
        "wishes": options(s, "return_wishes", WISHES),
        "reasons": options(s, "return_reasons", REASONS),
        "papers": options(s, "return_papers", PAPERS),
        "bearers": options(s, "return_bearers", BEARERS),
        "ways": options(s, "return_ways", WAYS),
        "means": options(s, "contact_means", MEANS),
        "currency": found["currency"],
        "section": "tickets",
    }
    return frame.page(request, office, actor, "return_say.html", context)


def _here(found: Mapping[str, Any]) -> list[Item]:
    """The machines of the site that are still there."""
    return [one for one in found["machines"] if not one["gone"]]


def _known(found: Mapping[str, Any], does: str) -> dict[str, Any]:
    """What the form of a step begins with."""
    case, ticket = found["case"] or {}, found["ticket"]
    asset_id = case.get("asset_id") or ticket["asset_id"] or ""
    told = {
        "wish": case.get("wish") or "return",
        "reason": case.get("reason") or "",
        "asset": asset_id,
        "means": "phone",
        "granted": "yes",
        "confirmed": "yes",
        "way": "collected" if found["items"] else "handed_in",
        "item": found["items"][0]["id"] if found["items"] else "",
        "delivered_on": found["day"],
    }
    machine = _machine(found, asset_id)
    if does == "exchange" and machine is not None:
        told["model"] = machine.model
        told["warranty_until"] = _warranty_left(found["terms"], machine, found["prices"])
    if does == "decide":
        product = machine.product_class if machine is not None else ""
        told["borne_by"] = bearer_of(found["terms"], told["reason"], product)
    return told if does != "drop" else {}


def _machine(found: Mapping[str, Any], asset_id: str) -> Asset | None:
    row = next((one for one in found["machines"] if one["id"] == asset_id), None)
    return Asset(**{name: row[name] for name in Asset.__struct_fields__}) if row else None


def _warranty_left(terms: ReturnTerms, machine: Asset, prices: PriceList | None) -> str:
    """The last day of the old machine's warranty, where the terms carry that over."""
    known = warranty(machine, prices) if terms.warranty == "remains" else None
    return known.until if known is not None else ""


def _in_words(s: Speech, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the terms say of this return: papers, the last day, and who bears the cost."""
    terms: ReturnTerms = found["terms"]
    case = found["case"]
    told = [
        (
            s.text("console.returns", "needs"),
            ", ".join(s.text("return_papers", one) for one in terms.papers),
        )
    ]
    machine = _machine(found, case["asset_id"]) if case is not None and case["asset_id"] else None
    for wish, name in (("return", "return_days"), ("exchange", "exchange_days")):
        days = getattr(terms, name)
        last = last_day(terms, wish, machine) if machine is not None else None
        if days is not None:
            told.append((s.text("fields", name), f"{days} · {last}" if last else str(days)))
    return told


@get(TERMS_PATH, opt=opt(READ), sync_to_thread=True)
def show_terms(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The terms of returns."""
    return _terms_page(request, office, actor, (Form(), None))


@post(TERMS_PATH, opt=opt(SET, shows=READ), status_code=200, sync_to_thread=True)
def save_terms(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Set them anew."""
    speech = frame.speech_of(request, office)
    args, fault = _terms_args(form)
    act = Act(kind=SET, on=("return_terms", TERMS), args=args)
    if fault:
        said = saying.refusal(speech, act, form.op, "no_days", fault, most=DAYS_MAX)
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_terms_page(request, office, actor, (form, said)))
    return saying.go(request, office, said, TERMS_PATH)


def _terms_args(form: Form) -> tuple[dict[str, Any], str]:
    """What the form says, and the field of days that holds none."""
    args: dict[str, Any] = {"papers": list(form.all("papers"))}
    for name in ("return_days", "exchange_days"):
        count = typed.whole(form.text(name), DIGITS_MAX) if form.has(name) else None
        if form.has(name) and (count is None or not 1 <= count <= DAYS_MAX):
            return args, name
        if count is not None:
            args[name] = count
    if form.has("warranty"):
        args["warranty"] = form.text("warranty")
    if form.has("version"):
        args["seen"] = form.number("version")
    args["costs"] = [
        {
            "reason": reason,
            "product_class": form.text(f"class_{place}"),
            "borne_by": form.text(f"bears_{place}"),
        }
        for place in range(100)
        if (reason := form.text(f"reason_{place}")) and form.has(f"bears_{place}")
    ]
    return args, ""


def _terms_page(
    request: AnyRequest, office: Office, actor: Actor, told: tuple[Form, Said | None]
) -> Response[str]:
    form, said = told
    s = frame.speech_of(request, office)
    with office.reading() as books:
        terms = books_of_returns.terms(books)
        classes = policies.classes(books)
    typed_in = books_of_returns.plain(terms)
    costs = [
        (one["reason"], one.get("product_class", ""), one["borne_by"]) for one in typed_in["costs"]
    ]
    if form.fields:
        typed_in |= {name: form.text(name) for name in ("return_days", "exchange_days", "warranty")}
        typed_in["papers"] = form.all("papers")
        costs = [
            (one["reason"], one["product_class"], one["borne_by"])
            for one in _terms_args(form)[0].get("costs", ())
        ]
    context = {
        "typed": typed_in,
        "costs": [*costs, *[("", "", "")] * MORE_LINES],
        "version": terms.version or "",
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "papers": options(s, "return_papers", PAPERS),
        "reasons": options(s, "return_reasons", REASONS),
        "bearers": options(s, "return_bearers", BEARERS),
        "warranties": [(one, s.text("return_warranties", one or "anew")) for one in WARRANTIES],
        "classes": [(one, class_name(s, one)) for one in classes],
        "may_set": may(actor.person.roles, SET),
        "section": "policies",
    }
    return frame.page(request, office, actor, "return_terms.html", context)


ROUTES: Final[list[Any]] = [ask, tell, show_terms, save_terms]
