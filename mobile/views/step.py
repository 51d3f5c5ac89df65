"""What comes next on a job: one step, named in words, with what is still missing before it."""

from typing import Final, Literal

from msgspec import Struct

from mobile.queries import Answer, Sheet
from mobile.texts import Words
from shared.visit import AT_THE_DOOR, OUTCOMES, Attendance, attended, open_visits

Action = Literal[
    "accept",
    "depart",
    "arrive",
    "start",
    "checks",
    "finish",
    "resume",
    "pause",
    "decline",
    "end",
    "",
]

# Where a job stands -> the step that comes next; `checks` and `finish` are told apart below.
NEXT: Final[dict[str, Action]] = {
    "assigned": "accept",
    "accepted": "depart",
    "en_route": "arrive",
    "on_site": "start",
    "working": "finish",
    "paused": "resume",
}
# Where a job stands -> what else may be done then, the likeliest first.
BESIDE: Final[dict[str, tuple[Action, ...]]] = {
    "assigned": ("decline",),
    "accepted": ("arrive", "decline"),
    "en_route": ("end",),
    "on_site": ("end",),
    "working": ("pause", "end"),
    "paused": ("end",),
}
# The steps a tap says at once, and the verb it says; the others open something first.
VERBS: Final[dict[str, str]] = {
    "accept": "work_order.accept",
    "depart": "work_order.depart",
    "arrive": "work_order.arrive",
    "start": "work_order.start",
    "resume": "work_order.resume",
}
ICONS: Final[dict[str, str]] = {
    "accept": "thumb_up",
    "depart": "directions_car",
    "arrive": "location_on",
    "start": "play_arrow",
    "checks": "checklist",
    "finish": "check_circle",
    "resume": "play_arrow",
    "pause": "pause",
    "decline": "block",
    "end": "logout",
}


class Choice(Struct, frozen=True, kw_only=True):
    """Something else that may be done now."""

    action: Action
    label: str
    icon: str


class Step(Struct, frozen=True, kw_only=True):
    """The one big button: what it does, what stands on it, and a line that says why or where.

    `action` is empty where nothing is left to do; `detail` then says why.
    """

    action: Action
    label: str
    detail: str
    icon: str
    beside: tuple[Choice, ...] = ()


def step(sheet: Sheet, person: str, words: Words) -> Step:
    """The next step of this person on this job."""
    action = _next(sheet, person)
    if not action:
        return Step(action="", label="", detail=_over(sheet, words), icon="")
    left = missing(sheet.checklist)
    beside = () if sheet.job.leaving else BESIDE.get(sheet.order.status, ())
    return Step(
        action=action,
        label=words("job_step", action, count=len(left)),
        detail=_detail(action, sheet, words),
        icon=ICONS[action],
        beside=tuple(
            Choice(action=one, label=words("job_beside", one), icon=ICONS[one])
            for one in beside
            if one != action
        ),
    )


def missing(checklist: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The required checks that nobody has answered."""
    return tuple(one for one in checklist if one.item.required and one.reading is None)


def failed(checklist: tuple[Answer, ...]) -> int:
    """How many checks failed or lie outside their limits."""
    return sum(is_bad(one) for one in checklist)


def is_bad(answer: Answer) -> bool:
    """Whether a check failed or lies outside its limits."""
    reading = answer.reading
    if reading is None or reading.not_applicable:
        return False
    return reading.out_of_limits or (answer.item.type == "pass_fail" and reading.value == "fail")


def may_end_with(sheet: Sheet) -> tuple[str, ...]:
    """The outcomes that a visit can have now; work that has begun can end in every way."""
    if sheet.order.status in ("working", "paused"):
        return tuple(OUTCOMES)
    if sheet.order.status in ("en_route", "on_site"):
        return tuple(one for one in OUTCOMES if one in AT_THE_DOOR)
    return ()


def attendance(sheet: Sheet, person: str) -> Attendance:
    """When this person set off and got there on the visit they are on."""
    mine = open_visits(sheet.visits, person)
    visit = min(mine, key=lambda one: (not one.attendance, one.planned_from or ""), default=None)
    return attended(visit, person) if visit is not None else Attendance(person_id=person)


def has_to_accept(sheet: Sheet, person: str) -> bool:
    """Whether somebody who helps on a job that is under way has not taken it on yet."""
    mine = [one for one in sheet.team if one.person.id == person and one.role == "helper"]
    return sheet.order.status in NEXT and any(one.accepted_at is None for one in mine)


def is_unseen(sheet: Sheet, person: str) -> bool:
    """Whether this person is to do the job and has not opened it on a phone yet."""
    return any(one.person.id == person and one.seen_at is None for one in sheet.team)


def _next(sheet: Sheet, person: str) -> Action:
    if sheet.job.leaving:
        return ""
    if has_to_accept(sheet, person):
        return "accept"
    action = NEXT.get(sheet.order.status, "")
    here = attendance(sheet, person)
    # Two people on one job: each says for themselves that they have come.
    if action == "start" and here.arrived_at is None:
        return "arrive"
    if action == "finish" and missing(sheet.checklist):
        return "checks"
    return action


def _detail(action: Action, sheet: Sheet, words: Words) -> str:
    if action == "checks":
        first = missing(sheet.checklist)[0].item
        return words("job_step", "first_missing", name=getattr(first, words.language))
    if action == "finish":
        return _finishing(sheet.checklist, words)
    if action == "depart" and sheet.order.outcome is not None:
        return words("job_step", "again", outcome=sheet.order.outcome)
    return words("job_step", f"{action}_why")


def _finishing(checklist: tuple[Answer, ...], words: Words) -> str:
    if not checklist:
        return words("job_step", "finish_why")
    bad = failed(checklist)
    return words("job_step", "bad", count=bad) if bad else words("job_step", "all_answered")


def _over(sheet: Sheet, words: Words) -> str:
    """Why nothing is left to do here."""
    if sheet.job.leaving:
        return words("job_over", "leaving")
    status = sheet.order.status
    if status == "done" and sheet.order.outcome is not None:
        return words("job_over", "done", outcome=sheet.order.outcome)
    return words("job_over", status)
