"""What comes next on a job: one step, named in words, with what is still missing before it."""

from typing import Final, Literal

from msgspec import Struct

from mobile.queries import Answer, Sheet
from mobile.texts import Words
from shared.checklist import PhotoSlot
from shared.visit import AT_THE_DOOR, OUTCOMES, Attendance, attended, open_visits

Action = Literal[
    "accept",
    "depart",
    "arrive",
    "start",
    "checks",
    "photos",
    "finish",
    "resume",
    "pause",
    "decline",
    "end",
    "begin",
    "charges",
    "sign",
    "report",
    "",
]

# Where a job stands -> the step that comes next; `checks`, `photos`, `finish` are told apart below.
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
    "on_site": ("end", "begin"),
    "working": ("pause", "end", "begin"),
    "paused": ("end", "begin"),
}
CHARGED: Final = "A"  # R-CHG-01: the category whose jobs cost something
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
    "photos": "photo_camera",
    "finish": "check_circle",
    "resume": "play_arrow",
    "pause": "pause",
    "decline": "block",
    "end": "logout",
    "begin": "note_add",
    "charges": "receipt_long",
    "sign": "signature",
    "report": "summarize",
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
    left = empty_slots(sheet) if action == "photos" else missing(sheet.checklist)
    beside = () if sheet.job.leaving else _beside(sheet)
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


def _beside(sheet: Sheet) -> tuple[Action, ...]:
    """What else may be done now, the likeliest first; also what a visit that ended still needs."""
    usual = BESIDE.get(sheet.order.status, ())
    signature = sheet.signing.signature
    after: tuple[Action, ...] = ("sign", "charges") if signature in ("unsigned", "anew") else ()
    if signature == "signed":
        after = ("charges", "sign")
    began = sheet.order.status in ("done", "accepted")
    report: tuple[Action, ...] = ("report",) if sheet.completions else ()
    again: tuple[Action, ...] = ("begin",) if sheet.order.status == "done" else ()
    onwards: tuple[Action, ...] = ("depart",) if sheet.order.status == "accepted" else ()
    return (*onwards, *usual, *after, *report, *again) if began else usual


def missing(checklist: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The required checks that nobody has answered."""
    return tuple(one for one in checklist if one.item.required and one.reading is None)


def empty_slots(sheet: Sheet) -> tuple[PhotoSlot, ...]:
    """The pictures that the job asks for and that nobody has taken."""
    taken = {one.slot for one in sheet.photos}
    return tuple(one for one in sheet.slots if one.required and one.code not in taken)


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
    action = NEXT.get(sheet.order.status, "") or _signing(sheet)
    here = attendance(sheet, person)
    # Two people on one job: each says for themselves that they have come.
    if action == "start" and here.arrived_at is None:
        return "arrive"
    # Nobody goes on to the next visit before the last one is signed for, unless it is planned.
    if action == "depart" and not open_visits(sheet.visits, person):
        return _signing(sheet) or action
    if action == "finish" and missing(sheet.checklist):
        return "checks"
    if action == "finish" and empty_slots(sheet):
        return "photos"
    return action


def _signing(sheet: Sheet) -> Action:
    """What a visit that has ended still needs: what it costs, a signature, its report."""
    signature = sheet.signing.signature
    if signature == "unsigned" and sheet.order.category == CHARGED and not sheet.signing.billed:
        return "charges"
    if signature in ("unsigned", "anew"):
        return "sign"
    return "report" if signature == "signed" and sheet.order.status == "done" else ""


def _detail(action: Action, sheet: Sheet, words: Words) -> str:
    if action in ("checks", "photos"):
        first = missing(sheet.checklist)[0].item if action == "checks" else empty_slots(sheet)[0]
        return words("job_step", "first_missing", name=getattr(first, words.language))
    if action == "finish":
        return _finishing(sheet.checklist, words)
    if action == "sign":
        return words("job_step", f"sign_{sheet.signing.signature}")
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
