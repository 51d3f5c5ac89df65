"""Publishing: a version of a policy, which policy is in force, and the hours that are worked."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, field, structs

from shared.amounts import Line, LocalDate, OptionalLine, OptionalText, is_real, is_sayable
from shared.calendars import (
    DAYS_MAX,
    WEEK,
    Country,
    Day,
    OptionalZone,
    Spans,
    WorkingCalendar,
    calendar_id,
    overlapping,
)
from shared.clock import zone_of
from shared.errors import Refused, refuse_value
from shared.limits import VALUES, unfit, warnings
from shared.policy import (
    CHOICE,
    LIMITS_MAX,
    Chosen,
    Duty,
    Edition,
    Limit,
    PolicyChoice,
    PolicyName,
    ServicePolicy,
    Target,
    is_later,
)
from shared.prices import Contract
from shared.pricing import unreadable, unsaid
from shared.records import CATALOG, Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.teams import Team

MEANINGS_MAX: Final = 500
CLASSES: Final = ("", "high_tech", "daily")
Limits = Annotated[tuple[Limit, ...], Meta(max_length=LIMITS_MAX)]
Meanings = Annotated[dict[Line, str], Meta(max_length=MEANINGS_MAX)]


class PublishArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """A version of a policy; `after` is the number of the newest one that its author saw."""

    name: PolicyName
    after: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    valid_from: LocalDate
    en: Line
    zh: Line
    about_en: OptionalText = ""
    about_zh: OptionalText = ""
    trade: Literal["", "hotline", "workday", "process"] = ""
    limits: Limits
    targets: Annotated[tuple[Target, ...], Meta(max_length=LIMITS_MAX)] = ()
    duties: Annotated[tuple[Duty, ...], Meta(max_length=LIMITS_MAX)] = ()


class ChooseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which policy is in force from when, and what the company's own words mean to policies."""

    choice: Chosen | None = None
    zones: Meanings = field(default_factory=dict)
    classes: Meanings = field(default_factory=dict)


class CalendarArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The whole calendar of the company or a team; `seen` is the version that its author saw."""

    team: OptionalLine = ""
    time_zone: OptionalZone = ""
    week: Annotated[tuple[Spans, ...], Meta(min_length=WEEK, max_length=WEEK)]
    days: Annotated[tuple[Day, ...], Meta(max_length=DAYS_MAX)] = ()
    country: Country = ""
    open_years: Annotated[tuple[int, ...], Meta(max_length=20)] = ()
    seen: int | None = None


def publish(state: State, act: Act) -> Outcome | Refused:
    """Write down the next version of a policy; no ticket that is open notices (C-01)."""
    args: PublishArgs = act.args
    refused = _unpublishable(args)
    if refused is not None:
        return refused
    choice = state.find(PolicyChoice, CHOICE) or PolicyChoice(id=CHOICE)
    numbers = [one.number for one in choice.editions if one.name == args.name]
    newest = max(numbers, default=0)
    if args.after != newest:
        return refuse_value("changed_meanwhile", "args.after", number=newest, name=args.name)
    told = {name: getattr(args, name) for name in args.__struct_fields__ if name != "after"}
    told["further"] = tuple(one for one in args.limits if is_later(one))
    told["limits"] = tuple(one for one in args.limits if not is_later(one))
    number = newest + 1
    policy = ServicePolicy(id=act.on[1], number=number, by=act.by.id, at=act.at, **told)
    edition = Edition(
        policy_id=policy.id, name=policy.name, number=number, valid_from=policy.valid_from
    )
    choice = structs.replace(choice, editions=(*choice.editions, edition))
    return Outcome(rows=(policy, choice), flags=warnings(args.limits))


def _unpublishable(args: PublishArgs) -> Refused | None:
    if not is_real(args.valid_from):
        return refuse_value("wrong_value", "args.valid_from", reason=args.valid_from)
    for told in ("targets", "duties"):
        names = [one.id for one in getattr(args, told)]
        if len(set(names)) < len(names):
            return refuse_value("wrong_value", f"args.{told}", reason="id")
    return unsaid(args, "en", "zh") or unfit(args.limits)


def choose(state: State, act: Act) -> Outcome | Refused:
    """Put a policy into force from a day on, for all, for a contract or for a class of product."""
    args: ChooseArgs = act.args
    if act.on[1] != CHOICE:
        return refuse_value("unknown_subject", "on")
    before = state.find(PolicyChoice, CHOICE) or PolicyChoice(id=CHOICE)
    refused = _unchoosable(state, before, args)
    if refused is not None:
        return refused
    chosen = before.chosen
    if args.choice is not None:
        kept = (one for one in chosen if _slot(one) != _slot(args.choice))
        chosen = tuple(sorted((*kept, args.choice), key=_slot))
    after = structs.replace(
        before,
        chosen=chosen,
        zones=_meant(before.zones, args.zones),
        classes=_meant(before.classes, args.classes),
    )
    return Outcome(merged=True) if after == before else Outcome(rows=(after,))


def _unchoosable(state: State, before: PolicyChoice, args: ChooseArgs) -> Refused | None:
    for name, known in (("zones", VALUES["zone"]), ("classes", CLASSES)):
        for word, meaning in getattr(args, name).items():
            if meaning not in known:
                return refuse_value("wrong_value", f"args.{name}", reason=meaning)
            if not is_sayable(word):
                return refuse_value("not_text", f"args.{name}")
    return None if args.choice is None else _no_choice(state, before, args.choice)


def _no_choice(state: State, before: PolicyChoice, choice: Chosen) -> Refused | None:
    if not is_real(choice.valid_from):
        return refuse_value("wrong_value", "args.choice.valid_from", reason=choice.valid_from)
    if choice.contract is not None and choice.product_class:
        return refuse_value("two_subjects", "args.choice.product_class")
    if choice.contract is not None and state.find(Contract, choice.contract) is None:
        return refuse_value("unknown_subject", "args.choice.contract")
    if choice.policy is None:
        special = choice.contract is not None or choice.product_class
        return None if special else refuse_value("missing_field", "args.choice.policy")
    published = {one.name for one in before.editions}
    return (
        None
        if choice.policy in published
        else refuse_value("unknown_subject", "args.choice.policy")
    )


def _slot(one: Chosen) -> tuple[str, str, str]:
    return (one.contract or "", one.product_class, one.valid_from)


def _meant(before: dict[str, str], said: dict[str, str]) -> dict[str, str]:
    told = {**before, **said}
    return {word: told[word] for word in sorted(told) if told[word]}


def set_calendar(state: State, act: Act) -> Outcome | Refused:
    """Say which hours of which days are worked; clocks that run reckon with it at once."""
    args: CalendarArgs = act.args
    if act.on[1] != calendar_id(args.team):
        return refuse_value("wrong_value", "args.team", reason=args.team)
    if args.team and state.find(Team, args.team) is None:
        return refuse_value("unknown_subject", "args.team")
    refused = _no_calendar(args) or unreadable(args)
    if refused is not None:
        return refused
    before = state.find(WorkingCalendar, act.on[1])
    if args.seen != (before.version if before is not None else None):
        return refuse_value("changed_meanwhile", "args.seen")
    told = {name: getattr(args, name) for name in args.__struct_fields__ if name != "seen"}
    after = WorkingCalendar(id=act.on[1], version=args.seen, **told)
    return Outcome(merged=True) if after == before else Outcome(rows=(after,))


def _no_calendar(args: CalendarArgs) -> Refused | None:
    """Why no hours can be told from it: no such zone or day, hours that overlap, or none at all."""
    if args.time_zone and zone_of(args.time_zone) is None:
        return refuse_value("wrong_value", "args.time_zone", reason=args.time_zone)
    if not any(args.week):
        return refuse_value("missing_field", "args.week")
    for number, spans in enumerate(args.week):
        if overlapping(spans):
            return refuse_value("wrong_value", f"args.week.{number}", reason=_hours(spans))
    return _no_days(args.days)


def _no_days(days: Iterable[Day]) -> Refused | None:
    dates: set[str] = set()
    for day in days:
        if not is_real(day.date) or day.date in dates:
            return refuse_value("wrong_value", "args.days.date", reason=day.date)
        if overlapping(day.spans):
            return refuse_value("wrong_value", "args.days.spans", reason=day.date)
        if not _is_named(day):
            return refuse_value("not_text", "args.days.name", date=day.date)
        dates.add(day.date)
    return None


def _hours(spans: Spans) -> str:
    return ", ".join(f"{one.start}-{one.end}" for one in spans)


def _is_named(day: Day) -> bool:
    return day.name == "" or is_sayable(day.name)


def _the_catalog(_reach: Reach) -> tuple[Aggregate, ...]:
    return ((CATALOG, CATALOG),)


def _of_the_choice(reach: Reach) -> tuple[Ref, ...]:
    choice = reach.args.choice if isinstance(reach.args, ChooseArgs) else None
    contract = choice.contract if choice is not None else None
    return ((PolicyChoice, CHOICE), *(((Contract, contract),) if contract is not None else ()))


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((WorkingCalendar, reach.on[1]), (Team, reach.on[1]))


KINDS = (
    Kind(
        name="policy.publish",
        cls="office",
        nouns=frozenset({"service_policy"}),
        args=PublishArgs,
        reduce=publish,
        creates=True,
        touches=_the_catalog,
        refs=_of_the_choice,
    ),
    Kind(
        name="policy.choose",
        cls="office",
        nouns=frozenset({"policy_choice"}),
        args=ChooseArgs,
        reduce=choose,
        touches=_the_catalog,
        refs=_of_the_choice,
    ),
    Kind(
        name="calendar.set",
        cls="office",
        nouns=frozenset({"working_calendar"}),
        args=CalendarArgs,
        reduce=set_calendar,
        touches=_the_catalog,
        refs=_itself,
    ),
)
