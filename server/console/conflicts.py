"""Conflicts: both values, which is in force and by which rule, and the way to decide or undo."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from server import queries
from server.console import frame, saying, told
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form, is_whole
from server.console.saying import Act
from server.console.speech import NOTHING, Speech
from server.discretion import HEAR, discreet
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier, exceptions
from server.sessions import Actor
from shared.ops import Verdict
from shared.people import may
from shared.work_order import LEGAL

SHOWN: Final = 40


# The states a verb leads to, for who put a job into the one it stands at.
LEADS_TO: Final[dict[str, tuple[str, ...]]] = {
    **{verb: (after,) for verb, (_, after) in LEGAL.items()},
    "work_order.complete": ("done", "accepted"),
    "work_order.cancel": ("cancelled",),
    "work_order.assign": ("assigned",),
    "work_order.reassign": ("assigned",),
    "work_order.unassign": ("created",),
    "work_order.decline": ("created",),
    "work_order.depart": ("en_route",),
    "work_order.arrive": ("on_site",),
}


class Value(Struct, frozen=True, kw_only=True):
    """One of the values: whose, from which side, when, and whether it is in force."""

    words: str
    side: str
    by: str
    in_force: bool
    loser: int | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """One act that wrote the field: who, what their clock said, what we make of it."""

    who: str
    device: str
    wrote: str
    clock: str
    corrected: str
    how: str
    received: str
    leaf: int | None
    op: str


@get("/conflicts", opt=opt("read.conflicts", "status", "after"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    status: Query = "open",
    after: After = None,
) -> Response[str]:
    """The conflicts, newest first, and the newest open one beside them."""
    is_open = status != "settled"
    context = _list(request, office, actor, is_open=is_open, after=after)
    first = context["cases"][0]["id"] if context["cases"] and is_open and not after else None
    if first is not None:
        context |= _case(request, office, first)
    return frame.page(request, office, actor, "conflicts.html", context)


@get("/conflicts/{identity:uuid}", opt=opt("read.conflicts"), sync_to_thread=True)
def show_one(
    identity: FromPath[Any],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One conflict."""
    case = _case(request, office, str(identity))
    is_open = case["conflict"]["settled_at"] is None
    context = {**_list(request, office, actor, is_open=is_open, after=None), **case}
    return frame.page(request, office, actor, "conflicts.html", context)


def _list(
    request: AnyRequest, office: Office, actor: Actor, *, is_open: bool, after: str | None
) -> dict[str, Any]:
    speech = frame.speech_of(request, office)
    window = by_number(after, SHOWN)
    with office.reading() as books:
        listed = queries.conflicts(books, window, is_open=is_open, work_order=None)
        counts = exceptions.counts(books, hears=may(actor.person.roles, HEAR))
    chosen = {} if is_open else {"status": "settled"}
    return {
        "cases": listed.items,
        "is_open": is_open,
        "waits": counts,
        "next": following("/conflicts", chosen, listed),
        "path": listing("/conflicts", chosen),
        "title_of": lambda one: title(speech, one),
        "can_settle": may(actor.person.roles, "conflict.settle"),
        "conflict": None,
        "section": "conflicts",
    }


def title(speech: Speech, one: Mapping[str, Any]) -> str:
    """What a conflict is about."""
    if one["field"] == "status":
        return speech.text("plan.conflicts", "status_title")
    field = speech.text("fields", one["field"])
    return speech.text("plan.conflicts", "field_title", field=field)


def _case(request: AnyRequest, office: Office, identity: str) -> dict[str, Any]:
    speech, roles = frame.speech_of(request, office), request.user.person.roles
    with office.reading() as books:
        found = discreet(exceptions.conflict(books, identity), roles)
        if found is None:
            raise Problem("not_found")
        home = (found["home_noun"], found["home_id"])
        about = discreet(exceptions.about(books, home), roles)
        story = discreet(dossier.told(books, home), roles)
        order = dossier.job(books, found["home_id"]) if home[0] == "work_order" else None
        names = dossier.names(books, {one["person_id"] for one in _going(order)})
    zone = (about or {}).get("time_zone")
    now = (about or {}).get(found["field"])
    return {
        "conflict": found,
        "about": about,
        "values": values(speech, found, story, (zone, now)),
        "seen": told.value(speech, found["field"], found["seen"]),
        "worth": [
            *_late(speech, found, story, zone),
            *_visited(speech, order, names, zone),
            *_since(speech, found, now),
        ],
        "evidence": evidence(speech, found, story, zone),
        "seen_mark": seen_mark(found),
    }


