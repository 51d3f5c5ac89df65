"""Making a paper beside the window, and handing it to whatever app is chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from mobile import service
from mobile.couriers import beside
from mobile.papers import Asked, Made, make
from mobile.shell import Shell
from mobile.widgets.buttons import PushButton
from mobile.widgets.hosting import later
from shared.errors import Refused

PDF: Final = "application/pdf"


def print_out(shell: Shell, asked: Asked, ended: Callable[[Made | Refused], None]) -> None:
    """Make a paper; `ended` hears in the window's thread how that went."""
    folder = shell.phone.folder
    beside(lambda: _printed(folder, asked), lambda made: later(lambda: ended(made)))


def receipt(shell: Shell, asked: Asked, button: PushButton) -> None:
    """Make a receipt and hand it on; its button waits for that."""
    button.disabled = True

    def ended(made: Made | Refused) -> None:
        button.disabled = False
        hand_on(shell, made)

    print_out(shell, asked, ended)


def hand_on(shell: Shell, made: Made | Refused) -> None:
    """Let somebody print or send a paper; say where it lies, or why there is none."""
    if isinstance(made, Refused):
        shell.note(shell.words.explain(made), tone="danger")
        return
    told = shell.adapters.share.file(made.file, PDF)
    if told != "opened":
        code = "saved" if told else "not_saved"
        shell.note(shell.words("report", code, path=told or str(made.file)))


def _printed(folder: Path, asked: Asked) -> Made | Refused:
    """The paper, over a connection of the thread's own."""
    try:
        with service.opened(folder) as phone:
            assert phone is not None
            return make(phone.queries, folder, asked)
    except service.TROUBLES as ended:
        return service.trouble(ended)
