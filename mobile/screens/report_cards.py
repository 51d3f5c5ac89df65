"""How the cards of a report are drawn."""

from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views.checklist import Option
from mobile.views.report import PAPERS, Paper, ReportView, Seal
from mobile.views.sign_off import LANGUAGE_NAMES
from shared.texts import LANGUAGES


def seal(pen: Pen, view: ReportView, words: Words) -> None:
    """What the seal says, who signed, the code to compare, and the hashes below it."""
    told = view.seal
    pen.notice(told.icon, words.join(told.title, told.text), told.tone)
    if told.again:
        pen.gap(10)
        pen.notice("update", told.again, "warning")
    if told.again or told.standing == "unsigned":
        pen.gap(10)
        pen.buttons([("sign:", words("report", "sign"), "signature")])
    if view.code:
        pen.gap(14)
        pen.pair(words("sign_off", "code"), view.code, "body", "text_2", end="figure")
    for row in view.signed:
        pen.fact(row.label, row.value)
    for row in view.hashes:
        pen.gap(8)
        pen.text(row.label, "body_s", "text_2")
        pen.text(row.value, "body_s", "text_2")
    if view.earlier:
        pen.rule()
        pen.text(words("report", "earlier"), "label", "text_2")
    for row in view.earlier:
        pen.fact(row.label, row.value)


def proof(pen: Pen, told: Seal, words: Words) -> None:
    """On the job itself: how it stands with its signature, and where its report is."""
    pen.head("verified", words("report", "proof"))
    pen.notice(told.icon, told.again or words.join(told.title, told.text), told.tone)
    pen.gap(10)
    unsigned = told.again or told.standing == "unsigned"
    sign = [("sign", words("report", "sign"), "signature")] if unsigned else []
    pen.buttons([*sign, ("report", words("report", "title"), "summarize")])


def paper(pen: Pen, told: Paper, words: Words) -> None:
    """In which language and on which paper; how large it has become; whether photos are missing."""
    pen.head("picture_as_pdf", words("report", "paper"))
    languages = [Option(code=one, label=LANGUAGE_NAMES[one], tone="primary") for one in LANGUAGES]
    pen.segments(languages, told.language, "language:")
    pen.gap(10)
    sizes = [Option(code=one, label=words("report_papers", one), tone="primary") for one in PAPERS]
    pen.segments(sizes, told.size, "paper:")
    if told.photos:
        pen.gap(8)
        pen.row("photos:", [(told.photos, "body", "text")], "photo_camera")
    if told.pages:
        pen.gap(12)
        pen.mark("check_circle", words("report", "pages", count=told.pages), "body", "text")
        pen.gap(4)
        pen.text(words("report", "content_hash"), "body_s", "text_2")
        pen.text(told.content_hash, "body_s", "text_2")
    if told.fault:
        pen.gap(12)
        pen.notice("error", told.fault, "danger")
