"""What belongs on a bill and is not there yet: an agreed quote, the visit, the parts used."""

from typing import Final

from msgspec import Struct

from mobile.queries.bill import Bill, Fitted
from mobile.texts import HOUR_MS, Words
from shared.amounts import THOUSAND, quantity_text, thousandths
from shared.charges import Charge, QuoteLine, Wish, agreed_of
from shared.money import net_of, written as money
from shared.prices import PriceItem, PriceList, price_of
from shared.visit import attended

HALF_HOUR_MS: Final = HOUR_MS // 2
HOUR: Final = "hour"
VISIT, LABOUR = "visit", "labour"
TIMES: Final = "×"  # a unit that says no more than the number before it
Measure = tuple[int, str, int]  # thousandths, unit, minor units for one


class Proposal(Struct, frozen=True, kw_only=True):
    """A line that belongs on the bill. `wish` is None where no price is known.

    `key` names it among the others; `quantity` is how much of it there is.
    """

    key: str
    name: str
    under: str
    amount: str
    quantity: str
    wish: Wish | None = None


def proposals(bill: Bill, prices: PriceList, words: Words) -> tuple[Proposal, ...]:
    """What belongs on the bill and is not there yet."""
    agreed = agreed_lines(bill)
    if agreed:
        return tuple(_agreed(one, index, prices, words) for index, one in enumerate(agreed))
    charged = {one.use_id for one in bill.charges}
    unpaid = [one for one in bill.fitted if one.use is not None and one.use.id not in charged]
    parts = tuple(_part(one, bill, prices, words) for one in unpaid)
    return (*_visit(bill, prices, words), *parts)


def covers(bill: Bill) -> frozenset[str]:
    """The kinds of line that are not charged, as it was decided."""
    return frozenset(bill.decision.covers) if bill.decision is not None else frozenset()


def agreed_lines(bill: Bill) -> tuple[QuoteLine, ...]:
    """The lines of the quote that was agreed to last, as long as nothing is on the bill."""
    agreed = agreed_of(bill.quotes)
    return agreed.lines if agreed is not None and not bill.charges else ()


def wish_of(one: Charge | QuoteLine) -> Wish:
    """A line as it is asked for again."""
    by_hand = not one.item
    return Wish(
        kind=one.kind,
        quantity=quantity_text(one.amount),
        item=one.item,
        name=one.zh if by_hand else "",
        price=abs(one.price) if by_hand else None,
        tax=one.tax if by_hand else None,
        covered=one.covered,
    )


def hours_on_site(bill: Bill) -> int:
    """How long the technician was there, by the begun half hour, in thousandths of an hour."""
    if bill.visit is None:
        return 0
    arrived = attended(bill.visit, bill.visit.person_id).arrived_at
    if arrived is None or bill.visit.ended_at is None:
        return 0
    halves = -(-(bill.visit.ended_at - arrived) // HALF_HOUR_MS)
    return max(halves, 1) * THOUSAND // 2


def measured(measure: Measure, currency: str, words: Words) -> str:
    """How much of it, at which price: `2 pc × ¥45.00`."""
    amount, unit, price = measure
    quantity = counted(quantity_text(amount), unit, words)
    return words("bill", "measured", quantity=quantity, price=money(price, currency))


def counted(quantity: str, unit: str, words: Words) -> str:
    """How much of it: `2 pc`, and `2` of what is only counted in times."""
    named = words("units", unit)
    return quantity if named == TIMES else f"{quantity} {named}".strip()


def _visit(bill: Bill, prices: PriceList, words: Words) -> tuple[Proposal, ...]:
    """The first visit fee and the first hours of the price list, once somebody was there."""
    visit = bill.visit
    if visit is None or attended(visit, visit.person_id).arrived_at is None:
        return ()
    amounts = {VISIT: THOUSAND, LABOUR: hours_on_site(bill)}
    known = {one.kind for one in bill.charges}
    found = []
    for kind, amount in amounts.items():
        item = next((one for one in prices.items if one.kind == kind), None)
        fits = item is not None and (kind == VISIT or item.unit == HOUR)
        if item is not None and fits and amount and kind not in known:
            wish = Wish(kind=item.kind, quantity=quantity_text(amount), item=item.code)
            found.append(_listed(item, wish, (bill, prices, words)))
    return tuple(found)


def _part(one: Fitted, bill: Bill, prices: PriceList, words: Words) -> Proposal:
    """A part that was used; without a price in the list somebody has to name one."""
    assert one.use is not None
    item = price_of(prices, one.part.id)
    quantity = quantity_text(one.amount)
    if item is not None:
        wish = Wish(kind=item.kind, quantity=quantity, item=item.code, use=one.use.id)
        return _listed(item, wish, (bill, prices, words))
    told = counted(quantity, one.part.unit, words)
    return Proposal(
        key=one.use.id,
        name=str(getattr(one.part, words.language)),
        under=words.join(told, words("bill", "no_price")),
        amount="",
        quantity=quantity,
    )


def _listed(item: PriceItem, wish: Wish, around: tuple[Bill, PriceList, Words]) -> Proposal:
    """Something of the price list, free where it is covered."""
    bill, prices, words = around
    amount = thousandths(wish.quantity)
    free = item.kind in covers(bill)
    told = measured((amount, item.unit, item.price), prices.currency, words)
    return Proposal(
        key=wish.use or item.code,
        name=str(getattr(item, words.language)),
        under=words.join(told, words("bill", "covered") if free else ""),
        amount=money(0 if free else net_of(item.price, amount), prices.currency),
        quantity=wish.quantity,
        wish=Wish(
            kind=wish.kind, quantity=wish.quantity, item=wish.item, use=wish.use, covered=free
        ),
    )


def _agreed(one: QuoteLine, index: int, prices: PriceList, words: Words) -> Proposal:
    return Proposal(
        key=f"agreed_{index}",
        name=str(getattr(one, words.language)),
        under=measured((one.amount, one.unit, one.price), prices.currency, words),
        amount=money(0 if one.covered else one.net, prices.currency),
        quantity=quantity_text(one.amount),
        wish=wish_of(one),
    )
