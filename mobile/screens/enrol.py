"""The first page of a new phone: a text or a code makes it somebody's."""

from pathlib import Path
from typing import Final

from kivy.core.clipboard import Clipboard
from kivy.properties import BooleanProperty, StringProperty
from msgspec import structs

from mobile.shell import Args, Place
from mobile.views.enrol import enrol, refusal, with_scheme
from mobile.widgets.look import load
from mobile.widgets.page import Page
from shared.errors import Refused

TEXT_KEY: Final = "enrol/text"
SERVER_KEY: Final = "enrol/server"


class EnrolScreen(Page):
    """Needs no phone yet, and no network until the button is pressed. What is typed is kept."""

    text = StringProperty("")
    server = StringProperty("")
    hint = StringProperty("")
    fault = StringProperty("")
    asks_server = BooleanProperty(defaultvalue=False)
    ready = BooleanProperty(defaultvalue=False)
    busy = BooleanProperty(defaultvalue=False)

    def show(self, args: Args) -> None:
        """Show what was typed before."""
        self.text = self.shell.drafts.read(TEXT_KEY) or ""
        self.server = self.shell.drafts.read(SERVER_KEY) or ""
        super().show(args)

    def refresh(self) -> None:
        """Say what is known of the text."""
        view = enrol(self.text, self.server, self.words)
        self.asks_server, self.ready = view.asks_server, view.ready
        self.hint, self.fault = view.hint, view.fault

    def typed(self, text: str) -> None:
        """The text was changed."""
        self.text = text
        self.shell.drafts.keep(TEXT_KEY, text)
        self.refresh()

    def typed_server(self, server: str) -> None:
        """The server's address was changed."""
        self.server = server
        self.shell.drafts.keep(SERVER_KEY, server)
        self.refresh()

    def paste(self) -> None:
        """Take the text from the clipboard."""
        text = (Clipboard.paste() or "").strip()
        if text:
            self.typed(text)
        else:
            self.shell.note(self.words("enrol", "nothing_to_paste"))

    def switch_language(self) -> None:
        """Show everything in the other language."""
        other = "en" if self.words.language == "zh" else "zh"
        self.shell.change(structs.replace(self.shell.settings, language=other))

    def connect(self) -> None:
        """Ask the server, in the background."""
        if self.busy:
            return
        self.busy, self.fault = True, ""
        server = with_scheme(self.server) if self.asks_server else ""
        self.shell.enrol(self.text.strip(), server, self._ended)

    def _ended(self, refused: Refused | None) -> None:
        self.busy = False
        if refused is not None:
            self.fault = refusal(refused, self.words)
            return
        for key in (TEXT_KEY, SERVER_KEY):
            self.shell.drafts.drop(key)
        # Whoever is given a code by the office may do without the PIN that was forgotten.
        self.shell.lock.drop()
        self.shell.unlock()
        self.shell.go(Place("pin", {"step": "welcome"}))


load(Path(__file__))
