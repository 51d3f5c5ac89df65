"""Customers, their sites, and the machines that stand there."""

from typing import Annotated, Literal

from msgspec import Meta

from shared.amounts import Id, Line, LocalDate, OptionalLine, OptionalText
from shared.fields import Phone
from shared.records import Record

CustomerType = Annotated[str, Meta(pattern=r"^(person|organisation|dealer)$(?!\n)")]
Gone = Literal["", "returned", "exchanged"]
TimeZone = Annotated[str, Meta(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+\-]+)*$(?!\n)")]


class Customer(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who is served: a person, an organisation or a dealer (R-CRM-07).

    `tier` is a word of the tag set `tiers`, or empty where nobody has said (R-CLS-08).
    `former_names` are those that stood here before, the newest first.
    """

    home = ("customer", "id")

    name: Line
    type: CustomerType
    salutation: OptionalLine = ""
    phone: Phone = ""
    language: str = ""
    tier: str = ""
    former_names: tuple[str, ...] = ()


class Site(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A place that is visited. `address` is what the envelope says; `zone` is the dispatcher's."""

    home = ("site", "id")

    customer_id: Id
    name: OptionalLine = ""
    address: Line
    division: OptionalLine = ""
    zone: OptionalLine = ""
    time_zone: TimeZone
    contact_name: OptionalLine = ""
    contact_phone: Phone = ""
    access_notes: OptionalText = ""


class Asset(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A machine at a site, by model and serial number, with the day it was delivered.

    Its warranty is counted from `delivered_on` or `invoiced_on`; `warranty_until` is its last day
    where somebody knows better. One that was given back, or exchanged for another (`replaced_by`),
    is `gone` from that day on, and stays on file.
    """

    home = ("site", "site_id")

    site_id: Id
    name: Line
    model: Line
    serial: OptionalLine = ""
    product_class: OptionalLine = ""
    delivered_on: LocalDate | None = None
    invoiced_on: LocalDate | None = None
    warranty_until: LocalDate | None = None
    gone: Gone = ""
    gone_on: LocalDate | None = None
    replaced_by: Id | None = None
