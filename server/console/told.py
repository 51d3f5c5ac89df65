"""A story in words: each op is a line with when it was done and received, and what came of it."""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from server.console import worded
from server.console.speech import NOTHING, Speech
from server.discretion import NUMBERS
from shared.amounts import is_real
from shared.ids import is_id
from shared.masking import masked
from shared.ops import PROVISIONAL, SYSTEM, Verdict
from shared.prices import PriceItem
from shared.texts import say

Item = Mapping[str, Any]

LATE_MS: Final = 2 * 60_000  # received so much later than done: it was written down offline
SHOWN_CHARS: Final = 120
# A phone may have said anything; what was refused is told of, too, and must not break the page.
MALFORMED: Final = (AttributeError, KeyError, TypeError, ValueError)
ICONS: Final = {
    "work_order.create": "assignment",
    "work_order.begin": "assignment",
    "work_order.assign": "person_add",
    "work_order.reassign": "swap_horiz",
    "work_order.unassign": "person_off",
    "work_order.cancel": "cancel",
    "work_order.put_away": "inventory_2",
    "work_order.see": "visibility",
    "work_order.accept": "task_alt",
    "work_order.decline": "front_hand",
    "work_order.depart": "local_shipping",
    "work_order.arrive": "location_on",
    "work_order.start": "play_arrow",
    "work_order.pause": "pause_circle",
    "work_order.resume": "play_circle",
    "work_order.complete": "check_circle",
    "visit.plan": "event",
    "visit.move": "edit_calendar",
    "checklist.answer": "fact_check",
    "parts.use": "package_2",
    "parts.return": "assignment_return",
    "parts.plan": "playlist_add",
    "parts.unplan": "remove",
    "parts.order": "shopping_cart",
    "parts.supply": "inventory",
    "note.add": "notes",
    "edit": "edit_note",
    "conflict.settle": "gavel",
    "op.repair": "build",
    "op.discard": "delete",
    "op.accept": "task_alt",
    **worded.ICONS,
}


class Line(Struct, frozen=True, kw_only=True):
    """One line of a story. `day` is set where a new day begins; `doubt` where its time is unsure.

    `received_on` is set where it came in on another day than it was done. `tone` colours an
    exception: a verdict that is not plain, or a flag.
    """

    op: str
    icon: str
    what: str
    day: str
    done: str
    received_on: str
    received: str
    late: bool
    doubt: bool
    who: str
    device: str
    verdict: str
    tone: str
    notes: tuple[str, ...]
    leaf: int | None
    provable: bool


class Book(Struct, frozen=True, kw_only=True):
    """What the lines of a story refer to: names by id, checklist items by code, and the zone.

    `slots` are the names of the checklist's places for photos, `prices` the items of price lists,
    by their codes.
    """

    names: Mapping[str, Item]
    items: Mapping[str, Item]
    visits: Mapping[str, Item]
    zone: str | None = None
    slots: Mapping[str, str] = {}
    prices: Mapping[str, PriceItem] = {}


def lines(speech: Speech, told: Sequence[Item], book: Book) -> list[Line]:
    """A story, newest first, with a mark where another day begins."""
    found: list[Line] = []
    day = ""
    for one in told:
        its_day = speech.day(one["done_at"], book.zone)
        found.append(_line(speech, one, book, "" if its_day == day else its_day))
        day = its_day
    return found


def _line(speech: Speech, one: Item, book: Book, day: str) -> Line:
    late = one["received"] - one["done_at"] > LATE_MS and one["origin"] != "console"
    leaf = one["leaf"] or {}
    return Line(
        op=one["op_id"],
        icon=ICONS.get(one["kind"] or "", "circle"),
        what=what(speech, one, book),
        day=day,
        done=speech.time(one["done_at"], book.zone),
        received_on=_received_on(speech, one, book.zone),
        received=speech.time(one["received"], book.zone),
        late=late,
        doubt=bool(one["uncertain"]),
        who=_who(speech, one),
        device=one["device_name"] or speech.text("plan.origins", one["origin"] or "console"),
        verdict=speech.text("verdicts", one["verdict"]),
        tone=tone(one),
        notes=tuple(_notes(speech, one, book)),
        leaf=leaf.get("number"),
        provable=bool(leaf.get("provable")),
    )


