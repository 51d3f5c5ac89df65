"""How a visit can end: every outcome in plain words, with what follows from it."""

from typing import Final

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.step import empty_slots, may_end_with, missing
from shared.visit import OUTCOMES

ICONS: Final[dict[str, str]] = {
    "done": "check_circle",
    "no_fault_found": "fact_check",
    "price_refused": "sell",
    "customer_refuses": "block",
    "customer_not_in": "no_accounts",
    "customer_moved_date": "event",
    "waits_for_part": "inventory_2",
    "wrong_address": "location_off",
    "taken_back": "home_repair_service",
    "unsafe": "warning",
}
# What is asked with an outcome; a remark always is.
DIAGNOSED: Final = frozenset(
    {"done", "no_fault_found", "price_refused", "waits_for_part", "taken_back"}
)
WORKED: Final = frozenset({"done", "waits_for_part", "taken_back"})
DECLINE_REASONS: Final = ("too_far", "no_time", "no_skill", "no_part", "ill", "other")
NAMED_MAX: Final = 4  # missing checks that are named
PAUSE_REASONS: Final = ("meal", "part", "access", "customer", "other_job")


class Way(Struct, frozen=True, kw_only=True):
    """One way a visit can end. `blocked` says why not now, if so."""

    code: str
    label: str
    meaning: str
    consequence: str
    icon: str
    ends: bool
    blocked: str = ""
    lacks: str = ""  # the screen where what is missing can be done


class Ending(Struct, frozen=True, kw_only=True):
    """What is asked once an outcome is chosen: the fields, and the words on the button."""

    way: Way
    fields: tuple[str, ...]
    confirm: str


def ways(sheet: Sheet, words: Words) -> tuple[Way, ...]:
    """The outcomes that are possible now, the likeliest first."""
    return tuple(_way(code, sheet, words) for code in may_end_with(sheet))


def ending(sheet: Sheet, outcome: str, words: Words) -> Ending | None:
    """What is asked with this outcome, or None where it is not possible now."""
    if outcome not in may_end_with(sheet):
        return None
    way = _way(outcome, sheet, words)
    fields = [
        name
        for name, asked in (("diagnosis", DIAGNOSED), ("work_done", WORKED))
        if outcome in asked
    ]
    confirm = words("job_end", "confirm_done" if outcome == "done" else "confirm", outcome=outcome)
    return Ending(way=way, fields=(*fields, "remark"), confirm=confirm)


def _way(code: str, sheet: Sheet, words: Words) -> Way:
    lacks, blocked = _missing(sheet, words) if code == "done" else ("", "")
    ends = OUTCOMES[code]
    return Way(
        code=code,
        label=words("outcomes", code),
        meaning=words("job_outcome", code),
        consequence=words("job_end", "ends" if ends else "again"),
        icon=ICONS[code],
        ends=ends,
        blocked=blocked,
        lacks=lacks,
    )


def _missing(sheet: Sheet, words: Words) -> tuple[str, str]:
    """Where something that is required is missing, and what, in words."""
    checks = [one.item for one in missing(sheet.checklist)]
    left = checks or empty_slots(sheet)
    if not left:
        return "", ""
    names = [str(getattr(one, words.language)) for one in left[:NAMED_MAX]]
    if len(left) > NAMED_MAX:
        names.append("…")
    lacks, code = ("checklist", "missing") if checks else ("photos", "missing_photos")
    told = words("job_end", code, count=len(left), items=words("job", "comma").join(names))
    return lacks, told