def seen_mark(conflict: Mapping[str, Any]) -> str:
    """What a form shows of a conflict: how it was decided, and how many values there are."""
    return f"{conflict['choice'] or ''}-{conflict['settled_at'] or ''}-{len(conflict['losers'])}"


def values(
    speech: Speech,
    conflict: Mapping[str, Any],
    story: Sequence[Mapping[str, Any]],
    what: tuple[str | None, Any],
) -> list[Value]:
    """The value in force first, then those that are kept. `what` is the zone, and what is now."""
    zone, now = what
    people, field = conflict["people"], conflict["field"]
    swapped = conflict["choice"] == "swap"
    stood_by = conflict["winner_by"] or _writer(story, conflict, conflict["winner"])
    names = {one["by_id"]: one["by_name"] for one in story}
    winner = Value(
        words=told.value(speech, field, conflict["winner"]),
        side=_side_of_winner(conflict),
        by=people.get(stood_by) or names.get(stood_by) or "",
        in_force=not swapped,
    )
    losers = [
        Value(
            words=told.value(speech, field, one.get("value")),
            side=one.get("side") or _other(_side_of_winner(conflict)),
            by=_by_loser(speech, conflict, one, story, zone),
            in_force=swapped and place == _brought_back(conflict, now),
            loser=place,
        )
        for place, one in enumerate(conflict["losers"])
    ]
    return sorted([winner, *losers], key=lambda one: not one.in_force)


def _by_loser(
    speech: Speech,
    conflict: Mapping[str, Any],
    loser: Mapping[str, Any],
    story: Sequence[Mapping[str, Any]],
    zone: str | None,
) -> str:
    """Who wrote a value that is not in force; the office's own names nobody, but its act does."""
    if loser["by"]:
        return _by(speech, conflict["people"].get(loser["by"]), loser["at"], zone)
    for one in story:
        if loser.get("value") in _written(one, conflict["field"]):
            return _by(speech, one["by_name"], one["done_at"], zone)
    return speech.text("plan.conflicts", "earlier")


def _brought_back(conflict: Mapping[str, Any], now: Any) -> int:
    """Which value was brought back: the one that is there now, or else the last."""
    losers = conflict["losers"]
    same = (place for place, one in enumerate(losers) if one.get("value") == now)
    return next(same, len(losers) - 1)


def _side_of_winner(conflict: Mapping[str, Any]) -> str:
    if conflict["rule"] in ("office", "device"):
        return str(conflict["rule"])
    sides = {one.get("side") for one in conflict["losers"]}
    return "office" if "device" in sides else "device" if "office" in sides else ""


def _other(side: str) -> str:
    return {"office": "device", "device": "office"}.get(side, "")


def _by(speech: Speech, name: str | None, at: int, zone: str | None) -> str:
    return speech.text("plan.conflicts", "by", name=name or NOTHING, time=speech.when(at, zone))


def _writer(
    story: Sequence[Mapping[str, Any]], conflict: Mapping[str, Any], value: Any
) -> str | None:
    """Who wrote the value that stands, as far as the story tells."""
    lost = {one["op_id"] for one in conflict["losers"]}
    for one in story:
        leads = conflict["field"] == "status" and value in LEADS_TO.get(one["kind"] or "", ())
        if leads and one["op_id"] not in lost and one["verdict"] == Verdict.APPLIED:
            return str(one["by_id"])
        if value is not None and value in _written(one, conflict["field"]):
            return str(one["by_id"])
    return None


