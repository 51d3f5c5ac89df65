"""The ticket: a customer's request, with its number and what became of it."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, structs

from shared.amounts import Id, Line, LocalTime, OptionalLine, OptionalText, Text, is_sayable
from shared.errors import Refused, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Emit, Landing, Outcome, Reach, Ref
from shared.site import Asset, Customer, Site

CHANNELS: Final = ("phone", "email", "web", "chat", "walk_in", "technician", "api")
# R-INT-01, R-INT-02: every channel ends in one queue; R-INT-03.
Channel = Annotated[str, Meta(pattern=rf"^({'|'.join(CHANNELS)})$(?!\n)")]
# The last ones are ends: nothing but a new plan takes a ticket out of them.
STATUSES: Final = ("new", "planned", "in_progress", "resolved", "closed", "withdrawn", "refused")
ENDS: Final = frozenset(STATUSES[4:])
STEPS_BACK: Final = frozenset(
    {
        *(("resolved", "planned"), ("planned", "new"), ("in_progress", "new")),
        *((end, "planned") for end in ENDS),
    }
)
# What anybody may ask for (R-INT-15); a return or an exchange goes its own way from there.
WISHED_FOR: Final = ("repair", "maintenance", "return", "exchange")
WishedFor = Literal["", "repair", "maintenance", "return", "exchange"]
ALL: Final = "all"  # of the pauses that are open
LATE_MS: Final = 60_000  # later than this, it is worth telling when a server got to know of an act


class Excused(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit that need not be kept: why, and who approved it (R-SLA-03).

    `about` is the feedback whose limit it is, where it is one of feedback.
    """

    limit: Line
    reason: Line
    note: OptionalText = ""
    by: Id
    at: int
    about: str = ""


