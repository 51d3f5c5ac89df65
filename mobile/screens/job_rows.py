"""How the lines of a job's lists are drawn: checks, parts, notes, and what happened before."""

from collections.abc import Sequence
from typing import Final

from kivy.metrics import dp, sp

from mobile.screens.pen import Pen
from mobile.screens.sketch import ICON
from mobile.texts import Words
from mobile.views.checklist import ICONS, TONES, Check, ChecklistView
from mobile.views.history import Earlier, Moment
from mobile.views.notes import Line
from mobile.views.parts import PartRow

TAPS: Final = {"use": "check", "take_back": "undo"}


def progress(pen: Pen, view: ChecklistView) -> None:
    """How far a checklist is, in words and as a line."""
    pen.text(view.progress, "title_s")
    pen.gap(6)
    pen.bar(view.share, view.tone)
    pen.gap(8)
    pen.text(view.left, "body_s", "text_2")
    if view.bad:
        pen.gap(2)
        pen.mark("error", view.bad, "label", "danger", sign_tone="danger")


def check(pen: Pen, one: Check, words: Words, *, is_open: bool) -> None:
    """One check: what to look at, its answers or its value, its limits and the last time."""
    top, indent = pen.y, sp(ICON) + dp(10)
    tone = "text_3" if TONES[one.standing] == "neutral" else TONES[one.standing]
    pen.sign(ICONS[one.standing], tone)
    pen.text(one.label, "body_strong", left=indent, right=dp(40))
    if one.required and one.standing == "open":
        pen.text(words("job_checks", "required"), "label_s", "warning", left=indent)
    if is_open:
        pen.corner(f"comment:{one.code}", words("job_checks", "comment"), "comment", top)
    pen.gap(10)
    _answer(pen, one, words, is_open=is_open)
    under = words.join(one.limits, one.last)
    if under:
        pen.gap(6)
        pen.text(under, "body_s", "text_2")
    if one.warning:
        pen.gap(6)
        pen.mark("error", one.warning, "body_s", "danger", sign_tone="danger")


def _answer(pen: Pen, one: Check, words: Words, *, is_open: bool) -> None:
    if not is_open:
        pen.text(_told(one), "body")
    elif one.type in ("pass_fail", "choice"):
        pen.segments(one.options, one.chosen, f"answer:{one.code}:")
    else:
        hint = words("job_checks", "enter" if one.type == "number" else "write")
        told = (_told(one) if one.standing == "skipped" else one.value, hint)
        tone = "danger" if one.standing == "bad" else "control"
        pen.field(f"fill:{one.code}", one.label, told, one.unit, tone)


def _told(one: Check) -> str:
    chosen = next((option.label for option in one.options if option.code == one.chosen), "")
    return chosen or f"{one.value} {one.unit}".strip() or "—"


def part_list(pen: Pen, title: str, icon: str, rows: Sequence[PartRow], none: str) -> None:
    """One of the three lists of parts."""
    pen.head(icon, title, str(len(rows)) if rows else "")
    if not rows:
        pen.text(none, "body", "text_2")
    for index, row in enumerate(rows):
        if index:
            pen.rule()
        _part(pen, row)


def _part(pen: Pen, row: PartRow) -> None:
    top = pen.y
    room = pen.side_width(row.tap_label) + dp(10) if row.tap else 0
    pen.text(row.name, "body_strong", right=room)
    pen.gap(2)
    pen.text(
        "  ".join(one for one in (row.quantity, row.number) if one), "body_s", "text_2", right=room
    )
    if row.van:
        pen.gap(6)
        keep = pen.right
        pen.right -= room
        pen.chips([(row.van, row.van_tone, "")])
        pen.right = keep
    if row.extra:
        pen.gap(4)
        pen.text(row.extra, "body_s", "text_2", right=room)
    if row.tap:
        pen.side(f"{row.tap}:{row.id}", row.tap_label, TAPS[row.tap], top)


def found(pen: Pen, zone: str, lines: tuple[str, str], chip: tuple[str, str]) -> None:
    """One part that a search found."""
    top = pen.y
    name, number = lines
    pen.text(name, "body_strong")
    pen.gap(2)
    pen.text(number, "body_s", "text_2")
    pen.gap(6)
    pen.chips([(*chip, "")])
    pen.gap(6)
    pen.zone(zone, name, top - dp(6))


def note(pen: Pen, line: Line, words: Words) -> None:
    """One note, with who wrote it for whom."""
    pen.text(line.text)
    pen.gap(8)
    icon = "group" if line.is_for_customer else "lock"
    pen.mark(icon, words.join(line.author, line.when, line.audience), "body_s", "text_2")


def moments(pen: Pen, title: str, told: Sequence[Moment]) -> None:
    """What happened on this job, one line each."""
    pen.head("assignment", title)
    for index, one in enumerate(told):
        if index:
            pen.gap(8)
        pen.text(one.what)
        pen.text(one.when, "body_s", "text_2")


def earlier(pen: Pen, one: Earlier, words: Words) -> None:
    """One earlier visit to the machine."""
    pen.text(one.title, "title_s")
    pen.gap(2)
    pen.text(one.when, "body_s", "text_2")
    for label, text in (("found", one.found), ("done", one.done), ("remark", one.remark)):
        if text:
            pen.gap(6)
            pen.text(words("job_history", label), "label", "text_2")
            pen.text(text)
    if one.readings:
        pen.gap(6)
        pen.text(words("job_history", "read"), "label", "text_2")
    for name, value, is_bad in one.readings:
        pen.fact(name, value, "danger" if is_bad else "text")
