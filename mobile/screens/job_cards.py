"""How the cards of a job are drawn: what stands on each, from the top down."""

from typing import Final

from kivy.metrics import dp

from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views.clocks import ClockMark
from mobile.views.feedback import FeedbackView
from mobile.views.step import Step
from mobile.views.work_order import Machine, Place, WorkOrderView

SECTION_ICONS: Final = {
    "details": "edit_note",
    "checklist": "checklist",
    "photos": "photo_camera",
    "bill": "receipt_long",
    "parts": "inventory_2",
    "notes": "sticky_note_2",
    "history": "history",
}


def heading(pen: Pen, view: WorkOrderView) -> None:
    """What the job is, how it stands, when somebody is expected, and what needs a look."""
    pen.text(view.title, "headline")
    pen.gap()
    chips = [(view.status.text, view.status.tone, "")]
    if view.priority is not None:
        chips.append((view.priority.text, view.priority.tone, view.priority.icon))
    pen.chips(chips)
    pen.gap(10)
    pen.mark("schedule", view.planned, "title_s", "text")
    if view.team:
        pen.gap(6)
        pen.mark("group", view.team, "body", "text")
    if view.needs is None:
        pen.gap(6)
        pen.mark(view.sync.icon, view.sync.text, "body_s", "text_2", sign_tone=view.sync.tone)
    if view.ready is not None and view.ready.is_ready:
        pen.gap(6)
        pen.mark("task_alt", view.ready.text, "body_s", "text_2", sign_tone="info")
    for alert in view.alerts:
        pen.gap(10)
        pen.notice(alert.icon, alert.text, alert.tone)
    if view.ready is not None and not view.ready.is_ready:
        pen.gap(10)
        pen.notice("cloud_off", view.ready.text, "warning")
    if view.needs is not None:
        pen.gap(10)
        top = pen.y
        pen.notice(view.needs.icon, view.needs.text, view.needs.tone)
        pen.zone("outbox", view.needs.text, top)


def clock(pen: Pen, mark: ClockMark, words: Words) -> None:
    """What is due next, and how much time is left; a tap shows all clocks."""
    top, every = pen.y - dp(10), words("clock_words", "all")
    calm = mark.tone == "neutral"
    sign = "text_2" if calm else mark.tone
    text = words.join(mark.text, mark.left)
    pen.mark(mark.icon, text, "title_s", "text" if calm else mark.tone, sign_tone=sign)
    pen.gap(4)
    pen.text(every, "label", "primary")
    pen.zone("clocks", words.join(text, every), top)


def sections(pen: Pen, view: WorkOrderView) -> None:
    """The parts of the job, each with how much is in it."""
    pen.tiles(
        [
            (one.name, one.label, one.count, one.sign, one.tone, SECTION_ICONS[one.name])
            for one in view.sections
        ]
    )


def problem(pen: Pen, view: WorkOrderView, words: Words) -> None:
    """What was reported, and what the office says about the job."""
    pen.head("report", words("job", "problem"))
    pen.text(view.problem)
    if view.order_note:
        pen.rule()
        pen.text(words("job", "order_note"), "label", "text_2")
        pen.gap(2)
        pen.text(view.order_note)
    pen.gap(10)
    pen.text(view.terms, "body_s", "text_2")


def said(pen: Pen, view: FeedbackView, words: Words) -> None:
    """What the customer said of the request, what is open first, and the way to say more."""
    pen.head("comment", words("job_says", "title"), str(view.open_count) if view.open_count else "")
    for index, one in enumerate(view.lines):
        if index:
            pen.rule()
        pen.chips([(one.kind, one.tone, ""), *([(one.grade, one.tone, "")] if one.grade else [])])
        if one.text:
            pen.gap(6)
            pen.text(one.text)
        pen.gap(4)
        pen.text(one.about, "body_s", "text_2")
        pen.gap(2)
        pen.text(one.stands, "label", "text_2")
    if not view.lines:
        pen.text(words("job_says", "none"), "body", "text_2")
    if view.may_add:
        pen.gap(10)
        pen.buttons([("customer_says", words("job_says", "add"), "add")])


def place(pen: Pen, at: Place, words: Words) -> None:
    """Where to go, how to get in, whom to ask for; and what can be done with that."""
    pen.head("apartment", at.customer or words("job", "customer"))
    if at.site:
        pen.text(at.site, "body_strong")
    pen.text(at.address, "body")
    if at.access:
        pen.gap(10)
        pen.notice("key", at.access, "info")
        pen.gap(4)
    pen.fact(words("job", "contact"), at.contact)
    pen.fact(words("job", "phone"), at.phone or words("job", "no_phone"))
    pen.gap(10)
    call = [("call", words("job_call", "call"), "call")] if at.phone else []
    where = [
        ("navigate", words("job_call", "navigate"), "directions"),
        ("copy", words("job_call", "copy"), "content_copy"),
    ]
    pen.buttons([*call, *(where if at.address else [])])


def machine(pen: Pen, what: Machine | None, words: Words) -> None:
    """Which machine it is, and what was done to it last."""
    if what is None:
        pen.head("precision_manufacturing", words("job", "machine"))
        pen.text(words("job", "no_machine"), "body", "text_2")
        return
    pen.head("precision_manufacturing", what.name)
    pen.fact(words("job", "model"), what.model)
    pen.fact(words("job", "serial"), what.serial)
    pen.fact(words("job", "delivered"), what.delivered)
    pen.fact(words("job", "last_visit"), what.last)


def next_step(pen: Pen, step: Step, words: Words) -> None:
    """The big button, with what else may be done beside it; or why nothing is left."""
    if not step.action:
        pen.notice("info", step.detail, "neutral")
        return
    if step.beside:
        pen.square("more", words("job", "other"), "more_horiz")
    pen.action("step", step.label, step.detail, step.icon)
