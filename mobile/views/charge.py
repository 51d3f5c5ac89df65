"""Putting something on the bill: found in the price list, measured, and what that comes to."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from mobile.texts import Words
from mobile.views.bill import percent
from mobile.views.proposals import TIMES, measured
from shared.amounts import THOUSAND, quantity_text, thousandths, tidy
from shared.charges import Charge, QuoteLine, Wish
from shared.errors import Refused
from shared.money import DISCOUNT, net_of, rounded, written as money
from shared.prices import PriceItem, PriceList, item_of
from shared.pricing import Till, priced
from shared.records import State
from shared.typed import major, quantity as quantity_of
from sync.arrival import shape_problem

MEASURED: Final = frozenset({"metre", "litre", "kilogram", "kilometre"})
HALF: Final = THOUSAND // 2
STEPS: Final = {"hour": HALF}
QUANTITY_MAX: Final = 9_999 * THOUSAND
PERCENTS: Final = (5, 10, 15, 20)
HAND_KIND: Final = "other"


class Listed(Struct, frozen=True, kw_only=True):
    """One thing of the price list, with its price per unit."""

    code: str
    name: str
    kind: str
    price: str


def find(prices: PriceList, text: str, words: Words) -> tuple[Listed, ...]:
    """What of a price list mentions every word of a text, in the list's own order."""
    wanted = tidy(text).casefold().split()
    return tuple(
        Listed(
            code=one.code,
            name=str(getattr(one, words.language)),
            kind=words("line_kinds", one.kind),
            price=price_of(one, prices, words),
        )
        for one in prices.items
        if one.kind != "discount" and _mentions(one, wanted)
    )


def price_of(item: PriceItem, prices: PriceList, words: Words) -> str:
    """What one of it costs: `¥45.00 / pc`."""
    price, unit = money(item.price, prices.currency), words("units", item.unit)
    return price if unit == TIMES else words("bill", "per", price=price, unit=unit)


def stepped(quantity: str, by: int, unit: str) -> str:
    """A quantity one step up or down: hours by the half, everything else by the whole."""
    step = STEPS.get(unit, THOUSAND)
    plain = quantity_of(quantity)
    amount = thousandths(plain) if plain else 0
    return quantity_text(min(max(step, amount + by * step), QUANTITY_MAX))


def net_text(price: int, quantity: str, currency: str, *, covered: bool) -> str:
    """What so much of it comes to; nothing where it is covered, a dash where it is no number."""
    plain = quantity_of(quantity)
    if not plain:
        return "–"
    return money(0 if covered else net_of(price, thousandths(plain)), currency)


def rates(prices: PriceList, words: Words) -> tuple[tuple[str, str], ...]:
    """The tax rates of a price list, the commonest first."""
    used = [one.tax for one in prices.items]
    ordered = sorted(set(used), key=lambda rate: (-used.count(rate), rate))
    return tuple((str(one), words("bill", "rate", rate=percent(one))) for one in ordered)


def share_of(lines: int, percent_off: int) -> int:
    """So many percent of the lines, in minor units."""
    return rounded(lines * percent_off, 100)


def told_wish(wish: Wish, prices: PriceList, words: Words) -> tuple[str, str, str]:
    """A wish in words: its name, how much at which price, and what that is."""
    item = item_of(prices, wish.item) if wish.item else None
    price = item.price if item is not None else (wish.price or 0)
    unit = item.unit if item is not None else "piece"
    sign = -1 if wish.kind == "discount" else 1
    name = str(getattr(item, words.language)) if item is not None else wish.name
    told = measured((thousandths(wish.quantity), unit, price), prices.currency, words)
    return name, told, net_text(sign * price, wish.quantity, prices.currency, covered=wish.covered)


def wish_price(wish: Wish, prices: PriceList) -> int:
    """What a wish comes to, in minor units; nothing where it is covered."""
    item = item_of(prices, wish.item) if wish.item else None
    price = item.price if item is not None else (wish.price or 0)
    sign = -1 if wish.kind == "discount" else 1
    return 0 if wish.covered else net_of(sign * price, thousandths(wish.quantity))


def line_of(wish: Wish, prices: PriceList) -> QuoteLine:
    """A wish as a line, for sums."""
    item = item_of(prices, wish.item) if wish.item else None
    tax = item.tax if item is not None else (wish.tax or 0)
    name = item.zh if item is not None else wish.name
    return QuoteLine(
        kind=wish.kind,
        item=wish.item,
        en=item.en if item is not None else name,
        zh=name,
        amount=thousandths(wish.quantity),
        unit=item.unit if item is not None else "piece",
        price=item.price if item is not None else (wish.price or 0),
        tax=tax,
        net=wish_price(wish, prices),
        covered=wish.covered,
    )


def said(wish: Wish) -> dict[str, Any]:
    """A wish as an op says it."""
    told: dict[str, Any] = msgspec.to_builtins(wish)
    return told


def unfit(wish: Wish, till: Till, state: State) -> Refused | None:
    """Why a line cannot be asked for like this: to be known before what it replaces is gone."""
    try:
        msgspec.convert(said(wish), Wish)
    except msgspec.ValidationError as wrong:
        found = shape_problem(wrong, till.path)
        return Refused(code=found.code, grounds="value", field=found.field, params=found.params)
    line = priced(state, till, wish)
    return line if isinstance(line, Refused) else None


def sheet_of(one: Charge) -> str:
    """The sheet on which a line is changed."""
    return "discount" if one.kind == DISCOUNT else "charge"


def again(one: Charge, currency: str) -> dict[str, str]:
    """What a sheet is opened with to change a line."""
    if one.kind == DISCOUNT:
        args = {"instead": one.id, "amount": major(abs(one.net), currency), "reason": one.note}
        return {name: value for name, value in args.items() if value}
    args = {"item": one.item, "quantity": quantity_text(one.amount), "instead": one.id}
    more = {"use": one.use_id or "", "note": one.note, "covered": "yes" if one.covered else "no"}
    if not one.item:
        args |= {"hand": "yes", "called": one.zh, "price": major(one.price, currency)}
        args |= {"rate": str(one.tax)}
    return {name: value for name, value in {**args, **more}.items() if value}


def _mentions(item: PriceItem, wanted: list[str]) -> bool:
    told = f"{item.code} {item.en} {item.zh}".casefold()
    return all(one in told for one in wanted)
