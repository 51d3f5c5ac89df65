"""Feedback: what customers complain of, suggest and score, each a record of its own (C-07).

It lives with the ticket that it is about. Every step that is taken is a line of the ticket's story
that names it, so that its clocks start and stop by its own steps alone, on phone and server alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field, structs

from shared.amounts import Id, OptionalLine, OptionalText
from shared.errors import Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.reception import MEANS
from shared.records import Aggregate, Record, State
from shared.registry import Act, Emit, Kind, Outcome, Reach, Ref
from shared.tasks import Task, closed, task
from shared.ticket import Step, Ticket, progress

# `issue` is what a customer raises to be put right, `finding` what a survey or an inspection finds.
KINDS_OF: Final = ("complaint", "suggestion", "score", "issue", "finding")
LINK: Final = "link"  # the customer's own, to their request
WAYS: Final = (*MEANS, LINK, "letter", "social")  # R-SAT-17, R-SAT-18
TYPES: Final = ("delay", "quality", "manner", "fee", "parts", "other")  # R-CLS-23
GRADES: Final = ("minor", "general", "serious")  # R-SLA-23
ASPECTS: Final = ("speed", "solution", "manner", "efficiency")  # R-SAT-04, R-SAT-05
CONFIRMATIONS: Final[tuple["Confirmation", ...]] = ("understood", "done", "told")  # R-COM-09
LOW: Final = 3  # a score below it is followed up by the manager (R-SLA-15)
CORRECTED_DAYS: Final = 7  # so long a customer may correct their score
CORRECTED_MS: Final = CORRECTED_DAYS * 24 * 3_600_000
RESOLVED: Final = frozenset({"resolved", "closed"})  # only what is done can be scored
# What each kind begins with, and the steps it takes, each with what the clocks call it.
BEGINS: Final[Mapping[str, str]] = {
    "complaint": "complained",
    "suggestion": "suggested",
    "issue": "issue_raised",
    "finding": "finding_made",
}
STEPS: Final[Mapping[str, Mapping[str, str]]] = {
    "complaint": {
        "contact": "complainant_contacted",  # R-SLA-41
        "plan": "plan_told",  # R-SLA-42
        "result": "result_told",  # R-SLA-33
    },
    "suggestion": {"contact": "suggestion_answered", "result": "suggestion_settled"},
    "score": {"call": "manager_called", "contact": ""},  # R-SLA-15, R-COM-07
    "issue": {"put_right": "issue_settled"},  # R-IMP-09
    "finding": {"put_right": "finding_rectified"},  # R-IMP-08
}
# What shows that an earlier step was taken: whoever was told the result was contacted.
SHOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "plan": ("contact",),
    "result": ("contact", "plan"),
    "call": ("contact",),
}
# Who is told at once, beside the clocks, and of what.
LOW_SCORE: Final = "low_score"
NOT_SOLVED: Final = "not_solved"
SERIOUS: Final = "serious_complaint"
TASKS: Final[Mapping[str, str]] = {
    LOW_SCORE: "service_manager",
    NOT_SOLVED: "customer_service",
    SERIOUS: "service_manager",
}

Way = Annotated[str, Meta(pattern=rf"^({'|'.join(WAYS)})$(?!\n)")]
FeedbackKind = Literal["complaint", "suggestion", "score", "issue", "finding"]
FeedbackType = Annotated[str, Meta(pattern=rf"^({'|'.join(TYPES)})?$(?!\n)")]
Solved = Literal["", "yes", "no"]
Grade = Literal["", "minor", "general", "serious"]
Score = Annotated[int, Meta(ge=1, le=5)]  # R-SAT-01: five is best
Aspect = Annotated[str, Meta(pattern=rf"^({'|'.join(ASPECTS)})$(?!\n)")]
Aspects = Annotated[dict[Aspect, Score], Meta(max_length=len(ASPECTS))]


Confirmation = Literal["understood", "done", "told"]


class Confirmed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the three confirmations (R-COM-09), by whom and when (ms)."""

    what: Confirmation
    by: Id
    at: int


