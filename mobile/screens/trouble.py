"""What is shown where this phone's own work cannot be opened."""

from pathlib import Path

from kivy.properties import StringProperty

from mobile.shell import Place
from mobile.widgets.look import load
from mobile.widgets.page import Page


class TroublePage(Page):
    """Why it cannot be opened, and what to do.

    `args` hold the `reason`, and whether to `enrol` helps (`too`) or is all that does (`only`).
    """

    reason = StringProperty("")
    action = StringProperty("")
    enrol_text = StringProperty("")

    def refresh(self) -> None:
        """Say it."""
        self.reason = self.args.get("reason", "")
        helps = self.args.get("enrol", "")
        self.action = self.words("kit.trouble", "enrol" if helps == "only" else "retry")
        self.enrol_text = self.words("kit.trouble", "enrol") if helps == "too" else ""

    def act(self) -> None:
        """Try again, or enrol."""
        self.shell.go(Place("enrol" if self.args.get("enrol") == "only" else "today"))

    def enrol(self) -> None:
        """Begin anew with a code."""
        self.shell.go(Place("enrol"))


load(Path(__file__))
