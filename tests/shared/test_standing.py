"""How tickets stand is told from rows alone, whoever has read them and in whichever order."""

from typing import Any

import pytest
from msgspec import structs

from shared.calendars import COMPANY, PLAIN, Span
from shared.policy import CHOICE, Limit, PolicyChoice, ServicePolicy
from shared.prices import Contract, PriceList, WarrantyTerm
from shared.standing import Grounds, Rules, Standing
from shared.ticket import TicketEvent
from tests.shared.company import ASSET, CUSTOMER, DORA, SITE, TICKET, ident

HOUR = 3_600_000
NINE_IN_THE_EVENING = 1_795_438_800_000  # in Shanghai, on a Monday
POLICY = ServicePolicy(
    id=ident("policy"),
    name="p",
    number=1,
    valid_from="2026-01-01",
    en="P",
    zh="P",
    limits=(
        Limit(
            id="in-warranty",
            node="arrive",
            start="received",
            stop="arrived",
            amount=4,
            when={"warranty": ("in",)},
        ),
        Limit(
            id="by-contract",
            node="solve",
            start="received",
            stop="resolved",
            amount=2,
            calendar="working",
            when={"contract": ("yes",)},
        ),
    ),
    by=DORA.id,
    at=0,
)
OWN = structs.replace(TICKET, policy_id=POLICY.id, number="T-26-000001")
SOLD = structs.replace(
    ASSET, warranty_until=None, delivered_on="2025-11-01", product_class="chiller"
)
CONTRACT = Contract(
    id=ident("contract"),
    customer_id=CUSTOMER.id,
    number="C1",
    valid_from="2026-01-01",
    valid_to="2027-01-01",
    covers=(),
)


def prices(edition: int, since: str, months: int) -> PriceList:
    return PriceList(
        id=ident(f"prices {edition}"),
        name="List",
        edition=edition,
        valid_from=since,
        currency="CNY",
        on_spot_limit=0,
        items=(),
        warranty=(WarrantyTerm(months=months),),
        warranty_from="delivery",
    )


def line(what: str, at: int) -> TicketEvent:
    return TicketEvent(
        id=ident(f"{what} {at}"),
        ticket_id=TICKET.id,
        what="x",
        status="planned",
        by=DORA.id,
        at=at,
        events=(what,),
    )


def standing(*rows: Any, **rules: Any) -> Standing:
    told = {"policies": {POLICY.id: POLICY}, "prices": (prices(1, "2026-01-01", 24),), **rules}
    known = (OWN, SITE, CUSTOMER, SOLD, *rows)
    return Grounds(Rules(**told), known).standing(OWN, OWN.opened_at + HOUR)


def test_the_order_of_rows_does_not_matter() -> None:
    story = (line("arrived", OWN.opened_at + 60_000), line("assigned", OWN.opened_at + 30_000))
    found = standing(*story, CONTRACT)
    assert found == standing(CONTRACT, *reversed(story))
    assert [one.events for one in found.events] == [("assigned",), ("arrived",)]
    assert [(one.limit, one.state) for one in found.clocks] == [
        ("in-warranty", "met"),
        ("by-contract", "running"),
    ]
    assert (found.site, found.customer, found.policy) == (SITE, CUSTOMER, POLICY)


def test_a_later_price_list_does_not_change_what_a_ticket_was_opened_under() -> None:
    later = prices(2, "2030-01-01", 1)
    both = standing(prices=(prices(1, "2026-01-01", 24), later))
    assert both == standing()
    assert [one.limit for one in both.clocks] == ["in-warranty"]
    assert standing(prices=(prices(2, "2026-01-01", 1),)).clocks == ()


@pytest.mark.parametrize("policies", [{}, {ident("other"): POLICY}])
def test_a_ticket_whose_policy_is_not_known_has_no_clocks(policies: Any) -> None:
    found = standing(policies=policies)
    assert (found.policy, found.clocks) == (None, ())


def test_the_hours_are_the_company_s_and_plain_ones_where_it_has_none() -> None:
    night = structs.replace(PLAIN, id=COMPANY, week=((Span("20:00", "23:00"),),) * 7)
    rows = (OWN, SITE, CUSTOMER, SOLD)
    open_at_nine = [
        grounds.hours(grounds.case(OWN)).is_open(NINE_IN_THE_EVENING)
        for grounds in (Grounds(Rules(), rows), Grounds(Rules(calendars=(night,)), rows))
    ]
    assert open_at_nine == [False, True]
    due = [standing(CONTRACT, calendars=one).clocks[-1].due for one in ((), (night,))]
    assert due[0] != due[1]


def test_zones_and_classes_mean_to_a_policy_what_was_chosen() -> None:
    choice = PolicyChoice(id=CHOICE, zones={"Pudong": "urban"}, classes={"chiller": "high_tech"})
    facts = standing(structs.replace(SITE, zone="Pudong"), choice=choice).case.facts
    assert (facts["product_class"], facts["zone"]) == ("high_tech", "urban")
