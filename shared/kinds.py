"""All nouns and verbs together: the tables there are, and the registry both ends judge by."""

from typing import Any, Final

import msgspec

from shared import (
    aftercare,
    alarms,
    assignment,
    beginning,
    billing,
    classing,
    collecting,
    complaints,
    confirming,
    contact,
    contracts,
    editing,
    enquiry,
    evidence,
    foresight_rules,
    history,
    invoices,
    machine,
    master,
    mending,
    merging,
    messages,
    newcomers,
    notes,
    opening,
    parts,
    planning,
    promises,
    provision,
    publishing,
    readings,
    reception,
    return_terms,
    returns,
    scoring,
    serials,
    signing,
    stock,
    tasks,
    ticket,
    wordings,
    work_order,
    workshop,
)
from shared.aliases import Alias
from shared.calendars import WorkingCalendar
from shared.charges import Charge, CoverageDecision, Quote
from shared.checklist import Checklist, Reading
from shared.enquiry import Enquiry
from shared.feedback import Feedback
from shared.foresight_rules import ForesightRules
from shared.history import AssetHistory
from shared.ink_claims import InkClaim
from shared.messages import Message
from shared.notes import Note
from shared.parts import Balance, Location, Movement, Part, PartUse, PlannedPart
from shared.payments import InvoiceRequest, Payment
from shared.people import OpState, Person, Subscription
from shared.photos import Photo
from shared.policy import PolicyChoice, ServicePolicy
from shared.prices import Contract, Organisation, PriceList
from shared.provision import OrderedPart
from shared.records import Record, table
from shared.registry import Registry
from shared.return_case import ReturnCase
from shared.return_terms import ReturnTerms
from shared.serials import SerialClaim
from shared.sign_off import SignedDocument, SignOff
from shared.site import Asset, Customer, Site
from shared.tag_sets import TagSet
from shared.take_away import TakenItem
from shared.tasks import Conflict, Task
from shared.teams import Outlet, Team
from shared.ticket import Ticket, TicketEvent
from shared.visit import Visit
from shared.wordings import MessageRules, MessageWording
from shared.work_order import Assignment, Completion, StatusChange, WorkOrder

REGISTRY: Final = Registry(
    (
        *opening.KINDS,
        *enquiry.KINDS,
        *reception.KINDS,
        *promises.KINDS,
        *returns.KINDS,
        *return_terms.KINDS,
        *foresight_rules.KINDS,
        *aftercare.KINDS,
        *complaints.KINDS,
        *scoring.KINDS,
        *confirming.KINDS,
        *planning.KINDS,
        *assignment.KINDS,
        *work_order.KINDS,
        *contact.KINDS,
        *beginning.KINDS,
        *readings.KINDS,
        *parts.KINDS,
        *provision.KINDS,
        *stock.KINDS,
        *newcomers.KINDS,
        *classing.KINDS,
        *machine.KINDS,
        *merging.KINDS,
        *contracts.KINDS,
        *tasks.KINDS,
        *alarms.KINDS,
        *notes.KINDS,
        *messages.KINDS,
        *wordings.KINDS,
        *evidence.KINDS,
        *signing.KINDS,
        *billing.KINDS,
        *collecting.KINDS,
        *invoices.KINDS,
        *workshop.KINDS,
        *editing.KINDS,
        *mending.KINDS,
        *master.KINDS,
        *publishing.KINDS,
    ),
    {
        **ticket.ABSORBS,
        **parts.ABSORBS,
        **serials.ABSORBS,
        **assignment.ABSORBS,
        **history.ABSORBS,
        **signing.ABSORBS,
        **messages.ABSORBS,
    },
)

