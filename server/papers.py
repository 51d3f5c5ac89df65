"""Papers in the office: from the server's books and its evidence store."""

from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

from server.evidence import Evidence
from server.rows import fetch
from server.settings import Settings
from server.texts import Texts
from shared.charges import Charge, Quote
from shared.checklist import Checklist
from shared.clock import zone_of
from shared.document import SeenPhoto
from shared.history import AssetHistory, history_id
from shared.papers import PICTURES_BYTES_MAX
from shared.papers.gathering import Printer, signed_document_id
from shared.papers.press import Fonts
from shared.parts import Part, PartUse, PlannedPart
from shared.people import Person
from shared.photos import Photo
from shared.prices import ORGANISATION, Organisation, PriceList
from shared.records import Record, State, table
from shared.sign_off import SignedDocument, SignOff
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import Assignment, WorkOrder

AT_HOME: Final = (
    *("visit", "assignment", "completion", "reading", "part_use", "planned_part", "note"),
    *("photo", "sign_off", "coverage_decision", "charge", "quote", "payment", "taken_item"),
)


class Archive:
    """The books inside one read transaction, and the files beside them."""

    def __init__(self, connection: Any, evidence: Evidence) -> None:
        self._connection, self._evidence = connection, evidence

    def shown(self, jobs: Collection[str]) -> State:
        """Every row that a paper about these jobs may be made of."""
        found = self._rows("work_order", jobs)
        for name in AT_HOME:
            found += fetch(self._connection, name, "work_order_id", jobs)
        around = State(found)
        machines = {one.asset_id for one in around.all(WorkOrder) if one.asset_id is not None}
        past = self._rows(table(AssetHistory), {history_id(one) for one in machines})
        parts = {one.part_id for one in around.all(PartUse)}
        beside: dict[type[Record], set[str | None]] = {
            Ticket: {one.ticket_id for one in around.all(WorkOrder)},
            Customer: {one.customer_id for one in around.all(WorkOrder)},
            Site: {one.site_id for one in around.all(WorkOrder)},
            Asset: {one.asset_id for one in around.all(WorkOrder)},
            Checklist: {one.checklist_id for one in around.all(WorkOrder)},
            Part: {*parts, *(one.part_id for one in around.all(PlannedPart))},
            Person: {one.person_id for one in around.all(Visit)},
            PriceList: {one.price_list_id for one in around.all(Charge)},
            Organisation: {ORGANISATION},
        }
        beside[PriceList] |= {one.price_list_id for one in around.all(Quote)}
        beside[Person] |= {one.person_id for one in around.all(Assignment)}
        histories = [one for one in past if isinstance(one, AssetHistory)]
        beside[Person] |= {visit.person_id for one in histories for visit in one.visits}
        for kind, ids in beside.items():
            found += self._rows(table(kind), {one for one in ids if one is not None})
        return State([*found, *past])

    def signed_document(self, sign_off: SignOff) -> SignedDocument | None:
        """What was signed, word for word."""
        kept = self._rows(table(SignedDocument), {signed_document_id(sign_off)})
        return next((one for one in kept if isinstance(one, SignedDocument)), None)

    def pictures(self, photos: Sequence[SeenPhoto]) -> dict[str, bytes]:
        """Files that were checked, of photos that are the rows' own; until it is too much."""
        rows = self._rows(table(Photo), {one.id for one in photos})
        whole = {one.id: one for one in rows if isinstance(one, Photo) and _is_here(one)}
        found: dict[str, bytes] = {}
        left = PICTURES_BYTES_MAX
        for one in photos:
            row = whole.get(one.id)
            if row is None or row.sha256 != one.sha256 or one.sha256 in found:
                continue
            data = self._evidence.read(one.sha256) if row.size <= left else b""
            if data is not None:
                found[one.sha256] = data
                left -= len(data)
        return found

    def _rows(self, name: str, ids: Collection[str]) -> list[Record]:
        return fetch(self._connection, name, "id", ids)


def printer(texts: Texts, settings: Settings) -> Printer:
    """What papers are printed with in the office."""
    fonts = settings.assets / "fonts"
    return Printer(
        catalogue=lambda language: texts.catalogues[language],
        zone=zone_named,
        fonts=Fonts(
            regular=(fonts / "FieldfareUI-Regular.ttf").read_bytes(),
            bold=(fonts / "FieldfareUI-SemiBold.ttf").read_bytes(),
        ),
        language=texts.language,
    )


def zone_named(name: str) -> tzinfo:
    """A time zone by its name; where nobody knows it, that of all."""
    return zone_of(name) or UTC


def _is_here(photo: Photo) -> bool:
    """Whether its own person's file has come and was checked."""
    return photo.arrived_at is not None and not photo.fault
