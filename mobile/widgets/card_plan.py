"""Where everything stands on a job's card: lines that fit the width, the number never cut."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from kivy.metrics import dp
from msgspec import Struct

from mobile.linebreak import broken, shortened
from mobile.theme import Rgba
from mobile.views.job_card import JobCard
from mobile.widgets.look import glyph, text_width, theme

PAD_DP: Final = 14
ADDRESS_LINES: Final = 2
GAP_DP: Final = 10  # between two things of a line
LEADING: Final = 1.3  # a line's height, as a multiple of its letters


class Mark(Struct, frozen=True):
    """A line of text or an icon: where it begins, and how far its middle is below the top."""

    text: str
    font: str
    size: float
    colour: Rgba
    x: float
    middle: float


class Pill(Struct, frozen=True):
    """A ground under a text, measured from the card's top left."""

    x: float
    top: float
    width: float
    height: float
    radius: float
    colour: Rgba


class Plan(Struct, frozen=True):
    """A card, ready to be drawn."""

    height: float
    marks: tuple[Mark, ...]
    pills: tuple[Pill, ...]


class _Bit(Struct, frozen=True):
    """Something of a line that is not broken: its text, how it is set, whether on a pill."""

    text: str
    role: str
    colour: Rgba
    ground: Rgba | None = None
    icon: str = ""

    @property
    def size(self) -> float:
        """Of its letters, in pixels."""
        return theme.font_size(self.role)

    @property
    def lead(self) -> float:
        """What stands before its text: the icon, the side of the pill."""
        return (self.size * 1.15 + dp(4) if self.icon else 0) + (dp(9) if self.ground else 0)

    @property
    def width(self) -> float:
        """How much room all of it takes."""
        side = dp(9) if self.ground else 0
        return self.lead + text_width(self.text, theme.font(self.role), self.size) + side


class _Sketch:
    """A card while it is put together, line by line from the top."""

    def __init__(self, width: float) -> None:
        self.left, self.right = dp(PAD_DP), width - dp(PAD_DP)
        self.top = dp(9)
        self._marks: list[Mark] = []
        self._pills: list[Pill] = []

    @property
    def room(self) -> float:
        """How wide a line may be."""
        return self.right - self.left

    def line(self, bits: Iterable[_Bit], end: _Bit | None = None, gap: float = 0) -> None:
        """Bits from the left, one at the right end; what does not fit opens another line."""
        row: list[_Bit] = []
        rest = self.room
        for bit in bits:
            if row and bit.width > rest:
                self._row(row, None)
                row, rest = [], self.room
            row.append(bit)
            rest -= bit.width + dp(GAP_DP)
        if end is not None and end.width > rest:
            self._row(row, None)
            row = []
        self._row(row, end)
        self.top += gap

    def text(self, text: str, role: str, colour: Rgba, *, lines: int, icon: str = "") -> None:
        """Running text."""
        size, font = theme.font_size(role), theme.font(role)
        indent = size * 1.15 + dp(6) if icon else 0
        measure = partial(text_width, font=font, size=size)
        for at, line in enumerate(broken(text, self.room - indent, measure, lines)):
            middle = self.top + size * LEADING / 2
            if icon and not at:
                self._marks.append(_icon(icon, size * 1.15, theme.text_2, self.left, middle))
            self._marks.append(Mark(line, font, size, colour, self.left + indent, middle))
            self.top += size * LEADING

    def beside(self, text: str, role: str, bits: list[_Bit], *, icon: bool = False) -> bool:
        """Put bits at the right end of the line of text just set, if there is room for them."""
        size = theme.font_size(role)
        taken = (size * 1.15 + dp(6) if icon else 0) + text_width(text, theme.font(role), size)
        if taken + sum(bit.width + dp(GAP_DP) for bit in bits) > self.room:
            return False
        x, middle = self.right, self.top - size * LEADING / 2
        for bit in reversed(bits):
            self._put(bit, x - bit.width, middle, bit.width)
            x -= bit.width + dp(GAP_DP)
        return True

    def plan(self) -> Plan:
        """The card, as high as its lines."""
        return Plan(self.top + dp(9), tuple(self._marks), tuple(self._pills))

    def _row(self, row: list[_Bit], end: _Bit | None) -> None:
        shown = [*row, end] if end is not None else row
        if not shown:
            return
        height = max(bit.size * LEADING + (dp(6) if bit.ground else 0) for bit in shown)
        middle = self.top + height / 2
        x = self.left
        until = self.right - (end.width + dp(8) if end is not None else 0)
        for bit in row:
            x += self._put(bit, x, middle, until - x) + dp(GAP_DP)
        if end is not None:
            self._put(end, max(self.right - end.width, self.left), middle, end.width)
        self.top += height

    def _put(self, bit: _Bit, x: float, middle: float, room: float) -> float:
        font, size = theme.font(bit.role), bit.size
        text = bit.text
        if bit.width > room:
            measure = partial(text_width, font=font, size=size)
            text = shortened(text, max(room - bit.lead - (dp(9) if bit.ground else 0), 1), measure)
        width = min(bit.width, room)
        if bit.ground is not None:
            height = size * LEADING + dp(6)
            top = middle - height / 2
            self._pills.append(Pill(x, top, width, height, height / 2, bit.ground))
        if bit.icon:
            at = x + (dp(9) if bit.ground else 0)
            self._marks.append(_icon(bit.icon, size * 1.15, bit.colour, at, middle))
        if text:
            self._marks.append(Mark(text, font, size, bit.colour, x + bit.lead, middle))
        return width


