"""What every sheet of a job has: the job it asks about, its buttons, and how it ends."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted, job_acts
from mobile.screens.drawn import Drawn
from mobile.shell import Shell
from mobile.widgets.buttons import PushButton
from mobile.widgets.page import Footer, Sheet
from shared.errors import Refused

# A button: its name, its words, how loud it is, and what it does.
Button = tuple[str, str, str, Callable[[], None]]


class Asking(Sheet):
    """A sheet over a job (`args["job"]`). `build` says what stands on it; it is built once."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.sheet: JobSheet | None = None
        self.buttons: dict[str, PushButton] = {}
        self._built_for: dict[str, str] | None = None

    def refresh(self) -> None:
        """Ask anew when it is about something else; what is half typed stays as it is."""
        self.sheet = self.shell.phone.queries.sheet(self.args.get("job", ""))
        if self.sheet is None:
            self.leave_soon()
            return
        if self._built_for == self.args:
            return
        self._built_for = dict(self.args)
        self.ids.body.empty()
        self.ids.foot.clear_widgets()
        self.buttons = {}
        self.build(self.sheet)

    def leave(self) -> None:
        """Its fields hear the keyboard no more."""
        drafted.let_go(self)

    def leave_soon(self) -> None:
        """Put the sheet away, as there is nothing to ask any more."""
        Clock.schedule_once(lambda _passed: self.shell.close_sheet())

    def build(self, sheet: JobSheet) -> None:
        """Put in what is asked."""

    def key(self, *parts: str) -> str:
        """The key of a draft of this sheet."""
        return job_acts.draft(self.args.get("job", ""), *parts)

    def read(self, *parts: str, otherwise: str = "") -> str:
        """What was begun under a key of this sheet."""
        return drafted.read(self.shell, self.key(*parts), otherwise)

    def foot(self, *buttons: Button) -> None:
        """Buttons below the body, the most important one first."""
        footer = Footer()
        for name, text, kind, act in buttons:
            button = PushButton(text=text, kind=kind)
            button.bind(on_release=lambda _button, act=act: act())
            footer.add_widget(button)
            self.buttons[name] = button
        self.add_widget(footer)

    def rows(self, card: Drawn, picked: Callable[[str], None]) -> None:
        """A drawn list; a tap on a line picks its name."""
        card.bind(on_zone=lambda _card, name: picked(name))
        self.add_widget(card)

    def say(self, kind: str, args: dict[str, Any]) -> Refused | None:
        """One act on the job."""
        assert self.sheet is not None
        refused = drafted.too_long(self, args)
        if refused is None:
            refused = self.shell.record(kind, job_acts.on(self.sheet), args)
        self.shell.adapters.haptics.feel("wrong" if refused is not None else "done")
        return refused

    def done(self, told: str) -> None:
        """Put the sheet away, and tell what was done."""
        self.shell.close_sheet()
        self.shell.note(told)
