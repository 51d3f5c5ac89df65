"""Stock by place: what lies there, every movement of a part, and booking in, moving, counting."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import frame, saying, toasts
from server.console.addresses import After, Query, following, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import Speech
from server.marks import by_number, by_text
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import warehouse
from server.sessions import Actor
from shared.amounts import quantity_text
from shared.people import may

SHOWN: Final = 50
MOVED: Final = 20
ICONS: Final = {
    "warehouse": "warehouse",
    "transit": "local_shipping",
    "defective": "assignment_return",
    "van": "directions_car",
    "scrap": "delete",
}
# What a form on this page says, and the text of its head.
DOES: Final = {"receive": "stock.receive", "move": "stock.move", "count": "stock.count"}


@get("/stock", opt=opt("read.stock"), sync_to_thread=True)
def first(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The first warehouse."""
    with office.reading() as books:
        places = warehouse.places(books)
    code = places[0]["code"] if places else ""
    return _draw(request, office, actor, code, {})


@get("/stock/{code:str}", opt=opt("read.stock", "q", "only", "after"), sync_to_thread=True)
def show(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    code: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    q: Query = "",
    only: Query = "",
    after: After = None,
) -> Response[str]:
    """What lies at one place."""
    return _draw(request, office, actor, code, {"q": q.strip(), "only": only, "after": after})


@get("/stock/{code:str}/{part:str}", opt=opt("read.stock", "does", "after"), sync_to_thread=True)
def show_part(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    code: FromPath[str],
    part: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    does: Query = "",
    after: After = None,
) -> Response[str]:
    """One part at one place: how much, where else, and its movements."""
    return _draw(request, office, actor, code, {"part": part, "does": does, "moved_after": after})


@get("/stock/{code:str}/movements", opt=opt("read.stock", "after"), sync_to_thread=True)
def movements(
    code: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    after: After = None,
) -> Response[str]:
    """Everything that came to a place or left it."""
    return _draw(request, office, actor, code, {"all": True, "moved_after": after})


@post("/stock/{code:str}/{part:str}", opt=opt("read.stock"), status_code=200, sync_to_thread=True)
def act(  # noqa: PLR0913  a place and a part name what a form is about
    *,
    code: FromPath[str],
    part: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Book a part in here, move it elsewhere, or count it. The verb's own right is asked for."""
    does = form.text("does")
    place, known = _place(office, code), _part(office, part)
    if does not in DOES:
        raise Problem("not_found")
    wanted = Act(kind=DOES[does], on=("location", place["id"]), args=_args(does, known["id"], form))
    if does == "count":
        same = _still(request, office, place["id"], known["id"], form.text("seen"))
        said = saying.say_if(request, office, actor, form, wanted, same=same)
    else:
        said = saying.say(request, office, actor, form, wanted)
    here = f"/stock/{place['code']}/{known['number']}"
    if not said.ok:
        typed = {name: form.text(name) for name in ("quantity", "to", "counted")}
        more = {"part": part, "does": does, "typed": typed, "said": said}
        return frame.refused(_draw(request, office, actor, code, more))
    if does == "move" and said.verdict == "applied":
        moved = _moved(frame.speech_of(request, office), office, wanted, place["id"])
        return frame.go_with(request, office, moved, here)
    return saying.go(request, office, said, here)


def _moved(speech: Speech, office: Office, wanted: Act, place: str) -> toasts.Toast:
    """A move with its way back, as long as nothing else is said at the place it went to."""
    there = ("location", str(wanted.args["to"]))
    with office.reading() as books:
        seen = queries.acts_on(books, there)
        left = warehouse.amount(books, place, str(wanted.args["part"]))
    undo = toasts.Undo(kind=wanted.kind, on=there, args={**wanted.args, "to": place}, seen=seen)
    if left >= 0:
        return toasts.Toast(code=wanted.kind, undo=undo)
    # The shelf may be right and the books behind; but whoever mistyped should see it at once.
    below = speech.text("plan.stock", "below", quantity=quantity_text(left))
    return toasts.Toast(code=wanted.kind, undo=undo, tone="warning", reason=below)


def _args(does: str, part: str, form: Form) -> dict[str, Any]:
    if does == "count":
        return {"part": part, "counted": form.quantity("counted")}
    args = {"part": part, "quantity": form.quantity("quantity")}
    return {**args, "to": form.text("to")} if does == "move" else args


def _still(request: AnyRequest, office: Office, place: str, part: str, seen: str) -> saying.Same:
    """Whether the books still say what the page showed of a part at a place."""

    def same(books: Any) -> str | None:
        now = warehouse.amount(books, place, part)
        if str(now) == seen:
            return None
        speech = frame.speech_of(request, office)
        told = quantity_text(now)
        return speech.text("plan.stock", "changed_meanwhile", quantity=told)

    return same


def _place(office: Office, code: str) -> dict[str, Any]:
    with office.reading() as books:
        found = warehouse.place(books, code)
    if found is None:
        raise Problem("not_found")
    return found


def _part(office: Office, number: str) -> dict[str, Any]:
    with office.reading() as books:
        found = warehouse.part(books, number)
    if found is None:
        raise Problem("not_found")
    return found


def _draw(
    request: AnyRequest, office: Office, actor: Actor, code: str, more: Mapping[str, Any]
) -> Response[str]:
    q, only = more.get("q", ""), more.get("only", "")
    window = by_text(more.get("after"), SHOWN)
    with office.reading() as books:
        places = warehouse.places(books)
        place = next((one for one in places if code in (one["code"], one["id"])), None)
        if place is None and code:
            raise Problem("not_found")
        lines = (
            warehouse.lines(books, window, place=place["id"], q=q or None, short=only == "short")
            if place
            else None
        )
        panel = _panel(books, place, more) if place else {}
    path = f"/stock/{code}"
    context = {
        "places": places,
        "groups": [
            (one, [place for place in places if place["type"] == one]) for one in warehouse.TYPES
        ],
        "place": place,
        "path": path,
        "lines": lines.items if lines else [],
        "next": following(path, {"q": q, "only": only}, lines) if lines else None,
        "q": q,
        "only": only,
        "icons": ICONS,
        "can": {name for name, kind in DOES.items() if may(actor.person.roles, kind)},
        "amount_text": quantity_text,
        "said": more.get("said"),
        "typed": more.get("typed") or {"quantity": "", "to": "", "counted": ""},
        "part": None,
        "does": "",
        "moves": None,
        **panel,
    }
    return frame.page(request, office, actor, "stock.html", context)


def _panel(books: Any, place: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the list: a part with its movements, or all movements of the place."""
    after = more.get("moved_after")
    if more.get("all"):
        window = by_number(after, MOVED)
        listed = warehouse.movements(books, window, part=None, place=place["id"])
        return {"moves": listed.items, "moves_next": listed.next, "part": None}
    if not more.get("part"):
        return {}
    known = warehouse.part(books, more["part"])
    if known is None:
        raise Problem("not_found")
    window = by_number(after, MOVED)
    listed = warehouse.movements(books, window, part=known["id"], place=place["id"])
    held = known["held"]
    return {
        "part": known,
        "does": more.get("does", "") if more.get("does", "") in DOES else "",
        "moves": listed.items,
        "moves_next": listed.next,
        "lies": next((one["amount"] for one in held if one["id"] == place["id"]), 0),
        "everywhere": sum(one["amount"] for one in held),
        "in_vans": sum(one["amount"] for one in held if one["type"] == "van"),
    }


ROUTES: Final = [first, show, show_part, movements, act]