class Feedback(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer said of a request, by what means and when (ms), and what became of it.

    `said_by` and `contact` are whoever said it, `by` wrote it down. `solved` is the customer's own
    word, with their score. `taken` are the steps that were taken (`STEPS`), `cause` and `measure`
    what was found out and set, `outcome` how it ended, `follows` the feedback that this is about
    again. A score was corrected last at `changed_at`.
    """

    home = ("ticket", "ticket_id")

    ticket_id: Id
    kind: str
    means: str
    text: OptionalText = ""
    said_by: OptionalLine = ""
    contact: OptionalLine = ""
    type: str = ""
    grade: str = ""
    score: int | None = None
    aspects: dict[str, int] = field(default_factory=dict)
    solved: str = ""
    by: Id
    at: int
    work_order_id: Id | None = None
    follows: Id | None = None
    state: str
    taken: tuple[str, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    cause: OptionalText = ""
    measure: OptionalText = ""
    compensation: OptionalText = ""
    outcome: OptionalText = ""
    changed_at: int | None = None
    closed_by: Id | None = None
    closed_at: int | None = None

    def travels_with(self) -> Aggregate | None:
        """What is said of somebody does not go to their phone (0044).

        Who wrote it down on a job of theirs has it back until the office has begun to see to it,
        and a finding is meant for those who do the work.
        """
        if self.kind == "finding":
            return ("ticket", self.ticket_id)
        seen_to = self.state != "open" or any(getattr(self, name) for name in _OF_THE_OFFICE)
        return ("person", self.by) if self.work_order_id is not None and not seen_to else None


_OF_THE_OFFICE: Final = (
    *("grade", "taken", "confirmed", "cause", "measure", "compensation", "outcome"),
    *("changed_at", "closed_at"),
)


def is_low(score: int | None) -> bool:
    """Whether a score asks for the manager's call (R-SLA-15)."""
    return score is not None and score < LOW


def chain(found: Feedback) -> tuple[str, ...]:
    """The steps that a feedback takes; none for a score that nobody need follow up."""
    if found.kind != "score":
        return tuple(STEPS[found.kind])
    low = ("call",) if is_low(found.score) else ()
    return (*low, *(("contact",) if found.solved == "no" and not low else ()))


def left(found: Feedback) -> tuple[str, ...]:
    """The steps that are still to be taken, the next one first."""
    shown = {one for step in found.taken for one in (step, *SHOWS.get(step, ()))}
    return tuple(step for step in chain(found) if step not in shown)


def unconfirmed(found: Feedback) -> tuple[Confirmation, ...]:
    """The confirmations that are still missing."""
    told = {one.what for one in found.confirmed}
    return tuple(one for one in CONFIRMATIONS if one not in told)


def known(state: State, act: Act) -> Feedback | Refused:
    """The feedback an act is on, unless it has come to its end."""
    found = state.find(Feedback, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    return found if found.state == "open" else refuse_state("already_settled")


def took(found: Feedback, step: str) -> Feedback:
    """It with a step that was taken."""
    return found if step in found.taken else structs.replace(found, taken=(*found.taken, step))


def told_of(found: Feedback, act: Act, step: Step = Step()) -> tuple[Emit, ...]:  # noqa: B008
    """The line of the ticket's story that an act on a feedback adds."""
    return progress(found.ticket_id, "", act, structs.replace(step, about=found.id))


def task_id(feedback_id: str, code: str, ticket_id: str) -> str:
    """The one task of a code that a feedback opens."""
    return derive(feedback_id, "task", code, ticket_id)


def tasks_of(state: State, act: Act, before: Feedback | None, after: Feedback) -> Iterator[Task]:
    """The tasks that a feedback opens as it stands now, and those that are over by it."""
    wanted = asked_for(after)
    stood = asked_for(before) if before is not None else frozenset()
    for code in sorted(TASKS):
        identity = task_id(after.id, code, after.ticket_id)
        found = state.find(Task, identity)
        if code in wanted - stood:
            params = {"role": TASKS[code], "about": after.id, "score": after.score}
            opened = task(act, code, params=params, on=("ticket", after.ticket_id))
            if found is None or found.done:
                yield structs.replace(opened, id=identity)
        elif code not in wanted and found is not None and not found.done:
            yield closed(found, act)


def asked_for(found: Feedback) -> frozenset[str]:
    """The tasks that somebody has to see to, as a feedback stands."""
    if found.state != "open":
        return frozenset()
    steps = left(found)
    told = {
        LOW_SCORE: "call" in steps,
        NOT_SOLVED: found.solved == "no" and not {"call", "contact"} & set(found.taken),
        SERIOUS: found.grade == "serious" and bool(steps),
    }
    return frozenset(code for code, stands in told.items() if stands)


def went_on(state: State, act: Act, how: tuple[Feedback, Feedback], step: Step) -> Outcome:
    """A feedback as it is from now on, with the line that says so, and the tasks that are over."""
    found, after = how
    rows = (after,) if after != found else ()
    emits = told_of(after, act, step)
    return Outcome(rows=(*rows, *tasks_of(state, act, found, after)), emits=emits)


def confirmed(found: Feedback, act: Act, what: Iterable[Confirmation]) -> Feedback:
    """It with confirmations that somebody vouches for; those that stand keep their author."""
    fresh = tuple(
        Confirmed(what=one, by=act.by.id, at=act.at)
        for one in unconfirmed(found)
        if one in set(what)
    )
    return structs.replace(found, confirmed=(*found.confirmed, *fresh)) if fresh else found


def scorable(state: State, ticket_id: str, path: str) -> Ticket | Refused:
    """The ticket that a score is of: nothing is scored before it is done."""
    found = state.find(Ticket, ticket_id)
    if found is None:
        return refuse_value("unknown_subject", path)
    if found.status not in RESOLVED:
        return refuse_state("not_done_yet")
    return found


def its_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    """The ticket that a feedback lives with."""
    linked = reach.links.get("ticket_id")
    return (("ticket", linked),) if linked else ()


def itself(reach: Reach) -> tuple[Ref, ...]:
    """A feedback, and the tasks that it may have opened."""
    return ((Feedback, reach.on[1]), *tasks_about(reach.on[1], reach.links.get("ticket_id")))


def tasks_about(feedback_id: str, ticket_id: str | None) -> tuple[Ref, ...]:
    """The tasks that a feedback may have opened, by their ids."""
    if ticket_id is None:
        return ()
    return tuple((Task, task_id(feedback_id, code, ticket_id)) for code in sorted(TASKS))


def on_feedback(name: str, **given: object) -> Kind:
    """A kind that is said of a feedback, by the desk unless something else is given."""
    fixed = {"cls": "office", "nouns": frozenset({"feedback"}), "touches": its_ticket}
    return Kind(name=name, **{**fixed, "refs": itself, **given})  # type: ignore[arg-type]