def _written(one: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    """The values that an op wrote into a field; nothing for one that did not touch it."""
    args = one["args"] if isinstance(one["args"], dict) else {}
    if one["kind"] == "edit":
        fields = args.get("fields")
        pair = fields.get(field) if isinstance(fields, dict) else None
        return (pair[1],) if isinstance(pair, list) and len(pair) == 2 else ()
    if one["kind"] == "work_order.create" and field in args:
        return (args[field],)
    return ()


def evidence(
    speech: Speech,
    conflict: Mapping[str, Any],
    story: Sequence[Mapping[str, Any]],
    zone: str | None,
) -> list[Evidence]:
    """The acts that wrote the field, or wanted the state, newest first."""
    ops = {one["op_id"] for one in conflict["losers"]}
    field = conflict["field"]
    found = [
        one
        for one in story
        if one["op_id"] in ops
        or (field != "status" and _written(one, field))
        or (field == "status" and str(one["kind"]).startswith("work_order."))
    ]
    return [_evidence(speech, one, field, zone) for one in found]


def _evidence(speech: Speech, one: Mapping[str, Any], field: str, zone: str | None) -> Evidence:
    clock = one["clock"] if isinstance(one["clock"], dict) else {}
    wrote = _written(one, field)
    by_phone = one["origin"] == "device"
    how = "how_doubt" if one["uncertain"] else "how_checked" if by_phone else "how_server"
    leaf = one["leaf"] or {}
    return Evidence(
        who=one["by_name"] or NOTHING,
        device=one["device_name"] or speech.text("plan.origins", one["origin"] or "console"),
        wrote=told.value(speech, field, wrote[0]) if wrote else speech.text("kinds", one["kind"]),
        clock=speech.second(clock.get("wall"), zone) if clock.get("wall") else NOTHING,
        corrected=speech.second(one["done_at"], zone),
        how=speech.text("plan.conflicts", how),
        received=speech.second(one["received"], zone),
        leaf=leaf.get("number"),
        op=one["op_id"],
    )


def _late(
    speech: Speech,
    conflict: Mapping[str, Any],
    story: Sequence[Mapping[str, Any]],
    zone: str | None,
) -> Iterator[str]:
    """What was written down offline, or at an uncertain time."""
    ops = {one["op_id"] for one in conflict["losers"]}
    for one in story:
        if one["op_id"] not in ops:
            continue
        name = one["by_name"] or NOTHING
        done, received = (speech.when(one[when], zone) for when in ("done_at", "received"))
        if one["received"] - one["done_at"] > told.LATE_MS:
            times: dict[str, Any] = {"done": done, "received": received}
            yield speech.text("plan.conflicts", "worth_offline", name=name, **times)
        if one["uncertain"]:
            yield speech.text("plan.conflicts", "worth_doubt", name=name)


def _going(order: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    for visit in (order or {}).get("visits", ()):
        yield from visit["attendance"]


def _visited(
    speech: Speech,
    order: dict[str, Any] | None,
    names: Mapping[str, Mapping[str, Any]],
    zone: str | None,
) -> Iterator[str]:
    """What is known to have happened on site."""
    for one in _going(order):
        if one.get("arrived_at"):
            time = speech.when(one["arrived_at"], zone)
            name = names.get(one["person_id"], {}).get("name", NOTHING)
            yield speech.text("plan.conflicts", "worth_arrived", name=name, time=time)
    for visit in (order or {}).get("visits", ()):
        if visit["ended_at"] is not None:
            time, outcome = speech.when(visit["ended_at"], zone), visit["outcome"]
            yield speech.text("plan.conflicts", "worth_done", outcome=outcome, time=time)
    if (order or {}).get("completions"):
        yield speech.text("plan.conflicts", "worth_report")


def _since(speech: Speech, conflict: Mapping[str, Any], now: Any) -> Iterator[str]:
    """What was written into the field after the conflict."""
    stands = [conflict["winner"], *(one.get("value") for one in conflict["losers"])]
    if now not in stands:
        value = told.value(speech, conflict["field"], now)
        yield speech.text("plan.conflicts", "worth_now", value=value)


@post(
    "/conflicts/{identity:uuid}",
    opt=opt("conflict.settle"),
    status_code=200,
    sync_to_thread=True,
)
def settle(
    identity: FromPath[Any],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Keep what stands, or bring another value back; the other choice undoes it."""
    with office.reading() as books:
        found = exceptions.conflict(books, str(identity))
    if found is None:
        raise Problem("not_found")
    choice = form.text("choice")
    args: dict[str, Any] = {"conflict": found["id"], "choice": choice}
    if is_whole(form.text("loser")):
        args["loser"] = int(form.text("loser"))
    on = (found["home_noun"], found["home_id"])
    act = Act(kind="conflict.settle", on=on, args=args)
    same = _unchanged(request, office, found["id"], form.text("seen"))
    said = saying.say_if(request, office, actor, form, act, same=same)
    back = "keep" if choice == "swap" else "swap"
    undo = None
    if choice == "swap" or found["choice"] == "swap":
        undo = Act(kind="conflict.settle", on=on, args={"conflict": found["id"], "choice": back})
    return saying.go(request, office, said, f"/conflicts/{found['id']}", undo)


def _unchanged(request: AnyRequest, office: Office, identity: str, seen: str) -> saying.Same:
    def same(books: Any) -> str | None:
        now = exceptions.conflict(books, identity)
        if now is None or seen_mark(now) == seen:
            return None
        return frame.speech_of(request, office).text("plan.conflicts", "changed_meanwhile")

    return same


ROUTES: Final = [show, show_one, settle]