TABLES: Final[dict[str, type[Record]]] = {
    table(kind): kind
    for kind in (
        Person,
        Team,
        Outlet,
        Part,
        Location,
        Checklist,
        TagSet,
        PriceList,
        Organisation,
        ServicePolicy,
        PolicyChoice,
        WorkingCalendar,
        Customer,
        Contract,
        Site,
        Asset,
        AssetHistory,
        Alias,
        Enquiry,
        Ticket,
        TicketEvent,
        ReturnCase,
        ReturnTerms,
        ForesightRules,
        Message,
        MessageWording,
        MessageRules,
        Feedback,
        WorkOrder,
        Assignment,
        Visit,
        StatusChange,
        Completion,
        Reading,
        Note,
        Photo,
        SignOff,
        SignedDocument,
        CoverageDecision,
        Charge,
        Quote,
        Payment,
        InvoiceRequest,
        TakenItem,
        PlannedPart,
        OrderedPart,
        PartUse,
        Balance,
        Movement,
        SerialClaim,
        InkClaim,
        Task,
        Conflict,
        Subscription,
        OpState,
    )
}

# Loaded whole with the thing they live with; everything else only where a rule refers to it.
# Sign-offs, because whatever a customer may see asks whether it was signed for: a kilobyte or three
# each, without document and ink, and a tenth of a millisecond a push.
EAGER: Final[dict[str, tuple[type[Record], ...]]] = {
    "ticket": (Ticket,),
    "work_order": (WorkOrder, Assignment, Visit, Reading, Completion, SignOff, Conflict, Task),
    "site": (Site, Conflict),
    "customer": (Customer,),
}
# The ids a thing names, by which its rules reach further.
LINKS: Final[dict[str, tuple[type[Record], tuple[str, ...]]]] = {
    "work_order": (
        WorkOrder,
        ("ticket_id", "checklist_id", "site_id", "asset_id", "customer_id"),
    ),
    "part_use": (PartUse, ("location_id", "part_id", "serial")),
    "task": (Task, ("home_noun", "home_id")),
    "ticket": (Ticket, ("asset_id", "site_id", "customer_id")),
    "message": (Message, ("ticket_id", "feedback_id")),
    "feedback": (Feedback, ("ticket_id",)),
    "asset": (Asset, ("site_id",)),
    "site": (Site, ("customer_id",)),
    "contract": (Contract, ("customer_id",)),
}
# Fields by which a ref may name rows as well: all that have the value. Each has an index.
KEYS: Final[dict[type[Record], str]] = {
    Person: "login",
    Customer: "phone",
    Site: "customer_id",
    Asset: "serial",
    Contract: "customer_id",
    WorkOrder: "provisional",
    Note: "work_order_id",
    PartUse: "work_order_id",
    Photo: "work_order_id",
    SignedDocument: "work_order_id",
    PriceList: "name",
    Team: "name",
    CoverageDecision: "work_order_id",
    Charge: "work_order_id",
    Quote: "work_order_id",
    Payment: "work_order_id",
    InvoiceRequest: "work_order_id",
    TakenItem: "work_order_id",
}
# The only rows that are ever taken away; all others stay for good.
REMOVABLE: Final[frozenset[str]] = frozenset(
    {
        *(table(Subscription), table(SerialClaim)),
        *(table(Customer), table(Site), table(Asset), table(AssetHistory)),  # merged into another
    }
)
# Given by the server, once, when a row is first written there: table -> prefix.
NUMBERED: Final = {"ticket": "T", "work_order": "WO"}

_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind) for name, kind in TABLES.items()
}
_encoder = msgspec.json.Encoder()


def read_row(name: str, data: bytes) -> Record:
    """A row of a table from the bytes it was sent as. Fields it does not know are passed over."""
    row = _decoders[name].decode(data)
    assert isinstance(row, Record)
    return row


def write_row(row: Record) -> bytes:
    """The bytes a row is sent as."""
    return _encoder.encode(row)


def schema() -> dict[str, Any]:
    """JSON Schema of every kind's arguments, by kind."""
    kinds = sorted(REGISTRY.kinds.values(), key=lambda kind: kind.name)
    schemas, components = msgspec.json.schema_components(
        [kind.args for kind in kinds], ref_template="#/$defs/{name}"
    )
    return {
        "$defs": components,
        "kinds": {
            kind.name: {
                "v": kind.version,
                "on": sorted(kind.nouns),
                "class": kind.cls,
                "device": kind.device,
                "args": args,
            }
            for kind, args in zip(kinds, schemas, strict=True)
        },
    }
