"""Messages: what the customer of a ticket is to be told, in their language, and whether they were.

A message is rendered by whoever asks for it: what was told is kept as it was worded that day.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, field, structs

from shared.amounts import Id, Line, OptionalLine, Text, is_sayable, tidy
from shared.errors import Refused, refuse_person, refuse_state, refuse_value
from shared.feedback import STEPS, Feedback, tasks_about, tasks_of, told_of, took
from shared.fields import Phone
from shared.people import needs_the_job
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Emit, Kind, Landing, Outcome, Reach, Ref
from shared.texts import UNKNOWN, Catalogue, say
from shared.ticket import Step, Ticket, progress
from shared.work_order import WorkOrder, standing

# What is told, and what its text names.
TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "opened": ("company", "number", "time"),  # R-INT-09, R-INT-10
    "visit_agreed": ("company", "number", "visit", "address"),  # R-COM-14
    "on_the_way": ("company", "number", "technician"),
    "delayed": ("company", "number", "visit"),  # R-SLA-48
    "progress": ("company", "number", "what"),  # R-SLA-13, R-COM-01
    "solution": ("company", "number", "what"),  # R-SLA-12
    "mail_in": ("company", "number", "address", "what"),  # R-COM-13
    "out_of_scope": ("company", "number", "what"),  # R-INT-17
    "result": ("company", "number", "what"),  # R-COM-08
    "callback": ("company", "number", "time"),  # R-SLA-14, R-COM-07
    "return_decided": ("company", "number", "what"),  # R-RET-03, R-RET-07
    "survey": ("company", "number", "link"),  # R-COM-07
    "complaint_answer": ("company", "number", "what"),  # R-SLA-32
    "complaint_plan": ("company", "number", "what"),  # R-SLA-42
    "complaint_result": ("company", "number", "what"),  # R-SLA-33
    "suggestion_answer": ("company", "number", "what"),  # R-SLA-32
    "suggestion_result": ("company", "number", "what"),  # R-SLA-33
    "other": ("company", "number", "what"),
}
# What it means to the clocks of a ticket that its customer was told (C-02).
TELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "opened": ("acknowledged",),
    "visit_agreed": ("progress_told",),
    "delayed": ("progress_told",),
    "progress": ("progress_told",),
    "solution": ("proposed", "progress_told"),
    "result": ("result_told", "progress_told"),
}
# The step of a feedback that is taken once its customer was told.
TAKES: Final[Mapping[str, str]] = {
    "complaint_answer": "contact",
    "complaint_plan": "plan",
    "complaint_result": "result",
    "suggestion_answer": "contact",
    "suggestion_result": "result",
}
# What somebody has to write themselves; the rest is known of the ticket.
BY_HAND: Final = frozenset({"what"})
BY_TECHNICIAN: Final = "technician_sms"
CHANNELS: Final = ("copy", BY_TECHNICIAN, "webhook")
STATES: Final = ("queued", "sent", "delivered", "failed", "cancelled")
WAITS: Final = frozenset({"queued", "failed"})  # the customer does not know yet
TOLD: Final = frozenset({"sent", "delivered"})
# After what it changes nothing any more that a message was sent, arrived or failed.
OVER: Final[Mapping[str, frozenset[str]]] = {
    "sent": frozenset({"sent", "delivered"}),
    "delivered": frozenset({"delivered"}),
    "failed": frozenset({"failed", "delivered", "cancelled"}),
}
GROUP: Final = "messages"  # of the texts

Template = Annotated[str, Meta(pattern=rf"^({'|'.join(TEMPLATES)})$(?!\n)")]
Channel = Annotated[str, Meta(pattern=rf"^({'|'.join(CHANNELS)})$(?!\n)")]
Email = Annotated[str, Meta(max_length=200, pattern=r"^([^@\s]+@[^@\s]+)?$(?!\n)")]
Spoken = Literal["en", "zh"]
Filled = Annotated[dict[Annotated[str, Meta(max_length=40)], OptionalLine], Meta(max_length=12)]


class Message(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What one customer is to be told about one ticket, and what became of it.

    `changed_at` (ms) and `changed_by` are of the last thing that became of it, `why` is its reason,
    `reference` what a gateway calls it.
    """

    home = ("ticket", "ticket_id")

    ticket_id: Id
    template: Template
    language: Spoken
    to: OptionalLine = ""
    phone: Phone = ""
    email: Email = ""
    params: Filled = field(default_factory=dict)
    text: Text
    channel: Channel
    state: str
    why: OptionalLine = ""
    reference: OptionalLine = ""
    by: Id
    at: int
    changed_by: Id
    changed_at: int
    feedback_id: Id | None = None

    def travels_with(self) -> Aggregate | None:
        """An answer to feedback goes to a phone only where that is to send it (0044)."""
        apart = self.feedback_id is not None and self.channel != BY_TECHNICIAN
        return None if apart else ("ticket", self.ticket_id)


class QueueArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to tell what, and how it is to reach them: by a copied text, if nothing is said.

    `feedback` is what they said, where they are told how that stands.
    """

    ticket: Id
    template: Template
    text: Text
    language: Spoken
    to: OptionalLine = ""
    phone: Phone = ""
    email: Email = ""
    params: Filled = field(default_factory=dict)
    channel: Channel | None = None
    feedback: Id | None = None


class SendArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How it was told, and whether it is known to have been read.

    Somebody in the field names the job on which they told it.
    """

    channel: Channel | None = None
    delivered: bool = False
    reference: OptionalLine = ""
    work_order: Id | None = None


class FailArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why it cannot reach the customer this way."""

    why: Line
    work_order: Id | None = None


class CancelArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why it need not be told any more."""

    why: OptionalLine = ""


def render(catalogue: Catalogue, template: str, params: Mapping[str, str]) -> str:
    """What a customer is told, in the language of the texts given."""
    return say(catalogue, GROUP, template, {**params})


def is_whole(text: str) -> bool:
    """Whether nothing is missing in what was rendered."""
    return UNKNOWN not in text


def queue(state: State, act: Act) -> Outcome | Refused:
    """Write down what a customer is to be told; it waits until somebody says that it was."""
    args: QueueArgs = act.args
    if state.find(Ticket, args.ticket) is None:
        return refuse_value("unknown_subject", "args.ticket")
    if not is_sayable(args.text):
        return refuse_value("not_text", "args.text")
    said = state.find(Feedback, args.feedback)
    if args.feedback is not None and (said is None or said.ticket_id != args.ticket):
        return refuse_value("unknown_subject", "args.feedback")
    made = Message(
        id=act.on[1],
        ticket_id=args.ticket,
        template=args.template,
        language=args.language,
        to=tidy(args.to),
        phone=tidy(args.phone),
        email=tidy(args.email),
        params=args.params,
        text=tidy(args.text),
        channel=args.channel or "copy",
        state="queued",
        by=act.by.id,
        at=act.at,
        changed_by=act.by.id,
        changed_at=act.at,
        feedback_id=args.feedback,
    )
    return Outcome(rows=(made,))


def send(state: State, act: Act) -> Outcome | Refused:
    """Say that the customer was told. It is a fact, whatever was decided about it meanwhile."""
    args: SendArgs = act.args
    found = _theirs(state, act, args.work_order)
    if isinstance(found, Refused):
        return found
    after = "delivered" if args.delivered else "sent"
    said = _what_it_is_about(state, found)
    if found.state in OVER[after]:
        sooner = act.at < found.changed_at  # heard of late: the clocks go by when they were told
        return Outcome(merged=True, emits=_to_the_clocks(found, act, said) if sooner else ())
    told = structs.replace(
        _changed(found, act, after),
        channel=args.channel or found.channel,
        reference=tidy(args.reference) or found.reference,
    )
    first = found.state not in TOLD
    emits = _to_the_clocks(found, act, said) if first else ()
    rows = _a_step(state, act, told, said) if first and said is not None else ()
    return Outcome(rows=(told, *rows), emits=(*_became(told), *emits))


def _what_it_is_about(state: State, found: Message) -> Feedback | None:
    """The feedback of which a message tells a step, if it does."""
    said = state.find(Feedback, found.feedback_id)
    tells = said is not None and TAKES.get(found.template) in STEPS[said.kind]
    return said if tells else None


def _to_the_clocks(found: Message, act: Act, said: Feedback | None) -> tuple[Emit, ...]:
    if said is not None:  # a step of that, which stops its clock
        event = STEPS[said.kind][TAKES[found.template]]
        return told_of(said, act, Step(events=(event,), note=found.params.get("what", "")))
    events = TELLS.get(found.template, ())
    return progress(found.ticket_id, "", act, Step(events=events)) if events else ()


