"""The sheet: what stands where on which page, before a byte of it is written.

Lengths are in millimetres from the top left of a page, sizes of type in points.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal

from msgspec import Struct, field, structs

from shared.papers import lines

POINT: Final = 25.4 / 72
INK, SOFT, FAINT = "#101828", "#475467", "#667085"
LINE, HAIR, TINT, WHITE = "#C9D1DE", "#E4E8EF", "#F3F5F9", "#FFFFFF"
BRAND, GREEN, RED, AMBER = "#1652D9", "#08734A", "#B3261E", "#A84A05"
BLACK: Final = "#000000"
A4: Final = (210.0, 297.0)
A5: Final = (210.0, 148.5)  # half a sheet of A4, lying
ROLL: Final = (80.0, 297.0)  # as long as it gets
LEADING: Final = {"en": 1.42, "zh": 1.55}
MISSING: Final = "〓"  # what printers set for a letter that they do not have
ARTIFACT: Final = "Artifact"  # what a reader aloud leaves out
# Characters that are not to be seen: bidirectional controls, joiners, variation selectors.
UNSEEN: Final = frozenset(
    {0xAD, 0xFEFF, 0x061C, 0x180E, 0x2060}
    | set(range(0x200B, 0x2010))
    | set(range(0x202A, 0x202F))
    | set(range(0x2066, 0x206A))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0000, 0xE01F0))
)


class Style(Struct, frozen=True, kw_only=True):
    """How a text is set. `lead` is the step from line to line in ems, 0 that of the language.

    No more than `limit` lines are set, 0 for all of them.
    """

    size: float = 8.6
    bold: bool = False
    colour: str = INK
    align: Literal["left", "right", "centre"] = "left"
    lead: float = 0
    limit: int = 0
    tag: str = "P"


class Box(Struct, frozen=True):
    """A place on a page; a text finds its own height."""

    x: float
    y: float
    w: float
    h: float = 0


class Text(Struct, frozen=True, kw_only=True):
    """Lines of type, each `step` below the last."""

    box: Box
    lines: tuple[str, ...]
    style: Style
    step: float


class Path(Struct, frozen=True, kw_only=True):
    """One outline: ("M" or "L", x, y), ("C", six numbers) and ("Z",), filled, drawn or both."""

    steps: tuple[tuple[str | float, ...], ...]
    fill: str = ""
    stroke: str = ""
    width: float = 0
    dash: float = 0


class Shape(Struct, frozen=True, kw_only=True):
    """Outlines that are one thing, told in words by `alt` where they mean something."""

    box: Box
    paths: tuple[Path, ...]
    alt: str = ""


class Picture(Struct, frozen=True, kw_only=True):
    """The bytes of a JPEG file, fitted into a place and never cropped."""

    box: Box
    jpeg: bytes
    alt: str


Item = Text | Shape | Picture


class Face(Struct, frozen=True, kw_only=True):
    """One cut of a typeface: how wide a character is (thousandths of an em), -1 if it has none."""

    width: Callable[[int], int]


class Sheet:
    """Items on pages, and a cursor `y` that goes down the page; `floor` is where a title ends."""

    def __init__(
        self, size: tuple[float, float], faces: tuple[Face, Face], language: str, *, roll: bool
    ) -> None:
        self.size, self.language, self.roll = size, language, roll
        self.top, self.bottom = (6.0, 8.0) if roll else (22.0, 17.0)
        self.pages: list[list[Item]] = [[]]
        self.y = self.floor = self.top
        self.lacking: dict[str, None] = {}
        self._faces = faces
        self._set: dict[tuple[str, float, Style], tuple[str, ...]] = {}

    def put(self, item: Item) -> None:
        """Place something on the page at hand."""
        self.pages[-1].append(_blackened(item) if self.roll else item)

    def text(self, box: Box, text: str, style: Style) -> float:
        """Set a text with its top left in the corner of a box; returns how high it became."""
        return self.rows(box, self.wrapped(text, box.w, style), style)

    def rows(self, box: Box, rows: Sequence[str], style: Style) -> float:
        """Set lines that are broken already; returns how high they became."""
        step = self.step(style)
        high = len(rows) * step
        if any(rows):
            placed = Box(box.x, box.y, box.w, high)
            self.put(Text(box=placed, lines=tuple(rows), style=style, step=step))
        return high

    def wrapped(self, text: str, width: float, style: Style) -> tuple[str, ...]:
        """The lines a text is set in."""
        key = (text, width, style)
        if key not in self._set:
            room = int(width / (style.size * POINT) * lines.EM)
            widths = self._widths(bold=style.bold)
            clean = lines.tidied(self._seen(text))
            found = lines.broken(clean, room, widths)
            self._set[key] = tuple(lines.limited(found, style.limit, room, widths))
        return self._set[key]

    def height(self, width: float, text: str, style: Style) -> float:
        """How high a text would become."""
        return len(self.wrapped(text, width, style)) * self.step(style)

    def width(self, text: str, style: Style) -> float:
        """How wide a text of one line is."""
        clean = lines.tidied(self._seen(text)).rstrip(lines.SPACES)
        units = lines.width_of(clean, self._widths(bold=style.bold))
        return units / lines.EM * style.size * POINT

    def step(self, style: Style) -> float:
        """From one line to the next."""
        return style.size * POINT * (style.lead or LEADING[self.language])

    def prose(self, x: float, width: float, text: str, style: Style) -> None:
        """Set a text at the cursor; it may run over several pages."""
        rows, step = self.wrapped(text, width, style), self.step(style)
        while rows:
            room = max(1, int((self.size[1] - self.bottom - self.y) / step))
            taken = rows if self.roll else rows[:room]
            self.y += self.rows(Box(x, self.y, width), taken, style)
            rows = rows[len(taken) :]
            if rows:
                self.turn()

    def need(self, height: float) -> bool:
        """Go to a new page unless there is so much room on this one; tells whether it did."""
        if self.roll or self.y + height <= self.size[1] - self.bottom:
            return False
        self.turn()
        return True

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append([])
        self.y = self.floor = self.top

    def _seen(self, text: str) -> str:
        """A text in characters that can be seen; what the typeface lacks is marked and kept."""
        return "".join(self._sign(one) for one in text if ord(one) not in UNSEEN)

    def _sign(self, sign: str) -> str:
        if sign in "\n\t\u00a0" or self._faces[0].width(ord(sign)) >= 0:
            return sign
        self.lacking[sign] = None
        return MISSING

    def _widths(self, *, bold: bool) -> lines.Widths:
        face = self._faces[1 if bold else 0]
        return lambda sign: max(0, face.width(32 if sign in lines.SPACES else ord(sign)))


def _blackened(item: Item) -> Item:
    """The same in black and white, which is all that a thermal printer knows."""
    if isinstance(item, Text):
        return structs.replace(item, style=structs.replace(item.style, colour=BLACK))
    if isinstance(item, Picture):
        return item
    return structs.replace(item, paths=tuple(map(_black, item.paths)))


def _black(path: Path) -> Path:
    fill, stroke = (BLACK if one and one != WHITE else one for one in (path.fill, path.stroke))
    return structs.replace(path, fill=fill, stroke=stroke)


class Marks(Struct, frozen=True, kw_only=True):
    """What a PDF says of itself. `made_at` is in ms, `identity` 32 hexadecimal digits."""

    title: str
    subject: str
    author: str
    keywords: str
    language: str
    made_at: int
    identity: str


class Draft(Struct, frozen=True, kw_only=True):
    """A paper before it is printed: its pages and what it says of itself."""

    size: tuple[float, float]
    pages: tuple[tuple[Item, ...], ...]
    marks: Marks
    lacking: tuple[str, ...] = field(default=())
