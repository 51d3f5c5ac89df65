"""Parts and stock: a ledger of movements between places, right without a network."""

from typing import Annotated, Final

from msgspec import Meta, structs

from shared.amendments import amendment
from shared.amounts import Code, Id, Line, OptionalLine, Quantity, thousandths, tidy
from shared.errors import Flag, Refused, refuse_value
from shared.ids import derive
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Emit, Kind, Landing, Outcome, Reach, Ref
from shared.serials import SerialClaim, claim, claim_id, release
from shared.tasks import Task
from shared.work_order import lateness, subject

PART_TYPES: Final = ("original", "generic", "consumable", "tool")  # R-PRT-01
PartType = Annotated[str, Meta(pattern=rf"^({'|'.join(PART_TYPES)})$(?!\n)")]
LocationType = Annotated[str, Meta(pattern=r"^(warehouse|van|defective|scrap|transit)$(?!\n)")]
USED_AT_ONCE_MAX = (
    100_000_000  # thousandths: a hundred thousand of anything is a slip of the finger
)

# What becomes of the part that was replaced.
OLD_PARTS: Final = ("kept", "scrapped", "with_customer", "returned")
OldPart = Annotated[str, Meta(pattern=rf"^({'|'.join(OLD_PARTS)})$(?!\n)")]

# Where parts come from and go to. They hold no balance of their own: it is the sum of the rest.
SUPPLIER: Final = derive("location", "supplier")
INSTALLED: Final = derive("location", "installed")
COUNTED: Final = derive("location", "counted")  # what a count found more or less than the books
OUTSIDE: Final = frozenset({SUPPLIER, INSTALLED, COUNTED})


