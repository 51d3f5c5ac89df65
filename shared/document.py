"""The document a customer is shown and signs: everything in it, and its hash.

It is built on the phone from what the screens show, is sent whole with the sign-off, and is what
every paper is made of. Texts that people wrote are in it as they are; words of the product are not:
they come from the texts of `language` and of this `version` of the document.
"""

import hashlib
from typing import Final

import msgspec
from msgspec import Struct

from shared.amounts import LocalDate, is_real
from shared.canonical import canonical

VERSION: Final = 1  # of the document, and with it of the product's words around what it holds
DECLARATION: Final = 1  # of the sentence that is signed
CODE_CHARS: Final = 8
MOMENT_MAX: Final = 253_402_128_000_000  # ms: the eve of the year 10000, which no calendar has


class Named(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A name in both languages."""

    en: str
    zh: str


class Head(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose paper it is."""

    name: Named
    tagline: Named | None = None
    address: Named | None = None
    phone: str = ""
    verify_url: str = ""


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For whom and where. The telephone number is masked already (`shared.masking`)."""

    customer: str
    salutation: str = ""
    contact: str = ""
    phone: str = ""
    site: str = ""
    address: str = ""


class Machine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was worked on."""

    id: str
    name: str
    model: str = ""
    serial: str = ""
    delivered_on: LocalDate | None = None


class SeenReading(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The newest answer to one item. `low` and `high` are in thousandths of `unit`.

    `choice` words an answer that was chosen.
    """

    id: str
    item: str
    label: Named
    value: str
    choice: Named | None = None
    unit: str = ""
    low: int | None = None
    high: int | None = None
    not_applicable: bool = False
    out_of_limits: bool = False


class SeenPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part that went in, less what was taken back (thousandths)."""

    id: str
    number: str
    name: Named
    amount: int
    unit: str
    serial: str = ""
    old_part: str = ""


class SeenPhoto(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A photo by its hash. `slot` words the place in the checklist it was taken for."""

    id: str
    sha256: str
    caption: str = ""
    slot: Named | None = None
    at: int


class SeenNote(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A note for the customer."""

    id: str
    text: str


class SeenCharge(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the bill, in minor units; `amount` in thousandths of `unit`."""

    id: str
    kind: str
    name: Named
    note: str = ""
    amount: int
    unit: str
    price: int
    tax: int = 0
    net: int
    covered: bool = False


class SeenCoverage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who pays and why, as decided."""

    id: str
    category: str
    basis: str
    code: str
    params: dict[str, str | int | None] = {}
    note: str = ""


class SeenItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item taken away."""

    id: str
    receipt: str
    what: str
    serial: str = ""
    accessories: str = ""
    condition: str = ""
    reason: str
    back_by: LocalDate | None = None
    estimate: int | None = None


class SeenPayment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money collected before the signature."""

    id: str
    receipt: str
    method: str
    amount: int


class SeenVisit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The going there and how it ended; times are corrected ones in ms."""

    id: str
    outcome: str = ""
    remark: str = ""
    departed_at: int | None = None
    arrived_at: int | None = None
    ended_at: int | None = None


class SeenJob(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One work order of the visit, with every fact that a customer may see."""

    id: str
    number: str
    summary: str
    service: str
    category: str
    problem: str = ""
    machine: Machine | None = None
    visit: SeenVisit | None = None
    report_id: str = ""
    diagnosis: str = ""
    work_done: str = ""
    readings: tuple[SeenReading, ...] = ()
    parts: tuple[SeenPart, ...] = ()
    photos: tuple[SeenPhoto, ...] = ()
    notes: tuple[SeenNote, ...] = ()
    coverage: SeenCoverage | None = None
    charges: tuple[SeenCharge, ...] = ()
    items: tuple[SeenItem, ...] = ()
    payments: tuple[SeenPayment, ...] = ()


class TaxPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one tax rate (basis points) comes to: on how much, and how much."""

    rate: int
    base: int
    tax: int


class Sum(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The total of all charges that are not covered, in minor units.

    `lines` is the sum of the lines without discounts, `discount` zero or less, `total` what is to
    be paid with tax, `paid` what was collected, `due` the rest.
    """

    currency: str
    tax_inclusive: bool = False
    price_list_id: str
    price_list: str
    edition: int
    lines: int = 0
    discount: int = 0
    taxes: tuple[TaxPart, ...] = ()
    total: int = 0
    paid: int = 0
    due: int = 0


class SeenQuote(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quote to be agreed to; its lines have no facts of their own yet."""

    id: str
    lines: tuple[SeenCharge, ...]


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that the customer sees, in the order of the paper. Times in ms, money in minor units.

    `declaration` is the version of the sentence that is signed; `guarantee_days` how long the
    repair is guaranteed.
    """

    version: int
    purpose: str
    language: str
    head: Head
    technician: str
    technician_code: str = ""
    party: Party
    time_zone: str
    made_at: int
    jobs: tuple[SeenJob, ...]
    quote: SeenQuote | None = None
    sum: Sum | None = None
    guarantee_days: int = 0
    declaration: int


_decoder = msgspec.json.Decoder(Document)


def lines_of(document: Document) -> list[SeenCharge]:
    """What the total is the total of: the lines of the quote, or of all jobs."""
    quoted = document.quote.lines if document.quote is not None else ()
    return [*quoted, *(line for job in document.jobs for line in job.charges)]


def is_presentable(document: Document) -> bool:
    """Whether it is about a job, and every time and day in it is in the calendar."""
    jobs = document.jobs
    visits = [job.visit for job in jobs if job.visit is not None]
    moments = [
        document.made_at,
        *(photo.at for job in jobs for photo in job.photos),
        *(at for one in visits for at in (one.departed_at, one.arrived_at, one.ended_at)),
    ]
    days = [
        *(job.machine.delivered_on for job in jobs if job.machine is not None),
        *(item.back_by for job in jobs for item in job.items),
    ]
    dated = all(at is None or 0 <= at <= MOMENT_MAX for at in moments)
    return bool(jobs) and dated and all(day is None or is_real(day) for day in days)


def write(document: Document) -> str:
    """The document's text: canonical JSON (RFC 8785), the bytes that are hashed, sent and kept."""
    return canonical(msgspec.to_builtins(document)).decode()


def read(text: str) -> Document:
    """The document in a text. Raises `msgspec.DecodeError` or `msgspec.ValidationError`."""
    return _decoder.decode(text)


def hash_of(text: str) -> str:
    """`shown_hash`: SHA-256 of a document's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def code_of(shown_hash: str) -> str:
    """The short code that stands on screen and paper: `7F3A-91C2`."""
    code = shown_hash[:CODE_CHARS].upper()
    return f"{code[:4]}-{code[4:]}"
