"""Prices: the price list with its editions, warranty terms, contracts, and who the company is."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from shared.amounts import Code, Id, Line, LocalDate, OptionalLine, OptionalText, is_real
from shared.ids import derive
from shared.records import Record

MINOR_MAX: Final = 10_000_000_000  # a hundred million of any currency is a slip of the finger
ORGANISATION: Final = derive("organisation")  # the id of the one row about the company itself
LINE_KINDS: Final = ("visit", "inspection", "labour", "travel", "part", "other", "discount")
LineKind = Literal["visit", "inspection", "labour", "travel", "part", "other", "discount"]
Minor = Annotated[int, Meta(ge=0, le=MINOR_MAX, description="minor units: cents, 分")]
TaxRate = Annotated[int, Meta(ge=0, le=10_000, description="basis points: 1300 is 13 %")]
KEEP_DAYS: Final = 14
AWAY_DAYS: Final = 30
DAYS_MAX: Final = 365
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class PriceItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that has a price, per `unit`. A part's price names the part."""

    code: Code
    kind: LineKind
    en: Line
    zh: Line
    unit: Code
    price: Minor
    tax: TaxRate = 0
    part_id: Id | None = None


class WarrantyTerm(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many months a class of product is in warranty (R-WAR-05); no class means all others."""

    product_class: OptionalLine = ""
    months: Annotated[int, Meta(ge=0, le=600)]


class PriceList(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One edition of the price list. A new edition is a new record; the newest in force counts.

    `on_spot_limit` (minor units) is up to which amount a technician may collect (R-CHG-06).
    `warranty_from` is the day a warranty starts on (R-WAR-06). `guarantee_days` is how long the
    repair itself is guaranteed. Prices hold the tax where `tax_inclusive`.
    """

    home = ("catalog", "")

    name: Line
    edition: Annotated[int, Meta(ge=1, le=1_000_000)]
    valid_from: LocalDate
    currency: Currency
    tax_inclusive: bool = False
    on_spot_limit: Minor
    items: tuple[PriceItem, ...]
    warranty: tuple[WarrantyTerm, ...] = ()
    warranty_from: Literal["delivery", "invoice"]
    guarantee_days: Annotated[int, Meta(ge=0, le=3650)] = 0
    retired: bool = False


class Contract(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A maintenance contract (R-WAR-10): which kinds of line it pays for, from and to which day."""

    home = ("customer", "customer_id")

    customer_id: Id
    site_id: Id | None = None
    number: Line
    valid_from: LocalDate
    valid_to: LocalDate
    covers: tuple[LineKind, ...]
    note: OptionalText = ""


class Organisation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Whose papers these are: the head of a report. There is one, with the id `ORGANISATION`.

    A closed job leaves the phones after `keep_days` (`KEEP_DAYS` where nobody said), and a phone
    that has not reached the office for `away_days` (`AWAY_DAYS`) drops what it knows of customers.
    """

    home = ("catalog", "")

    en: Line
    zh: Line
    tagline_en: OptionalLine = ""
    tagline_zh: OptionalLine = ""
    address_en: OptionalLine = ""
    address_zh: OptionalLine = ""
    phone: OptionalLine = ""
    tax_number: OptionalLine = ""
    account: OptionalText = ""
    pay_text: OptionalLine = ""
    verify_url: OptionalLine = ""
    keep_days: Days | None = None
    away_days: Days | None = None


def current(lists: Iterable[PriceList], day: str) -> PriceList | None:
    """The edition in force on a day (`2026-11-21`): the one that began last, if any did."""
    begun = [one for one in lists if not one.retired and one.valid_from <= day]
    return max(begun, key=lambda one: (one.valid_from, one.edition, one.id), default=None)


def item_of(prices: PriceList, code: str) -> PriceItem | None:
    """The item with this code, if the edition has one."""
    return next((one for one in prices.items if one.code == code), None)


def price_of(prices: PriceList, part_id: str) -> PriceItem | None:
    """What an edition says of a part, if it does."""
    return next((one for one in prices.items if one.part_id == part_id), None)


def usual_tax(prices: PriceList) -> int:
    """The tax rate (basis points) of most items; of two that are as usual the higher."""
    rates = Counter(one.tax for one in prices.items)
    return max(rates, key=lambda rate: (rates[rate], rate), default=0)


def contradiction(row: Record) -> str | None:
    """The field of a price list or contract that contradicts another, or the calendar."""
    if isinstance(row, PriceList):
        return _of_the_list(row)
    if isinstance(row, Contract):
        wrong = [name for name in ("valid_from", "valid_to") if not is_real(getattr(row, name))]
        return next(iter(wrong), "valid_to" if row.valid_to < row.valid_from else None)
    return None


def _of_the_list(row: PriceList) -> str | None:
    if not is_real(row.valid_from):
        return "valid_from"
    parts = [one.part_id for one in row.items if one.part_id is not None]
    of_no_part = any(one.part_id is not None and one.kind != "part" for one in row.items)
    if of_no_part or _twice([one.code for one in row.items]) or _twice(parts):
        return "items"
    return "warranty" if _twice([one.product_class for one in row.warranty]) else None


def _twice(names: list[str]) -> bool:
    return len(set(names)) < len(names)
