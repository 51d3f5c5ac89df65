"""Messages: what the customer of a ticket is to be told, in their language, and whether they were.

A message is rendered by whoever asks for it: what was told is kept as it was worded that day.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, field, structs

from shared.amounts import Id, Line, OptionalLine, Text, is_sayable, tidy
from shared.errors import Refused, refuse_person, refuse_state, refuse_value
from shared.fields import Phone
from shared.people import needs_the_job
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
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
# What somebody has to write themselves; the rest is known of the ticket.
BY_HAND: Final = frozenset({"what"})
BY_TECHNICIAN: Final = "technician_sms"
CHANNELS: Final = ("copy", BY_TECHNICIAN, "webhook")
STATES: Final = ("queued", "sent", "delivered", "failed", "cancelled")
WAITS: Final = frozenset({"queued", "failed"})  # the customer does not know yet
TOLD: Final = frozenset({"sent", "delivered"})
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


class QueueArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to tell what, and how it is to reach them: by a copied text, if nothing is said."""

    ticket: Id
    template: Template
    text: Text
    language: Spoken
    to: OptionalLine = ""
    phone: Phone = ""
    email: Email = ""
    params: Filled = field(default_factory=dict)
    channel: Channel | None = None


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
    )
    return Outcome(rows=(made,))


def send(state: State, act: Act) -> Outcome | Refused:
    """Say that the customer was told. It is a fact, whatever was decided about it meanwhile."""
    args: SendArgs = act.args
    found = _theirs(state, act, args.work_order)
    if isinstance(found, Refused):
        return found
    after = "delivered" if args.delivered else "sent"
    if found.state in ("delivered", after):
        return Outcome(merged=True)
    told = structs.replace(
        _changed(found, act, after),
        channel=args.channel or found.channel,
        reference=tidy(args.reference) or found.reference,
    )
    first = found.state not in TOLD
    step = Step(events=TELLS.get(found.template, ()) if first else ())
    emits = progress(found.ticket_id, "", act, step) if step.events else ()
    return Outcome(rows=(told,), emits=emits)


def fail(state: State, act: Act) -> Outcome | Refused:
    """Say that it did not reach the customer: it waits again for somebody to tell them."""
    args: FailArgs = act.args
    found = _theirs(state, act, args.work_order)
    if isinstance(found, Refused):
        return found
    if found.state not in ("queued", "sent"):
        return Outcome(merged=True)
    return Outcome(rows=(_changed(found, act, "failed", args.why),))


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
    ),
    Kind(
        name="message.send",
        cls="fact",
        nouns=_ON,
        args=SendArgs,
        reduce=send,
        device=True,
        touches=_its_ticket,
        refs=_itself,
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