def _who(speech: Speech, one: Item) -> str:
    """Who said an op: somebody, the server by itself, or somebody whom nobody knows."""
    if one["by_name"]:
        return str(one["by_name"])
    if one["by_id"] == SYSTEM:
        return speech.text("plan.origins", "server")
    return speech.text("plan.story", "nobody") if one["by_id"] else NOTHING


def _received_on(speech: Speech, one: Item, zone: str | None) -> str:
    day = speech.day(one["received"], zone)
    return "" if day == speech.day(one["done_at"], zone) else day


def tone(one: Item) -> str:
    """How a line stands out: plain, a flag, a verdict that asks for a look, or one that failed."""
    if one["verdict"] == Verdict.REJECTED or one["verdict"] in PROVISIONAL:
        return "danger"
    if one["verdict"] == Verdict.CONFLICT or one["flags"]:
        return "warning"
    return "" if one["verdict"] == Verdict.APPLIED else "neutral"


def _notes(speech: Speech, one: Item, book: Book) -> Iterable[str]:
    """Why a verdict is not plain, and what is flagged; checks and fields by their names."""
    if one["code"]:
        fields = one["detail"].get("fields") or {}
        lost = next((name for name, became in fields.items() if became in ("won", "lost")), None)
        field = {"field": f"args.fields.{lost}"} if lost else {}
        yield speech.why(one["code"], {**field, **one["detail"]})
    for flag in one["flags"]:
        params = dict(flag.get("params", {}))
        item = book.items.get(str(params.get("item")))
        if item is not None:
            params["item"] = item[speech.language]
        if isinstance(params.get("items"), str):
            params["items"] = _called(speech, params["items"], book)
        yield speech.text("flags", flag["code"], **params)


def _called(speech: Speech, codes: str, book: Book) -> str:
    """Checks and places for photos by their names; a flag names them by their codes."""
    names = {code: str(item[speech.language]) for code, item in book.items.items()}
    return ", ".join({**book.slots, **names}.get(one, one) for one in codes.split(", "))


def what(speech: Speech, one: Item, book: Book) -> str:
    """What an op says, in words; its bare verb where it cannot be read."""
    kind, args = one["kind"] or "", one["args"]
    if kind not in WORDS or not isinstance(args, dict):
        return speech.text("kinds", kind) if kind else speech.text("plan.story", "unreadable")
    try:
        told = WORDS[kind](speech, args, book)
    except MALFORMED:
        return speech.text("kinds", kind)
    code = str(told.pop("code", kind))
    if not speech.knows("plan.story", code):
        return speech.text("kinds", kind)
    return _short(say(speech.catalogue, "plan.story", code, told))


def value(speech: Speech, name: str, found: Any) -> str:
    """A field's value as people say it; what is none as it was written."""
    if found in (None, ""):
        return speech.text("plan.story", "empty")
    if name in ("planned_from", "planned_to"):
        return wall(speech, str(found)) if is_real(str(found)) else str(found)
    group = {"priority": "priorities", "status": "statuses"}.get(name)
    return speech.text(group, str(found)) if group else str(found)


def named(speech: Speech, book: Book, identity: Any) -> str:
    """The name behind an id."""
    found = book.names.get(str(identity))
    if found is None:
        return NOTHING
    if found["table"] == "person":
        return str(found["name"])
    name = found[speech.language] or found["en"]
    return f"{name} {found['code']}" if found["table"] == "location" else str(name)


def day(speech: Speech, local: str) -> str:
    """A day of a site: Mon 23 Nov"""
    return speech.day(datetime.date.fromisoformat(local))


def wall(speech: Speech, local: str) -> str:
    """A wall time of a site: Mon 23 Nov, 10:00"""
    moment = datetime.datetime.fromisoformat(local)
    return speech.text(
        "dates", "day_and_time", day=speech.day(moment.date()), time=f"{moment:%H:%M}"
    )


def window(speech: Speech, start: Any, end: Any) -> str:
    """Mon 23 Nov, 10:00–11:30"""
    if not start:
        return speech.text("plan.story", "no_time")
    text = wall(speech, str(start))
    if not end:
        return text
    same_day = str(end)[:10] == str(start)[:10]
    return f"{text}–{str(end)[11:16] if same_day else wall(speech, str(end))}"


def quantity(speech: Speech, part: Item | None, amount: Any) -> str:
    """2 pc, of a part with its unit."""
    if part is None:
        return str(amount)
    return f"{amount} {speech.text('units', part['unit'])}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1].rstrip() + "…"


