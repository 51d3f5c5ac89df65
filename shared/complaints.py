"""Complaints and what else customers say: what is done with each, step by step (R-CMP-02, -03)."""

from msgspec import field, structs

from shared.amounts import Id, OptionalLine, OptionalText, Text, has_control_characters, tidy
from shared.errors import Refused, refuse_person, refuse_value
from shared.feedback import (
    BEGINS,
    LINK,
    STEPS,
    Aspects,
    Feedback,
    FeedbackKind,
    FeedbackType,
    Grade,
    Score,
    Solved,
    Way,
    confirmed,
    known,
    on_feedback,
    scorable,
    tasks_of,
    told_of,
    took,
    went_on,
)
from shared.people import needs_the_job
from shared.reception import Means, unreadable, unsayable
from shared.records import Aggregate, State
from shared.registry import Act, Args, Outcome, Reach, Ref
from shared.scoring import begun, scored
from shared.ticket import Step, Ticket
from shared.work_order import WorkOrder, standing

ON_SITE = frozenset({"complaint", "suggestion", "issue"})  # what somebody in the field is told


class RecordArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody said of which request; fields as in `Feedback`.

    Somebody in the field names the job on which they were told it.
    """

    ticket: Id
    kind: FeedbackKind
    means: Way
    text: OptionalText = ""
    said_by: OptionalLine = ""
    contact: OptionalLine = ""
    type: FeedbackType = ""
    grade: Grade = ""
    score: Score | None = None
    aspects: Aspects = field(default_factory=dict)
    solved: Solved = ""
    follows: Id | None = None
    work_order: Id | None = None


class SortArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Of what type it is, and how grave (R-CLS-23)."""

    type: FeedbackType = ""
    grade: Grade = ""


class ContactArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How the customer was asked, whether somebody answered, and whether we understood them."""

    means: Means
    reached: bool
    understood: bool = False
    note: OptionalText = ""


class PlanArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done about it, and by what means the customer was told."""

    means: Means
    text: Text


class ResultArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it, by what means the customer was told, and what they get for it (R-CMP-10)."""

    means: Means
    text: Text
    compensation: OptionalText = ""


class CallArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How the manager reached the customer, why the score was low, and what is done about it."""

    means: Means
    reached: bool
    cause: OptionalText = ""
    measure: OptionalText = ""


class PutRightArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why it came to that, and what was done so that it does not again."""

    measure: Text
    cause: OptionalText = ""


def record(state: State, act: Act) -> Outcome | Refused:
    """Write down what a customer said; from then on its clocks run. A fact, also from the field."""
    args: RecordArgs = act.args
    ticket = state.find(Ticket, args.ticket)
    if ticket is None:
        return refuse_value("unknown_subject", "args.ticket")
    wrong = _unsaid(act, args) or _unfit(state, act, args)
    if wrong is not None:
        return wrong
    made = Feedback(
        id=act.on[1],
        ticket_id=ticket.id,
        kind=args.kind,
        means=args.means,
        state="open",
        text=tidy(args.text),
        said_by=tidy(args.said_by),
        contact=tidy(args.contact),
        type=args.type,
        grade=args.grade,
        follows=args.follows,
        by=act.by.id,
        at=act.at,
        work_order_id=args.work_order,
    )
    if args.kind == "score":
        return begun(state, act, scored(made, args))
    events, note = (BEGINS[args.kind],), made.text
    emits = told_of(made, act, Step(events=events, note=note, grade=made.grade))
    return Outcome(rows=(made, *tasks_of(state, act, None, made)), emits=emits)


def _unsaid(act: Act, args: RecordArgs) -> Refused | None:
    if args.means == LINK:  # that is the customer's own word (`feedback.score`)
        return refuse_value("wrong_value", "args.means", reason=args.means)
    for name in ("said_by", "contact"):
        if has_control_characters(getattr(args, name)):
            return refuse_value("not_text", f"args.{name}")
    if args.kind == "score":
        missing = args.score is None
        return refuse_value("missing_field", "args.score") if missing else unreadable(act, "text")
    return unsayable(act, "text") if args.text else refuse_value("missing_field", "args.text")


def _unfit(state: State, act: Act, args: RecordArgs) -> Refused | None:
    """What this author cannot write down: more than they are told on a job of theirs."""
    if args.kind == "score":
        found = scorable(state, args.ticket, "args.ticket")
        if isinstance(found, Refused):
            return found
    if args.follows is not None:
        earlier = state.find(Feedback, args.follows)
        if earlier is None or earlier.ticket_id != args.ticket:
            return refuse_value("unknown_subject", "args.follows")
    return _unassigned(state, act, args) if needs_the_job(act.by, act.kind) else None


def _unassigned(state: State, act: Act, args: RecordArgs) -> Refused | None:
    if args.kind not in ON_SITE:
        return refuse_person("not_permitted", kind=act.kind)
    if args.work_order is None:
        return refuse_value("missing_field", "args.work_order")
    job = state.find(WorkOrder, args.work_order)
    if job is None or job.ticket_id != args.ticket:
        return refuse_value("unknown_subject", "args.work_order")
    if standing(state, job.id, act.by.id) == "stranger":
        return refuse_person("not_assigned", number=job.number)
    return None


def sort(state: State, act: Act) -> Outcome | Refused:
    """Say of what type it is and how grave (R-CLS-23); a serious one is the manager's at once."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    args: SortArgs = act.args
    after = structs.replace(found, type=args.type, grade=args.grade)
    if after == found:
        return Outcome(merged=True)
    return went_on(state, act, (found, after), Step(grade=args.grade))


