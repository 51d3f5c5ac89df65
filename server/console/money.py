"""Money: what technicians have collected, invoices that are asked for, and what became of both."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from server.console import bill, frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import Speech
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.queries import money
from server.sessions import Actor
from shared.money import written

PATH: Final = "/money"
MAY: Final = "payment.hand_over"
DAY_MS: Final = 24 * 3_600_000
Item = Mapping[str, Any]


class Purse(Struct, frozen=True, kw_only=True):
    """What one technician has collected in one currency, payment by payment, the oldest first."""

    person: str
    name: str
    currency: str
    total: str
    since: str
    old: bool
    payments: tuple[Item, ...]


@get(PATH, opt=opt(MAY), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The money that is on its way, and the invoices that wait."""
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        collected, requests = money.collected(books), money.requests(books)
        settled = money.settled(books)
    context = {
        "purses": purses(speech, collected),
        "requests": [_asked(speech, one) for one in requests],
        "settled": [_asked(speech, one) for one in settled],
        "sums": sums(collected),
        "count": len(collected),
        "tab": "money",
    }
    return frame.page(request, office, actor, "money.html", context)


@post("/money/received", opt=opt(MAY), status_code=200, sync_to_thread=True)
def received(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """All that the page showed of one technician's money is here now: an act for each payment."""
    wanted = set(form.all("payment"))
    with office.reading() as books:
        found = [one for one in money.collected(books) if one["id"] in wanted]
    said = None
    for place, one in enumerate(found):
        act = Act(kind=MAY, on=("work_order", one["work_order_id"]), args={"payment": one["id"]})
        op = saying.then(form.op, place)
        said = saying.say_under(request, office, actor, op, act)
        if not said.ok:
            break
    if said is None:
        return frame.go_with(request, office, Toast(code="as_it_was"), PATH)
    return saying.go(request, office, said, PATH)


def purses(speech: Speech, collected: Iterable[Item]) -> list[Purse]:
    """The money by who has it, whoever has had some for longest first."""
    found = []
    ordered = sorted(collected, key=lambda one: (one["person_id"], one["currency"], one["at"]))
    for (person, currency), group in groupby(
        ordered, key=lambda one: (one["person_id"], one["currency"])
    ):
        theirs = [_paid(speech, one) for one in group]
        since = theirs[0]["at"]
        purse = Purse(
            person=person,
            name=theirs[0]["person"] or "",
            currency=currency,
            total=written(sum(one["amount"] for one in theirs), currency),
            since=speech.when(since),
            old=speech.now_ms - since > DAY_MS,
            payments=tuple(theirs),
        )
        found.append((since, purse))
    return [purse for _, purse in sorted(found, key=lambda pair: (pair[0], pair[1].person))]


def sums(collected: Iterable[Item]) -> list[str]:
    """What all of it comes to, per currency."""
    totals: dict[str, int] = {}
    for one in collected:
        totals[one["currency"]] = totals.get(one["currency"], 0) + one["amount"]
    return [written(amount, currency) for currency, amount in sorted(totals.items())]


def _paid(speech: Speech, one: Item) -> dict[str, Any]:
    return {
        **one,
        "value": written(one["amount"], one["currency"]),
        "by": speech.text("payment_methods", one["method"]),
        "when": speech.when(one["at"]),
        "late": speech.now_ms - one["at"] > DAY_MS,
    }


def _asked(speech: Speech, one: Item) -> dict[str, Any]:
    facts = [pair for pair in bill.invoice_facts(speech, one) if pair[1]]
    return {
        **one,
        "value": written(one["amount"], one["currency"]),
        "facts": facts,
        "when": speech.when(one["at"]),
        "ago": speech.span(speech.now_ms - one["at"]),
        "late": speech.now_ms - one["at"] > DAY_MS,
        "said": speech.text("invoice_states", one["state"]),
        "settled_at": speech.when(one["reversed_at"] or one["issued_at"]),
    }


ROUTES: Final[list[Any]] = [show, received]