class Part(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Something that can be fitted (R-PRT-01). `unit` is a code: piece, metre, litre."""

    home = ("catalog", "")

    number: Line
    en: Line
    zh: Line
    type: PartType
    unit: Code
    serialised: bool = False
    barcode: OptionalLine = ""


class Location(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A place that holds parts. A van belongs to a person."""

    home = ("catalog", "")

    code: Line
    en: Line
    zh: Line
    type: LocationType
    person_id: Id | None = None


class Balance(Record, frozen=True, kw_only=True, omit_defaults=True):
    """How much of a part a place holds, in thousandths of its unit: opening plus movements."""

    home = ("location", "location_id")

    location_id: Id
    part_id: Id
    amount: int


class Movement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One double entry: so much left one place and came to another. Never leaves the server."""

    op_id: Id
    part_id: Id
    source_id: Id
    target_id: Id
    amount: int
    at: int


class PartUse(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A part that went into a machine (R-PRT-14). `amount` is in thousandths of its unit.

    `returned` is how much of it was booked wrongly and taken back; `old_part` is where the replaced
    one is now; `planned_id` the line of the plan that it fulfils.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    part_id: Id
    location_id: Id
    amount: int
    serial: OptionalLine = ""
    person_id: Id
    at: int
    old_part: OldPart | None = None
    planned_id: Id | None = None
    returned: int | None = None


class PlannedPart(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A part that a job will probably need (thousandths), until somebody drops it (ms)."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    part_id: Id
    amount: int
    note: OptionalLine = ""
    person_id: Id
    at: int
    dropped_at: int | None = None


class UseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which part, how much of it, from where, and its serial number if it has one.

    Also what became of the old one, and which line of the plan this fulfils.
    """

    part: Id
    location: Id
    quantity: Quantity
    serial: OptionalLine = ""
    old_part: OldPart | None = None
    planned: Id | None = None


class ReturnArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which booking was wrong, and how much of it (all that is left, if not said)."""

    use: Id
    quantity: Quantity | None = None


def use(state: State, act: Act) -> Outcome | Refused:
    """Use a part on a job: a fact, whatever the books say (R-PRT-14)."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: UseArgs = act.args
    refused = _unusable(state, args)
    if refused is not None:
        return refused
    used = PartUse(
        id=derive(act.op_id, "part"),
        work_order_id=order.id,
        visit_id=act.visit,
        part_id=args.part,
        location_id=args.location,
        amount=thousandths(args.quantity),
        serial=tidy(args.serial),
        person_id=act.by.id,
        at=act.at,
        old_part=args.old_part,
        planned_id=_line_of_plan(state, act),
    )
    claims = (claim(used),) if used.serial else ()
    late = amendment(state, act, used.visit_id, new=used.id)
    return Outcome(
        rows=(used, *late.rows),
        emits=(*transfer(args.part, (args.location, INSTALLED), used.amount), *claims),
        flags=(*lateness(order), *late.flags),
    )


def take_back(state: State, act: Act) -> Outcome | Refused:
    """Take back what was booked by mistake: the opposite movement, and a serial number set free."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: ReturnArgs = act.args
    used = state.find(PartUse, args.use)
    if used is None or used.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.use")
    back = used.returned or 0
    left = used.amount - back
    if left == 0:
        return Outcome(merged=True)
    amount = left if args.quantity is None else thousandths(args.quantity)
    if not 0 < amount <= left:
        return refuse_value("wrong_quantity", "args.quantity", quantity=args.quantity)
    freed = (release(used),) if used.serial and amount == left else ()
    late = amendment(state, act, used.visit_id)
    return Outcome(
        rows=(structs.replace(used, returned=back + amount), *late.rows),
        emits=(*transfer(used.part_id, (INSTALLED, used.location_id), amount), *freed),
        flags=(*lateness(order), *late.flags),
    )


def _line_of_plan(state: State, act: Act) -> str | None:
    """The line of this job's plan that is fulfilled. One that is not there stops no fact."""
    line = state.find(PlannedPart, act.args.planned)
    return line.id if line is not None and line.work_order_id == act.on[1] else None


def _unusable(state: State, args: UseArgs) -> Refused | None:
    part = state.find(Part, args.part)
    if part is None:
        return refuse_value("unknown_subject", "args.part")
    if state.find(Location, args.location) is None:
        return refuse_value("unknown_subject", "args.location")
    amount = thousandths(args.quantity)
    serial = tidy(args.serial)
    whole = not (part.serialised and serial) or amount == thousandths("1")
    if not 0 < amount <= USED_AT_ONCE_MAX or not whole:
        return refuse_value("wrong_quantity", "args.quantity", quantity=args.quantity)
    if part.serialised and not serial:
        return refuse_value("missing_field", "args.serial")
    return None


def transfer(part: str, path: tuple[str, str], amount: int) -> tuple[Emit, ...]:
    """One movement, told once to each place that keeps a balance; the first also books it."""
    held = [place for place in path if place not in OUTSIDE]
    return tuple(
        Emit(
            on=("location", place),
            name="stock.move",
            args={
                "part": part,
                "source": path[0],
                "target": path[1],
                "amount": amount,
                "book": place == held[0],
            },
        )
        for place in held
    )


def moved(state: State, emit: Emit, op_id: str, at: int) -> Landing:
    """A movement changes the balance; one that cannot be true opens a recount (promise: F11)."""
    place, part = emit.on[1], str(emit.args["part"])
    amount = int(emit.args["amount"] or 0)
    change = amount if emit.args["target"] == place else -amount
    known = state.find(Balance, balance_id(place, part))
    before = known or Balance(id=balance_id(place, part), location_id=place, part_id=part, amount=0)
    after = structs.replace(before, amount=before.amount + change)
    rows: list[Record] = [after]
    if emit.args["book"]:
        rows.append(
            Movement(
                id=derive(op_id, "movement"),
                op_id=op_id,
                part_id=part,
                source_id=str(emit.args["source"]),
                target_id=str(emit.args["target"]),
                amount=amount,
                at=at,
            )
        )
    if after.amount >= 0 or change > 0:
        return Landing(rows=tuple(rows))
    rows.append(_recount(after, op_id, at))
    flag = Flag(code="short", params={"part": part, "missing": -after.amount})
    return Landing(rows=tuple(rows), flags=(flag,))


def _recount(balance: Balance, op_id: str, at: int) -> Task:
    return Task(
        id=recount_id(balance.location_id, balance.part_id),
        home_noun="location",
        home_id=balance.location_id,
        code="recount",
        params={"part": balance.part_id, "amount": balance.amount},
        op_id=op_id,
        at=at,
    )


def balance_id(location_id: str, part_id: str) -> str:
    """The id of the one balance of a part at a place."""
    return derive("balance", location_id, part_id)


def recount_id(location_id: str, part_id: str) -> str:
    """The id of the one recount task of a part at a place."""
    return derive(balance_id(location_id, part_id), "recount")


def _place(reach: Reach) -> tuple[Aggregate, ...]:
    return (("location", reach.args.location),)


def _used(reach: Reach) -> tuple[Ref, ...]:
    args: UseArgs = reach.args
    claim: tuple[Ref, ...] = (
        ((SerialClaim, claim_id(args.part, serial)),) if (serial := tidy(args.serial)) else ()
    )
    return (
        (Part, args.part),
        (Location, args.location),
        (Balance, balance_id(args.location, args.part)),
        (Task, recount_id(args.location, args.part)),
        *claim,
        *(((PlannedPart, args.planned),) if args.planned else ()),
    )


def _its_place(reach: Reach) -> tuple[Aggregate, ...]:
    place = reach.links.get("location_id")
    return (("location", place),) if place else ()


def _taken_back(reach: Reach) -> tuple[Ref, ...]:
    place, part = reach.links.get("location_id"), reach.links.get("part_id")
    if not place or not part:
        return ((PartUse, reach.args.use),)
    serial = reach.links.get("serial")
    claim: tuple[Ref, ...] = ((SerialClaim, claim_id(part, serial)),) if serial else ()
    return ((PartUse, reach.args.use), (Balance, balance_id(place, part)), *claim)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="parts.use",
        cls="fact",
        nouns=_ON,
        args=UseArgs,
        reduce=use,
        device=True,
        touches=_place,
        refs=_used,
    ),
    Kind(
        name="parts.return",
        cls="fact",
        nouns=_ON,
        args=ReturnArgs,
        reduce=take_back,
        device=True,
        names=("part_use", "use"),
        touches=_its_place,
        refs=_taken_back,
    ),
)
ABSORBS = {"stock.move": moved}
