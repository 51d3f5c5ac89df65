"""What the demo company's customers said when it was done, and what they want to give back."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import structs

from server.demo.customers import Machine
from server.demo.premises import DemoOp, Premises
from server.demo.work import UNFINISHED, Firm, Job, Work
from shared.ops import SYSTEM

CALLED_BACK: Final = 19 * 60 + 30  # in the evening of the visit
FILED_AFTER: Final = 3  # days
PAPERS: Final = ("fault_report", "repair_record", "invoice")
FILED: Final = {"zh": "回访满意，归档", "en": "Called back and content"}
# Who takes a step, unless it says so itself.
ROLES: Final = {
    "call": "service_manager",
    "decide": "team_leader",
    "receive": "warehouse",
}
ABOUT_TIME: Final = frozenset({"act", "after", "ago", "days", "minute", "role"})
DAY_MINUTES: Final = 24 * 60


def said_after(firm: Firm, work: Work) -> list[DemoOp]:
    """The calls after visits that ended it, what customers said of them, and returns under way."""
    done = [job for job in work.jobs if job.slot.fate == "past" and job.ending not in UNFINISHED]
    lately = sorted(done, key=lambda job: -job.slot.day)
    written = firm.premises.read("voices")
    voices, returns = written["voices"], written["returns"]
    ops = [op for job in done for op in _filed(firm, job)]
    for turn, (voice, job) in enumerate(zip(voices, lately, strict=False)):
        ops += _voice(firm, job, voice, turn)
    for wish, job in zip(returns, lately[len(voices) :], strict=False):
        ops += _returned(firm, job, wish)
    return ops


def _filed(firm: Firm, job: Job) -> Iterator[DemoOp]:
    """Whoever was visited is called back in the evening, and after some days it is filed."""
    premises, on = firm.premises, ("ticket", job.ticket_id)
    evening = premises.at(job.slot.day, CALLED_BACK + job.slot.n % 20)
    content = {"means": "phone", "reached": True, "satisfied": True}
    yield _op(firm, job, ("ticket.call_back", on, content), at=evening)
    if job.slot.day <= -FILED_AFTER:
        filed = {"reason": FILED[job.machine.language]}
        later = evening + FILED_AFTER * DAY_MINUTES * 60_000 - DAY_MINUTES * 60_000
        yield _op(firm, job, ("ticket.close", on, filed), at=later)


def _voice(firm: Firm, job: Job, voice: dict[str, Any], turn: int) -> Iterator[DemoOp]:
    """What a customer said of a job, and the steps that somebody took then."""
    premises = firm.premises
    feedback = premises.id("voice", premises.day.isoformat(), turn)
    since = _when(premises, voice)
    by_link = voice["kind"] == "score"
    told = {**_args(voice, job.machine, "text"), "ticket": job.ticket_id}
    if by_link:
        told.pop("kind")
        act = _op(firm, job, ("feedback.score", ("feedback", feedback), told), at=since)
        yield structs.replace(act, id=feedback, by=SYSTEM)
    else:
        role = voice.get("role", "customer_service")
        act = _op(firm, job, ("feedback.record", ("feedback", feedback), told), at=since, role=role)
        yield structs.replace(act, id=feedback)
    for step in voice.get("steps", ()):
        kind = f"feedback.{step['act']}"
        name = "text" if step["act"] in ("plan", "result") else "note"
        args = _args(step, job.machine, name)
        at = since + step["after"] * 60_000
        yield _op(firm, job, (kind, ("feedback", feedback), args), at=at, role=_role(step))


def _returned(firm: Firm, job: Job, wish: dict[str, Any]) -> Iterator[DemoOp]:
    """A customer wants to give a machine back, and how far that has come."""
    for step in wish["steps"]:
        args = _args(step, job.machine, "note")
        if step["act"] == "ask":
            words = {"note": wish[job.machine.language]}
            args = {**args, "wish": wish["wish"], "reason": wish["reason"], **words}
        elif step["act"] == "decide":
            args = {**args, "means": "phone", "papers": list(PAPERS)}
            args |= {"currency": "CNY"} if "fee" in step else {}
        told = (f"return.{step['act']}", ("ticket", job.ticket_id), args)
        yield _op(firm, job, told, at=_when(firm.premises, step), role=_role(step))


def _role(step: dict[str, Any]) -> str:
    return ROLES.get(step["act"], "customer_service")


def _when(premises: Premises, one: dict[str, Any]) -> int:
    """The moment (ms) that is written down as minutes ago, or as a minute of a day before."""
    if "ago" in one:
        return premises.before(one["ago"])
    return premises.at(-one["days"], one["minute"])


def _args(one: dict[str, Any], machine: Machine, name: str) -> dict[str, Any]:
    """What is said, in the customer's language; the words of the act itself are its `name`."""
    language = machine.language
    args = {
        key: value[language] if isinstance(value, dict) else value
        for key, value in one.items()
        if key not in ABOUT_TIME | {"zh", "en", "steps"}
    }
    return {**args, name: one[language]} if one.get(language) else args


def _op(
    firm: Firm,
    job: Job,
    told: tuple[str, tuple[str, str], dict[str, Any]],
    *,
    at: int,
    role: str = "customer_service",
) -> DemoOp:
    """An act of the office about what came after a job."""
    kind, on, args = told
    premises = firm.premises
    identity = premises.id("voiced", premises.day.isoformat(), job.slot.n, kind)
    return DemoOp(id=identity, kind=kind, on=on, args=args, by=firm.team.desk(role), at=at)
