"""Charges: who pays, for what, how much; and the quote that the customer agrees to."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct, field

from shared.amounts import Code, Id, Line, OptionalLine, Quantity
from shared.errors import Params
from shared.prices import MINOR_MAX, Currency, LineKind, TaxRate
from shared.records import Record
from shared.registry import Args
from shared.work_order import Category

Amount = Annotated[int, Meta(ge=-MINOR_MAX, le=MINOR_MAX, description="minor units")]
BASES = ("warranty", "contract", "goodwill", "none", "internal")
Basis = Annotated[str, Meta(pattern=rf"^({'|'.join(BASES)})$(?!\n)")]


class CoverageDecision(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who pays, and why (R-WAR-07, R-WAR-09): the newest of a job stands.

    `code` and `params` are the explanation as `shared.coverage` gives it, worded by the texts;
    `covers` the kinds of line that are not charged; `note` what the technician adds.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    category: Category
    before: Category
    basis: Basis
    code: Code
    params: Params = field(default_factory=dict)
    covers: tuple[LineKind, ...] = ()
    note: OptionalLine = ""
    person_id: Id
    at: int


class Charge(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One line of what the visit costs. Money is in minor units, `amount` in thousandths of `unit`.

    `net` is price times amount, rounded half up; a discount's is negative. A `covered` line is
    shown and not charged. `use_id` is the part use it is for; `item` the code in the price list
    `price_list_id`, empty where the price was named by hand.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    kind: LineKind
    item: OptionalLine = ""
    en: Line
    zh: Line
    note: OptionalLine = ""
    amount: int
    unit: Code
    price: Amount
    tax: TaxRate = 0
    net: Amount
    covered: bool = False
    use_id: Id | None = None
    price_list_id: Id | None = None
    person_id: Id
    at: int
    dropped_at: int | None = None


class QuoteLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a quote, as a `Charge` has it."""

    kind: LineKind
    item: OptionalLine = ""
    en: Line
    zh: Line
    amount: int
    unit: Code
    price: Amount
    tax: TaxRate = 0
    net: Amount
    covered: bool = False


class Quote(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the repair would cost, shown between diagnosis and repair, agreed to in ink or not."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    price_list_id: Id
    lines: tuple[QuoteLine, ...]
    total: Amount
    tax_total: Amount
    currency: Currency
    person_id: Id
    at: int
    agreed_at: int | None = None
    sign_off_id: Id | None = None
    declined_at: int | None = None
    decline_reason: OptionalLine = ""


def agreed_of(quotes: Iterable[Quote]) -> Quote | None:
    """The quote that the customer agreed to last, if to any: not always the one made last."""
    known = [one for one in quotes if one.agreed_at is not None]
    return max(known, key=lambda one: (one.agreed_at or 0, one.id), default=None)


class DecideArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The decision, with its explanation."""

    category: Category
    basis: Basis
    code: Code
    params: Params = field(default_factory=dict)
    covers: tuple[LineKind, ...] = ()
    note: OptionalLine = ""


class Wish(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A line as it is asked for: by the item of a price list, or with a name and price by hand.

    `price` (minor units per unit, positive also for a discount) only where `item` is empty.
    """

    kind: LineKind
    quantity: Quantity
    item: OptionalLine = ""
    name: OptionalLine = ""
    price: Annotated[int, Meta(ge=0, le=MINOR_MAX)] | None = None
    tax: TaxRate | None = None
    covered: bool = False
    note: OptionalLine = ""
    use: Id | None = None


class AddArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """One line, at the prices of one edition of the price list."""

    line: Wish
    price_list: Id


class DropArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which line is taken off the bill."""

    charge: Id


class QuoteArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the repair would take, at the prices of one edition."""

    lines: Annotated[tuple[Wish, ...], Meta(min_length=1, max_length=100)]
    price_list: Id


class DeclineArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which quote the customer does not agree to, and why."""

    quote: Id
    reason: Line
