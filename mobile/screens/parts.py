"""The parts of a job: use a planned one in one tap, take one back, add one, order one."""

from functools import partial
from typing import Any

from kivy.metrics import Metrics, dp
from kivy.uix.boxlayout import BoxLayout

from mobile.queries import Sheet
from mobile.screens import job_acts, job_rows
from mobile.screens.job_page import JobPage
from mobile.shell import Shell
from mobile.views.parts import PartRow, held, parts
from mobile.widgets.blocks import LARGE_TEXT
from mobile.widgets.buttons import PushButton
from mobile.widgets.page import Footer
from mobile.widgets.press import rest


class PartsScreen(JobPage):
    """Three lists: planned, used, to order."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.foot = Footer()
        wide = Metrics.fontscale < LARGE_TEXT
        way = "horizontal" if wide else "vertical"
        line = BoxLayout(orientation=way, size_hint_y=None, spacing=dp(8))
        line.bind(minimum_height=line.setter("height"))
        words = self.words
        self.add = PushButton(text=words("job_parts", "add"), icon="add", kind="primary")
        self.order = PushButton(
            text=words("job_parts", "order"), icon="shopping_cart", kind="outline"
        )
        for button, purpose in ((self.add, "use"), (self.order, "order")):
            button.bind(on_release=lambda _button, what=purpose: self._find(what))
            line.add_widget(button)
        self.foot.add_widget(line)
        self.add_widget(self.foot)

    def draw(self, sheet: Sheet) -> None:
        """Draw the three lists."""
        words = self.words
        self.title = words("job_parts", "title")
        self.subtitle = words.called(sheet.order)
        view = parts(sheet, held(self.shell.phone.queries.van()), words)
        self.add.disabled = self.order.disabled = not view.is_open
        self.planned = {row.id: row for row in view.planned}
        lists = (
            ("planned", "playlist_add_check", view.planned),
            ("used", "task_alt", view.used),
            ("ordered", "local_shipping", view.ordered),
        )
        self.lay([self._card(name, icon, rows) for name, icon, rows in lists])

    def tapped(self, name: str) -> None:
        """Use a planned part at once where nothing has to be asked; else ask."""
        assert self.sheet is not None
        what, _, identity = name.partition(":")
        job = self.sheet.order.id
        if what == "take_back":
            self.shell.show_sheet("take_back", job=job, use=identity)
            return
        row = self.planned.get(identity)
        if row is None:
            return
        if not row.is_direct:
            more = {"part": row.part, "planned": row.id, "quantity": row.amount}
            self.shell.show_sheet("use_part", job=job, **more)
            return
        rest.begin()
        args = {"part": row.part, "quantity": row.amount, "planned": row.id}
        if self.shell.say("parts.use", job_acts.on(self.sheet), args):
            self.shell.adapters.haptics.feel("done")
            self.shell.note(self.words("job_parts", "used_done"))

    def _card(self, name: str, icon: str, rows: tuple[PartRow, ...]) -> Any:
        words = self.words
        draw = partial(
            job_rows.part_list,
            title=words("job_parts", name),
            icon=icon,
            rows=rows,
            none=words("job_parts", f"no_{name}"),
        )
        return (name, rows, draw)

    def _find(self, purpose: str) -> None:
        if self.sheet is not None:
            self.shell.show_sheet("find_part", job=self.sheet.order.id, purpose=purpose)
