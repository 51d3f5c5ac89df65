"""Scoring: what a customer thinks of a request that was done, said once and corrected for a while.

A score of the link is said by the server for whoever has the link; one by telephone is written down
by the desk. It is never mixed with what was ticked at the door, while the technician stood by.
"""

from typing import Any

from msgspec import field, structs

from shared.amounts import Id, OptionalText, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.feedback import (
    CORRECTED_MS,
    LINK,
    Aspects,
    Feedback,
    Score,
    Solved,
    chain,
    is_low,
    its_ticket,
    itself,
    scorable,
    tasks_of,
    told_of,
)
from shared.reception import unreadable
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach
from shared.ticket import Step


class ScoreArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The score of which ticket, in words, by its sides (R-SAT-04), and whether it is solved."""

    ticket: Id
    score: Score
    text: OptionalText = ""
    aspects: Aspects = field(default_factory=dict)
    solved: Solved = ""


class CorrectArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer says instead."""

    score: Score
    text: OptionalText = ""
    aspects: Aspects = field(default_factory=dict)
    solved: Solved = ""


def score(state: State, act: Act) -> Outcome | Refused:
    """Keep what a customer said by their link (R-SAT-02, R-INT-21)."""
    args: ScoreArgs = act.args
    ticket = scorable(state, args.ticket, "args.ticket")
    if isinstance(ticket, Refused):
        return ticket
    made = Feedback(
        id=act.on[1],
        ticket_id=ticket.id,
        kind="score",
        means=LINK,
        state="open",
        by=act.by.id,
        at=act.at,
    )
    return unreadable(act, "text") or begun(state, act, scored(made, args))


def scored(made: Feedback, args: Any) -> Feedback:
    """A feedback with what was scored; it is open as long as somebody has to see to it."""
    after = structs.replace(
        made,
        score=args.score,
        text=tidy(args.text),
        aspects=dict(sorted(args.aspects.items())),
        solved=args.solved,
    )
    return structs.replace(after, state="open" if chain(after) else "closed")


def begun(state: State, act: Act, made: Feedback) -> Outcome:
    """A score with its lines: the customer was asked, and need not be called if all is well."""
    events = ("surveyed", *(("called_back",) if not chain(made) else ()))
    low = ("scored_low",) if is_low(made.score) else ()
    emits = told_of(made, act, Step(events=(*events, *low), note=made.text))
    return Outcome(rows=(made, *tasks_of(state, act, None, made)), emits=emits)


def correct(state: State, act: Act) -> Outcome | Refused:
    """Say something else, within some days and as long as nobody has settled it."""
    found = state.find(Feedback, act.on[1])
    if found is None or found.kind != "score":
        return refuse_value("unknown_subject", "on")
    if found.closed_by is not None:
        return refuse_state("already_settled")
    if act.at - found.at > CORRECTED_MS:
        return refuse_state("corrected_too_late")
    after = scored(found, act.args)
    wrong = unreadable(act, "text")
    if wrong is not None or after == found:
        return wrong or Outcome(merged=True)
    after = structs.replace(after, changed_at=act.at)
    emits = told_of(after, act, Step(events=_events(found, after), note=after.text))
    return Outcome(rows=(after, *tasks_of(state, act, found, after)), emits=emits)


def _events(found: Feedback, after: Feedback) -> tuple[str, ...]:
    """What a correction means to the clocks: a follow-up begins, or is not asked for any more.

    One that begins a second time goes on from when it began.
    """
    content = ("called_back",) if chain(found) and not chain(after) else ()
    if is_low(found.score) == is_low(after.score):
        return content
    return ("reopened", "scored_low") if is_low(after.score) else ("withdrawn", *content)


def _the_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    return (("ticket", reach.args.ticket),)


KINDS = (
    Kind(
        name="feedback.score",
        cls="office",
        nouns=frozenset({"feedback"}),
        args=ScoreArgs,
        reduce=score,
        creates=True,
        touches=_the_ticket,
    ),
    Kind(
        name="feedback.correct",
        cls="office",
        nouns=frozenset({"feedback"}),
        args=CorrectArgs,
        reduce=correct,
        touches=its_ticket,
        refs=itself,
    ),
)
