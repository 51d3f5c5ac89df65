"""What is shown where this phone's own work cannot be opened."""

from pathlib import Path

from kivy.properties import StringProperty

from mobile.screens import rescuing
from mobile.shell import Place
from mobile.widgets.look import load
from mobile.widgets.page import Page


class TroublePage(Page):
    """Why it cannot be opened, and what to do.

    `args` hold the `reason`, and whether to `enrol` helps (`too`) or is all that does (`only`).
    One that was `emptied` has nothing that could be packed.
    """

    title = StringProperty("")
    reason = StringProperty("")
    action = StringProperty("")
    enrol_text = StringProperty("")
    pack_text = StringProperty("")

    def refresh(self) -> None:
        """Say it."""
        emptied = "emptied" in self.args
        self.title = self.words("kit.trouble", "emptied" if emptied else "title")
        self.pack_text = "" if emptied else self.words("rescue", "pack")
        self.reason = self.args.get("reason", "")
        helps = self.args.get("enrol", "")
        self.action = self.words("kit.trouble", "enrol" if helps == "only" else "retry")
        self.enrol_text = self.words("kit.trouble", "enrol") if helps == "too" else ""

    def act(self) -> None:
        """Try again, or enrol."""
        self.shell.go(Place("enrol" if self.args.get("enrol") == "only" else "today"))

    def rescue(self) -> None:
        """Pack what can still be read into a file for the office."""
        rescuing.pack(self.shell)

    def enrol(self) -> None:
        """Begin anew with a code."""
        self.shell.go(Place("enrol"))


load(Path(__file__))
