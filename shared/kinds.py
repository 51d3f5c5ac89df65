"""All nouns and verbs together: the tables there are, and the registry both ends judge by."""

from typing import Any, Final

import msgspec

from shared import (
    assignment,
    editing,
    history,
    master,
    mending,
    newcomers,
    notes,
    parts,
    planning,
    provision,
    readings,
    serials,
    stock,
    tasks,
    ticket,
    work_order,
)
from shared.checklist import Checklist, Reading
from shared.history import AssetHistory
from shared.notes import Note
from shared.parts import Balance, Location, Movement, Part, PartUse, PlannedPart
from shared.people import OpState, Person, Subscription
from shared.provision import OrderedPart
from shared.records import Record, table
from shared.registry import Registry
from shared.serials import SerialClaim
from shared.site import Asset, Customer, Site
from shared.tasks import Conflict, Task
from shared.ticket import Ticket, TicketEvent
from shared.visit import Visit
from shared.work_order import Assignment, Completion, StatusChange, WorkOrder

REGISTRY: Final = Registry(
    (
        *ticket.KINDS,
        *planning.KINDS,
        *assignment.KINDS,
        *work_order.KINDS,
        *readings.KINDS,
        *parts.KINDS,
        *provision.KINDS,
        *stock.KINDS,
        *newcomers.KINDS,
        *tasks.KINDS,
        *notes.KINDS,
        *editing.KINDS,
        *mending.KINDS,
        *master.KINDS,
    ),
    {**ticket.ABSORBS, **parts.ABSORBS, **serials.ABSORBS, **assignment.ABSORBS, **history.ABSORBS},
)

TABLES: Final[dict[str, type[Record]]] = {
    table(kind): kind
    for kind in (
        Person,
        Part,
        Location,
        Checklist,
        Customer,
        Site,
        Asset,
        AssetHistory,
        Ticket,
        TicketEvent,
        WorkOrder,
        Assignment,
        Visit,
        StatusChange,
        Completion,
        Reading,
        Note,
        PlannedPart,
        OrderedPart,
        PartUse,
        Balance,
        Movement,
        SerialClaim,
        Task,
        Conflict,
        Subscription,
        OpState,
    )
}

# Loaded whole with the thing they live with; everything else only where a rule refers to it.
EAGER: Final[dict[str, tuple[type[Record], ...]]] = {
    "ticket": (Ticket,),
    "work_order": (WorkOrder, Assignment, Visit, Reading, Completion, Conflict, Task),
    "site": (Site, Conflict),
    "customer": (Customer,),
}
# The ids a thing names, by which its rules reach further.
LINKS: Final[dict[str, tuple[type[Record], tuple[str, ...]]]] = {
    "work_order": (WorkOrder, ("ticket_id", "checklist_id", "site_id", "asset_id")),
    "part_use": (PartUse, ("location_id", "part_id", "serial")),
    "task": (Task, ("home_noun", "home_id")),
}
# Fields by which a ref may name rows as well: all that have the value. Each has an index.
KEYS: Final[dict[type[Record], str]] = {
    Person: "login",
    Customer: "phone",
    Site: "customer_id",
    Asset: "serial",
}
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