def _a_step(state: State, act: Act, told: Message, said: Feedback) -> tuple[Record, ...]:
    """A feedback as it is once its customer was told, and the tasks that are over by that."""
    after = took(said, TAKES[told.template]) if said.state == "open" else said
    rows = (after,) if after != said else ()
    return (*rows, *tasks_of(state, act, said, after))


def fail(state: State, act: Act) -> Outcome | Refused:
    """Say that it did not reach the customer: it waits again for somebody to tell them."""
    args: FailArgs = act.args
    found = _theirs(state, act, args.work_order)
    if isinstance(found, Refused):
        return found
    if found.state in OVER["failed"]:
        return Outcome(merged=True)
    after = _changed(found, act, "failed", args.why)
    return Outcome(rows=(after,), emits=_became(after))


def _became(after: Message) -> tuple[Emit, ...]:
    """The fact for the ticket it lives with: there a phone lays it over what the office sends."""
    told: dict[str, str | int | bool | None] = {
        "message": after.id,
        "state": after.state,
        "channel": after.channel,
        "reference": after.reference,
        "why": after.why,
        "by": after.changed_by,
    }
    return (Emit(on=("ticket", after.ticket_id), name="message.became", args=told),)


def became(state: State, emit: Emit, _op_id: str, at: int) -> Landing:
    """What became of a message, unless more became of it since."""
    told = {name: str(value) for name, value in emit.args.items()}
    found = state.find(Message, told["message"])
    if found is None or found.state in OVER[told["state"]]:
        return Landing()
    after = structs.replace(
        found,
        state=told["state"],
        channel=told["channel"],
        reference=told["reference"],
        why=told["why"],
        changed_by=told["by"],
        changed_at=at,
    )
    return Landing(rows=(after,))


def cancel(state: State, act: Act) -> Outcome | Refused:
    """Call a message off that nobody has told yet."""
    args: CancelArgs = act.args
    found = state.find(Message, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if found.state == "cancelled":
        return Outcome(merged=True)
    if found.state in TOLD:
        return refuse_state("told_already")
    return Outcome(rows=(_changed(found, act, "cancelled", args.why),))


def _theirs(state: State, act: Act, work_order: str | None) -> Message | Refused:
    """The message an act is on, if its author has to do with it, in the field by a job."""
    found = state.find(Message, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if not needs_the_job(act.by, act.kind):
        return found
    if work_order is None:
        return refuse_value("missing_field", "args.work_order")
    job = state.find(WorkOrder, work_order)
    if job is None or job.ticket_id != found.ticket_id:
        return refuse_value("unknown_subject", "args.work_order")
    if standing(state, job.id, act.by.id) == "stranger":
        return refuse_person("not_assigned", number=job.number)
    return found


def _changed(found: Message, act: Act, after: str, why: str = "") -> Message:
    return structs.replace(
        found, state=after, why=tidy(why), changed_by=act.by.id, changed_at=act.at
    )


def _its_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    linked = reach.links.get("ticket_id")
    named = getattr(reach.args, "work_order", None)
    job: tuple[Aggregate, ...] = (("work_order", named),) if named else ()
    return ((("ticket", linked), *job)) if linked else job


def _the_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    return (("ticket", reach.args.ticket),)


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((Message, reach.on[1]),)


def _and_feedback(reach: Reach) -> tuple[Ref, ...]:
    said = reach.links.get("feedback_id")
    if said is None:
        return _itself(reach)
    about = tasks_about(said, reach.links.get("ticket_id"))
    return (*_itself(reach), (Feedback, said), *about)


def _feedback(reach: Reach) -> tuple[Ref, ...]:
    return ((Feedback, reach.args.feedback),) if reach.args.feedback else ()


_ON: Final = frozenset({"message"})

KINDS = (
    Kind(
        name="message.queue",
        cls="office",
        nouns=_ON,
        args=QueueArgs,
        reduce=queue,
        creates=True,
        touches=_the_ticket,
        refs=_feedback,
    ),
    Kind(
        name="message.send",
        cls="fact",
        nouns=_ON,
        args=SendArgs,
        reduce=send,
        device=True,
        touches=_its_ticket,
        refs=_and_feedback,
    ),
    Kind(
        name="message.fail",
        cls="fact",
        nouns=_ON,
        args=FailArgs,
        reduce=fail,
        device=True,
        touches=_its_ticket,
        refs=_itself,
    ),
    Kind(
        name="message.cancel",
        cls="office",
        nouns=_ON,
        args=CancelArgs,
        reduce=cancel,
        touches=_its_ticket,
        refs=_itself,
    ),
)

ABSORBS = {"message.became": became}
