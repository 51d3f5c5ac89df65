"""Coverage: whether a job is in warranty, under contract or to be paid for, and why."""

import calendar
import datetime
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from shared.amounts import is_real
from shared.errors import Params
from shared.prices import Contract, LineKind, PriceItem, PriceList
from shared.site import Asset
from shared.texts import Catalogue, say
from shared.work_order import Category

# Which reasons a category can have (R-CHG-01 to R-CHG-05).
BASES_OF: Final = {
    "A": frozenset({"none"}),
    "B": frozenset({"contract"}),
    "C": frozenset({"warranty", "goodwill"}),
    "D": frozenset({"internal"}),
}
# What a warranty pays for (R-WAR-01, R-WAR-02); upgrades and accessories are chargeable (R-WAR-14).
IN_WARRANTY: Final[tuple[LineKind, ...]] = ("visit", "inspection", "labour", "travel", "part")
INTERNAL: Final[tuple[LineKind, ...]] = (*IN_WARRANTY, "other")
OFFERED: Final[tuple[LineKind, ...]] = ("visit", "inspection", "labour", "travel", "other", "part")
MONTHS: Final = 12
PAID_ANYWAY: Final = ("damage", "excluded", "agreed")  # with `goodwill`, a person's word only
CODES: Final = (
    *("in_warranty_delivery", "in_warranty_invoice", "in_warranty_until"),
    *("warranty_over_delivery", "warranty_over_invoice", "warranty_over_until"),
    *("no_date", "no_term", "no_machine", "contract", "contract_over", "internal"),
    *("goodwill", *PAID_ANYWAY),
)


class Case(Struct, frozen=True, kw_only=True):
    """What is known of a job: its category so far, its machine, and what is in force.

    `contracts` are those of the customer, `site_id` where the job is, `day` the day at the site
    (`2026-11-21`).
    """

    category: Category
    site_id: str
    day: str
    asset: Asset | None = None
    contracts: tuple[Contract, ...] = ()
    prices: PriceList | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """Who pays and why: the arguments of `charge.decide`, but for a note."""

    category: Category
    basis: str
    code: str
    params: Params = field(default_factory=dict)
    covers: tuple[LineKind, ...] = ()


class Warranty(Struct, frozen=True, kw_only=True):
    """A machine's warranty: its last day, from which event it was reckoned, and that day.

    `start` is empty where somebody wrote the last day down.
    """

    until: str
    start: str = ""
    since: str = ""


def decide(case: Case) -> Decision:
    """What the papers say: internal work, in warranty, under contract, or to be paid for.

    A job that was planned as one under contract is one where there is a contract, also in
    warranty; else what is free anyway uses up nothing that was paid for.
    """
    if case.category == "D":
        return Decision(category="D", basis="internal", code="internal", covers=INTERNAL)
    free = _in_warranty(case)
    bought = _under_contract(case)
    first, second = (bought, free) if case.category == "B" else (free, bought)
    return first or second or _to_be_paid(case)


def by_a_person(case: Case) -> tuple[Decision, ...]:
    """What somebody may decide otherwise: free all the same, or chargeable all the same.

    Damage is no matter of warranty (R-CLS-21); `excluded` is what neither warranty nor contract
    is for, such as an upgrade; `agreed` is what the customer wants to pay for.
    """
    free = Decision(category="C", basis="goodwill", code="goodwill", covers=IN_WARRANTY)
    paid = (Decision(category="A", basis="none", code=code) for code in PAID_ANYWAY)
    usual = decide(case)
    return tuple(one for one in (free, *paid) if one != usual)


def options(decision: Decision, prices: PriceList) -> tuple[PriceItem, ...]:
    """What a customer can be offered for money where it is not covered (R-WAR-09)."""
    open_kinds = [kind for kind in OFFERED if kind not in decision.covers]
    return tuple(one for kind in open_kinds for one in prices.items if one.kind == kind)


def warranty(asset: Asset, prices: PriceList | None) -> Warranty | None:
    """A machine's warranty, if its dates and its class say one.

    The last day somebody wrote down stands. Else the term of its class (R-WAR-05) is counted from
    delivery (R-WAR-06) or invoice, as the price list wants; where that day is not on file, from
    the other one.
    """
    if asset.warranty_until is not None:
        return Warranty(until=asset.warranty_until)
    if prices is None:
        return None
    days, months = _days(asset), _term(asset, prices)
    if not days or months is None:
        return None
    start = prices.warranty_from if prices.warranty_from in days else next(iter(days))
    until = _months_after(days[start], months)
    return Warranty(until=until, start=start, since=days[start])


def explain(catalogue: Catalogue, code: str, params: Params, covers: Iterable[str] = ()) -> str:
    """A decision's reason in words; `{covers}` in it names the kinds of line that are covered."""
    kinds = say(catalogue, "coverage", "between").join(
        say(catalogue, "line_kinds", one) for one in covers
    )
    return say(catalogue, "coverage", code, {**params, "covers": kinds})


def _in_warranty(case: Case) -> Decision | None:
    known = warranty(case.asset, case.prices) if case.asset is not None else None
    if known is None or known.until < case.day:
        return None
    return Decision(
        category="C",
        basis="warranty",
        code=f"in_warranty_{known.start or 'until'}",
        params=_dates(known),
        covers=IN_WARRANTY,
    )


def _under_contract(case: Case) -> Decision | None:
    theirs = [one for one in _contracts(case) if one.valid_from <= case.day <= one.valid_to]
    # The one for this place before one for all, then the one that lasts longest.
    best = max(
        theirs, key=lambda one: (one.site_id is not None, one.valid_to, one.id), default=None
    )
    if best is None:
        return None
    params: Params = {"number": best.number, "until": best.valid_to}
    return Decision(
        category="B", basis="contract", code="contract", params=params, covers=best.covers
    )


def _to_be_paid(case: Case) -> Decision:
    """Chargeable, and which paper is missing or over."""
    over = [one for one in _contracts(case) if one.valid_to < case.day]
    last = max(over, key=lambda one: (one.valid_to, one.id), default=None)
    params: Params = {}
    if case.category == "B" and last is not None:
        code, params = "contract_over", {"number": last.number, "until": last.valid_to}
    elif case.asset is None:
        code = "no_machine"
    elif (known := warranty(case.asset, case.prices)) is not None:
        code, params = f"warranty_over_{known.start or 'until'}", _dates(known)
    else:
        code = "no_term" if _days(case.asset) else "no_date"
    return Decision(category="A", basis="none", code=code, params=params)


def _contracts(case: Case) -> list[Contract]:
    return [one for one in case.contracts if one.site_id in (None, case.site_id)]


def _dates(known: Warranty) -> Params:
    return {"until": known.until, **({"since": known.since} if known.since else {})}


def _days(asset: Asset) -> dict[str, str]:
    """The days a warranty may be counted from, as far as they are on file."""
    days = {"delivery": asset.delivered_on, "invoice": asset.invoiced_on}
    return {name: day for name, day in days.items() if day is not None and is_real(day)}


def _term(asset: Asset, prices: PriceList) -> int | None:
    terms = {one.product_class: one.months for one in prices.warranty}
    return terms.get(asset.product_class, terms.get(""))


def _months_after(day: str, months: int) -> str:
    """The same day so many months later, or the last one of a shorter month."""
    start = datetime.date.fromisoformat(day)
    year, month = divmod(start.year * MONTHS + start.month - 1 + months, MONTHS)
    year = min(year, datetime.MAXYEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(start.day, last)).isoformat()
