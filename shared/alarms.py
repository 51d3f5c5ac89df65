"""Alarms: whom the server tells of a limit that is nearly or already missed, and since when.

They follow from how the clocks stand and from nothing else, under ids of their own: whoever asks
again, after a restart or in another process, comes to the same ones, and each is raised once.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct, structs

from shared.amounts import Code, Id
from shared.clocks import UNIT_MS, Clock, named
from shared.errors import Params, Refused, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.policy import Limit
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.tasks import Task, closed
from shared.ticket import Ticket
from shared.timetable import ALWAYS, Running, run_out
from shared.work_order import Assignment, WorkOrder

# A limit is nearly missed, is missed, or nobody can say; the customer is to hear how things stand
# (R-SLA-13); a technician has not taken a job on.
CODES: Final = ("clock_warns", "clock_overdue", "clock_uncertain", "progress_due", "unaccepted")
Raised = Annotated[str, Meta(pattern=rf"^({'|'.join(CODES)})$(?!\n)")]
# Why it is over: it was kept, it is missed now, its time is another, another limit of the ticket
# goes before it, or nobody waits for it.
OVER: Final = ("met", "late", "overdue", "moved", "in_turn", "not_needed", "accepted")
# Of these a role hears of one for a ticket at a time; what is in doubt is for somebody to settle.
IN_TURN: Final = frozenset({"clock_warns", "clock_overdue", "progress_due"})
WARNS: Final = "warn"
DOUBTS: Final = "doubt"
PERCENT: Final = 100
MINUTE_MS: Final = 60_000
DISPATCHER: Final = "dispatcher"
PROGRESS: Final = "progress"
HASTE: Final = frozenset({"urgent", "emergency"})


class Alarm(Struct, frozen=True, kw_only=True):
    """Something that somebody in the office is to be told, and the id of the act that does so."""

    op_id: str
    on: Aggregate
    code: str
    params: Params

    @property
    def task_id(self) -> str:
        """The task that it opens."""
        return derive(self.op_id, "task", self.code, self.on[1])


class Told(Struct, frozen=True, kw_only=True):
    """The alarms that stand now, and when there may be another one (ms)."""

    alarms: tuple[Alarm, ...] = ()
    next_at: int | None = None


class Given(Struct, frozen=True, kw_only=True):
    """A job, to whom it was given, and what they are called."""

    order: WorkOrder
    assignments: tuple[Assignment, ...] = ()
    names: Mapping[str, str] = {}


class Patience(Struct, frozen=True, kw_only=True):
    """After how many minutes without a word a technician is to be rung up."""

    minutes: int
    urgent_minutes: int

    def of(self, priority: Priority) -> int:
        """So long (ms) for a job of that priority."""
        hurries = priority in HASTE
        return (self.urgent_minutes if hurries else self.minutes) * MINUTE_MS


class Moment(Struct, frozen=True, kw_only=True):
    """Now, and since when time is kept here (ms): what was due before is told nobody any more."""

    now: int
    since: int = 0


def of_clocks(
    ticket_id: str,
    clocks: Iterable[Clock],
    limits: Mapping[str, Limit],
    working: Running,
    at: Moment,
) -> Told:
    """What is to be told of a ticket's limits: to each role of the one that was due first.

    Who has been told of a ticket is told of its next limit once that is over.
    """
    told = [_of_one(ticket_id, clock, (limits[clock.limit], working), at) for clock in clocks]
    moments = [one.next_at for one in told if one.next_at is not None]
    alarms = [alarm for one in told for alarm in one.alarms]
    return Told(alarms=tuple(_first_each(alarms)), next_at=min(moments, default=None))


def _first_each(alarms: Iterable[Alarm]) -> Iterable[Alarm]:
    """Of alarms about one ticket the one that is due first, for each role; others all."""
    first: dict[tuple[str, str], Alarm] = {}
    for one in sorted(alarms, key=lambda alarm: (int(alarm.params["due"] or 0), alarm.op_id)):
        about = str(one.params.get("about", ""))  # each feedback is apart (C-07)
        family = f"clock {about}" if one.code in IN_TURN else one.op_id
        first.setdefault((family, str(one.params["role"])), one)
    return first.values()


def _of_one(ticket_id: str, clock: Clock, by: tuple[Limit, Running], at: Moment) -> Told:
    limit, working = by
    if clock.due is not None and clock.due < at.since:
        return Told(next_at=clock.next_at)
    steps: list[tuple[str, str, str]] = []
    later: list[int] = []
    if clock.state == "uncertain":
        steps = [("clock_uncertain", DOUBTS, "")]
    elif clock.state == "breached" and clock.reason == "overdue":
        chain = escalation(clock, limit, working)
        steps = [("clock_overdue", role, role) for role, when in chain if at.now >= when]
        later = [when for _, when in chain if at.now < when]
    elif _is_warned(clock, at.now):
        steps = [("progress_due" if limit.node == PROGRESS else "clock_warns", WARNS, "")]
    moments = later if clock.next_at is None else [*later, clock.next_at]
    return Told(
        alarms=tuple(_alarm(ticket_id, clock, limit, step) for step in steps),
        next_at=min(moments, default=None),
    )


def escalation(clock: Clock, limit: Limit, working: Running) -> list[tuple[str, int]]:
    """Who is told that a limit is missed, from when on (ms): one after the other (R-SLA-44).

    Shares are of the limit's own time, counted as it counts: where it does so in working hours,
    nobody hears more of it at night. A time that was agreed makes them no shorter.
    """
    if clock.due is None:
        return []
    time = working if limit.calendar == "working" else ALWAYS
    over = clock.due + 1
    span = max(_span(clock, limit), MINUTE_MS)
    return [
        (
            step.role or limit.role or DISPATCHER,
            run_out(time, over, span * step.over // PERCENT, ()),
        )
        for step in limit.escalation
    ]


def _span(clock: Clock, limit: Limit) -> int:
    """How much time the limit gives (ms); where it says days or nothing, how much there was."""
    unit = UNIT_MS.get(limit.unit)
    if limit.amount is not None and unit is not None:
        return limit.amount * unit
    return clock.span or 0


def _is_warned(clock: Clock, now: int) -> bool:
    """Whether its time runs out; while it stands still nothing does."""
    if clock.state != "running" or clock.warn_at is None or clock.due is None:
        return False
    return clock.warn_at <= now <= clock.due


def _alarm(ticket_id: str, clock: Clock, limit: Limit, told: tuple[str, str, str]) -> Alarm:
    code, step, role = told
    due = clock.due if clock.due is not None else 0
    role = role or limit.role or DISPATCHER
    params: Params = {"limit": limit.id, "node": limit.node, "due": due, "role": role}
    if clock.about:
        params["about"] = clock.about
    return Alarm(
        op_id=derive("alarm", ticket_id, named(limit.id, clock.about), due, step, code, role),
        on=("ticket", ticket_id),
        code=code,
        params=params,
    )


def of_orders(
    orders: Iterable[Given],
    patience: Patience,
    working: Running,
    at: Moment,
) -> Told:
    """Who has not taken on a job that was given to them: the dispatcher is to ring them up.

    Of an urgent one time runs by the wall, of another in working hours.
    """
    found: list[Alarm] = []
    moments: list[int] = []
    for given in orders:
        for one in given.assignments if given.order.status == "assigned" else ():
            if one.until_ms is not None or one.accepted_at is not None or one.role != "lead":
                continue
            rung_at = _rung_at(given.order.priority, one.from_ms, patience, working)
            if at.now < rung_at:
                moments.append(rung_at)
            elif rung_at >= at.since:
                found.append(_unaccepted(given, one))
    return Told(alarms=tuple(found), next_at=min(moments, default=None))


def _rung_at(priority: Priority, since: int, patience: Patience, working: Running) -> int:
    wait = patience.of(priority)
    return since + wait if priority in HASTE else run_out(working, since, wait, [])


def _unaccepted(given: Given, one: Assignment) -> Alarm:
    return Alarm(
        op_id=derive("alarm", given.order.id, "unaccepted", one.id, one.from_ms),
        on=("work_order", given.order.id),
        code="unaccepted",
        params={
            "name": given.names.get(one.person_id, ""),
            "assignment": one.id,
            "since": one.from_ms,
            "role": DISPATCHER,
        },
    )


def why_over(task: Task, clocks: Iterable[Clock]) -> str:
    """Why nobody waits for what a task was about any more (`OVER`)."""
    if task.code == "unaccepted":
        return "accepted"
    which = (task.params.get("limit"), task.params.get("about", ""))
    clock = next((one for one in clocks if (one.limit, one.about) == which), None)
    if clock is None or clock.state in ("dropped", "excused", "waiting"):
        return "not_needed"
    if clock.state == "met":
        return "met"
    if clock.state == "breached":
        return "overdue" if clock.reason == "overdue" else "late"
    return "in_turn" if clock.due == task.params.get("due") else "moved"


class RaiseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody is to be told, and what its words name."""

    code: Raised
    params: Annotated[dict[Code, str | int | None], Meta(max_length=12)]


class SettleArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why it is over."""

    reason: Annotated[str, Meta(pattern=rf"^({'|'.join(OVER)})$(?!\n)")]
    task: Id


def raise_(state: State, act: Act) -> Outcome | Refused:
    """Open a task about a limit of a ticket, or about a job that nobody has taken on."""
    noun, identity = act.on
    kind = Ticket if noun == "ticket" else WorkOrder
    if state.find(kind, identity) is None:
        return refuse_value("unknown_subject", "on")
    args: RaiseArgs = act.args
    opened = Task(
        id=derive(act.op_id, "task", args.code, identity),
        home_noun=noun,
        home_id=identity,
        code=args.code,
        params=args.params,
        op_id=act.op_id,
        at=act.at,
    )
    return Outcome(rows=(opened,))


def settle(state: State, act: Act) -> Outcome | Refused:
    """Close such a task, because what it was about is over; `note` keeps why, as a code."""
    args: SettleArgs = act.args
    found = state.find(Task, args.task)
    if found is None or (found.home_noun, found.home_id) != act.on or found.code not in CODES:
        return refuse_value("unknown_subject", "args.task")
    if found.done:
        return Outcome(merged=True)
    return Outcome(rows=(structs.replace(closed(found, act), note=args.reason),))


def _the_task(reach: Reach) -> tuple[Ref, ...]:
    return ((Task, reach.args.task),)


_ON: Final = frozenset({"ticket", "work_order"})

KINDS = (
    Kind(name="task.raise", cls="office", nouns=_ON, args=RaiseArgs, reduce=raise_),
    Kind(
        name="task.settle",
        cls="office",
        nouns=_ON,
        args=SettleArgs,
        reduce=settle,
        refs=_the_task,
    ),
)
