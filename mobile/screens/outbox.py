"""The outbox: what this phone owes the office, and what came of the rest."""

from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, StringProperty

from mobile.screens.listed import Listed, ListedPage, row
from mobile.shell import Shell
from mobile.views.outbox import Entry, Look, OutboxView, args_in, outbox
from mobile.views.van import name
from mobile.widgets.look import load

SIDES_DP: Final = 32


class OutboxScreen(ListedPage):
    """Every entry, the worst first."""

    head = StringProperty("")
    text = StringProperty("")
    trouble = StringProperty("")
    tone = StringProperty("neutral")
    icon = StringProperty("")
    waits = BooleanProperty(defaultvalue=False)
    entries = ListProperty()

    def refresh(self) -> None:
        """Read the outbox anew and draw it."""
        shell = self.shell
        lines = shell.phone.queries.outbox(shell.words.catalogue)
        view = outbox(lines, look(shell), shell.words, shell.now)
        self.head, self.text, self.tone, self.waits = view.head, view.text, view.tone, view.waits
        trouble = shell.traffic.trouble
        self.trouble = shell.words.explain(trouble) if trouble is not None else ""
        self.icon = {"danger": "error", "info": "cloud_upload"}.get(view.tone, "cloud_done")
        self.entries = list(self._rows(view))

    def send(self) -> None:
        """Talk to the office now; nothing waits for the answer."""
        self.shell.ring()
        self.shell.note(self.words("outbox", "sending"))

    def open_entry(self, op_id: str) -> None:
        """Show one entry."""
        self.shell.show_sheet("entry", id=op_id)

    def _rows(self, view: OutboxView) -> list[Any]:
        width = self.width - dp(SIDES_DP)
        rows: list[Any] = []
        for group in view.groups:
            tone = "danger" if group.name == "needs_you" else "text_2"
            rows.append((group.title, tone))
            rows += [row(_listed(one), width, self.open_entry) for one in group.entries]
        return rows


def look(shell: Shell) -> Look:
    """What the outbox's view is told with."""
    queries, replica = shell.phone.queries, shell.phone.replica

    def args_of(op_id: str) -> dict[str, Any]:
        entry = replica.known_as(op_id)
        return args_in(entry.body) if entry is not None else {}

    def name_of(part_id: str) -> str:
        part = queries.part(part_id)
        return name(part, shell.words) if part is not None else ""

    checks: dict[str, dict[str, str]] = {}

    def item_of(job: str, code: str) -> str:
        if job not in checks:
            sheet = queries.sheet(job)
            answers = sheet.checklist if sheet is not None else ()
            language = shell.words.language
            checks[job] = {one.item.code: getattr(one.item, language) for one in answers}
        return checks[job].get(code, code)

    return Look(
        args_of=args_of,
        name_of=name_of,
        item_of=item_of,
        enough=shell.traffic.enough,
        unconfirmed=queries.waiting().unconfirmed,
    )


def _listed(entry: Entry) -> Listed:
    told = (f"{entry.state} · {entry.when}", entry.detail)
    return Listed(
        key=entry.op_id,
        title=entry.what,
        subtitle="\n".join(one for one in told if one),
        icon=entry.icon,
        icon_tone=entry.tone,
    )


load(Path(__file__))
