"""The page of a work order: its facts, delivery, readings, parts, notes and visits, its story."""

from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import auditor, queries
from server.console import bill, frame, proof, seals, sheet, told
from server.console.addresses import opt
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier, money, signed
from server.queries.delivery import delivery
from server.sessions import Actor
from shared.people import may
from shared.work_order import OPEN

LOOK: Final = "read.work_orders"
PROVE: Final = "read.audit"

# What may be asked of a job, and in which statuses; the table of rights says by whom.
OFFERED: Final = {
    "assign": ("work_order.assign", frozenset(OPEN)),
    "plan": ("visit.plan", frozenset(OPEN)),
    "move": ("visit.move", frozenset(OPEN)),
    "cancel": ("work_order.cancel", frozenset(OPEN)),
    "part": ("parts.plan", frozenset(OPEN)),
    "supply": ("parts.supply", None),
    "note": ("note.add", None),
    "verify": ("read.audit", None),
    "pictures": ("read.evidence", None),
    "papers": ("read.papers", None),
    **{name: (kind, None) for name, kind in bill.OFFERED.items()},
}


def found(office: Office, number: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A job with what lives with it, and its story. Raises `Problem` where there is none."""
    with office.reading() as books:
        order = dossier.job(books, number)
        if order is None:
            raise Problem("not_found")
        story = dossier.told(books, ("work_order", order["id"]), order["site_id"])
        order["photos"] = signed.photos(books, order["id"])
        order["sign_offs"] = signed.sign_offs(books, order["id"])
        order["books"] = signed.rows_of(books, seals.wanted(order["sign_offs"]))
        order["additions"] = signed.additions(books, order["id"]) if order["sign_offs"] else []
        day = bill.day_at(office.now_ms(), order["site"]["time_zone"])
        order["bill"] = money.bill(books, order, day)
        mentioned = {*sheet.mentioned(order, story), *bill.mentioned(order["bill"])}
        names = dossier.names(books, mentioned)
        order["delivery"] = delivery(books, order["id"])
        order["seen"] = queries.acts_on(books, ("work_order", order["id"]))
    sizes = {one["upload"]: _come(office, one["upload"]) for one in order["photos"]}
    return {**order, "names": names, "sizes": sizes}, story


def _come(office: Office, upload: str | None) -> int:
    """How many bytes of an upload are here, as far as can be seen without holding it up."""
    if upload is None:
        return 0
    try:
        return office.parts.path(upload).stat().st_size
    except OSError:
        return 0


def context(
    speech: Speech, order: dict[str, Any], story: list[dict[str, Any]], roles: tuple[str, ...]
) -> dict[str, Any]:
    """Everything the page shows."""
    names, zone = order["names"], order["site"]["time_zone"]
    items = {item["code"]: item for item in (order["checklist"] or {"items": ()})["items"]}
    visits = {one["id"]: one for one in order["visits"]}
    slots = proof.slots_of(speech, order["checklist"])
    prices = {item.code: item for one in order["bill"]["editions"] for item in one.items}
    book = told.Book(names=names, items=items, visits=visits, zone=zone, slots=slots, prices=prices)
    can = offers(order, roles)
    reader = bill.Reader(speech=speech, zone=zone, names=names, can=frozenset(can))
    holders = [one for one in order["assignments"] if one["until_ms"] is None]
    return {
        "order": order,
        "lines": told.lines(speech, story, book),
        "is_cut": len(story) >= dossier.STORY_MAX,
        "tracks": sheet.tracks(speech, order["delivery"]),
        "holders": holders,
        "checks": sheet.checks(speech, order["checklist"], order["readings"], names),
        "visits": sheet.visits(speech, order, names),
        "open_conflicts": [one for one in order["conflicts"] if one["settled_at"] is None],
        "open_tasks": [one for one in order["tasks"] if not one["done"]],
        "waiting": [one for one in story if one["verdict"] in ("quarantined", "held")],
        "gallery": proof.gallery(speech, order["photos"], order, order["sizes"]),
        "signatures": proof.signatures(speech, order["sign_offs"], order["books"], order),
        "unsigned_visit": proof.unsigned_visit(order),
        "additions": [seals.addition(speech, one, names, items) for one in order["additions"]],
        "can": can,
        "bill": bill.bill(reader, order["bill"]),
        "window": told.window(speech, order["planned_from"], order["planned_to"]),
        "panel": None,
    }


def offers(order: dict[str, Any], roles: tuple[str, ...]) -> set[str]:
    """What somebody with these roles may ask of this job now."""
    return {
        name
        for name, (intent, statuses) in OFFERED.items()
        if may(roles, intent) and (statuses is None or order["status"] in statuses)
    }


def draw(
    request: AnyRequest, office: Office, actor: Actor, number: str, *, panel: str, **more: Any
) -> Response[str]:
    """The page of a job with a panel beside it."""
    order, story = found(office, number)
    shown = context(frame.speech_of(request, office), order, story, actor.person.roles)
    return frame.page(
        request, office, actor, "work_order.html", {**shown, "panel": panel or None, **more}
    )


@get("/work-orders/{number:str}", opt=opt(LOOK), sync_to_thread=True)
def show(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One work order, by number or id."""
    return draw(request, office, actor, number, panel="")


@get("/work-orders/{number:str}/verify", opt=opt(PROVE), sync_to_thread=True)
def verify(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Every leaf of the job, checked now, up to the signed head."""
    return _proven(request, office, actor, number, None)


@get("/work-orders/{number:str}/verify/{op:str}", opt=opt(PROVE), sync_to_thread=True)
def verify_one(
    number: FromPath[str],
    op: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One leaf, checked now, with the path from it to the signed head."""
    return _proven(request, office, actor, number, op)


def _proven(
    request: AnyRequest, office: Office, actor: Actor, number: str, op: str | None
) -> Response[str]:
    order, story = found(office, number)
    shown = context(frame.speech_of(request, office), order, story, actor.person.roles)
    ops = [line.op for line in shown["lines"]]
    if op is not None and op not in ops:
        raise Problem("not_found")
    with office.reading() as books:
        wanted = ops if op is None else [op]
        findings = auditor.examine(books, auditor.kept_keys(books), wanted)
        proof = queries.proof(books, op) if op is not None else None
    by_op = {one.op_id: one for one in findings}
    proofs = {
        "findings": [(line, by_op[line.op]) for line in shown["lines"] if line.op in by_op],
        "proven": sum(one.head is not None and one.fault is None for one in findings),
        "faults": sum(one.fault is not None for one in findings),
        "head": next((one.head for one in findings if one.head is not None), None),
        "proof": proof,
        "leaf_of": next((line for line in shown["lines"] if line.op == op), None),
    }
    whole = {**shown, **proofs, "panel": "work_order_proof.html"}
    return frame.page(request, office, actor, "work_order.html", whole)


ROUTES: Final = [show, verify, verify_one]
