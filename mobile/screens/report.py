"""The report of a visit: what the seal says, what is on the paper, and the paper itself."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from mobile import service
from mobile.couriers import beside
from mobile.papers import Asked, Made, make
from mobile.queries import Sheet
from mobile.screens import job_acts, report_cards as cards, sign_cards
from mobile.screens.job_page import Card, JobPage
from mobile.shell import Args, Place, Shell
from mobile.views import report as views
from mobile.views.sign_off import first_language
from mobile.views.summary import Summary, summary, words_of
from mobile.widgets.buttons import PushButton
from mobile.widgets.hosting import later
from mobile.widgets.page import Footer
from shared.document import Document
from shared.errors import Refused
from shared.showing import Asked as Shown, build
from shared.signing import document_in

PDF: Final = "application/pdf"


class ReportScreen(JobPage):
    """`args["id"]` names the job. A paper is made beside the window, when somebody wants it."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.language = ""
        self.paper = views.PAPERS[0]
        self.made: Made | None = None
        self.fault = ""
        self.making = False
        self.foot = Footer()
        self.share = PushButton(icon="share")
        self.share.bind(on_release=lambda *_: self.print_out())
        self.foot.add_widget(self.share)
        self.add_widget(self.foot)

    def show(self, args: Args) -> None:
        """Show this report; its paper is in the customer's language until another is asked for."""
        if args != self.args:
            self.language, self.made, self.fault = "", None, ""
        super().show(args)

    def draw(self, sheet: Sheet) -> None:
        """Draw the seal, the paper's settings, and what stands on it."""
        words = self.words
        if not self.language:
            signed = sheet.signing.sign_off
            own = first_language(sheet, words.language)
            self.language = signed.language if signed is not None and signed.language else own
        view = views.report(sheet, words, self.shell.now)
        self.title, self.subtitle = words("report", "title"), view.number
        self._show_button()
        made = self.made
        paper = views.Paper(
            language=self.language,
            size=self.paper,
            photos=view.photos,
            pages=made.pages if made is not None else 0,
            content_hash=views.in_groups(made.content_hash) if made is not None else "",
            fault=self.fault,
        )
        kept: list[Card] = [
            ("seal", view, partial(cards.seal, view=view, words=words)),
            ("paper", paper, partial(cards.paper, told=paper, words=words)),
        ]
        self.lay([*kept, *self._content(sheet)])

    def tapped(self, name: str) -> None:
        """A setting of the paper, or what the seal leads to."""
        assert self.sheet is not None
        kind, _, value = name.partition(":")
        if kind == "sign":
            job_acts.take(self.shell, self.sheet, "sign")
        elif kind == "photos":
            self.shell.go(Place("photos", {"id": self.sheet.order.id}))
        elif kind in ("language", "paper"):
            setattr(self, kind, value)
            self.made, self.fault = None, ""
            self.refresh()

    def print_out(self) -> None:
        """Make the paper beside the window, then hand it to whatever app is chosen."""
        if self.making or self.sheet is None:
            return
        asked = Asked(
            number=self.sheet.order.id,
            kind="report",
            subject=self.sheet.signing.visit,
            paper=self.paper,
            language=self.language,
            now_ms=self.shell.now,
        )
        self.making, self.fault = True, ""
        self._show_button()
        folder = self.shell.phone.folder
        beside(lambda: _printed(folder, asked), lambda made: later(lambda: self._printed(made)))

    def _printed(self, made: Made | Refused) -> None:
        """The paper is there, or it is told why not."""
        self.making = False
        if isinstance(made, Refused):
            self.fault = self.words.explain(made)
            self.refresh()
            return
        self.made = made
        told = self.shell.adapters.share.file(made.file, PDF)
        if told != "opened":
            code = "saved" if told else "not_saved"
            self.shell.note(self.words("report", code, path=told or str(made.file)))
        self.refresh()

    def _show_button(self) -> None:
        self.share.disabled = self.making
        self.share.text = self.words("report", "making" if self.making else "share")

    def _content(self, sheet: Sheet) -> Sequence[Card]:
        """What stands on the paper: as it was signed, else as it is now."""
        told = self._summary(sheet)
        if told is None:
            return ()
        found: list[Card] = [
            ("job:" + one.number, one, partial(sign_cards.job, told=one)) for one in told.jobs
        ]
        if told.bill is not None:
            found.append(("bill", told.bill, partial(sign_cards.bill, told=told.bill)))
        return found

    def _summary(self, sheet: Sheet) -> Summary | None:
        document = self._document(sheet)
        return summary(document, words_of(document)) if document is not None else None

    def _document(self, sheet: Sheet) -> Document | None:
        queries, signed = self.shell.phone.queries, sheet.signing.sign_off
        kept = queries.signed_document(signed) if signed is not None else None
        known = document_in(kept.document) if kept is not None else None
        if known is not None:
            return known
        asked = Shown(
            purpose="visit",
            jobs=(sheet.order.id,),
            person=self.shell.phone.owner.person,
            language=self.language,
            made_at=self.shell.now,
        )
        found = build(queries.shown(asked.jobs), asked)
        return found if isinstance(found, Document) else None


def _printed(folder: Any, asked: Asked) -> Made | Refused:
    """The paper, over a connection of the thread's own."""
    try:
        with service.opened(folder) as phone:
            assert phone is not None
            return make(phone.queries, folder, asked)
    except service.TROUBLES as ended:
        return service.trouble(ended)