class Settled(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word on a limit of which the clocks leave open whether it was kept."""

    limit: Line
    said: Literal["met", "breached"]
    note: OptionalText = ""
    by: Id
    at: int
    about: str = ""


class Ticket(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A request. `number` is given by the server when it is first written down there.

    `policy_id` is the service policy, in the version, that it was opened under. `received_at` is
    when the request got here, where it was written down later (ms). `kind` and `tags` classify it
    (R-CLS-01, R-CLS-02); urgency and complexity are apart. `agreed_visit` and `agreed_due` were
    agreed with the customer, as wall times at the site (R-SLA-06, R-SLA-09), the visit at
    `agreed_at` (ms). `owner_id` tracks a major one (R-DSP-06). `chased` is how often the customer
    asked where it stands.
    """

    home = ("ticket", "id")

    number: str | None = None
    customer_id: Id
    site_id: Id
    asset_id: Id | None = None
    channel: Channel
    problem: Text
    priority: Priority
    caller: OptionalLine = ""
    status: str
    opened_by: Id
    opened_at: int
    policy_id: Id | None = None
    received_at: int | None = None
    enquiry_id: Id | None = None
    kind: str = ""
    tags: tuple[str, ...] = ()
    urgency: str = ""
    complexity: str = ""
    impact: str = ""
    complaints: str = ""
    service_type: str = ""
    mode: str = ""
    major: bool = False
    owner_id: Id | None = None
    handled_by: str = ""
    scope: str = ""
    agreed_visit: LocalTime | None = None
    agreed_due: LocalTime | None = None
    agreed_at: int | None = None
    repeat_of: Id | None = None
    chased: int | None = None
    excused: tuple[Excused, ...] = ()
    settled: tuple[Settled, ...] = ()


class TicketEvent(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a ticket's story, and what the clocks run by. Times in milliseconds.

    `events` is what happened by it, as policies name it (`received`, `assigned`, `resolved`...).
    Where the time is only a guess, `earliest` and `latest` bound it; `received` is when a server
    got to know of it, where that was noticeably later. `pause` is the reason why clocks rest from
    then on, `resume` the one that is over, or `all`; `until` is the wall time at the site at which
    the customer's own choice of a date is over by itself. `about` is the feedback that the line
    tells of, and `grade` how grave that is from then on. `team_id` is the team that has it
    from then on, `COMPANY` where whoever got it is in none.
    """

    home = ("ticket", "ticket_id")

    ticket_id: Id
    what: str
    status: str
    by: str
    at: int
    events: tuple[str, ...] = ()
    earliest: int | None = None
    latest: int | None = None
    received: int | None = None
    pause: str = ""
    resume: str = ""
    until: LocalTime | None = None
    note: str = ""
    about: str = ""
    grade: str = ""
    team_id: Id | None = None

    def travels_with(self) -> Aggregate | None:
        """What was done about feedback is the office's alone (0044); no clock of the field asks."""
        return None if self.about else ("ticket", self.ticket_id)


class Step(Struct, frozen=True, kw_only=True):
    """What an act means to a ticket beside its status; fields as in `TicketEvent`.

    `agreed` is the time of the visit that was agreed with the customer by it.
    """

    events: tuple[str, ...] = ()
    pause: str = ""
    resume: str = ""
    until: str | None = None
    note: str = ""
    agreed: str | None = None
    about: str = ""
    grade: str = ""
    team: str | None = None


NO_MORE: Final = Step()


class OpenArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller said, and when it got here, where that was before it is written down (ms).

    `enquiry` is what came in, if the ticket is made of that: then it got here when that did. `wish`
    is which kind of service is asked for (R-INT-15).
    """

    customer: Id
    site: Id
    problem: Text
    channel: Channel
    priority: Priority
    asset: Id | None = None
    caller: OptionalLine = ""
    received_at: Annotated[int, Meta(ge=0)] | None = None
    enquiry: Id | None = None
    wish: WishedFor = ""


def open_ticket(state: State, act: Act) -> Outcome | Refused:
    """Write a request down (R-INT-03: one queue, nothing lost)."""
    args: OpenArgs = act.args
    if not is_sayable(args.problem):
        return refuse_value("not_text", "args.problem")
    refused = _unknown(state, args)
    if refused is not None:
        return refused
    received = args.received_at if args.received_at and args.received_at < act.at else None
    opened = Ticket(
        id=act.on[1],
        customer_id=args.customer,
        site_id=args.site,
        asset_id=args.asset,
        channel=args.channel,
        problem=args.problem,
        priority=args.priority,
        caller=args.caller,
        status="new",
        opened_by=act.by.id,
        opened_at=act.at,
        received_at=received,
    )
    return Outcome(rows=(opened, line(act, opened, Step(events=("recorded",)))))


def _unknown(state: State, args: OpenArgs) -> Refused | None:
    site = state.find(Site, args.site)
    if state.find(Customer, args.customer) is None:
        return refuse_value("unknown_subject", "args.customer")
    if site is None or site.customer_id != args.customer:
        return refuse_value("unknown_subject", "args.site")
    asset = state.find(Asset, args.asset)
    if args.asset is not None and (asset is None or asset.site_id != args.site):
        return refuse_value("unknown_subject", "args.asset")
    return None


def line(act: Act, ticket: Ticket, step: Step = NO_MORE) -> TicketEvent:
    """The line that an act on a ticket adds to its story."""
    return TicketEvent(
        id=derive(act.op_id, "event"),
        ticket_id=ticket.id,
        what=act.kind,
        status=ticket.status,
        by=act.by.id,
        at=act.at,
        events=step.events,
        earliest=act.earliest,
        latest=act.latest,
        received=_if_late(act),
        pause=step.pause,
        resume=step.resume,
        until=step.until,
        note=step.note,
        about=step.about,
        grade=step.grade,
    )


def progress(ticket_id: str, status: str, act: Act, step: Step = NO_MORE) -> tuple[Emit, ...]:
    """The fact that work on a ticket has come as far as `status`, if it says one."""
    told: dict[str, str | int | bool | None] = {
        "events": " ".join(step.events),
        "pause": step.pause,
        "resume": step.resume,
        "until": step.until,
        "note": step.note,
        "agreed": step.agreed,
        "about": step.about,
        "grade": step.grade,
        "team": step.team,
        "earliest": act.earliest,
        "latest": act.latest,
        "received": _if_late(act),
    }
    args: dict[str, str | int | bool | None] = {"status": status, "what": act.kind, "by": act.by.id}
    args |= {name: value for name, value in told.items() if value not in ("", None)}
    return (Emit(on=("ticket", ticket_id), name="ticket.progress", args=args),)


def _if_late(act: Act) -> int | None:
    return act.received if act.received is not None and act.received - act.at > LATE_MS else None


def progressed(state: State, emit: Emit, op_id: str, at: int) -> Landing:
    """A ticket moves forward with its work, never back, but for the steps that `STEPS_BACK` names.

    A new plan reopens one that had come to its end, and a cancelled plan puts it back into the
    queue, so that no request is forgotten (R-INT-03).
    """
    ticket = state.find(Ticket, emit.on[1])
    if ticket is None:
        return Landing()
    told = emit.args
    status = _status_after(ticket.status, str(told["status"]))
    is_over = ticket.status in ENDS or ticket.status == "resolved"
    again = ("reopened",) if is_over and status == "planned" else ()
    event = TicketEvent(
        id=derive(op_id, "event"),
        ticket_id=ticket.id,
        what=str(told["what"]),
        status=status,
        by=str(told["by"]),
        at=at,
        events=(*again, *str(told.get("events", "")).split()),
        earliest=_moment(emit, "earliest"),
        latest=_moment(emit, "latest"),
        received=_moment(emit, "received"),
        pause=str(told.get("pause", "")),
        resume=str(told.get("resume", "")),
        until=_text(emit, "until"),
        note=str(told.get("note", "")),
        about=str(told.get("about", "")),
        grade=str(told.get("grade", "")),
        team_id=_text(emit, "team"),
    )
    agreed = agreed_on(ticket, _text(emit, "agreed"), at)
    after = structs.replace(agreed, status=status)
    return Landing(rows=((after, event) if after != ticket else (event,)))


def agreed_on(ticket: Ticket, visit: str | None, at: int) -> Ticket:
    """A ticket with a visit that was agreed on at `at` (ms): what was agreed later stands."""
    if visit is None or at < (ticket.agreed_at or 0):
        return ticket
    return structs.replace(ticket, agreed_visit=visit, agreed_at=at)


def _status_after(before: str, wanted: str) -> str:
    if wanted not in STATUSES:  # an act that says nothing of how far it has come
        return before
    forward = before not in ENDS and STATUSES.index(wanted) > STATUSES.index(before)
    return wanted if forward or (before, wanted) in STEPS_BACK else before


def _moment(emit: Emit, name: str) -> int | None:
    value = emit.args.get(name)
    return int(value) if value is not None else None


def _text(emit: Emit, name: str) -> str | None:
    value = emit.args.get(name)
    return str(value) if value is not None else None


def opened_for(reach: Reach) -> tuple[Ref, ...]:
    """Who asks, where, and about what."""
    asset: tuple[Ref, ...] = ((Asset, reach.args.asset),) if reach.args.asset else ()
    return ((Customer, reach.args.customer), (Site, reach.args.site), *asset)


ABSORBS = {"ticket.progress": progressed}
