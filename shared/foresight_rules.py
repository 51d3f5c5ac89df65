"""The rules of foresight: from which figures on something is a sign of trouble (R-COM-06)."""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.amounts import OptionalLine
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.pricing import unreadable
from shared.records import Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref

FORESIGHT: Final = derive("foresight_rules")  # the id of the one row
SIGNS: Final = ("repeats", "again", "drift", "ends", "due", "parts")
DAYS_MAX: Final = 1_000
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]
Count = Annotated[int, Meta(ge=2, le=100)]


class Interval(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """After how many months machines of a class are due for maintenance; no class is all others."""

    product_class: OptionalLine = ""
    months: Annotated[int, Meta(ge=1, le=120)]


Intervals = Annotated[tuple[Interval, ...], Meta(max_length=100)]


class ForesightRules(Record, frozen=True, kw_only=True, omit_defaults=True):
    """From when on what is in the records is a sign. There is one, with the id
    `FORESIGHT`; `USUAL` holds until somebody sets others.

    A machine with `repeat_count` requests in `repeat_days`; asked for again within `again_days`
    after its repair; readings that reach a limit within `drift_days` if they go on as they do; a
    warranty or contract that ends within `ends_days`; maintenance that is due within `due_days` by
    its `intervals`; a part used `parts_times` as often as on the average machine of that model
    within `parts_days`. The rules name no figures: these are the product's, to be changed.
    """

    repeat_count: int
    repeat_days: int
    again_days: int
    drift_days: int
    ends_days: int
    due_days: int
    parts_times: int
    parts_days: int
    intervals: tuple[Interval, ...] = ()


USUAL: Final = ForesightRules(
    id=FORESIGHT,
    repeat_count=3,
    repeat_days=90,
    again_days=30,
    drift_days=90,
    ends_days=60,
    due_days=30,
    parts_times=3,
    parts_days=365,
    intervals=(Interval(months=12),),
)


class SetArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """All of the figures; `seen` is the version that their author saw."""

    repeat_count: Count
    repeat_days: Days
    again_days: Days
    drift_days: Days
    ends_days: Days
    due_days: Days
    parts_times: Count
    parts_days: Days
    intervals: Intervals = ()
    seen: int | None = None


def months_of(rules: ForesightRules, product_class: str) -> int | None:
    """After how many months a class is due: its own figure, or that of all others."""
    told = {one.product_class: one.months for one in rules.intervals}
    return told.get(product_class, told.get(""))


def set_rules(state: State, act: Act) -> Outcome | Refused:
    """Say from which figures on something is foreseen."""
    args: SetArgs = act.args
    if act.on[1] != FORESIGHT:
        return refuse_value("unknown_subject", "on")
    before = state.find(ForesightRules, FORESIGHT)
    if args.seen != (before.version if before is not None else None):
        return refuse_value("changed_meanwhile", "args.seen")
    wrong = next((unreadable(one, "args.intervals") for one in args.intervals), None)
    if wrong is not None or _is_twice(args.intervals):
        return wrong or refuse_value("wrong_value", "args.intervals", reason="product_class")
    told = {name: getattr(args, name) for name in args.__struct_fields__ if name != "seen"}
    after = ForesightRules(id=FORESIGHT, version=args.seen, **told)
    return Outcome(merged=True) if after == before else Outcome(rows=(after,))


def _is_twice(intervals: Iterable[Interval]) -> bool:
    told = [one.product_class for one in intervals]
    return len(set(told)) < len(told)


def _itself(_reach: Reach) -> tuple[Ref, ...]:
    return ((ForesightRules, FORESIGHT),)


KINDS = (
    Kind(
        name="foresight.set",
        cls="office",
        nouns=frozenset({"foresight_rules"}),
        args=SetArgs,
        reduce=set_rules,
        refs=_itself,
    ),
)
