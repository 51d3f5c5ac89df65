"""What the customer said of a request, as a job shows it: what is open first, and its next step."""

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.work_order import Tone
from shared.complaints import ON_SITE
from shared.feedback import KINDS_OF, Feedback, left

OFFERED = tuple(one for one in KINDS_OF if one in ON_SITE)
TONES: dict[str, Tone] = {"complaint": "danger", "score": "warning", "issue": "warning"}


class Said(Struct, frozen=True, kw_only=True):
    """One thing that the customer said, by whom and when, and how it stands."""

    kind: str
    tone: Tone
    grade: str
    text: str
    about: str
    stands: str


class FeedbackView(Struct, frozen=True, kw_only=True):
    """All that the customer said, and whether more can be written down from here."""

    lines: tuple[Said, ...]
    open_count: int
    may_add: bool


def feedback(sheet: Sheet, words: Words, now: int) -> FeedbackView:
    """What was said of the ticket of a job."""
    told = sorted(sheet.said, key=lambda one: (one.state != "open", -one.at))
    return FeedbackView(
        lines=tuple(_line(one, words, now) for one in told),
        open_count=sum(one.state == "open" for one in told),
        may_add=not sheet.job.leaving,
    )


def _line(one: Feedback, words: Words, now: int) -> Said:
    is_open = one.state == "open"
    kind = words("feedback_kinds", one.kind)
    score = words("job_says", "of_five", score=one.score) if one.score is not None else ""
    return Said(
        kind=words.join(kind, score),
        tone=TONES.get(one.kind, "info") if is_open else "neutral",
        grade=words("feedback_grades", one.grade) if one.grade == "serious" else "",
        text=one.text,
        about=words.join(
            one.said_by, words("feedback_means", one.means), words.moment(one.at, now)
        ),
        stands=_stands(one, words),
    )


def _stands(one: Feedback, words: Words) -> str:
    if one.state != "open":
        return words("job_says", "settled")
    steps = left(one)
    if not steps:
        return words("job_says", "confirming")
    return words("job_says", "next", step=words("feedback_steps", steps[0]))
