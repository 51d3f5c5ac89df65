"""Confirming: how what customers said ends, and how a request is taken up again."""

from typing import Annotated

from msgspec import Meta, structs

from shared.amounts import Id, OptionalText, Text, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.feedback import (
    CONFIRMATIONS,
    RESOLVED,
    Confirmation,
    Feedback,
    confirmed,
    known,
    left,
    on_feedback,
    tasks_about,
    tasks_of,
    took,
    unconfirmed,
    went_on,
)
from shared.reception import unreadable, unsayable
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.ticket import Step, Ticket, line

Confirmations = Annotated[tuple[Confirmation, ...], Meta(max_length=len(CONFIRMATIONS))]


class ConfirmArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which of the three confirmations somebody vouches for (R-COM-09)."""

    what: Confirmations


class CloseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How it ended, and the confirmations that were still missing."""

    outcome: OptionalText = ""
    confirmations: Confirmations = ()


class TakeBackArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why the customer no longer says so."""

    reason: Text


class TakeUpArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request is taken up again, and the feedback that says so, if there is one."""

    reason: Text
    feedback: Id | None = None


def confirm(state: State, act: Act) -> Outcome | Refused:
    """Vouch for one or more of the three: rightly understood, done, and told (R-COM-09)."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    if not act.args.what:
        return refuse_value("missing_field", "args.what")
    after = confirmed(found, act, act.args.what)
    return Outcome(merged=True) if after == found else went_on(state, act, (found, after), Step())


def close(state: State, act: Act) -> Outcome | Refused:
    """End it: only once every step is taken and all three confirmations are there (R-COM-09)."""
    found = state.find(Feedback, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if found.state == "closed":
        return Outcome(merged=True)
    steps = left(found)
    if steps:
        return refuse_state("step_missing", step=steps[0])
    after = confirmed(found, act, act.args.confirmations)
    missing = unconfirmed(after)
    if missing:
        return refuse_state("unconfirmed_feedback", what=missing[0])
    return unreadable(act, "outcome") or _over(state, act, (found, after), act.args.outcome)


def take_back(state: State, act: Act) -> Outcome | Refused:
    """The customer says so no longer: nothing is asked of anybody from now on."""
    found = known(state, act)
    if isinstance(found, Refused):
        return found
    wrong = unsayable(act, "reason")
    return wrong or _over(state, act, (found, found), act.args.reason, "withdrawn")


def _over(
    state: State, act: Act, how: tuple[Feedback, Feedback], outcome: str, *events: str
) -> Outcome:
    found, after = how
    ended = structs.replace(
        after, state="closed", outcome=tidy(outcome), closed_by=act.by.id, closed_at=act.at
    )
    return went_on(state, act, (found, ended), Step(events=events, note=ended.outcome))


def take_up(state: State, act: Act) -> Outcome | Refused:
    """Take a request up again that was not solved after all: what was done is undone (R-ONS-16)."""
    found = state.find(Ticket, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    args: TakeUpArgs = act.args
    said = state.find(Feedback, args.feedback)
    if args.feedback is not None and (said is None or said.ticket_id != found.id):
        return refuse_value("unknown_subject", "args.feedback")
    wrong = unsayable(act, "reason")
    if wrong is not None:
        return wrong
    if found.status not in RESOLVED:
        return refuse_state("illegal_status", status=found.status, verb=act.kind)
    after = structs.replace(found, status="in_progress")
    told = line(act, after, Step(events=("reopened",), note=tidy(args.reason)))
    if said is None or said.state != "open":
        return Outcome(rows=(after, told))
    seen = took(said, "contact")
    return Outcome(rows=(after, told, seen, *tasks_of(state, act, said, seen)))


def _what_says_so(reach: Reach) -> tuple[Ref, ...]:
    named = reach.args.feedback
    return ((Feedback, named), *tasks_about(named, reach.on[1])) if named else ()


KINDS = (
    on_feedback("feedback.confirm", args=ConfirmArgs, reduce=confirm),
    on_feedback("feedback.close", args=CloseArgs, reduce=close),
    on_feedback("feedback.take_back", args=TakeBackArgs, reduce=take_back),
    Kind(
        name="ticket.take_up",
        cls="office",
        nouns=frozenset({"ticket"}),
        args=TakeUpArgs,
        reduce=take_up,
        refs=_what_says_so,
    ),
)
