"""Pricing: what a line that somebody asks for costs at one edition of the price list."""

from typing import Any, Final

from msgspec import Struct

from shared.amounts import has_control_characters, is_sayable, thousandths, tidy
from shared.charges import QuoteLine, Wish
from shared.errors import Flag, Refused, refuse_value
from shared.money import DISCOUNT, net_of
from shared.parts import PartUse
from shared.prices import MINOR_MAX, PriceItem, PriceList, item_of, price_of, usual_tax
from shared.records import State

BY_HAND: Final = frozenset({"part", "other", DISCOUNT})
AMOUNT_MAX: Final = 100_000_000  # thousandths: a hundred thousand of anything is a slip
BY_HAND_FLAG: Final = Flag(code="price_by_hand")


class Till(Struct, frozen=True, kw_only=True):
    """Where a line is priced: for which job, at which edition, from which argument (`path`)."""

    order_id: str
    prices: PriceList
    path: str


def priced(state: State, till: Till, wish: Wish) -> QuoteLine | Refused:
    """The line with its price, tax and net, or why it cannot be asked for like this."""
    refused = _unusable(state, till, wish)
    if refused is not None:
        return refused
    item = item_of(till.prices, wish.item) if wish.item else None
    price = item.price if item is not None else (wish.price or 0)
    price = -price if wish.kind == DISCOUNT else price
    amount = thousandths(wish.quantity)
    net = net_of(price, amount)
    if abs(net) > MINOR_MAX:
        return refuse_value("out_of_range", f"{till.path}.quantity")
    usual = usual_tax(till.prices) if wish.tax is None else wish.tax
    name = tidy(wish.name)
    return QuoteLine(
        kind=wish.kind,
        item=wish.item,
        en=item.en if item is not None else name,
        zh=item.zh if item is not None else name,
        amount=amount,
        unit=item.unit if item is not None else "piece",
        price=price,
        tax=item.tax if item is not None else usual,
        net=net,
        covered=wish.covered,
    )


def unreadable(args: Any, path: str = "args") -> Refused | None:
    """The first text among these arguments that cannot be shown, or that says nothing."""
    for name in args.__struct_fields__:
        told = getattr(args, name)
        if isinstance(told, str) and told and has_control_characters(tidy(told)):
            return refuse_value("not_text", f"{path}.{name}")
    return None


def unsaid(args: Any, *names: str) -> Refused | None:
    """The first of these arguments that says nothing a person could read, or what cannot be."""
    wrong = (name for name in names if not is_sayable(getattr(args, name)))
    field = next(wrong, None)
    return refuse_value("not_text", f"args.{field}") if field is not None else unreadable(args)


def _unusable(state: State, till: Till, wish: Wish) -> Refused | None:
    illegible = unreadable(wish, till.path)
    if illegible is not None:
        return illegible
    amount = thousandths(wish.quantity)
    if not 0 < amount <= AMOUNT_MAX:
        return refuse_value("wrong_quantity", f"{till.path}.quantity", quantity=wish.quantity)
    if wish.covered and wish.kind == DISCOUNT:
        return refuse_value("wrong_value", f"{till.path}.covered")
    use = state.find(PartUse, wish.use)
    if wish.use is not None and (use is None or use.work_order_id != till.order_id):
        return refuse_value("unknown_subject", f"{till.path}.use")
    if use is not None and wish.kind != "part":
        return refuse_value("wrong_value", f"{till.path}.kind", reason=wish.kind)
    return _unlisted(till, wish, use) if wish.item else _not_by_hand(till, wish, use)


def _unlisted(till: Till, wish: Wish, use: PartUse | None) -> Refused | None:
    """Why a line of the price list cannot be: no such item, another kind or part, or a price."""
    item: PriceItem | None = item_of(till.prices, wish.item)
    if item is None:
        return refuse_value("unknown_subject", f"{till.path}.item")
    if item.kind != wish.kind:
        return refuse_value("wrong_value", f"{till.path}.kind", reason=wish.kind)
    if use is not None and item.part_id not in (None, use.part_id):
        return refuse_value("wrong_value", f"{till.path}.item", reason=wish.item)
    by_hand = next((name for name in ("price", "tax") if getattr(wish, name) is not None), None)
    if by_hand is not None or wish.name:
        return refuse_value("price_is_listed", f"{till.path}.{by_hand or 'name'}")
    return None


def _not_by_hand(till: Till, wish: Wish, use: PartUse | None) -> Refused | None:
    """Why a price cannot be named by hand: the list has one, or no price or name was given."""
    listed = price_of(till.prices, use.part_id) if use is not None else None
    if wish.kind not in BY_HAND or listed is not None:
        return refuse_value("price_is_listed", f"{till.path}.item")
    if wish.price is None:
        return refuse_value("missing_field", f"{till.path}.price")
    if not is_sayable(wish.name):
        return refuse_value("missing_field", f"{till.path}.name")
    return None
