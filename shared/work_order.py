"""The work order: one job, its life, and what the technician does with it."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final

from msgspec import Meta, structs

from shared import history, milestones, ticket
from shared.amendments import amendment
from shared.amounts import Id, Line, LocalTime, OptionalLine, OptionalText
from shared.checklist import Checklist, missing_items
from shared.errors import Flag, Refused, refuse_state, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.tasks import task
from shared.visit import (
    AT_THE_DOOR,
    OUTCOMES,
    Visit,
    VisitOutcome,
    attended,
    open_visit,
    with_attendance,
)

STATUSES: Final = (
    "created",
    "assigned",
    "accepted",
    "en_route",
    "on_site",
    "working",
    "paused",
    "done",
    "handed_in",
    "cancelled",
)
OPEN: Final = STATUSES[:7]
# R-CHG-01: A chargeable, B under contract, C free in warranty, D internal work.
Category = Annotated[str, Meta(pattern=r"^[ABCD]$(?!\n)")]
SERVICES: Final = ("repair", "maintenance", "installation", "inspection", "internal")
Service = Annotated[str, Meta(pattern=rf"^({'|'.join(SERVICES)})$(?!\n)")]

# The machine: verb -> (the states it may be said in, the state it leads to).
LEGAL: Final[dict[str, tuple[frozenset[str], str]]] = {
    "work_order.accept": (frozenset({"assigned"}), "accepted"),
    "work_order.decline": (frozenset({"assigned", "accepted"}), "created"),
    "work_order.start": (frozenset({"accepted", "en_route", "on_site"}), "working"),
    "work_order.pause": (frozenset({"working"}), "paused"),
    "work_order.resume": (frozenset({"paused"}), "working"),
    "work_order.complete": (frozenset({"working", "paused"}), "done"),
}
UNENDED: Final = "accepted"  # where a visit leaves a job that does not end with it
# A fact moves the status only along these edges; elsewhere it is kept and moves nothing.
DEPART_FROM: Final = frozenset({"assigned", "accepted"})
ARRIVE_FROM: Final = frozenset({"assigned", "accepted", "en_route"})
ANSWERS_TO_PASS: Final = frozenset({"done"})


class WorkOrder(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A job. Planned times are wall times at the site; `number` is given by the server.

    One that was begun on a phone keeps its `provisional` number as an alias, and the job that its
    author was on (`beside_id`). An `orphan` stands in for a job whose own beginning was given up.
    """

    home = ("work_order", "id")

    number: str | None = None
    provisional: Line | None = None
    beside_id: Id | None = None
    orphan: bool = False
    ticket_id: Id
    customer_id: Id
    site_id: Id
    asset_id: Id | None = None
    checklist_id: Id | None = None
    category: Category
    service: Service
    priority: Priority
    summary: Line
    job_note: OptionalText = ""
    skill: OptionalLine = ""
    planned_from: LocalTime | None = None
    planned_to: LocalTime | None = None
    status: str
    created_at: int
    done_at: int | None = None
    outcome: VisitOutcome | None = None
    cancel_reason: OptionalLine = ""