def plan(card: JobCard, width: float, *, compact: bool) -> Plan:
    """Everything of a card, on this width."""
    sketch = _Sketch(width)
    if compact:
        _compact(sketch, card)
    else:
        _full(sketch, card)
    return sketch.plan()


def _full(sketch: _Sketch, card: JobCard) -> None:
    status = _head(sketch, card, gap=dp(4))
    title = theme.text_2 if card.faded else theme.text
    sketch.text(card.title, "title", title, lines=2)
    sketch.top += dp(2)
    who = " · ".join(one for one in (card.customer, card.machine) if one)
    foot = _foot(card)
    if who:
        sketch.text(who, "body_s", theme.text_2, lines=1, icon=card.icon)
        if foot and not status and sketch.beside(who, "body_s", foot, icon=True):
            foot = []
    if card.address:
        ink = theme.text_2 if card.faded else theme.text
        sketch.text(card.address, "body_s", ink, lines=ADDRESS_LINES, icon="place")
    foot = [*status, *foot]
    if foot:
        sketch.top += dp(5)
        sketch.line(foot)


def _compact(sketch: _Sketch, card: JobCard) -> None:
    sketch.top = dp(9)
    status = _head(sketch, card, gap=dp(2))
    title = theme.text_2 if card.faded else theme.text
    told = " · ".join(one for one in (card.title, card.customer) if one)
    sketch.text(told, "body", title, lines=1)
    foot = [*status, *_foot(card)]
    if foot and (status or not sketch.beside(told, "body", foot)):
        sketch.top += dp(2)
        sketch.line(foot)
    sketch.top -= dp(3)


def _head(sketch: _Sketch, card: JobCard, gap: float) -> list[_Bit]:
    """When, which, and how it stands; the last is returned where it has to stand elsewhere."""
    time, number, status = _time(card, "title_s"), _number(card), _status(card)
    fits = time.width + number.width + status.width + 2 * dp(GAP_DP) <= sketch.room
    sketch.line((time, number), status if fits else None, gap=gap)
    return [] if fits else [status]


def _time(card: JobCard, role: str) -> _Bit:
    calm = theme.text_2 if card.faded else theme.text
    return _Bit(card.time, role, theme.danger if card.late else calm)


def _number(card: JobCard) -> _Bit:
    return _Bit(card.number, "body_s", theme.text_2)


def _status(card: JobCard) -> _Bit:
    tone = card.status_tone
    return _Bit(card.status, "label_s", theme.over(tone), ground=theme.ground(tone))


def _foot(card: JobCard) -> list[_Bit]:
    """What is due next, and what is odd about a job."""
    found = []
    if card.clock is not None:
        ink = theme.text_2 if card.clock.tone == "neutral" else theme.tone(card.clock.tone)
        found.append(_Bit(card.clock.text, "label_s", ink, icon=card.clock.icon))
        if card.clock.left:
            found.append(_Bit(card.clock.left, "label_s", ink))
    if card.priority:
        ink = theme.tone(card.priority_tone)
        found.append(_Bit(card.priority, "label_s", ink, icon="keyboard_double_arrow_up"))
    if card.sync != "safe":
        ink = theme.tone(card.sync_tone)
        found.append(_Bit(card.sync_text, "label_s", ink, icon=card.sync_icon))
    if card.note:
        found.append(_Bit(card.note, "label_s", theme.tone("warning"), icon="info"))
    return found


def _icon(name: str, size: float, colour: Rgba, x: float, middle: float) -> Mark:
    return Mark(glyph(name), "Icons", size, colour, x, middle)
