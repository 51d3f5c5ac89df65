"""Contracts of a customer: written down beside their page, and given another last day."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import bill, frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, money
from server.queries.pages import Item, by_id
from server.sessions import Actor
from shared.contracts import COVERABLE

READ: Final = "read.tickets"
ADD: Final = "contract.add"
END: Final = "contract.end"
TYPED: Final = ("number", "valid_from", "valid_to", "site", "note")


@get("/customers/{customer:str}/contracts/new", opt=opt(ADD, shows=READ), sync_to_thread=True)
def blank(
    customer: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for a contract."""
    return _new(request, office, actor, customer, {"typed": {}})


@post(
    "/customers/{customer:str}/contracts/new",
    opt=opt(ADD, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def add(
    customer: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write a contract down."""
    typed = {name: form.text(name) for name in TYPED}
    covers = list(form.all("covers"))
    args = {name: text for name, text in typed.items() if text}
    act = Act(kind=ADD, on=("contract", ""), args={"customer": customer, **args, "covers": covers})
    missing = [name for name in ("number", "valid_from", "valid_to") if not typed[name]]
    missing += [] if covers else ["covers"]
    if missing:
        speech = frame.speech_of(request, office)
        said = saying.refusal(speech, act, form.op, "left_empty", missing[0])
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        told = {"typed": {**typed, "covers": covers}, "said": said}
        return frame.refused(_new(request, office, actor, customer, told))
    return saying.go(request, office, said, f"/customers/{customer}")


@get("/contracts/{contract:str}/end", opt=opt(END, shows=READ), sync_to_thread=True)
def ask_end(
    contract: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for another last day."""
    return _ending(request, office, actor, contract, {"seen": _acts(office, contract)})


@post(
    "/contracts/{contract:str}/end", opt=opt(END, shows=READ), status_code=200, sync_to_thread=True
)
def end(
    contract: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Let a contract end on another day; the old one again takes that back."""
    known = _known(office, contract)
    last_day = form.text("last_day")
    act = Act(kind=END, on=("contract", contract), args={"last_day": last_day})
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        told = {"last_day": last_day, "said": said, "seen": form.number("seen")}
        return frame.refused(_ending(request, office, actor, contract, told))
    undo = Act(kind=END, on=act.on, args={"last_day": known["valid_to"]})
    return saying.go(request, office, said, f"/customers/{known['customer_id']}", undo)


def listed(books: Any, customer: str, day: str) -> list[Item]:
    """The contracts of a customer, each with whether it counts on a day, or will."""
    return [{**one, "state": _state(one, day)} for one in money.contracts(books, customer)]


def _state(contract: Item, day: str) -> str:
    if day < contract["valid_from"]:
        return "to_come"
    return "stands" if day <= contract["valid_to"] else "over"


def _known(office: Office, contract: str) -> Item:
    with office.reading() as books:
        found = by_id(books, "contract", contract)
    if found is None:
        raise Problem("not_found")
    return found


def _acts(office: Office, contract: str) -> int:
    with office.reading() as books:
        return queries.acts_on(books, ("contract", contract))


def _new(
    request: AnyRequest, office: Office, actor: Actor, customer: str, told: Mapping[str, Any]
) -> Response[str]:
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        found = customers.customer(books, customer)
    if found is None:
        raise Problem("not_found")
    typed = {name: told["typed"].get(name, "") for name in TYPED}
    context = {
        "customer": found,
        "typed": {**typed, "covers": told["typed"].get("covers", ())},
        "kinds": [(one, speech.text("line_kinds", one)) for one in COVERABLE],
        **_refused(told.get("said")),
    }
    return frame.page(request, office, actor, "contract_new.html", context)


def _ending(
    request: AnyRequest, office: Office, actor: Actor, contract: str, told: Mapping[str, Any]
) -> Response[str]:
    known = _known(office, contract)
    with office.reading() as books:
        customer = by_id(books, "customer", known["customer_id"])
    today = bill.day_at(office.now_ms(), office.settings.zone.key)
    context = {
        "contract": known,
        "customer": customer,
        "typed": {"last_day": told.get("last_day", min(known["valid_to"], today))},
        "seen": told["seen"],
        **_refused(told.get("said")),
    }
    return frame.page(request, office, actor, "contract_end.html", context)


def _refused(said: Said | None) -> dict[str, Any]:
    wrong = {said.field: said.reason} if said is not None and said.field else {}
    return {"said": said, "wrong": wrong, "section": "customers"}


ROUTES: Final[list[Any]] = [blank, add, ask_end, end]