def contact(state: State, act: Act) -> Outcome | Refused:
    """Reach whoever said it, to learn the details; a call that nobody answers stops no clock."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    args: ContactArgs = act.args
    wrong = unreadable(act, "note") or _not_its_step(found, "contact")
    if wrong is not None:
        return wrong
    if not args.reached:
        return went_on(state, act, (found, found), Step(note=tidy(args.note)))
    after = took(found, "contact")
    if args.understood:
        after = confirmed(after, act, ("understood",))
    event = STEPS[found.kind]["contact"]
    step = Step(events=(event,) if event else (), note=tidy(args.note))
    return went_on(state, act, (found, after), step)


def plan(state: State, act: Act) -> Outcome | Refused:
    """Tell whoever complained what is to be done about it (R-SLA-42)."""
    return _told(state, act, "plan")


def result(state: State, act: Act) -> Outcome | Refused:
    """Tell whoever said it what came of it (R-SLA-33)."""
    found = _told(state, act, "result")
    if isinstance(found, Refused) or not act.args.compensation:
        return found
    rows = tuple(
        structs.replace(one, compensation=tidy(act.args.compensation))
        if isinstance(one, Feedback)
        else one
        for one in found.rows
    )
    return unsayable(act, "compensation") or structs.replace(found, rows=rows)


def _told(state: State, act: Act, name: str) -> Outcome | Refused:
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unsayable(act, "text") or _not_its_step(found, name)
    if wrong is not None:
        return wrong
    step = Step(events=(STEPS[found.kind][name],), note=tidy(act.args.text))
    return went_on(state, act, (found, took(found, name)), step)


def call(state: State, act: Act) -> Outcome | Refused:
    """The manager speaks with whoever scored low, finds the cause, sets a measure (R-SLA-15)."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    args: CallArgs = act.args
    wrong = unreadable(act, "cause") or unreadable(act, "measure") or _not_its_step(found, "call")
    if wrong is not None:
        return wrong
    if not args.reached:
        return went_on(state, act, (found, found), Step(note=tidy(args.cause)))
    for name in ("cause", "measure"):
        if not getattr(args, name):
            return refuse_value("missing_field", f"args.{name}")
    after = structs.replace(took(found, "call"), cause=tidy(args.cause), measure=tidy(args.measure))
    step = Step(events=("manager_called",), note=f"{after.cause} → {after.measure}")
    return went_on(state, act, (found, after), step)


def put_right(state: State, act: Act) -> Outcome | Refused:
    """Say that what was found or raised is put right, and how (R-IMP-08, R-IMP-09)."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    args: PutRightArgs = act.args
    wrong = (
        unsayable(act, "measure") or unreadable(act, "cause") or _not_its_step(found, "put_right")
    )
    if wrong is not None:
        return wrong
    after = structs.replace(
        took(found, "put_right"), cause=tidy(args.cause), measure=tidy(args.measure)
    )
    step = Step(events=(STEPS[found.kind]["put_right"],), note=after.measure)
    return went_on(state, act, (found, after), step)


def _not_its_step(found: Feedback, name: str) -> Refused | None:
    """The refusal of a step that this kind of feedback does not take."""
    return None if name in STEPS[found.kind] else refuse_value("not_its_step", "on")


def _the_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    named = reach.args.work_order
    job: tuple[Aggregate, ...] = (("work_order", named),) if named else ()
    return (("ticket", reach.args.ticket), *job)


def _earlier(reach: Reach) -> tuple[Ref, ...]:
    return ((Feedback, reach.args.follows),) if reach.args.follows else ()


KINDS = (
    on_feedback(
        "feedback.record",
        cls="fact",
        args=RecordArgs,
        reduce=record,
        creates=True,
        device=True,
        touches=_the_ticket,
        refs=_earlier,
    ),
    on_feedback("feedback.sort", args=SortArgs, reduce=sort),
    on_feedback("feedback.contact", args=ContactArgs, reduce=contact),
    on_feedback("feedback.plan", args=PlanArgs, reduce=plan),
    on_feedback("feedback.result", args=ResultArgs, reduce=result),
    on_feedback("feedback.call", args=CallArgs, reduce=call),
    on_feedback("feedback.put_right", args=PutRightArgs, reduce=put_right),
)
