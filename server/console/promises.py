"""Promises: what the limits of a policy mean, in plain words and in both languages."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from server.console.speech import Speech
from shared.limits import Difference
from shared.policy import FACTS, Duty, Limit, ServicePolicy, Target, When

# What of a limit is said in words of its own, and not as it is written.
FIELDS: Final = tuple(name for name in Limit.__struct_fields__ if name != "id")
# The targets and duties that the policies which come along have; others are called by their id.
NAMED: Final = (
    *("first_response", "one_time_fix", "resolution", "satisfaction", "record_completeness"),
    *("inspection", "emergency", "owner"),
)
PERCENT: Final = 100  # basis points in one


class Line(Struct, frozen=True, kw_only=True):
    """One limit as people read it."""

    id: str
    node: str
    promise: str
    condition: str
    counts: str
    stops: str
    calendar: str
    role: str
    source: str
    excusable: bool
    promised: bool


class Change(Struct, frozen=True, kw_only=True):
    """One thing that a version says otherwise: of which limit, how, and both values in words."""

    limit: str
    how: str
    field: str
    before: str
    after: str


def amount(s: Speech, limit: Limit, count: int | None = None) -> str:
    """30 min, 3 working days."""
    return s.text("amounts", limit.unit, count=limit.amount if count is None else count)


def time_of(s: Speech, limit: Limit) -> str:
    """How soon: within so much, each so much, as agreed, or as soon as possible."""
    told: dict[str, Any] = {}
    if limit.amount is not None:
        told["amount"] = amount(s, limit)
    if limit.agreed_max is not None:
        told["most"] = amount(s, limit, limit.agreed_max)
    return s.text("promise_times", _manner(limit), **told)


def _manner(limit: Limit) -> str:
    if limit.agreed == "must":
        return "agreed" if limit.amount is None else "agreed_within"
    if limit.amount is None:
        return "soon"
    if limit.every:
        return "every"
    if limit.agreed == "may":
        return "agreed_may_open" if limit.agreed_max is None else "agreed_may"
    return "within"


def promise(s: Speech, limit: Limit) -> str:
    """What a limit promises, as a sentence."""
    told = s.text("promises", limit.node, time=time_of(s, limit))
    return told[:1].upper() + told[1:]


def condition(s: Speech, when: When) -> str:
    """When a limit counts: urgent, in town; or nothing where it always does."""
    return s.text("console.policies", "and").join(
        _values(s, fact, when[fact]) for fact in FACTS if fact in when
    )


def _values(s: Speech, fact: str, codes: tuple[str, ...]) -> str:
    """One of some values; that nobody knows it is said last."""
    told = [value(s, fact, one) for one in codes if one]
    if "" in codes:
        told.append(s.text("limit_values", "unknown") if told else value(s, fact, ""))
    return s.text("console.policies", "or").join(told)


def value(s: Speech, fact: str, code: str) -> str:
    """A value of a fact in words; the company's own word as it is written."""
    if not code:
        name = s.text("limit_facts", fact)
        return s.text("console.policies", "unknown_fact", fact=name)
    for group in ("limit_values", "services", "product_classes"):
        if s.knows(group, code):
            return s.text(group, code)
    return code


def line(s: Speech, limit: Limit) -> Line:
    """One limit as a row of a table."""
    stops = [s.text("pause_reasons", one) for one in limit.pauses]
    return Line(
        id=limit.id,
        node=s.text("limit_nodes", limit.node),
        promise=promise(s, limit),
        condition=condition(s, limit.when),
        counts=s.text(
            "console.policies",
            "from_to",
            start=s.text("ticket_events", limit.start),
            stop=s.text("ticket_events", limit.stop),
        ),
        stops=s.text("console.policies", "comma").join(stops),
        calendar=s.text("limit_calendars", limit.calendar),
        role=s.text("roles", limit.role) if limit.role else "",
        source=", ".join(limit.source),
        excusable=limit.excusable,
        promised=limit.promised,
    )


def lines(s: Speech, policy: ServicePolicy) -> list[Line]:
    """Every limit of a policy, in its order."""
    return [line(s, one) for one in policy.every]


def name_of(s: Speech, policy: ServicePolicy) -> str:
    """A policy as it is called in the reader's language."""
    return policy.zh if s.language == "zh" else policy.en


def about(s: Speech, policy: ServicePolicy) -> str:
    """What a policy is for, in the reader's language."""
    return policy.about_zh if s.language == "zh" else policy.about_en


def share(points: int) -> str:
    """95 %, 99.5 %: of basis points."""
    whole, rest = divmod(points, PERCENT)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %"


def target(s: Speech, one: Target) -> str:
    """A rate that is to be reached: at least 95 %."""
    return s.text(
        "console.policies", "at_most" if one.at_most else "at_least", share=share(one.share)
    )


def named(s: Speech, one: Target | Duty) -> str:
    """What a target or a duty is about; one of the company's own as it is written."""
    return s.text("policy_duties", one.id) if one.id in NAMED else one.id


def changes(s: Speech, found: Iterable[Difference]) -> Iterator[Change]:
    """What a version says otherwise than the one before, in words."""
    for one in found:
        field = s.text("console.limit", one.field) if one.field else ""
        before, after = (_worded(s, one.field, each) for each in (one.before, one.after))
        yield Change(limit=one.limit, how=one.how, field=field, before=before, after=after)


def _worded(s: Speech, field: str, told: Any) -> str:
    """A value of a limit's field in words."""
    if isinstance(told, Limit):
        return " · ".join(filter(None, (promise(s, told), condition(s, told.when))))
    if told in (None, "", (), {}):
        return s.text("console.policies", "nothing")
    if isinstance(told, bool):
        return s.text("console.seals", "yes" if told else "no")
    if field == "when":
        return condition(s, told)
    if field == "unit":
        return s.text("limit_units", told)
    group = GROUPS.get(field)
    if group is None:
        return ", ".join(told) if isinstance(told, tuple) else str(told)
    codes = told if isinstance(told, tuple) else (told,)
    return s.text("console.policies", "comma").join(s.text(group, one) for one in codes)


GROUPS: Final = {
    "node": "limit_nodes",
    **dict.fromkeys(("start", "stop", "until"), "ticket_events"),
    "calendar": "limit_calendars",
    "pauses": "pause_reasons",
    "role": "roles",
    "agreed": "console.agreed",
}