class Assignment(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to do it: lead or helper, from when until when (ms). Never deleted.

    `seen_at` and `accepted_at` are when that person opened the job on a phone and took it on.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    person_id: Id
    role: str
    from_ms: int
    until_ms: int | None = None
    seen_at: int | None = None
    accepted_at: int | None = None


class StatusChange(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a work order's life, as it was done; `edge` names a policy edge."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    person_id: Id
    verb: str
    before: str
    after: str
    at: int
    edge: str = ""


class NoArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing but the verb."""


class PauseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why work is interrupted."""

    reason: Line


class CompleteArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How the visit ended, and what was found and done (R-ONS-05)."""

    outcome: VisitOutcome
    diagnosis: OptionalText = ""
    work_done: OptionalText = ""
    remark: OptionalLine = ""


class Completion(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the technician wrote when a visit ended (R-ONS-05, R-DIA-01)."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    person_id: Id
    outcome: VisitOutcome
    diagnosis: OptionalText = ""
    work_done: OptionalText = ""
    remark: OptionalLine = ""
    at: int


def subject(state: State, act: Act) -> WorkOrder | Refused:
    """The work order an act is on."""
    found = state.find(WorkOrder, act.on[1])
    return found if found is not None else refuse_value("unknown_subject", "on")


def standing(state: State, work_order_id: str, person_id: str) -> str:
    """Whether somebody is the `assignee`, a `former_assignee`, or a `stranger` to a job."""
    theirs = [one for one in state.of(Assignment, work_order_id) if one.person_id == person_id]
    if any(one.until_ms is None for one in theirs):
        return "assignee"
    return "former_assignee" if theirs else "stranger"


def current(state: State, work_order_id: str) -> Iterator[Assignment]:
    """The assignments that hold."""
    return (one for one in state.of(Assignment, work_order_id) if one.until_ms is None)


def visit_of(state: State, act: Act) -> Visit:
    """The visit an act belongs to: the one it names, else the person's open one, else a new one.

    A visit that is named but unknown here gets an id of its own, so that no act can write over
    the visit of another job.
    """
    unknown = derive(act.on[1], "visit", act.visit) if act.visit else derive(act.op_id, "visit")
    for identity in (act.visit, unknown):
        named = state.find(Visit, identity)
        if named is not None and named.work_order_id == act.on[1]:
            return named
    mine = open_visit(state, act.on[1], act.by.id)
    if act.visit is None and mine is not None:
        return mine
    return Visit(id=unknown, work_order_id=act.on[1], person_id=act.by.id)


def depart(state: State, act: Act) -> Outcome | Refused:
    """Set off: a fact of (visit, person); the first time counts."""
    return _attend(state, act, (DEPART_FROM, "en_route"))


def arrive(state: State, act: Act) -> Outcome | Refused:
    """Get there: a fact that stops the response clock; the first time counts."""
    return _attend(state, act, (ARRIVE_FROM, "on_site"))


def _attend(state: State, act: Act, edge: tuple[frozenset[str], str]) -> Outcome | Refused:
    """Write down that somebody set off or got there, unless that is already written."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    visit = visit_of(state, act)
    mine = attended(visit, act.by.id)
    here = act.kind == "work_order.arrive"
    if mine.arrived_at is not None or (mine.departed_at is not None and not here):
        return Outcome(merged=True)
    when = {"arrived_at" if here else "departed_at": act.at}
    seen = with_attendance(visit, structs.replace(mine, **when))
    flags = (Flag(code="not_accepted"),) if order.status in ("created", "assigned") else ()
    rows = (structs.replace(visit, attendance=seen), *_moved(state, order, act, edge))
    how_far, step = ("in_progress", milestones.ARRIVED) if here else ("", milestones.DEPARTED)
    emits = ticket.progress(order.ticket_id, how_far, act, step)
    return Outcome(rows=rows, emits=emits, flags=(*flags, *lateness(order)))


def complete(state: State, act: Act) -> Outcome | Refused:
    """End the visit with its outcome (R-ONS-11); some outcomes end the work order too."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: CompleteArgs = act.args
    report = Completion(
        id=derive(act.op_id, "completion"),
        work_order_id=order.id,
        visit_id=visit_of(state, act).id,
        person_id=act.by.id,
        outcome=args.outcome,
        diagnosis=args.diagnosis,
        work_done=args.work_done,
        remark=args.remark,
        at=act.at,
    )
    allowed = LEGAL[act.kind][0] | (
        {"on_site", "en_route"} if args.outcome in AT_THE_DOOR else set()
    )
    if order.status not in allowed:
        return _not_now(order, act, (report,))
    return _finished(state, act, order, report)


def _finished(state: State, act: Act, order: WorkOrder, report: Completion) -> Outcome:
    ends = OUTCOMES[report.outcome]
    after = "done" if ends else UNENDED
    changed = structs.replace(
        order,
        status=after,
        outcome=report.outcome,
        done_at=act.at if ends else None,
    )
    visit = structs.replace(
        visit_of(state, act), ended_at=act.at, outcome=report.outcome, remark=report.remark
    )
    again = () if ends else (task(act, "plan_next_visit", params={"outcome": report.outcome}),)
    missing = (
        missing_items(state, order.checklist_id, order.id)
        if report.outcome in ANSWERS_TO_PASS
        else []
    )
    flags = (Flag(code="incomplete", params={"items": ", ".join(missing)}),) if missing else ()
    late = amendment(state, act, visit.id, new=report.id)
    meant = milestones.ended(report.outcome, is_diagnosed=bool(report.diagnosis))
    return Outcome(
        rows=(changed, visit, change(order, act, after), report, *again, *late.rows),
        emits=(
            *ticket.progress(order.ticket_id, "resolved" if ends else "in_progress", act, meant),
            *history.visited(state, changed, visit, report),
        ),
        flags=(*flags, *late.flags),
    )


def step(state: State, act: Act) -> Outcome | Refused:
    """Begin the work, interrupt it or go on with it: one step of the machine (`LEGAL`)."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    allowed, after = LEGAL[act.kind]
    if order.status not in allowed:
        return _not_now(order, act, ())
    rows = (structs.replace(order, status=after), change(order, act, after))
    flags: tuple[Flag, ...] = ()
    if act.kind == "work_order.start":
        visit = visit_of(state, act)
        here = attended(visit, act.by.id).arrived_at is not None
        flags = () if here else (Flag(code="not_arrived"),)
    return Outcome(rows=rows, flags=flags)


def _not_now(order: WorkOrder, act: Act, kept: tuple[Record, ...]) -> Outcome | Refused:
    """What a verb means in a state it is not legal in: already so, a policy edge, or refused."""
    ends = not isinstance(act.args, CompleteArgs) or OUTCOMES[act.args.outcome]
    wanted = LEGAL[act.kind][1] if ends else UNENDED
    same_end = order.outcome == getattr(act.args, "outcome", order.outcome)
    if ends and order.status == wanted and same_end:
        return Outcome(rows=kept, merged=True)
    cancelled = order.status == "cancelled"
    exception = (task(act, "work_done_after_cancel"),) if cancelled and kept else ()
    flags = (Flag(code="done_after_cancel"),) if exception else ()
    return Refused(
        code="cancelled_meanwhile" if cancelled else "illegal_status",
        grounds="state",
        params={"status": order.status, "verb": act.kind, "wanted": wanted},
        keep=Outcome(rows=(*kept, *exception), flags=flags),
    )


def _moved(
    state: State, order: WorkOrder, act: Act, edge: tuple[frozenset[str], str]
) -> tuple[Record, ...]:
    """The status step that a fact causes, if it is one's own job and the step is a legal one."""
    sources, after = edge
    if order.status not in sources or standing(state, order.id, act.by.id) != "assignee":
        return ()
    return (structs.replace(order, status=after), change(order, act, after))


def change(order: WorkOrder, act: Act, after: str, *, edge: str = "") -> StatusChange:
    """The history line of one step."""
    return StatusChange(
        id=derive(act.op_id, "status"),
        work_order_id=order.id,
        visit_id=act.visit,
        person_id=act.by.id,
        verb=act.kind,
        before=order.status,
        after=after,
        at=act.at,
        edge=edge,
    )


def lateness(order: WorkOrder) -> tuple[Flag, ...]:
    """The flag of a fact recorded on a job that is over."""
    over = order.status not in OPEN
    return (Flag(code="late", params={"status": order.status}),) if over else ()


def billing_lateness(order: WorkOrder) -> tuple[Flag, ...]:
    """The flag of proof or money recorded once all is over: a visit's own may follow its end."""
    over = order.status in ("handed_in", "cancelled")
    return (Flag(code="late", params={"status": order.status}),) if over else ()


def to_its_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    """The ticket that a work order's steps move forward."""
    linked = reach.links.get("ticket_id")
    return (("ticket", linked),) if linked else ()


def with_its_checklist(reach: Reach) -> tuple[Ref, ...]:
    """The checklist that decides what is still missing."""
    linked = reach.links.get("checklist_id")
    return ((Checklist, linked),) if linked else ()


def illegal(order: WorkOrder, act: Act) -> Refused:
    """The refusal of an office verb in a state it is not legal in."""
    return refuse_state("illegal_status", status=order.status, verb=act.kind)


_on_a_phone = partial(Kind, nouns=frozenset({"work_order"}), device=True)
_step = partial(_on_a_phone, cls="status", reduce=step)
_fact = partial(_on_a_phone, cls="fact", args=NoArgs, touches=to_its_ticket)

KINDS = (
    _fact(name="work_order.depart", reduce=depart),
    _fact(name="work_order.arrive", reduce=arrive),
    _step(name="work_order.start", args=NoArgs),
    _step(name="work_order.pause", args=PauseArgs),
    _step(name="work_order.resume", args=NoArgs),
    _on_a_phone(
        name="work_order.complete",
        cls="status",
        args=CompleteArgs,
        reduce=complete,
        touches=history.ticket_and_site,
        refs=history.checklist_and_machine,
    ),
)
