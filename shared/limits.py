"""Limits looked at together: what cannot be, what is out of order, what a version changed.

A policy whose limits contradict each other is not refused, because the documents that policies
come from do (C-04); whoever edits one is warned.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from shared.calendars import DAY_MINUTES
from shared.errors import Flag, Refused, refuse_value
from shared.policy import Limit, When
from shared.timetable import HOUR_MS, MINUTE_MS

# The values of those facts that have a list of them; others are the company's own words.
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "urgency": ("", "general", "urgent"),
    "complexity": ("", "general", "complex"),
    "zone": ("", "urban", "suburb"),
    "warranty": ("", "in", "out"),
    "kind": ("", "fault", "service", "advice", "complaint"),
    "mode": ("", "on_site", "remote", "mail_in"),
    "complaints": ("", "frequent"),
    "major": ("", "yes"),
    "grade": ("", "minor", "general", "serious"),
}
# The steps that come one after the other. A repair is not kept apart from a solution here.
CHAIN: Final = (
    *("record", "respond", "assign", "contact", "arrive", "diagnose", "propose", "solve"),
    "call_back",
)
LENGTH_MS: Final = {"min": MINUTE_MS, "h": HOUR_MS, "day": DAY_MINUTES * MINUTE_MS}


class Difference(Struct, frozen=True, kw_only=True):
    """What one version of a policy says of a limit otherwise than another."""

    limit: str
    how: Literal["added", "dropped", "changed"]
    field: str = ""
    before: Any = None
    after: Any = None


def unfit(limits: Iterable[Limit], path: str = "args.limits") -> Refused | None:
    """Why a list of limits cannot be: two of one id, or one that contradicts itself."""
    seen: set[str] = set()
    for limit in limits:
        if limit.id in seen:
            return refuse_value("already_exists", f"{path}.id", value=limit.id)
        seen.add(limit.id)
        field = _contradiction(limit) or _unknown_value(limit.when)
        if field is not None:
            return refuse_value("wrong_value", f"{path}.{field}", reason=limit.id)
    return None


def _contradiction(limit: Limit) -> str | None:
    """The field of a limit that does not go with the others."""
    by_day = {"day": "always", "working_day": "working"}.get(limit.unit, limit.calendar)
    wrong = {
        "stop": limit.stop == limit.start,
        "until": limit.until in (limit.stop, limit.start),
        "calendar": limit.calendar != by_day,
        "agreed_max": limit.agreed_max is not None and limit.agreed != "may",
        "agreed": limit.agreed == "may" and limit.amount is None,
        "every": limit.every and (limit.amount is None or limit.agreed != ""),
        "opens": limit.opens is not None and (limit.every or limit.opens >= (limit.amount or 0)),
    }
    return next((field for field, is_wrong in wrong.items() if is_wrong), None)


def _unknown_value(when: When) -> str | None:
    known = (set(values) <= set(VALUES.get(fact, values)) for fact, values in when.items())
    return None if all(known) else "when"


def warnings(limits: Iterable[Limit]) -> tuple[Flag, ...]:
    """Limits of one start whose earlier step may take longer than a later one (C-04)."""
    told = [one for one in limits if one.node in CHAIN and _length(one) is not None]
    return tuple(
        Flag(
            code="out_of_order",
            params={"limit": earlier.id, "later": later.id, "event": earlier.start},
        )
        for earlier in told
        for later in told
        if _out_of_order(earlier, later, told)
    )


def _out_of_order(earlier: Limit, later: Limit, limits: Iterable[Limit]) -> bool:
    both = _both(earlier.when, later.when)
    comparable = earlier.start == later.start and earlier.calendar == later.calendar
    if both is None or not comparable or CHAIN.index(earlier.node) >= CHAIN.index(later.node):
        return False
    most = _length(later) or 0
    return (_length(earlier) or 0) > most and not any(
        one.node == earlier.node
        and (one.start, one.calendar) == (earlier.start, earlier.calendar)
        and (_length(one) or 0) <= most
        and _covers(one.when, both)
        for one in limits
    )


def _length(limit: Limit) -> int | None:
    """How long (ms) a limit is, where one can say so and it cannot be agreed otherwise."""
    unit = LENGTH_MS.get(limit.unit)
    if limit.amount is None or unit is None or limit.agreed == "must":
        return None
    return limit.amount * unit


def _both(one: When, other: When) -> dict[str, set[str]] | None:
    """The condition that both hold, or None where they never do."""
    told = {fact: set(values) for fact, values in one.items()}
    for fact, values in other.items():
        told[fact] = told.get(fact, set(values)) & set(values)
    return told if all(told.values()) else None


def _covers(when: When, both: Mapping[str, set[str]]) -> bool:
    """Whether a condition holds whenever another does."""
    return all(fact in both and both[fact] <= set(values) for fact, values in when.items())


def differences(before: Iterable[Limit], after: Iterable[Limit]) -> Iterator[Difference]:
    """What a later version changed, limit by limit and field by field."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield Difference(limit=name, how="dropped", before=old[name])
        elif name not in old:
            yield Difference(limit=name, how="added", after=new[name])
        else:
            yield from _changes(old[name], new[name])


def _changes(old: Limit, new: Limit) -> Iterator[Difference]:
    for field in Limit.__struct_fields__:
        was, is_now = getattr(old, field), getattr(new, field)
        if was != is_now:
            yield Difference(limit=new.id, how="changed", field=field, before=was, after=is_now)
