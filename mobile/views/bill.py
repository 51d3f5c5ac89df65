"""The bill of a job: its lines, what they come to, the quote, and what comes next."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from mobile.queries import Sheet
from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.photos import may_add
from mobile.views.proposals import Proposal, measured, proposals
from mobile.views.work_order import Tone
from shared.amounts import THOUSAND, quantity_text
from shared.charges import Charge, Quote, agreed_of
from shared.document import Sum
from shared.money import total_of, written as money
from shared.payments import ON_ACCOUNT, Payment
from shared.prices import PriceList, current

PERCENT: Final = 100
STEP_ICONS: Final = {
    "accept": "check",
    "add_all": "playlist_add_check",
    "sign": "signature",
    "pay": "payments",
}
CATEGORY_TONES: Final[dict[str, Tone]] = {
    "A": "warning",
    "B": "info",
    "C": "success",
    "D": "neutral",
}
QUOTE_TONES: Final[dict[str, Tone]] = {"agreed": "success", "declined": "danger", "made": "info"}


class LineRow(Struct, frozen=True, kw_only=True):
    """One line. `under` says quantity and price, `covered` why it costs nothing."""

    id: str
    name: str
    under: str
    amount: str
    covered: str = ""
    note: str = ""


class QuoteRow(Struct, frozen=True, kw_only=True):
    """A quote, and how it stands: `made`, `agreed` or `declined`."""

    id: str
    total: str
    state: str
    told: str
    tone: Tone


class Payer(Struct, frozen=True, kw_only=True):
    """Who pays, and why, in words. `is_decided` tells that somebody has said so."""

    category: str
    name: str
    why: str
    note: str
    tone: Tone
    is_decided: bool


class BillView(Struct, frozen=True, kw_only=True):
    """The screen. Amounts are as they are shown; `due` is in minor units."""

    lines: tuple[LineRow, ...]
    proposals: tuple[Proposal, ...]
    sums: tuple[tuple[str, str], ...]
    total: str
    due: int
    due_text: str
    quote: QuoteRow | None
    prices: str
    is_priced: bool
    is_open: bool


class NextStep(Struct, frozen=True, kw_only=True):
    """The big button under the total; `action` is empty where nothing is left to do."""

    action: str
    label: str = ""
    detail: str = ""
    icon: str = ""


def edition(bill: Bill, today: str) -> PriceList | None:
    """The edition that the lines are at, or what was agreed to; else the one in force on a day."""
    agreed = agreed_of(bill.quotes)
    quoted = {agreed.price_list_id} if agreed is not None else set()
    named = {one.price_list_id for one in bill.charges} or quoted
    used = [one for one in bill.prices if one.id in named]
    newest = max(used, key=lambda one: (one.valid_from, one.edition, one.id), default=None)
    return newest or current(bill.prices, today)


def view(sheet: Sheet, bill: Bill, words: Words, today: str) -> BillView:
    """The bill of a job as it is shown."""
    prices = edition(bill, today)
    sums = total(bill, prices)
    currency = sums.currency if sums is not None else ""
    return BillView(
        lines=tuple(line(one, currency, words) for one in bill.charges),
        proposals=proposals(bill, prices, words) if prices is not None else (),
        sums=_sums(sums, words) if sums is not None else (),
        total=money(sums.total if sums is not None else 0, currency),
        due=sums.due if sums is not None else 0,
        due_text=money(sums.due if sums is not None else 0, currency),
        quote=quote_row(bill.quotes[-1], words) if bill.quotes else None,
        prices=words("bill", "prices", name=prices.name, edition=prices.edition)
        if prices is not None
        else words("bill", "no_prices"),
        is_priced=prices is not None,
        is_open=may_add(sheet),
    )


def next_step(sheet: Sheet, shown: BillView, payer: Payer | None, words: Words) -> NextStep:
    """What comes next: who pays, what is on the bill, the signature, the money."""
    if not shown.is_open:
        return NextStep(action="")
    if payer is not None and not payer.is_decided:
        return _step("accept", words, payer.name)
    direct = [one for one in shown.proposals if one.wish is not None]
    if direct:
        return _step("add_all", words, count=len(direct))
    if sheet.signing.signature in ("unsigned", "anew"):
        return _step("sign", words)
    if shown.due > 0:
        return _step("pay", words, amount=shown.due_text)
    return NextStep(action="")


def total(bill: Bill, prices: PriceList | None) -> Sum | None:
    """What the bill comes to; None where no price list is on this phone."""
    return None if prices is None else total_of(bill.charges, prices, paid(bill.payments))


def paid(payments: Iterable[Payment]) -> int:
    """What was collected, in minor units; what is on account was not."""
    return sum(one.amount for one in payments if one.method != ON_ACCOUNT)


def line(one: Charge, currency: str, words: Words) -> LineRow:
    """One line; what is covered is shown, and costs nothing."""
    return LineRow(
        id=one.id,
        name=str(getattr(one, words.language)),
        under=measured((one.amount, one.unit, one.price), currency, words),
        amount=money(0 if one.covered else one.net, currency),
        covered=words("bill", "covered") if one.covered else "",
        note=one.note,
    )


def quote_row(quote: Quote, words: Words) -> QuoteRow:
    """A quote, and how it stands."""
    state = "agreed" if quote.agreed_at else "declined" if quote.declined_at else "made"
    return QuoteRow(
        id=quote.id,
        total=money(quote.total, quote.currency),
        state=state,
        told=words.join(words("bill_quote", state), quote.decline_reason),
        tone=QUOTE_TONES[state],
    )


def percent(rate: int) -> str:
    """A rate in basis points: `13`, `6.5`."""
    return quantity_text(rate * THOUSAND // PERCENT)


def sum_rows(sums: Sum, words: Words) -> tuple[tuple[str, int], ...]:
    """The rows above a total that say something, in minor units."""
    rows = [(words("bill", "lines"), sums.lines)]
    if sums.discount:
        rows.append((words("bill", "discount"), sums.discount))
    code = "tax_in" if sums.tax_inclusive else "tax"
    rows += [
        (words("bill", code, rate=percent(one.rate)), one.tax) for one in sums.taxes if one.tax
    ]
    return tuple(rows)


def _sums(sums: Sum, words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((name, money(amount, sums.currency)) for name, amount in sum_rows(sums, words))


def _step(action: str, words: Words, detail: str = "", **params: Any) -> NextStep:
    told = detail or words("bill_step", f"{action}_why")
    label = words("bill_step", action, **params)
    return NextStep(action=action, label=label, detail=told, icon=STEP_ICONS[action])
