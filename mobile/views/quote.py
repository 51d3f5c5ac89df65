"""A quote while it is being put together: its lines in words, and what they come to."""

from collections.abc import Sequence

from msgspec import Struct

from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.bill import sum_rows
from mobile.views.charge import line_of, told_wish
from mobile.views.proposals import covers, wish_of
from shared.amounts import quantity_text
from shared.charges import Wish
from shared.money import total_of, written as money
from shared.prices import PriceList, price_of


class QuoteView(Struct, frozen=True, kw_only=True):
    """Each line is its name, how much at which price, and what that is."""

    lines: tuple[tuple[str, str, str], ...]
    sums: tuple[tuple[str, str], ...]
    total: str


def begun(bill: Bill, prices: PriceList) -> list[Wish]:
    """What a quote begins with: what is on the bill, and the planned parts that have a price."""
    free = "part" in covers(bill)
    planned = []
    for one in bill.planned:
        item = price_of(prices, one.part.id)
        if item is not None:
            quantity = quantity_text(one.amount)
            wish = Wish(kind=item.kind, quantity=quantity, item=item.code, covered=free)
            planned.append(wish)
    return [*(wish_of(one) for one in bill.charges), *planned]


def quoted(lines: Sequence[Wish], prices: PriceList, words: Words) -> QuoteView:
    """The lines in words, and what they come to."""
    sums = total_of([line_of(one, prices) for one in lines], prices, 0)
    return QuoteView(
        lines=tuple(told_wish(one, prices, words) for one in lines),
        sums=tuple((name, money(amount, sums.currency)) for name, amount in sum_rows(sums, words)),
        total=money(sums.total, sums.currency),
    )
