"""What the window lends to the device's adapters and to other threads."""

from collections.abc import Callable

from kivy.clock import Clock


def copied(text: str) -> bool:
    """Put a text on the clipboard."""
    from kivy.core.clipboard import Clipboard  # looks for programs when it is loaded

    Clipboard.copy(text)
    return True


def later(act: Callable[[], None]) -> None:
    """Do something in the window's own thread, before its next frame. For any thread."""
    Clock.schedule_once(lambda _: act(), 0)
