"""Tiers: customers are sorted by the company's own words, and what they ask for with them."""

import pytest
from msgspec import structs

from shared.casework import Request, facts_of
from shared.priorities import Derived, derive_priority
from shared.registry import Act, Outcome
from shared.tag_sets import TIERS, Tag, TagSet, tag_set_id
from shared.ticket import Ticket
from tests.shared.company import CUSTOMER, DORA, TICKET, act, done, ident, only, refusal, state

WORDS = TagSet(
    id=tag_set_id(TIERS),
    code=TIERS,
    en="Tier",
    zh="客户等级",
    tags=(
        Tag(code="key", en="High value", zh="高价值客户"),
        Tag(code="lost", en="Lost", zh="流失客户", retired=True),
    ),
)
KEY = structs.replace(CUSTOMER, tier="key")


def sorting(tier: str) -> Act:
    return act("customer.classify", {"tier": tier}, on=("customer", CUSTOMER.id), by=DORA)


def test_a_customer_is_put_in_a_tier_and_out_of_it_again() -> None:
    """R-CLS-08, R-CRM-05."""
    assert done(state(WORDS), sorting("key")) == Outcome(rows=(KEY,))
    assert done(state(WORDS, KEY), sorting("key")) == Outcome(merged=True)
    assert done(state(WORDS, KEY), sorting("")) == Outcome(rows=(CUSTOMER,))


@pytest.mark.parametrize("tier", ["lost", "gold"])
def test_a_word_that_is_not_offered_is_no_tier(tier: str) -> None:
    assert refusal(state(WORDS), sorting(tier)) == ("unknown_subject", "args.tier")
    told = {"name": "x", "type": "person", "tier": tier}
    new = act("customer.add", told, on=("customer", ident("op")), by=DORA)
    assert refusal(state(WORDS), new) == ("unknown_subject", "args.tier")
    assert refusal(state(), sorting(tier)) == ("unknown_subject", "args.tier")


def test_who_is_not_there_is_put_in_none() -> None:
    asked = act("customer.classify", {"tier": "key"}, on=("customer", ident("none")), by=DORA)
    assert refusal(state(WORDS), asked) == ("unknown_subject", "on")
    merged = structs.replace(sorting("key"), alias=ident("twin"))
    assert refusal(state(WORDS), merged) == ("merged_meanwhile", "on")


def test_a_newcomer_may_be_in_a_tier_at_once() -> None:
    told = {"name": "沈岚", "type": "person", "tier": "key"}
    new = act("customer.add", told, on=("customer", ident("op")), by=DORA)
    (kept,) = done(state(WORDS), new).rows
    assert getattr(kept, "tier", "") == "key"


def test_limits_may_depend_on_the_tier() -> None:
    """R-SLA-17."""
    request = Request(ticket=TICKET, events=(), customer=KEY)
    assert facts_of(request) == {"tier": "key"}
    assert facts_of(structs.replace(request, customer=CUSTOMER)) == {}


def test_a_high_value_customer_makes_a_request_more_pressing_and_it_says_why() -> None:
    """R-CLS-08, R-CLS-23."""
    told = {"urgency": "general", "tier": "key"}
    assert derive_priority(told) == Derived(priority="urgent", because=("general", "high_value"))
    said = act("ticket.classify", {"kind": "fault"}, on=("ticket", TICKET.id), by=DORA)
    assert only(done(state(KEY), said), Ticket).priority == "urgent"
    assert only(done(state(), said), Ticket).priority == "normal"
