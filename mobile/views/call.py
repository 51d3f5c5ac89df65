"""Calling from a job: whom, and what is written down about the call afterwards."""

from typing import Final

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words
from shared.fields import read_out

ANSWERS: Final = ("reached", "no_answer", "agreed")


class Call(Struct, frozen=True, kw_only=True):
    """Who is called, and the number as it is dialled."""

    name: str
    number: str
    dialled: str


def call(sheet: Sheet) -> Call | None:
    """Whom one would call on this job: the contact at the site, else the customer."""
    site, customer = sheet.site, sheet.customer
    if site is not None and site.contact_phone:
        name = site.contact_name or (customer.name if customer is not None else "")
        return Call(
            name=name, number=read_out(site.contact_phone), dialled=dialled(site.contact_phone)
        )
    if customer is not None and customer.phone:
        return Call(
            name=customer.name, number=read_out(customer.phone), dialled=dialled(customer.phone)
        )
    return None


def dialled(number: str) -> str:
    """A number without what people put in to read it."""
    return "".join(sign for sign in number if sign.isdigit() or sign in "+*#")


def note_of(answer: str, number: str, words: Words, when: str = "") -> str:
    """What is noted about a call."""
    return words("job_call", f"note_{answer}", phone=number, when=when)
