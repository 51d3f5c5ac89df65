"""What is shown where this phone's own work cannot be opened."""

from pathlib import Path

from kivy.properties import StringProperty

from mobile.shell import Place
from mobile.widgets.look import load
from mobile.widgets.page import Page


class TroublePage(Page):
    """Why it cannot be opened, and what to do. `args` hold the `reason`, and whether to `enrol`."""

    reason = StringProperty("")
    action = StringProperty("")

    def refresh(self) -> None:
        """Say it."""
        self.reason = self.args.get("reason", "")
        code = "enrol" if self.args.get("enrol") else "retry"
        self.action = self.words("kit.trouble", code)

    def act(self) -> None:
        """Try again, or enrol."""
        self.shell.go(Place("enrol" if self.args.get("enrol") else "today"))


load(Path(__file__))
