"""The details of a job that may be written down on the spot, beside what the office has."""

from typing import Any, Final, Literal

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.work_order import is_open, planned
from shared.fields import FIELDS, Field, normal, read_out
from shared.work_order import WorkOrder

Keyboard = Literal["text", "phone", "long"]

# Which fields are shown, in their order: name -> (its texts, how it is typed).
FORM: Final[dict[str, tuple[str, Keyboard]]] = {
    "contact_name": ("contact", "text"),
    "contact_phone": ("phone", "phone"),
    "access_notes": ("access", "long"),
    "job_note": ("note", "long"),
}
HINTS: Final = {
    "contact_name": "contact_hint",
    "access_notes": "access_hint",
    "job_note": "note_hint",
}


class Blank(Struct, frozen=True, kw_only=True):
    """One field: what stands in it here, and, where that differs, what the office has."""

    name: str
    label: str
    hint: str
    keyboard: Keyboard
    value: str
    office: str = ""


class DetailsView(Struct, frozen=True, kw_only=True):
    """The form, and when the visit is planned; `lead` says who decides about a wished time."""

    title: str
    blanks: tuple[Blank, ...]
    planned: str
    planned_office: str
    lead: str
    is_open: bool
    closed: str


def details(sheet: Sheet, words: Words, now: int) -> DetailsView:
    """The details of a job, each beside what the office has where that differs."""
    here: dict[str, Any] = {"site": sheet.site, "work_order": sheet.order}
    there: dict[str, Any] = {"site": sheet.site_sent, "work_order": sheet.order_sent}
    blanks = []
    for name, (code, keyboard) in FORM.items():
        field = FIELDS[name]
        if here[field.noun] is None:
            continue
        mine, theirs = (getattr(one[field.noun], name, None) for one in (here, there))
        blanks.append(
            Blank(
                name=name,
                label=words("job_details", code),
                hint=words("job_details", HINTS[name]) if name in HINTS else "",
                keyboard=keyboard,
                value=_shown(keyboard, mine),
                office=_office((field, keyboard), mine, theirs, words) if there[field.noun] else "",
            )
        )
    return DetailsView(
        title=words("job_details", "title"),
        blanks=tuple(blanks),
        planned=planned(sheet.job.planned_from, sheet.job.planned_to, words, now),
        planned_office=_planned_office(sheet.order, sheet.order_sent, words, now),
        lead=words("job_details", "wish_lead"),
        is_open=is_open(sheet),
        closed=words("job_details", "locked"),
    )


def _shown(keyboard: Keyboard, value: Any) -> str:
    text = str(value or "")
    return read_out(text) if keyboard == "phone" else text


def _office(how: tuple[Field, Keyboard], mine: Any, theirs: Any, words: Words) -> str:
    field, keyboard = how
    if normal(field, mine) == normal(field, theirs):
        return ""
    if not theirs:
        return words("job_details", "office_has_nothing")
    return words("job_details", "office_has", value=_shown(keyboard, theirs))


def _planned_office(mine: WorkOrder, theirs: WorkOrder | None, words: Words, now: int) -> str:
    """What the office has planned, where something else was wished here."""
    if theirs is None or (mine.planned_from, mine.planned_to) == (
        theirs.planned_from,
        theirs.planned_to,
    ):
        return ""
    value = planned(theirs.planned_from, theirs.planned_to, words, now)
    return words("job_details", "office_has", value=value)
