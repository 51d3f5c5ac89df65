"""What the window lends to the device's adapters and to other threads."""

from collections.abc import Callable

from kivy.base import ExceptionHandler, ExceptionManager
from kivy.clock import Clock


def copied(text: str) -> bool:
    """Put a text on the clipboard."""
    from kivy.core.clipboard import Clipboard  # looks for programs when it is loaded

    Clipboard.copy(text)
    return True


def later(act: Callable[[], None]) -> None:
    """Do something in the window's own thread, before its next frame. For any thread."""
    Clock.schedule_once(lambda _: act(), 0)


class Catcher(ExceptionHandler):
    """Lets the app go on where what went wrong is of one of some kinds and is dealt with."""

    def __init__(
        self, kinds: tuple[type[Exception], ...], caught: Callable[[Exception], bool]
    ) -> None:
        super().__init__()
        self._kinds = kinds
        self._caught = caught

    def handle_exception(self, inst: BaseException) -> int:
        """Called by the window's loop."""
        if isinstance(inst, self._kinds) and self._caught(inst):
            return int(ExceptionManager.PASS)
        return int(ExceptionManager.RAISE)

    def __enter__(self) -> "Catcher":
        return self

    def __exit__(self, _kind: object, inst: BaseException | None, _trace: object) -> bool:
        return inst is not None and self.handle_exception(inst) == ExceptionManager.PASS
