"""The checklist as it is filled in: each check with its answer, its limits and the last value."""

from typing import Final, Literal

from msgspec import Struct

from mobile.queries import Answer, Read, Sheet
from mobile.texts import Words
from mobile.views.step import failed, is_bad, missing
from mobile.views.work_order import Tone, is_open
from shared.amounts import quantity_text
from shared.checklist import Item, Reading, is_number
from shared.history import PastReading
from shared.typed import plain as ordinary

Standing = Literal["open", "good", "bad", "skipped"]
NOT_APPLICABLE: Final = "not_applicable"
ICONS: Final[dict[Standing, str]] = {
    "open": "radio_button_unchecked",
    "good": "check_circle",
    "bad": "error",
    "skipped": "do_not_disturb_on",
}
TONES: Final[dict[Standing, Tone]] = {
    "open": "neutral",
    "good": "success",
    "bad": "danger",
    "skipped": "neutral",
}


class Option(Struct, frozen=True, kw_only=True):
    """One answer that a tap gives; `code` is what is recorded."""

    code: str
    label: str
    tone: Tone


class Check(Struct, frozen=True, kw_only=True):
    """One line of the list. `value` is what was recorded, `chosen` the code of a tapped answer.

    `warning` says that the value lies outside its limits; `last` is this machine's last value.
    """

    code: str
    number: str
    type: str
    label: str
    required: bool
    standing: Standing
    value: str
    chosen: str
    unit: str
    limits: str
    last: str
    warning: str
    options: tuple[Option, ...]


class ChecklistView(Struct, frozen=True, kw_only=True):
    """The whole list and how far it is."""

    title: str
    progress: str
    share: float
    left: str
    bad: str
    tone: Tone
    checks: tuple[Check, ...]
    first_missing: str
    is_open: bool
    asset: str | None


def checklist(sheet: Sheet, words: Words, now: int) -> ChecklistView:
    """The checklist of a job, with what was read last time on its machine."""
    answers = sheet.checklist
    left, bad = missing(answers), failed(answers)
    answered = sum(one.reading is not None for one in answers)
    tone: Tone = "danger" if bad else "warning" if left else "success"
    return ChecklistView(
        title=words("job_checks", "title"),
        progress=words("job_checks", "progress", answered=answered, total=len(answers)),
        share=answered / len(answers) if answers else 0.0,
        left=words("job_checks", "left", count=len(left))
        if left
        else words("job_checks", "complete"),
        bad=words("job_checks", "bad", count=bad) if bad else "",
        tone=tone,
        checks=tuple(_check(str(index), one, words, now) for index, one in enumerate(answers, 1)),
        first_missing=left[0].item.code if left else "",
        is_open=is_open(sheet),
        asset=sheet.order.asset_id,
    )


def limits(item: Item, words: Words) -> str:
    """Between what a measurement should lie, with its unit; empty where nothing is said."""
    low = quantity_text(item.low) if item.low is not None else None
    high = quantity_text(item.high) if item.high is not None else None
    if low is None and high is None:
        return ""
    code = "at_most" if low is None else "at_least" if high is None else "limits"
    return words("job_checks", code, low=low, high=high, unit=item.unit).strip()


def as_number(text: str) -> str | None:
    """A typed measurement as it is recorded (`21,4` is 21.4), or None where it is no number."""
    plain = ordinary(text).replace(",", ".").replace("−", "-").removeprefix("+")
    if plain.startswith("."):
        plain = f"0{plain}"
    return plain if is_number(plain) else None


def shown(item: Item, reading: Reading | PastReading, words: Words) -> str:
    """What was recorded, in words, with its unit."""
    if reading.not_applicable:
        return words("job_checks", "was_not_applicable")
    if item.type == "pass_fail":
        return words("job_checks", reading.value)
    if item.type == "choice":
        return next(
            (_named(one, words) for one in item.choices if one.code == reading.value),
            reading.value,
        )
    return f"{reading.value} {item.unit}".strip() if item.type == "number" else reading.value


def _check(number: str, answer: Answer, words: Words, now: int) -> Check:
    item, reading = answer.item, answer.reading
    around = limits(item, words)
    return Check(
        code=item.code,
        number=number,
        type=item.type,
        label=_named(item, words),
        required=item.required,
        standing=_standing(answer),
        value=_value(reading),
        chosen=_chosen(reading),
        unit=item.unit,
        limits=around,
        last=_last(item, answer.last, words, now),
        warning=words("job_checks", "outside", limits=around)
        if reading is not None and reading.out_of_limits
        else "",
        options=_options(item, words),
    )


def _standing(answer: Answer) -> Standing:
    if answer.reading is None:
        return "open"
    if answer.reading.not_applicable:
        return "skipped"
    return "bad" if is_bad(answer) else "good"


def _value(reading: Reading | None) -> str:
    return "" if reading is None or reading.not_applicable else reading.value


def _chosen(reading: Reading | None) -> str:
    if reading is None:
        return ""
    return NOT_APPLICABLE if reading.not_applicable else reading.value


def _last(item: Item, last: Read | None, words: Words, now: int) -> str:
    if last is None:
        return ""
    when = words.near_day(words.local(last.at).date(), words.today(now))
    return words("job_checks", "last", value=shown(item, last.reading, words), when=when)


def _options(item: Item, words: Words) -> tuple[Option, ...]:
    skip = Option(code=NOT_APPLICABLE, label=words("job_checks", "not_applicable"), tone="neutral")
    if item.type == "pass_fail":
        return (
            Option(code="pass", label=words("job_checks", "pass"), tone="success"),
            Option(code="fail", label=words("job_checks", "fail"), tone="danger"),
            skip,
        )
    chosen = tuple(
        Option(code=one.code, label=_named(one, words), tone="primary") for one in item.choices
    )
    return (*chosen, skip)


def _named(thing: object, words: Words) -> str:
    return str(getattr(thing, words.language))
