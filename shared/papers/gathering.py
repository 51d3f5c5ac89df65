"""Gathering: the rows a paper is made of, the same on a phone and in the office; printing it."""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import tzinfo
from typing import Final, Protocol

from msgspec import Struct, structs

from shared.checklist import Checklist
from shared.document import Document, Named, SeenPhoto
from shared.errors import Refused, refuse_value
from shared.history import AssetHistory, PastVisit, history_id
from shared.ids import derive
from shared.papers import Kind, Size
from shared.papers.content import (
    Content,
    Standing,
    Wanted,
    content_hash,
    of_signed,
    of_unsigned,
    standing,
)
from shared.papers.dispatch import Dispatch, Past, ToCheck, ToTake, dispatch
from shared.papers.press import Fonts, Press
from shared.papers.receipts import Paid, TakeAway, payment, payment_roll, take_away
from shared.papers.report import report
from shared.papers.roll import short_report
from shared.papers.sheet import Draft, Face
from shared.papers.wording import Words
from shared.parts import Part, PlannedPart
from shared.payments import Payment
from shared.people import Person
from shared.prices import ORGANISATION, Organisation
from shared.records import State
from shared.showing import Asked as Shown, build
from shared.sign_off import Purpose, SignedDocument, SignOff
from shared.signing import document_in
from shared.site import Customer, Site
from shared.take_away import TakenItem
from shared.texts import LANGUAGES, Catalogue, Language
from shared.visit import Visit, next_planned
from shared.work_order import Assignment, WorkOrder

PAST_MAX: Final = 3
_NOT_A_NAME: Final = re.compile(r"[^A-Za-z0-9-]+")

Faces = tuple[Face, Face]


class Books(Protocol):
    """Where rows and pictures come from."""

    def shown(self, jobs: Collection[str]) -> State:
        """Every row that a paper about these jobs (by id) may be made of."""

    def signed_document(self, sign_off: SignOff) -> SignedDocument | None:
        """What was signed, word for word; jobs that were signed for together share it."""

    def pictures(self, photos: Sequence[SeenPhoto]) -> dict[str, bytes]:
        """The files of these photos that are here, by hash; empty where one is too much."""


class Asked(Struct, frozen=True, kw_only=True):
    """Which paper: about which job (by id), for whom, in which language, on what.

    Without a `language` it is the one that was signed in, or the customer's. `subject` is the
    payment, the taken item, or the visit that a report is of (none: the one signed for last).
    `person` is the technician of what nobody has signed yet; without one, whoever was there last.
    `now_ms` stands on what nobody has signed.
    """

    order: str
    kind: Kind = "report"
    size: Size = "a4"
    language: Language | None = None
    subject: str | None = None
    person: str | None = None
    now_ms: int


class Printer(Struct, frozen=True, kw_only=True):
    """What papers are printed with: texts by language, time zones by name, the typeface."""

    catalogue: Callable[[Language], Catalogue]
    zone: Callable[[str], tzinfo]
    fonts: Fonts
    language: Language = LANGUAGES[0]


class Printed(Struct, frozen=True, kw_only=True):
    """A paper: its bytes, what a file of it may be called, and what it is."""

    pdf: bytes
    name: str
    content_hash: str
    pages: int
    state: Standing


def print_paper(asked: Asked, books: Books, printer: Printer) -> Printed | Refused:
    """Gather what a paper is made of, and print it."""
    state = books.shown([asked.order])
    order = state.find(WorkOrder, asked.order)
    if order is None:
        return refuse_value("unknown_subject", "wo")
    desk = _Desk(asked, books, printer, state, order)
    draw = {"report": desk.report, "dispatch": desk.dispatch}
    subject = {"receipt": desk.receipt, "take_away": desk.take_away}
    made = draw[asked.kind]() if asked.kind in draw else subject[asked.kind]()
    if isinstance(made, Refused):
        return made
    content, name, layout = made
    press = Press(printer.fonts)
    draft = layout(press.faces())
    return Printed(
        pdf=press.print(draft),
        name=file_name(name, asked),
        content_hash=content_hash(content),
        pages=len(draft.pages),
        state=standing(content),
    )


