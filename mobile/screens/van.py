"""Van stock: what is in one's own van, and one part of it."""

from pathlib import Path
from typing import Final

from kivy.metrics import dp
from kivy.properties import ListProperty, ObjectProperty, StringProperty

from mobile.screens.listed import Listed, ListedPage, nothing_row, row
from mobile.shell import Args
from mobile.views.van import VanLine, part, van
from mobile.widgets.blocks import KeyValue
from mobile.widgets.look import load
from mobile.widgets.page import Sheet

TEXT_KEY: Final = "van/text"
SIDES_DP: Final = 32


class VanScreen(ListedPage):
    """The parts of the van. What is looked for is kept."""

    nav = "van"
    subtitle = StringProperty("")
    entries = ListProperty()
    text = StringProperty("")

    def show(self, args: Args) -> None:
        """Show what was looked for last."""
        self.text = self.shell.drafts.read(TEXT_KEY) or ""
        super().show(args)

    def refresh(self) -> None:
        """Read the stock anew and draw it."""
        view = van(self.shell.phone.queries.van(), self.words, self.text)
        self.subtitle = view.subtitle
        width = self.width - dp(SIDES_DP)
        entries = [row(_listed(line), width, self._open) for line in view.lines]
        if view.nothing is not None:
            icon = "search_off" if self.text.strip() else "inventory_2"
            entries.append(nothing_row(view.nothing, icon, width, self._clear))
        self.entries = entries

    def typed(self, text: str) -> None:
        """Something else is looked for."""
        self.text = text
        self.shell.drafts.keep(TEXT_KEY, text)
        self.ids.list.scroll_y = 1
        self.refresh()

    def _open(self, part_id: str) -> None:
        self.shell.show_sheet("van_part", id=part_id)

    def _clear(self) -> None:
        self.ids.search.clear()


class VanPartSheet(Sheet):
    """One part of the van; `args` name its `id`."""

    view = ObjectProperty(None, allownone=True)

    def refresh(self) -> None:
        """Read the part anew and draw it."""
        view = part(self.shell.phone.queries.van(), self.args.get("id", ""), self.words)
        self.view = view
        self.title = view.name if view is not None else self.words("van", "title")
        self.ids.facts.clear_widgets()
        for name, value in view.facts if view is not None else ():
            self.ids.facts.add_widget(KeyValue(name=name, value=value))


def _listed(line: VanLine) -> Listed:
    return Listed(
        key=line.id,
        title=line.name,
        subtitle=f"{line.number} · {line.note}" if line.note else line.number,
        value=line.amount,
        value_tone=line.tone,
        icon="error" if line.tone == "danger" else "",
        icon_tone=line.tone,
    )


load(Path(__file__))
