"""Promises: what a customer is told of their own accord when their request has come (R-INT-10)."""

from datetime import datetime
from typing import Any, Final

from server import phrasing
from server.office import Asked, Office
from server.queries import money
from shared.clock import zone_of
from shared.clocks import Clock
from shared.ids import derive
from shared.policy import Limit
from shared.site import Customer, Site
from shared.texts import LANGUAGES, Catalogue, Language, say
from shared.ticket import Ticket

TEMPLATE: Final = "opened"
WITHIN_MS: Final = 24 * 3_600_000  # of a request: later it is no news
US: Final = "us"  # what a company is called that has not said its name


def promise(office: Office, ticket: Ticket, place: tuple[Site, Customer], due: int) -> Asked:
    """The message that tells number and promised time, in the language of the customer."""
    site, customer = place
    language = language_of(office, customer.language)
    catalogue = office.texts.catalogues[language]
    params = {
        "company": company(office, language),
        "number": ticket.number or "",
        "time": in_words(catalogue, due, site.time_zone or office.settings.time_zone),
    }
    with office.reading() as books:
        text = phrasing.phrased(office, books, (ticket.id, TEMPLATE, language), params)
    phone = site.contact_phone or customer.phone
    args: dict[str, Any] = {
        "ticket": ticket.id,
        "template": TEMPLATE,
        "text": text,
        "language": language,
        "to": ticket.caller or site.contact_name or customer.name,
        "phone": phone,
        "params": params,
        "channel": "webhook" if office.settings.webhook.url and phone else "copy",
    }
    identity = derive("promise", ticket.id)
    return Asked(id=identity, kind="message.queue", on=("message", identity), args=args)


def promised(clocks: tuple[Clock, ...], limits: dict[str, Limit]) -> int | None:
    """By when a first response is promised, if it is."""
    found = [
        one.due
        for one in clocks
        if limits[one.limit].promised and one.due is not None and one.stopped is None
    ]
    return min(found, default=None)


def language_of(office: Office, spoken: str) -> Language:
    """In which language a customer is spoken to."""
    wanted = spoken or office.settings.language
    return next((one for one in LANGUAGES if one == wanted), LANGUAGES[0])


def company(office: Office, language: Language) -> str:
    """What the company is called where it speaks to customers."""
    with office.reading() as books:
        known = money.organisation(books) or {}
    ours = known.get(language) or office.settings.organisation
    return str(ours or say(office.texts.catalogues[language], "messages.of", US))


def in_words(catalogue: Catalogue, at_ms: int, zone: str) -> str:
    """A moment as it is said to somebody at a place: 11月23日 周一 14:07."""
    there = datetime.fromtimestamp(at_ms / 1000, zone_of(zone) or zone_of("UTC"))
    day = say(
        catalogue,
        "dates",
        "day",
        {
            "month": say(catalogue, "dates.months", str(there.month)),
            "day": there.day,
            "weekday": say(catalogue, "dates.weekdays", str(there.isoweekday())),
        },
    )
    return say(catalogue, "dates", "day_and_time", {"day": day, "time": f"{there:%H:%M}"})
