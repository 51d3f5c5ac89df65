"""The steps of what customers said: which form each has, who may take it, and what comes next."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from server.console import clock_words
from server.console.clock_words import Face
from server.console.speech import Speech
from server.console.verbs import Field, Verb
from server.queries.pages import Item
from shared.clocks import Clock
from shared.feedback import (
    GRADES,
    RESOLVED,
    STEPS,
    TYPES,
    Confirmed,
    Feedback,
    left,
    unconfirmed,
)
from shared.people import may
from shared.pressing import is_open, rank
from shared.reception import MEANS
from shared.standing import Standing

_MEANS: Final = Field(
    name="means", drawn="choice", group="contact_means", codes=MEANS, required=True
)
_REACHED: Final = Field(name="reached", drawn="yes_no", required=True)
# By the name in the address; the verbs of forms that every kind of feedback may have come last.
FORMS: Final[Mapping[str, Verb]] = {
    "contact": Verb(
        kind="feedback.contact",
        fields=(_MEANS, _REACHED, Field(name="understood", drawn="tick"), Field(name="note")),
    ),
    "plan": Verb(kind="feedback.plan", fields=(_MEANS, Field(name="text", required=True))),
    "result": Verb(
        kind="feedback.result",
        fields=(_MEANS, Field(name="text", required=True), Field(name="compensation")),
    ),
    "call": Verb(
        kind="feedback.call",
        fields=(_MEANS, _REACHED, Field(name="cause"), Field(name="measure")),
    ),
    "put-right": Verb(
        kind="feedback.put_right",
        fields=(Field(name="measure", required=True), Field(name="cause")),
    ),
    "confirm": Verb(kind="feedback.confirm", fields=(Field(name="what", drawn="confirmations"),)),
    "close": Verb(
        kind="feedback.close",
        fields=(Field(name="confirmations", drawn="confirmations"), Field(name="outcome")),
    ),
    "sort": Verb(
        kind="feedback.sort",
        fields=(
            Field(name="type", drawn="choice", group="feedback_types", codes=("", *TYPES)),
            Field(name="grade", drawn="choice", group="feedback_grades", codes=("", *GRADES)),
        ),
    ),
    "take-up": Verb(kind="ticket.take_up", fields=(Field(name="reason", required=True),)),
    "take-back": Verb(kind="feedback.take_back", fields=(Field(name="reason", required=True),)),
}
# What may be told by a message instead, in the customer's language: kind and step.
TEMPLATES: Final[Mapping[tuple[str, str], str]] = {
    ("complaint", "contact"): "complaint_answer",
    ("complaint", "plan"): "complaint_plan",
    ("complaint", "result"): "complaint_result",
    ("suggestion", "contact"): "suggestion_answer",
    ("suggestion", "result"): "suggestion_result",
}
TONES: Final = {"complaint": "danger", "suggestion": "info", "issue": "warning", "score": "warning"}


class Shown(Struct, frozen=True, kw_only=True):
    """A feedback as pages show it: with its next step, what else may be done, and its clocks.

    `due` is when the first of its clocks is (ms); `steps` are all that it takes, each with whether
    it was taken; `next` and `more` are pairs of an address's name and a label.
    """

    row: Item
    kind: str
    tone: str
    title: str
    about: str
    steps: tuple[tuple[str, bool], ...]
    confirmed: tuple[tuple[str, bool], ...]
    next: tuple[str, str] | None
    more: tuple[tuple[str, str], ...]
    faces: tuple[Face, ...]
    due: int | None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to see to it."""
        return bool(self.row["state"] == "open")


def feedback_of(row: Item) -> Feedback:
    """A row of the books as the rules read it."""
    names = {*Feedback.__struct_fields__} & row.keys()
    told = {name: row[name] for name in names}
    told["taken"] = tuple(row["taken"])
    told["confirmed"] = tuple(Confirmed(**one) for one in row["confirmed"])
    return Feedback(**told)


def offered(roles: tuple[str, ...], row: Item) -> list[str]:
    """The forms that somebody may open now, the next step first."""
    found = feedback_of(row)
    if found.state != "open":
        return []
    steps = left(found)
    own = [_form(step) for step in steps] or ["close"]
    again = ["take-up"] if found.solved == "no" and row["status"] in RESOLVED else []
    anew = [_form(step) for step in STEPS[found.kind] if step not in steps and step != "call"]
    also = [*again, "sort", *(["confirm"] if unconfirmed(found) else []), "take-back", *anew]
    return [one for one in dict.fromkeys((*own, *also)) if may(roles, FORMS[one].kind)]


def _form(step: str) -> str:
    return step.replace("_", "-")


def shown(s: Speech, roles: tuple[str, ...], row: Item, standing: Standing | None) -> Shown:
    """A feedback in the reader's language; its clocks the most pressing first."""
    found = feedback_of(row)
    told = [(name, s.text("buttons", FORMS[name].kind)) for name in offered(roles, row)]
    steps = left(found)
    is_next = bool(told) and told[0][0] in {*(_form(one) for one in steps[:1]), "close"}
    kind = s.text("feedback_kinds", found.kind)
    clocks = running(found.id, standing)
    score = s.text("console.feedback", "of_five", score=found.score) if found.score else ""
    means = s.text("feedback_means", found.means)
    said = (found.said_by, means, s.when(found.at))
    return Shown(
        row=row,
        kind=found.kind,
        tone=TONES.get(found.kind, "") if found.state == "open" else "",
        title=f"{kind} · {score}" if score else kind,
        about=" · ".join(filter(None, said)),
        steps=tuple(
            (s.text("feedback_steps", one), one not in steps) for one in _taken_or_due(found)
        ),
        confirmed=tuple(
            (s.text("feedback_confirmations", one), one not in unconfirmed(found))
            for one in ("understood", "done", "told")
        ),
        next=told[0] if is_next else None,
        more=tuple(told[1:] if is_next else told),
        faces=tuple(faces(s, found.id, standing)),
        due=min((one.due for one in clocks if one.due is not None), default=None),
    )


def _taken_or_due(found: Feedback) -> Iterable[str]:
    """The steps of a kind that were taken or are to be; once it has ended, those that were."""
    due = {*(left(found) if found.state == "open" else ()), *found.taken}
    every = STEPS[found.kind]
    if found.kind != "score" and found.state == "open":
        return every
    return [one for one in every if one in due]


def faces(s: Speech, about: str, standing: Standing | None) -> list[Face]:
    """The clocks of one feedback in words, what presses first first."""
    if standing is None or standing.policy is None:
        return []
    ranked = sorted(running(about, standing), key=lambda one: rank(one, s.now_ms))
    return [clock_words.face(s, one, standing.policy, standing.case.zone) for one in ranked]


def running(about: str, standing: Standing | None) -> list[Clock]:
    """The clocks of one feedback that are still to be kept."""
    known = standing.clocks if standing is not None else ()
    return [one for one in known if one.about == about and is_open(one)]


def arguments(verb: Verb, fields: Mapping[str, Any], all_of: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says; what was left open is left out."""
    args: dict[str, Any] = {}
    for field in verb.fields:
        text = fields.get(field.name, "")
        if field.drawn == "confirmations":
            args[field.name] = list(all_of.get(field.name, ()))
        elif field.drawn == "tick":
            args[field.name] = bool(text)
        elif field.drawn == "yes_no":
            args |= {field.name: text == "yes"} if text else {}
        elif text:
            args[field.name] = text
    return args
