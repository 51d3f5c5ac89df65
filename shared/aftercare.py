"""Aftercare: what customers say of a request that is under way, the call back, and its end."""

from msgspec import structs

from shared.amounts import Id, OptionalText, Text, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.fields import PRIORITIES
from shared.reception import Means, on_ticket, priority_of, standing, unreadable, unsayable, written
from shared.records import State
from shared.registry import Act, Args, Outcome, Reach, Ref
from shared.ticket import Step, Ticket


class NoteArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer said."""

    note: OptionalText = ""


class ReasonArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why."""

    reason: Text


class LinkArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which request this one is about again."""

    ticket: Id


class CallBackArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How the customer was asked whether all is well, whether somebody answered, and what."""

    means: Means
    reached: bool
    satisfied: bool | None = None
    note: OptionalText = ""


def chase(state: State, act: Act) -> Outcome | Refused:
    """Count once more that the customer asked where it stands."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    after = structs.replace(found, chased=(found.chased or 0) + 1)
    wrong = unreadable(act, "note")
    return wrong or written(act, found, after, Step(note=tidy(act.args.note)))


def urge(state: State, act: Act) -> Outcome | Refused:
    """Take it for urgent, because the customer says that it is; the priority follows."""
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    after = structs.replace(found, urgency="urgent")
    after = structs.replace(after, priority=higher(found.priority, priority_of(after)))
    wrong = unreadable(act, "note")
    return wrong or written(act, found, after, Step(note=tidy(act.args.note)))


def higher(one: str, other: str) -> str:
    """The higher of two priorities."""
    return max(one, other, key=PRIORITIES.index)


def withdraw(state: State, act: Act) -> Outcome | Refused:
    """The customer does not want it any more; nothing is asked of anybody from now on."""
    found = state.find(Ticket, act.on[1])
    if found is not None and found.status == "withdrawn":
        return Outcome(merged=True)
    return _ended(state, act, "withdrawn", ("withdrawn",))


def close(state: State, act: Act) -> Outcome | Refused:
    """File it: all is done, or it stays unsolved and is filed as that, with why."""
    found = state.find(Ticket, act.on[1])
    if found is not None and found.status == "closed":
        return Outcome(merged=True)
    return _ended(state, act, "closed", ("closed",))


def _ended(state: State, act: Act, status: str, events: tuple[str, ...]) -> Outcome | Refused:
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unsayable(act, "reason")
    after = structs.replace(found, status=status)
    return wrong or written(act, found, after, Step(events=events, note=tidy(act.args.reason)))


def link(state: State, act: Act) -> Outcome | Refused:
    """Say that a request is about an earlier one again: it was not solved, or came twice."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    other = state.find(Ticket, act.args.ticket)
    if other is None:
        return refuse_value("unknown_subject", "args.ticket")
    if other.id == found.id or other.repeat_of == found.id:
        return refuse_value("into_itself", "args.ticket")
    if found.repeat_of == other.id:
        return Outcome(merged=True)
    after = structs.replace(found, repeat_of=other.id)
    return written(act, found, after, Step(note=other.number or ""))


def call_back(state: State, act: Act) -> Outcome | Refused:
    """Ask the customer whether all is well (R-SLA-14); who is not content has it taken up again.

    A call that nobody answered is a line of the story, and stops no clock.
    """
    found = standing(state, act)
    if isinstance(found, Refused):
        return found
    args: CallBackArgs = act.args
    wrong = unreadable(act, "note")
    if wrong is not None:
        return wrong
    if found.status != "resolved":
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    if args.reached and args.satisfied is None:
        return refuse_value("missing_field", "args.satisfied")
    events = ("called_back",) if args.reached else ()
    after = found
    if args.reached and not args.satisfied:
        events, after = (*events, "reopened"), structs.replace(found, status="in_progress")
    return written(act, found, after, Step(events=events, note=tidy(args.note)))


def _the_other(reach: Reach) -> tuple[Ref, ...]:
    return ((Ticket, reach.args.ticket),)


KINDS = (
    on_ticket(name="ticket.chase", args=NoteArgs, reduce=chase),
    on_ticket(name="ticket.urge", args=NoteArgs, reduce=urge),
    on_ticket(name="ticket.withdraw", args=ReasonArgs, reduce=withdraw),
    on_ticket(name="ticket.link", args=LinkArgs, reduce=link, refs=_the_other),
    on_ticket(name="ticket.call_back", args=CallBackArgs, reduce=call_back),
    on_ticket(name="ticket.close", args=ReasonArgs, reduce=close),
)
