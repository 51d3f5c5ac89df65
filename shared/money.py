"""Money: what lines come to, in whole minor units, and how an amount is written out."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from shared.amounts import THOUSAND
from shared.document import Sum, TaxPart
from shared.ids import derive
from shared.prices import PriceList

DISCOUNT: Final = "discount"
WHOLE: Final = 10_000  # basis points
SIGNS: Final = {"CNY": "¥", "EUR": "€", "GBP": "£", "USD": "US$", "HKD": "HK$", "JPY": "JP¥"}
# ISO 4217: how many digits the minor unit has, where there are not two.
DECIMALS: Final = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
CAPITALS: Final = "零壹贰叁肆伍陆柒捌玖"
PLACES: Final = ("", "拾", "佰", "仟")
GROUPS: Final = ("", "万", "亿")
GROUP: Final = 10_000
FEN_MAX: Final = 10**14  # a hundred fen are a yuan, and twelve digits of them have words


class Billed(Protocol):
    """What has to be known of a line to add it up."""

    @property
    def kind(self) -> str: ...
    @property
    def net(self) -> int: ...
    @property
    def tax(self) -> int: ...
    @property
    def covered(self) -> bool: ...


def rounded(amount: int, parts: int) -> int:
    """An amount divided into so many parts, halves rounded away from zero."""
    whole = (2 * abs(amount) + parts) // (2 * parts)
    return whole if amount >= 0 else -whole


def net_of(price: int, amount: int) -> int:
    """What so many thousandths of a unit cost at a price per unit."""
    return rounded(price * amount, THOUSAND)


def total_of(lines: Iterable[Billed], prices: PriceList, paid: int = 0) -> Sum:
    """The total of all lines that are not covered, with the tax of each rate on their sum.

    Prices hold the tax where the price list says so; else it is added. Discounts take off no more
    than there is, so that lines, discount and added taxes are the total. All in minor units.
    """
    charged = [one for one in lines if not one.covered]
    gross = sum(one.net for one in charged if one.kind != DISCOUNT)
    off = sum(one.net for one in charged if one.kind == DISCOUNT)
    parts = [
        _tax(rate, net, inclusive=prices.tax_inclusive) for rate, net in _by_rate(charged) if net
    ]
    total = sum(part.base + part.tax for part in parts)
    return Sum(
        currency=prices.currency,
        tax_inclusive=prices.tax_inclusive,
        price_list_id=prices.id,
        price_list=prices.name,
        edition=prices.edition,
        lines=gross,
        discount=max(off, -gross),
        taxes=tuple(parts),
        total=total,
        paid=paid,
        due=max(total - paid, 0),
    )


def _by_rate(charged: list[Billed]) -> list[tuple[int, int]]:
    """What each rate comes to, lowest first; what is too much taken off one is off the others."""
    nets: dict[int, int] = {}
    for one in charged:
        nets[one.tax] = nets.get(one.tax, 0) + one.net
    over = -sum(net for net in nets.values() if net < 0)
    left = []
    for rate, net in sorted(nets.items(), reverse=True):
        taken = min(over, max(net, 0))
        over -= taken
        left.append((rate, max(net, 0) - taken))
    return left[::-1]


def _tax(rate: int, net: int, *, inclusive: bool) -> TaxPart:
    if not inclusive:
        return TaxPart(rate=rate, base=net, tax=rounded(net * rate, WHOLE))
    base = rounded(net * WHOLE, WHOLE + rate)
    return TaxPart(rate=rate, base=base, tax=net - base)


def written(minor: int, currency: str) -> str:
    """An amount in figures, the same in both languages: `¥1,234.50`, `−¥50.00`, `CHF 12.00`."""
    digits = DECIMALS.get(currency, 2)
    sign = SIGNS.get(currency, f"{currency}\u00a0" if currency else "")
    whole, rest = divmod(abs(minor), 10**digits)
    fraction = f".{rest:0{digits}}" if digits else ""
    return f"{'−' if minor < 0 else ''}{sign}{whole:,}{fraction}"


def in_capitals(fen: int) -> str:
    """An amount of yuan in capitals (大写), as receipts and cheques have it: 壹佰零伍元叁角整.

    After the rules for writing bills and settlement vouchers (支付结算办法, annex 1): one 零 for
    any number of noughts between figures, 零 before 分 where there are no 角, 整 where there are
    no 分.
    Raises ValueError from a million million yuan on.
    """
    if abs(fen) >= FEN_MAX:
        raise ValueError("this is more than there are words for")
    yuan, rest = divmod(abs(fen), 100)
    jiao, small = divmod(rest, 10)
    words = f"{_in_groups(yuan)}元" if yuan else ""
    if yuan and rest and (jiao == 0 or yuan % 10 == 0):
        words += CAPITALS[0]
    words += f"{CAPITALS[jiao]}角" if jiao else ""
    words += f"{CAPITALS[small]}分" if small else "整"
    return ("负" if fen < 0 else "") + (words if fen else "零元整")


def _in_groups(yuan: int) -> str:
    words = ""
    nought = False  # noughts since the last figure
    for place, group in _groups(yuan):
        nought = nought or (bool(words) and group < GROUP // 10)
        if group:
            words += (CAPITALS[0] if nought and words else "") + _in_figures(group) + GROUPS[place]
            nought = False
    return words


def _groups(yuan: int) -> Iterator[tuple[int, int]]:
    """Four digits each, the highest first, with their place."""
    for place in range(len(GROUPS) - 1, -1, -1):
        yield place, yuan // GROUP**place % GROUP


def _in_figures(group: int) -> str:
    """Up to four digits; noughts at either end say nothing."""
    words = ""
    for place in range(len(PLACES) - 1, -1, -1):
        digit = group // 10**place % 10
        if digit:
            words += CAPITALS[digit] + PLACES[place]
        elif words and group % 10**place and not words.endswith(CAPITALS[0]):
            words += CAPITALS[0]
    return words


def receipt_of(op_id: str) -> str:
    """The code on the receipt that an act makes, the same on both ends: `7F3A-91C2`."""
    code = derive(op_id, "receipt")[:8].upper()
    return f"{code[:4]}-{code[4:]}"