def file_name(number: str, asked: Asked) -> str:
    """What a paper's file is called: its number, and what sets it apart; nothing anybody typed."""
    parts = [_NOT_A_NAME.sub("", number) or "paper"]
    parts += [] if asked.kind != "dispatch" else ["dispatch"]
    parts += [] if asked.size == "a4" else [asked.size]
    parts += [asked.language] if asked.language is not None else []
    return f"{'-'.join(parts)}.pdf"


Made = tuple[Content, str, Callable[[Faces], Draft]]


class _Desk:
    """One paper being gathered."""

    def __init__(
        self, asked: Asked, books: Books, printer: Printer, state: State, order: WorkOrder
    ) -> None:
        self._asked, self._books, self._printer = asked, books, printer
        self._state, self._order = state, order

    def report(self) -> Made | Refused:
        """What was signed last for a visit, or else what there is."""
        content = self._visit(self._asked.subject)
        if isinstance(content, Refused):
            return content
        draw = report if self._asked.size == "a4" else short_report
        return (content, content.number, lambda faces: draw(content, faces))

    def dispatch(self) -> Made | Refused:
        """What a technician takes along."""
        content = self._built("visit")
        if isinstance(content, Refused):
            return content
        whole = _dispatch(self._state, self._order, content, self._asked.now_ms)
        return (content, content.number, lambda faces: dispatch(whole, faces))

    def receipt(self) -> Made | Refused:
        """A receipt for one payment, with the visit it was for."""
        paid = self._state.find(Payment, self._asked.subject)
        if paid is None or paid.work_order_id != self._order.id:
            return refuse_value("unknown_subject", "payment")
        about = self._visit()
        if isinstance(about, Refused):
            return about
        whole = Paid(about=about, payment=paid)
        draw = payment if self._asked.size == "a4" else payment_roll
        return (about, paid.receipt, lambda faces: draw(whole, faces))

    def take_away(self) -> Made | Refused:
        """A receipt for one item, signed for on its way out and on its way back."""
        item = self._state.find(TakenItem, self._asked.subject)
        if item is None or item.work_order_id != self._order.id:
            return refuse_value("unknown_subject", "item")
        taken = self._signed("take_away", item.id) or self._built("take_away")
        if isinstance(taken, Refused):
            return taken
        whole = TakeAway(taken=taken, back=self._signed("item_return", item.id))
        return (taken, item.receipt, lambda faces: take_away(whole, faces))

    def _visit(self, visit: str | None = None) -> Content | Refused:
        return self._signed("visit", None, visit) or self._built("visit")

    def _signed(
        self, purpose: Purpose, subject: str | None, visit: str | None = None
    ) -> Content | None:
        """The newest of what was signed, of one visit if one is named, where it can be read."""
        taken = [
            one
            for one in self._state.of(SignOff, self._order.id)
            if one.purpose == purpose and one.subject_id == subject
            if visit is None or one.visit_id in (None, visit)
        ]
        newest = max(taken, key=lambda one: (one.at, one.id), default=None)
        kept = self._books.signed_document(newest) if newest is not None else None
        if newest is None or kept is None:
            return None
        document = document_in(kept.document)
        if document is None:
            return None
        wanted = self._wanted(newest.language)
        content = of_signed(newest, kept, self._pictures(document), wanted)
        house = self._state.find(Organisation, ORGANISATION)
        return content if house is None else structs.replace(content, verify_url=house.verify_url)

    def _built(self, purpose: Purpose) -> Content | Refused:
        """What nobody has signed yet, as it is now."""
        language = self._language(self._customers())
        shown = Shown(
            purpose=purpose,
            jobs=(self._order.id,),
            person=self._asked.person or technician_of(self._state, self._order),
            language=language,
            made_at=self._asked.now_ms,
            subject=self._asked.subject if purpose != "visit" else None,
        )
        document = build(self._state, shown)
        if isinstance(document, Refused):
            return document
        return of_unsigned(document, self._pictures(document), self._wanted(language))

    def _pictures(self, document: Document) -> dict[str, bytes]:
        if self._asked.kind != "report" or self._asked.size != "a4":
            return {}
        return self._books.pictures([one for job in document.jobs for one in job.photos])

    def _wanted(self, spoken: str) -> Wanted:
        language = self._language(spoken)
        site = self._state.find(Site, self._order.site_id)
        return Wanted(
            language=language,
            catalogue=self._printer.catalogue(language),
            zone=self._printer.zone(site.time_zone if site is not None else "UTC"),
        )

    def _language(self, spoken: str) -> Language:
        """The language asked for, else the one that was spoken, else the house's."""
        if self._asked.language is not None:
            return self._asked.language
        return next((one for one in LANGUAGES if one == spoken), self._printer.language)

    def _customers(self) -> str:
        customer = self._state.find(Customer, self._order.customer_id)
        return customer.language if customer is not None else ""


