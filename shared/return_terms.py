"""The terms of returns: which papers they need, within how many days, and who bears the cost."""

import datetime
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from shared.amounts import OptionalLine
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.pricing import unreadable
from shared.records import Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.site import Asset

PAPERS: Final = ("fault_report", "repair_record", "invoice")  # R-RET-02
REASONS: Final = ("quality", "damage", "unusable", "other")  # R-RET-01
TERMS: Final = derive("return_terms")  # the id of the one row
DAYS_MAX: Final = 3650
Paper = Literal["fault_report", "repair_record", "invoice"]
Reason = Literal["quality", "damage", "unusable", "other"]
Bearer = Literal["customer", "company"]
Papers = Annotated[tuple[Paper, ...], Meta(max_length=len(PAPERS))]
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]


class Cost(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who bears the cost of a return, by its reason and the class of product; no class is any."""

    reason: Reason
    product_class: OptionalLine = ""
    borne_by: Bearer


Costs = Annotated[tuple[Cost, ...], Meta(max_length=100)]
# R-RET-04 leaves it to the company: its fault, its cost.
COSTS: Final = (
    Cost(reason="quality", borne_by="company"),
    Cost(reason="damage", borne_by="company"),
    Cost(reason="unusable", borne_by="company"),
    Cost(reason="other", borne_by="customer"),
)


class ReturnTerms(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a company asks of returns. There is one, with the id `TERMS`; it stays on the server.

    `USUAL` holds until somebody sets others.
    Days count from the delivery, or the invoice; none is no limit (the rules give no figure).
    The warranty of what stands there instead begins anew, or is what `remains` of the old one's.
    """

    papers: tuple[Paper, ...] = ()
    return_days: int | None = None
    exchange_days: int | None = None
    costs: tuple[Cost, ...] = ()
    warranty: Literal["", "remains"] = ""


USUAL: Final = ReturnTerms(id=TERMS, papers=PAPERS, costs=COSTS)


class TermsArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """All of the terms; `seen` is the version that their author saw."""

    papers: Papers = ()
    return_days: Days | None = None
    exchange_days: Days | None = None
    costs: Costs = ()
    warranty: Literal["", "remains"] = ""
    seen: int | None = None


def bearer_of(terms: ReturnTerms, reason: str, product_class: str) -> str:
    """Who bears the cost (R-RET-04): what is said of the class goes before what is said of any."""
    told = [one for one in terms.costs if one.reason == reason]
    own = [one for one in told if one.product_class in (product_class, "")]
    best = max(own, key=lambda one: one.product_class != "", default=None)
    return best.borne_by if best is not None else ""


def last_day(terms: ReturnTerms, wish: str, asset: Asset) -> str | None:
    """The last day on which a machine is taken back, or exchanged; none where nobody can say."""
    days = terms.return_days if wish == "return" else terms.exchange_days
    since = asset.delivered_on or asset.invoiced_on
    if days is None or since is None:
        return None
    first = datetime.date.fromisoformat(since)
    return (first + datetime.timedelta(days=days)).isoformat()


def set_terms(state: State, act: Act) -> Outcome | Refused:
    """Say what is asked of returns from now on; what was decided stays as it was."""
    args: TermsArgs = act.args
    if act.on[1] != TERMS:
        return refuse_value("unknown_subject", "on")
    before = state.find(ReturnTerms, TERMS)
    if args.seen != (before.version if before is not None else None):
        return refuse_value("changed_meanwhile", "args.seen")
    wrong = next((unreadable(one, "args.costs") for one in args.costs), None)
    if wrong is not None or _is_twice(args.costs):
        return wrong or refuse_value("wrong_value", "args.costs", reason="reason")
    told = {name: getattr(args, name) for name in args.__struct_fields__ if name != "seen"}
    after = ReturnTerms(id=TERMS, version=args.seen, **told)
    return Outcome(merged=True) if after == before else Outcome(rows=(after,))


def _is_twice(costs: Iterable[Cost]) -> bool:
    told = [(one.reason, one.product_class) for one in costs]
    return len(set(told)) < len(told)


def _itself(_reach: Reach) -> tuple[Ref, ...]:
    return ((ReturnTerms, TERMS),)


KINDS = (
    Kind(
        name="return.set_terms",
        cls="office",
        nouns=frozenset({"return_terms"}),
        args=TermsArgs,
        reduce=set_terms,
        refs=_itself,
    ),
)