Told = dict[str, Any]


def _person(speech: Speech, args: Item, book: Book) -> Told:
    return {"name": named(speech, book, args.get("person"))}


def _unassigned(speech: Speech, args: Item, book: Book) -> Told:
    whom = args.get("person")
    told = {"reason": args.get("reason") or ""}
    return {**told, "code": "taken_from", **_person(speech, args, book)} if whom else told


def _plain(_speech: Speech, args: Item, _book: Book) -> Told:
    texts = {name: found for name, found in args.items() if isinstance(found, str)}
    return {name: text for name, text in texts.items() if name != "code" and not is_id(text)}


def _window(speech: Speech, args: Item, book: Book) -> Told:
    told = {"window": window(speech, args.get("planned_from"), args.get("planned_to"))}
    fault = args.get("fault")
    wish = {"wish": speech.text("faults", fault)} if isinstance(fault, str) else {}
    return {**told, **wish, **_person(speech, args, book)}


def _answer(speech: Speech, args: Item, book: Book) -> Told:
    item = book.items.get(str(args.get("item")))
    name = item[speech.language] if item else str(args.get("item"))
    if args.get("not_applicable"):
        return {"name": name, "value": speech.text("answers", "not_applicable")}
    return {"name": name, "value": reading(speech, item, str(args.get("value", "")))}


def reading(speech: Speech, item: Item | None, given: str) -> str:
    """An answer as people say it: pass and fail in words, a number with its unit."""
    if item is None or item["type"] == "text":
        return given
    if item["type"] == "pass_fail":
        return speech.text("answers", given)
    if item["type"] == "choice":
        chosen = (one for one in item.get("choices", ()) if one["code"] == given)
        return next((str(one[speech.language]) for one in chosen), given)
    return f"{given} {item.get('unit', '')}".strip()


def _part(speech: Speech, args: Item, book: Book) -> Told:
    part = book.names.get(str(args.get("part")))
    name = args.get("text") or named(speech, book, args.get("part"))
    serial = args.get("serial")
    told = {"part": name, "quantity": quantity(speech, part, args.get("quantity", ""))}
    return {**told, "serial": serial, "code": "used_serial"} if serial else told


def _edit(speech: Speech, args: Item, _book: Book) -> Told:
    changed = []
    for name, pair in args.get("fields", {}).items():
        old, new = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        field = speech.text("fields", name)
        words: dict[str, Any] = {
            "old": _seen_by_all(value(speech, name, old), name),
            "new": _seen_by_all(value(speech, name, new), name),
        }
        changed.append(speech.text("plan.story", "changed", field=field, **words))
    return {"changes": "; ".join(changed)}


def _seen_by_all(words: str, name: str) -> str:
    return masked(words) if name in NUMBERS else words


def _settled(_speech: Speech, args: Item, _book: Book) -> Told:
    return {"code": "settled_swap" if args.get("choice") == "swap" else "settled_keep"}


def _outcome(_speech: Speech, args: Item, _book: Book) -> Told:
    return {"outcome": args.get("outcome")}


def _bare(_speech: Speech, _args: Item, _book: Book) -> Told:
    return {}


WORDS: Final[dict[str, Callable[[Speech, Item, Book], Told]]] = {
    "work_order.create": _plain,
    "work_order.begin": _plain,
    "work_order.assign": _person,
    "work_order.reassign": _person,
    "work_order.unassign": _unassigned,
    "work_order.cancel": _plain,
    "work_order.put_away": _bare,
    "work_order.see": _bare,
    "work_order.accept": _bare,
    "work_order.decline": _plain,
    "work_order.depart": _bare,
    "work_order.arrive": _bare,
    "work_order.start": _bare,
    "work_order.pause": _plain,
    "work_order.resume": _bare,
    "work_order.complete": _outcome,
    "visit.plan": _window,
    "visit.move": _window,
    "checklist.answer": _answer,
    "parts.use": _part,
    "parts.return": _bare,
    "parts.plan": _part,
    "parts.unplan": _bare,
    "parts.order": _part,
    "parts.supply": _bare,
    "note.add": _plain,
    "edit": _edit,
    "conflict.settle": _settled,
    "op.repair": _bare,
    "op.discard": _plain,
    "op.accept": _bare,
    **worded.WORDS,
}