def technician_of(state: State, order: WorkOrder) -> str:
    """Who was there last, else who is to go, else who has the job."""
    visits = list(state.of(Visit, order.id))
    ended = [one for one in visits if one.ended_at is not None]
    last = max(ended, key=lambda one: (one.ended_at or 0, one.id), default=None)
    planned = next_planned(visits)
    found = last or planned
    if found is not None:
        return found.person_id
    holds = [one for one in state.of(Assignment, order.id) if one.until_ms is None]
    return next((one.person_id for one in holds if one.role == "lead"), "")


def signed_document_id(sign_off: SignOff) -> str:
    """Under which id the document of a sign-off is kept."""
    return derive(sign_off.group_id, "signed_document")


def _dispatch(state: State, order: WorkOrder, about: Content, now_ms: int) -> Dispatch:
    site, words = state.find(Site, order.site_id), about.words
    checklist = state.find(Checklist, order.checklist_id)
    known = state.find(AssetHistory, history_id(order.asset_id)) if order.asset_id else None
    before = [one for one in (known.visits if known else ()) if one.work_order_id != order.id]
    plan = next_planned(one for one in state.of(Visit, order.id) if one.ended_at is None)
    planned = [one for one in state.of(PlannedPart, order.id) if one.dropped_at is None]
    return Dispatch(
        about=about,
        priority=order.priority,
        planned_from=plan.planned_from if plan is not None else order.planned_from,
        planned_to=plan.planned_to if plan is not None else order.planned_to,
        access=site.access_notes if site is not None else "",
        job_note=order.job_note,
        printed_at=now_ms,
        history=tuple(_past(state, one, words) for one in before[:PAST_MAX]),
        parts=tuple(_to_take(state, one) for one in planned),
        checks=tuple(
            ToCheck(label=Named(en=one.en, zh=one.zh), unit=one.unit, low=one.low, high=one.high)
            for one in (checklist.items if checklist is not None else ())
        ),
    )


def _past(state: State, visit: PastVisit, words: Words) -> Past:
    person = state.find(Person, visit.person_id)
    done = visit.work_done or visit.diagnosis or visit.remark
    told = [words(visit.outcome, "outcomes"), done, person.name if person is not None else ""]
    day = words.local(visit.ended_at).date().isoformat()
    return Past(day=day, text=" · ".join(one for one in told if one))


def _to_take(state: State, planned: PlannedPart) -> ToTake:
    part = state.find(Part, planned.part_id)
    if part is None:
        return ToTake(number="–", name=Named(en="", zh=""), amount=planned.amount, unit="")
    name = Named(en=part.en, zh=part.zh)
    return ToTake(number=part.number, name=name, amount=planned.amount, unit=part.unit)
