"""What is wrong with what is on the screen: cut texts, texts over texts, targets too small."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.scrollview import ScrollView

from tests.app.driver import Driver

TOUCH_DP = 48
SLACK = 1.5  # pixels that rounding may cost

Box = tuple[float, float, float, float]


def faults(driver: Driver) -> list[str]:
    """Everything that is wrong with the screen and the sheet that are shown."""
    shown = list(driver.widgets())
    labels = [one for one in shown if isinstance(one, Label) and one.text]
    return [
        *(fault for one in labels if not _is_mark(one) for fault in cut(one)),
        *(fault for one in shown if isinstance(one, ButtonBehavior) for fault in too_small(one)),
        *over_each_other([one for one in labels if not _is_mark(one)]),
    ]


def cut(label: Any) -> Iterator[str]:
    """A text that is wider or higher than its room, or runs out of its parent or the window."""
    width, height = label.texture_size
    if width > label.width + SLACK or height > label.height + SLACK:
        yield f"{label.text!r} needs {width}x{height}, has {label.width:.0f}x{label.height:.0f}"
    left, bottom, right, top = box(label)
    if right > Window.width + SLACK or left < -SLACK:
        yield f"{label.text!r} runs out of the window"
    parent = label.parent
    if parent is None or isinstance(parent, ScrollView):
        return
    outer = box(parent)
    if left < outer[0] - SLACK or right > outer[2] + SLACK:
        yield f"{label.text!r} is wider than its {type(parent).__name__}"
    if bottom < outer[1] - SLACK or top > outer[3] + SLACK:
        yield f"{label.text!r} is higher than its {type(parent).__name__}"


def too_small(target: Any) -> Iterator[str]:
    """Something to press that a thumb in a glove does not find."""
    if target.disabled:
        return
    least = dp(TOUCH_DP) - SLACK
    # A day of seven may be narrow on a narrow phone: it is high, and its neighbours do no harm.
    wide = dp(40) - SLACK if type(target).__name__ in ("WeekDay",) else least
    if target.width < wide or target.height < least:
        size = f"{target.width / dp(1):.0f}x{target.height / dp(1):.0f} dp"
        yield f"{type(target).__name__} {getattr(target, 'a11y', '')!r} is only {size}"


def over_each_other(labels: list[Any]) -> Iterator[str]:
    """Two texts that cover the same ground."""
    drawn = [(one, _ink(one)) for one in labels]
    for (one, first), (other, second) in combinations(drawn, 2):
        across = min(first[2], second[2]) - max(first[0], second[0])
        along = min(first[3], second[3]) - max(first[1], second[1])
        if across > 2 * SLACK and along > dp(3) and not _in_other_scrolls(one, other):
            yield f"{one.text!r} lies over {other.text!r}"


def box(widget: Any) -> Box:
    """Where a widget is in the window: left, bottom, right, top."""
    left, bottom = widget.to_window(widget.x, widget.y)
    return (left, bottom, left + widget.width, bottom + widget.height)


def _ink(label: Any) -> Box:
    """Where the letters are: a label may be wider than they."""
    left, bottom, right, top = box(label)
    width, height = label.texture_size
    middle = (bottom + top) / 2
    start = {"right": right - width, "center": (left + right - width) / 2}.get(label.halign, left)
    return (start, middle - height / 2, start + width, middle + height / 2)


def _is_mark(label: Any) -> bool:
    return type(label).__name__ in ("Icon", "Badge")


def _in_other_scrolls(one: Any, other: Any) -> bool:
    """Whether what scrolls holds only one of the two: then it passes below the other."""
    return _scroll(one) is not _scroll(other)


def _scroll(widget: Any) -> Any:
    above = widget.parent
    while above is not None and above.parent is not above:
        if isinstance(above, ScrollView):
            return above
        above = above.parent
    return None
