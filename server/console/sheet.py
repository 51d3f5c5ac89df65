"""A job's sheet as the office reads it: readings with limits, visits, parts, who has it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from server.console import told
from server.console.speech import NOTHING, Speech
from shared.amounts import quantity_text
from shared.work_order import OPEN

Item = Mapping[str, Any]

# What of a job names somebody.
MENTIONING: Final = (
    *("assignments", "visits", "completions", "readings", "notes", "used", "planned"),
    *("photos", "sign_offs"),
)
STEPS: Final = ("sent", "on_phone", "seen", "accepted")


class Measured(Struct, frozen=True, kw_only=True):
    """One check: what was found, the limits, and how that is: good, bad, missing or said."""

    name: str
    value: str
    limits: str
    state: str
    who: str = ""
    at: str = ""


class Going(Struct, frozen=True, kw_only=True):
    """One visit: who, when it was planned, what is known of it, and how it ended."""

    id: str
    who: str
    window: str
    facts: tuple[tuple[str, str], ...]
    outcome: str
    remark: str
    moved: str
    can_move: bool
    version: int


class Step(Struct, frozen=True, kw_only=True):
    """One step of the delivery track: its name, and the time where it has happened."""

    code: str
    at: str
    reached: bool


class Track(Struct, frozen=True, kw_only=True):
    """How far the job has come to one person."""

    person: str
    name: str
    role: str
    steps: tuple[Step, ...]


def checks(
    speech: Speech, checklist: Item | None, readings: Sequence[Item], names: Mapping[str, Item]
) -> list[Measured]:
    """Every item of the checklist with its newest answer, then answers to items no longer on it."""
    newest = {one["item"]: one for one in readings}
    items = list(checklist["items"]) if checklist else []
    known = {item["code"] for item in items}
    found = [_check(speech, item, newest.get(item["code"]), names) for item in items]
    others = (one for code, one in newest.items() if code not in known)
    return [*found, *(_unlisted(speech, one, names) for one in others)]


def _check(speech: Speech, item: Item, reading: Item | None, names: Mapping[str, Item]) -> Measured:
    name = str(item[speech.language])
    limits = limits_of(item)
    if reading is None:
        state = "missing" if item.get("required") else "open"
        return Measured(name=name, value=NOTHING, limits=limits, state=state)
    if reading["not_applicable"]:
        value, state = speech.text("answers", "not_applicable"), "said"
    else:
        value = told.reading(speech, item, reading["value"])
        bad = reading["out_of_limits"] or reading["value"] == "fail"
        judged = item["type"] == "pass_fail" or (item["type"] == "number" and limits)
        state = "bad" if bad else "good" if judged else "said"
    return Measured(
        name=name,
        value=value,
        limits=limits,
        state=state,
        who=_name(names, reading["person_id"]),
        at=speech.when(reading["at"]),
    )


def _unlisted(speech: Speech, reading: Item, names: Mapping[str, Item]) -> Measured:
    return Measured(
        name=str(reading["item"]),
        value=str(reading["value"]),
        limits="",
        state="bad" if reading["out_of_limits"] else "said",
        who=_name(names, reading["person_id"]),
        at=speech.when(reading["at"]),
    )


def limits_of(item: Item) -> str:
    """1.2–1.9, ≤ 6.5, ≥ 3; nothing where there are none."""
    low, high = item.get("low"), item.get("high")
    if low is not None and high is not None:
        parting = " … " if low < 0 else "–"
        return f"{quantity_text(low)}{parting}{quantity_text(high)}"
    if high is not None:
        return f"≤ {quantity_text(high)}"
    return f"≥ {quantity_text(low)}" if low is not None else ""


def visits(speech: Speech, order: Item, names: Mapping[str, Item]) -> list[Going]:
    """The visits of a job: those to come by their time, and those that ended."""
    zone = order["site"]["time_zone"]
    return [_going(speech, one, order, (names, zone)) for one in order["visits"]]


def _going(
    speech: Speech, visit: Item, order: Item, known: tuple[Mapping[str, Item], str]
) -> Going:
    names, zone = known
    facts: list[tuple[str, str]] = []
    for one in visit["attendance"]:
        shared = one["person_id"] != visit["person_id"]
        who = f" · {_name(names, one['person_id'])}" if shared else ""
        for code in ("departed_at", "arrived_at"):
            if one.get(code):
                at = speech.when(one[code], zone)
                facts.append((speech.text("plan.visit", code) + who, at))
    if visit["ended_at"] is not None:
        facts.append((speech.text("plan.visit", "ended_at"), speech.when(visit["ended_at"], zone)))
    fresh = visit["ended_at"] is None and not visit["attendance"]
    return Going(
        id=visit["id"],
        who=_name(names, visit["person_id"]),
        window=told.window(speech, visit["planned_from"], visit["planned_to"]),
        facts=tuple(facts),
        outcome=speech.text("outcomes", visit["outcome"]) if visit["outcome"] else "",
        remark=visit["remark"],
        moved=speech.text("faults", visit["fault"]) if visit["moved"] and visit["fault"] else "",
        can_move=fresh and order["status"] in OPEN,
        version=visit["version"],
    )


def tracks(speech: Speech, delivered: Iterable[Item]) -> list[Track]:
    """How far the job has come to each person who has it."""
    return [
        Track(
            person=one["person"]["id"],
            name=one["person"]["name"],
            role=one["role"],
            steps=_steps(speech, one),
        )
        for one in delivered
    ]


def _steps(speech: Speech, one: Item) -> tuple[Step, ...]:
    """A later step that happened says that the earlier ones did, also where nobody wrote when."""
    reached = [one[f"{code}_at"] is not None for code in STEPS]
    return tuple(
        Step(code=code, at=speech.when(one[f"{code}_at"]), reached=any(reached[place:]))
        for place, code in enumerate(STEPS)
    )


def _name(names: Mapping[str, Item], person: str) -> str:
    found = names.get(person)
    return NOTHING if found is None else str(found["name"])


def mentioned(order: Item, story: Sequence[Item]) -> set[str]:
    """The ids of people, parts and places that a job and its story name."""
    found: set[str] = set()
    for kind in MENTIONING:
        found |= {one["person_id"] for one in order[kind]}
    found |= {one["person_id"] for one in order["ordered"]}
    found |= {one["location_id"] for one in order["used"]}
    found |= {one["part_id"] for one in order["used"]}
    for visit in order["visits"]:
        found |= {one["person_id"] for one in visit["attendance"]}
    for one in story:
        args = one["args"] if isinstance(one["args"], dict) else {}
        found |= {args[name] for name in ("person", "part", "location") if _is_text(args.get(name))}
    return found


def _is_text(found: Any) -> bool:
    return isinstance(found, str)
