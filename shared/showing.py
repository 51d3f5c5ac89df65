"""Showing: the document of a visit, built from the rows: all that a customer may see, no more."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from shared import seen
from shared.charges import Charge, Quote
from shared.checklist import Checklist
from shared.document import (
    DECLARATION,
    VERSION,
    Document,
    Head,
    Named,
    Party,
    SeenJob,
    lines_of,
)
from shared.errors import Refused, refuse_value
from shared.masking import masked
from shared.money import total_of
from shared.payments import paid_of
from shared.people import Person
from shared.prices import Organisation, PriceList
from shared.records import State
from shared.sign_off import Purpose
from shared.site import Asset, Customer, Site
from shared.take_away import TakenItem
from shared.ticket import Ticket
from shared.visible import Visible, visible
from shared.visit import Visit, visit_at_hand
from shared.work_order import WorkOrder

NOBODY: Final = Head(name=Named(en="", zh=""))


class Asked(Struct, frozen=True, kw_only=True):
    """Which document is wanted: for what, of which work orders (by id), in which language.

    `person` is the id of the technician who takes the signature, `subject` the quote or the taken
    item that is signed for, `made_at` the time on the paper (ms): the same rows with the same time
    make the same text.
    """

    purpose: Purpose
    jobs: tuple[str, ...]
    person: str
    language: str
    made_at: int
    subject: str | None = None


def build(state: State, asked: Asked) -> Document | Refused:
    """The document, or the refusal of one about something that is not there.

    `state` holds, with the jobs and all that lives with them, their tickets, sites, customers,
    machines and checklists, the parts that were used, the price lists, the technician and whose
    paper it is.
    """
    orders = [found for one in asked.jobs if (found := state.find(WorkOrder, one)) is not None]
    if not orders or len(orders) < len(asked.jobs):
        return refuse_value("unknown_subject", "jobs")
    if asked.purpose != "visit" and _subject(state, asked) is None:
        return refuse_value("unknown_subject", "subject")
    site = state.find(Site, orders[0].site_id)
    person = state.find(Person, asked.person)
    quote = state.find(Quote, asked.subject) if asked.purpose == "quote" else None
    jobs = tuple(_job(state, asked, one) for one in orders)
    bare = Document(
        version=VERSION,
        declaration=DECLARATION,
        purpose=asked.purpose,
        language=asked.language,
        head=head_of(state),
        technician=person.name if person is not None else "",
        technician_code=person.code if person is not None else "",
        party=_party(state, orders[0], site),
        time_zone=site.time_zone if site is not None else "UTC",
        made_at=asked.made_at,
        jobs=jobs,
        quote=seen.quote(quote) if quote is not None else None,
    )
    prices = _prices(state, jobs, quote)
    return bare if prices is None else with_total(bare, prices)


def with_total(document: Document, prices: PriceList) -> Document:
    """A document with what its lines come to at the prices of an edition."""
    return structs.replace(
        document,
        sum=total_of(lines_of(document), prices, paid_of(document)),
        guarantee_days=prices.guarantee_days if document.purpose == "visit" else 0,
    )


def _subject(state: State, asked: Asked) -> Quote | TakenItem | None:
    """The quote or the item that is signed for, where it belongs to one of the jobs."""
    found = (
        state.find(Quote, asked.subject)
        if asked.purpose == "quote"
        else state.find(TakenItem, asked.subject)
    )
    return found if found is not None and found.work_order_id in asked.jobs else None


def head_of(state: State) -> Head:
    """Whose paper it is; empty where nobody has written that down yet."""
    whose = next(state.all(Organisation), None)
    if whose is None:
        return NOBODY
    return Head(
        name=Named(en=whose.en, zh=whose.zh),
        tagline=_named(whose.tagline_en, whose.tagline_zh),
        address=_named(whose.address_en, whose.address_zh),
        phone=whose.phone,
        verify_url=whose.verify_url,
    )


def _named(en: str, zh: str) -> Named | None:
    return Named(en=en or zh, zh=zh or en) if en or zh else None


def _party(state: State, order: WorkOrder, site: Site | None) -> Party:
    customer = state.find(Customer, order.customer_id)
    phone = (site.contact_phone if site is not None else "") or (
        customer.phone if customer is not None else ""
    )
    return Party(
        customer=customer.name if customer is not None else "",
        salutation=customer.salutation if customer is not None else "",
        contact=site.contact_name if site is not None else "",
        phone=masked(phone) if phone else "",
        site=site.name if site is not None else "",
        address=site.address if site is not None else "",
    )


def _job(state: State, asked: Asked, order: WorkOrder) -> SeenJob:
    """One job with its facts; a quote or an item on its way is shown with what it is about."""
    visit = visit_at_hand(state.of(Visit, order.id), asked.person)
    shown = visible(state, order.id, visit.id if visit is not None else None)
    decided = shown.coverage
    ticket = state.find(Ticket, order.ticket_id)
    asset = state.find(Asset, order.asset_id)
    about = SeenJob(
        id=order.id,
        number=order.number or order.provisional or "",
        summary=order.summary,
        service=order.service,
        category=decided.category if decided is not None else order.category,
        problem=ticket.problem if ticket is not None else "",
        machine=seen.machine(asset) if asset is not None else None,
        visit=seen.visit(visit, asked.person) if visit is not None else None,
    )
    if asked.purpose == "visit":
        return _with_facts(state, about, shown, state.find(Checklist, order.checklist_id))
    if asked.purpose == "quote":
        told = seen.coverage(decided) if decided is not None else None
        return structs.replace(about, coverage=told)
    item = state.find(TakenItem, asked.subject)
    theirs = item is not None and item.work_order_id == order.id
    return structs.replace(about, items=(seen.item(item),) if item is not None and theirs else ())


def _with_facts(
    state: State, about: SeenJob, shown: Visible, checklist: Checklist | None
) -> SeenJob:
    report, decided = shown.report, shown.coverage
    return structs.replace(
        about,
        report_id=report.id if report is not None else "",
        diagnosis=report.diagnosis if report is not None else "",
        work_done=report.work_done if report is not None else "",
        readings=seen.readings(shown.readings, checklist),
        parts=tuple(seen.part(one, state) for one in shown.parts),
        photos=tuple(seen.photo(one, checklist) for one in shown.photos),
        notes=tuple(seen.note(one) for one in shown.notes),
        coverage=seen.coverage(decided) if decided is not None else None,
        charges=tuple(seen.charge(one) for one in shown.charges),
        items=tuple(seen.item(one) for one in shown.items),
        payments=tuple(seen.payment(one) for one in shown.payments),
    )


def _prices(state: State, jobs: Sequence[SeenJob], quote: Quote | None) -> PriceList | None:
    """The edition that the lines are at; of several the newest."""
    if quote is not None:
        return state.find(PriceList, quote.price_list_id)
    listed = [state.find(Charge, line.id) for job in jobs for line in job.charges]
    named = {one.price_list_id for one in listed if one is not None}
    found = [one for name in named if (one := state.find(PriceList, name)) is not None]
    return max(found, key=lambda one: (one.valid_from, one.edition, one.id), default=None)
