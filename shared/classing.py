"""Classing: which tier a customer is in, by the company's own words (R-CLS-08, R-CRM-05)."""

from msgspec import structs

from shared.errors import Refused, refuse_value
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.site import Customer
from shared.tag_sets import TIERS, OptionalCode, TagSet, tag_set_id


class TierArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """A word of the tag set `tiers`; none says that nobody knows."""

    tier: OptionalCode = ""


def classify(state: State, act: Act) -> Outcome | Refused:
    """Say which tier a customer is in; limits that depend on it count with it from the start."""
    args: TierArgs = act.args
    found = state.find(Customer, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if act.alias is not None:
        return refuse_value("merged_meanwhile", "on", id=act.on[1])
    if found.tier == args.tier:
        return Outcome(merged=True)
    after = structs.replace(found, tier=args.tier)
    return unknown_tier(state, args.tier) or Outcome(rows=(after,))


def unknown_tier(state: State, tier: str) -> Refused | None:
    """The refusal of a tier that is no word of its set, or one that is offered no more."""
    if not tier:
        return None
    known = state.find(TagSet, tag_set_id(TIERS))
    offered = (one.code for one in known.tags if not one.retired) if known is not None else ()
    return None if tier in offered else refuse_value("unknown_subject", "args.tier", name=tier)


def the_tiers(_reach: Reach) -> tuple[Ref, ...]:
    """The words there are for tiers."""
    return ((TagSet, tag_set_id(TIERS)),)


KINDS = (
    Kind(
        name="customer.classify",
        cls="office",
        nouns=frozenset({"customer"}),
        args=TierArgs,
        reduce=classify,
        refs=the_tiers,
    ),
)
