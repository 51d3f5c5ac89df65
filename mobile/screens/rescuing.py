"""Packing a rescue file beside the window, and handing it to whatever app is chosen."""

from pathlib import Path
from typing import Final

from mobile import rescue, service
from mobile.couriers import beside
from mobile.rescue import FOLDER, Packed
from mobile.shell import Shell
from mobile.widgets.hosting import later
from shared.errors import Refused

NAME: Final = "fieldfare.rescue"
KIND: Final = "application/octet-stream"


def pack(shell: Shell) -> None:
    """Pack all that the office does not safely have; what came of it is told in passing."""
    folder, now = shell.darkroom.home, shell.now
    shell.note(shell.words("rescue", "packing"))
    beside(lambda: _packed(folder, now), lambda done: later(lambda: _hand_on(shell, done)))


def _packed(folder: Path, now_ms: int) -> Packed | Refused | None:
    try:
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
        return rescue.pack(folder, folder / FOLDER / NAME, service.app_name(), now_ms)
    except OSError:
        return rescue.not_written(folder / FOLDER / NAME)
    except service.TROUBLES as ended:
        return service.trouble(ended)


def _hand_on(shell: Shell, done: Packed | Refused | None) -> None:
    if isinstance(done, Refused):
        shell.note(shell.words.explain(done), tone="danger")
        return
    if done is None:
        shell.note(shell.words("command", "not_enrolled"), tone="danger")
        return
    place = shell.adapters.share.file(Path(done.file), KIND)
    code = "packed_torn" if done.torn else "packed"
    told = shell.words("rescue", code, acts=done.ops, files=done.files, count=len(done.torn))
    where = "" if place == "opened" else f" {place or done.file}"
    shell.note(told + where, tone="danger" if done.torn else "")
