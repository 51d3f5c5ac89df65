"""A machine: its page with what was done on it, and the form for its papers, old or new."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import bill, frame, merging, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.invitation import squares
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, money, twins
from server.queries.pages import Item, by_id
from server.sessions import Actor
from server.stickers import link, parts
from shared.coverage import warranty
from shared.machine import DAYS
from shared.prices import PriceList
from shared.site import Asset

READ: Final = "read.tickets"
CORRECT: Final = "asset.correct"
ADD: Final = "asset.add"
PAPERS: Final = ("model", "name", "serial", "product_class", *DAYS)


@get("/machines/{machine:str}", opt=opt(READ), sync_to_thread=True)
def show(
    machine: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """One machine with what was done on it, as a page of its own or beside its customer.

    The address of one that was merged leads on to the one that stays.
    """
    onwards = merging.gone_on(request, office, "asset", machine)
    if onwards is not None:
        return onwards
    found, prices = _found(office, machine)
    with office.reading() as books:
        history = customers.history(books, found)
        merged = twins.merged_into(books, "asset", machine)
        here = customers.standing(books, found["site_id"])
    known = warranty(msgspec.convert(money.bare(found), Asset), prices)
    context = {
        "warranty": known,
        "stands": known is not None and known.until >= _day(office, found),
        "machine": found,
        "class_name": class_name(frame.speech_of(request, office), found["product_class"]),
        "history": history,
        "sticker": link(office, machine),
        "sticker_parts": parts(len(here)),
        "squares": squares(link(office, machine)),
        "merged": merged,
        "section": "customers",
    }
    return frame.page(request, office, actor, "machine.html", context)


@get("/machines/{machine:str}/edit", opt=opt(CORRECT, shows=READ), sync_to_thread=True)
def ask(
    machine: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for what is known of a machine, its dates before all."""
    found, prices = _found(office, machine)
    with office.reading() as books:
        seen = queries.acts_on(books, ("asset", machine))
    told = {"typed": {name: found[name] or "" for name in PAPERS}, "seen": seen}
    return _form(request, office, actor, (found["site"], found, prices), told)


@post(
    "/machines/{machine:str}/edit",
    opt=opt(CORRECT, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def correct(
    machine: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Put right what is known of a machine; refused where a colleague did so meanwhile."""
    found, prices = _found(office, machine)
    typed = {name: form.text(name) for name in PAPERS}
    act = Act(kind=CORRECT, on=("asset", machine), args=_args(typed))
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        told = {"typed": typed, "said": said, "seen": form.number("seen")}
        drawn = _form(request, office, actor, (found["site"], found, prices), told)
        return frame.refused(drawn)
    undo = Act(kind=CORRECT, on=act.on, args=_args({name: found[name] or "" for name in PAPERS}))
    return saying.go(request, office, said, f"/machines/{machine}", undo)


@get("/sites/{site:str}/machines/new", opt=opt(ADD, shows=READ), sync_to_thread=True)
def blank(
    site: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for one more machine at a place."""
    place, prices = _place(office, site)
    return _form(request, office, actor, (place, None, prices), {"typed": {}})


@post(
    "/sites/{site:str}/machines/new",
    opt=opt(ADD, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def add(
    site: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write a new machine down."""
    place, prices = _place(office, site)
    typed = {name: form.text(name) for name in PAPERS}
    act = Act(kind=ADD, on=("asset", ""), args={"site": site, **_args(typed)})
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        told = {"typed": typed, "said": said}
        return frame.refused(_form(request, office, actor, (place, None, prices), told))
    return saying.go(request, office, said, f"/machines/{said.op}")


def _args(typed: Mapping[str, str]) -> dict[str, str]:
    """What is known; a field that is empty is left out."""
    return {name: text for name, text in typed.items() if text or name == "model"}


def _found(office: Office, machine: str) -> tuple[Item, PriceList | None]:
    """A machine with its place and customer, and the prices in force there. Raises `Problem`."""
    with office.reading() as books:
        found = customers.machine(books, machine)
        if found is None:
            raise Problem("not_found")
        return found, money.in_force(books, _day(office, found))


def _place(office: Office, site: str) -> tuple[Item, PriceList | None]:
    with office.reading() as books:
        found = by_id(books, "site", site)
        if found is None:
            raise Problem("not_found")
        day = bill.day_at(office.now_ms(), found["time_zone"])
        return found, money.in_force(books, day)


def _day(office: Office, machine: Item) -> str:
    return bill.day_at(office.now_ms(), machine["site"]["time_zone"])


def _form(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    about: tuple[Item, Item | None, PriceList | None],
    told: Mapping[str, Any],
) -> Response[str]:
    site, machine, prices = about
    said: Said | None = told.get("said")
    typed = {name: told["typed"].get(name, "") for name in PAPERS}
    classes = _classes(frame.speech_of(request, office), prices, typed["product_class"])
    context = {
        "machine": machine,
        "site": site,
        "typed": typed,
        "seen": told.get("seen"),
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "others": classes[0][1],
        "classes": classes[1:],
        "counted_from": prices.warranty_from if prices is not None else "delivery",
        "section": "customers",
    }
    return frame.page(request, office, actor, "machine_edit.html", context)


def _classes(speech: Speech, prices: PriceList | None, chosen: str) -> list[tuple[str, str]]:
    """All others, then the classes of the price list and the one chosen, each with its months."""
    months = {one.product_class: one.months for one in prices.warranty} if prices else {}
    classes = {"": speech.text("console.prices", "all_others")}
    classes |= {one: class_name(speech, one) for one in (*months, chosen) if one}
    return [
        (one, f"{name} · {speech.text('console.prices', 'months', count=months[one])}")
        if one in months
        else (one, name)
        for one, name in classes.items()
    ]


def class_name(speech: Speech, product_class: str) -> str:
    """A class of product in words, where there are any; else as it was written down."""
    known = product_class and speech.knows("product_classes", product_class)
    return speech.text("product_classes", product_class) if known else product_class


ROUTES: Final[list[Any]] = [show, ask, correct, blank, add]
