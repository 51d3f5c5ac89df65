"""The press: a paper's pages as the bytes of a PDF, with its typeface in it and its text tagged.

It reaches into fpdf2 where that has no other way: fonts from bytes, tags that do not turn every
text into a picture, and a file id that does not hang on the order of what was written. The
version is pinned, and a test holds the bytes of a paper.
"""

from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any, Final, cast

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import PDFResourceType
from fpdf.fonts import TTFFont
from msgspec import Struct

from shared.papers import lines
from shared.papers.sheet import (
    ARTIFACT,
    POINT,
    Box,
    Draft,
    Face,
    Item,
    Marks,
    Path,
    Picture,
    Shape,
    Text,
)

FAMILY: Final = "ui"
SPACE: Final = 32
ASCENT: Final = 0.36  # of the size: how far the middle of a line is above what letters stand on
PRODUCER: Final = "Fieldfare, fpdf2 2.8.9"
TAGS: Final = {"zh": "zh-CN", "en": "en"}
# Of a font file: where its list of tables begins, how long an entry is, where `head` has dates.
TABLES, TABLE_BYTES, DATES = 12, 16, 20
EPOCH_1970: Final = 2_082_844_800  # in seconds since 1904, as fonts count
OPERATORS: Final = {"M": "m", "L": "l", "C": "c", "Z": "h"}


class Fonts(Struct, frozen=True, kw_only=True):
    """The bytes of two TrueType files; their figures are all of one width."""

    regular: bytes
    bold: bytes


class Press(FPDF):
    """One PDF being made. It can be printed from once."""

    def __init__(self, fonts: Fonts) -> None:
        super().__init__(unit="mm")
        self._identity = ""
        self._marked: dict[int, int] = {}
        self.set_auto_page_break(False)
        self.set_margin(0)
        for style, file in (("", fonts.regular), ("B", fonts.bold)):
            face = TTFFont(self, cast("Any", _dated(file)), FAMILY + style, style)
            self.fonts[FAMILY + style] = face

    def file_id(self) -> str:
        """Who asks for it twice gets the same file."""
        return f"<{self._identity}><{self._identity}>"

    def faces(self) -> tuple[Face, Face]:
        """The regular and the bold cut, to measure with."""
        regular, bold = (_measured(self._cut(bold=one)) for one in (False, True))
        return (regular, bold)

    def print(self, draft: Draft) -> bytes:
        """The bytes of a PDF with these pages."""
        self._tell(draft.marks)
        for page in draft.pages:
            self.add_page(format=draft.size)
            for item in page:
                self._begin(item)
                self._draw(item)
                self._out("EMC")
        return bytes(self.output())

    def _tell(self, marks: Marks) -> None:
        self._identity = marks.identity.upper()
        self.set_title(marks.title)
        self.set_subject(marks.subject)
        self.set_author(marks.author)
        self.set_keywords(marks.keywords)
        self.set_creator("Fieldfare")
        self.set_producer(PRODUCER)
        self.set_lang(TAGS[marks.language])
        self.set_creation_date(datetime.fromtimestamp(marks.made_at // 1000, UTC))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def _begin(self, item: Item) -> None:
        """Say what the next thing is: a kind of text, a figure in words, or nothing to be read."""
        alt = None if isinstance(item, Text) else item.alt or None
        tag = item.style.tag if isinstance(item, Text) else "Figure" if alt else ARTIFACT
        if tag == ARTIFACT:
            self._out("/Artifact BMC")
            return
        number = self._marked.get(self.page, 0)
        self._marked[self.page] = number + 1
        self._add_marked_content(struct_type=f"/{tag}", mcid=number, alt_text=alt)
        self._out(f"/{tag} <</MCID {number}>> BDC")

    def _draw(self, item: Item) -> None:
        if isinstance(item, Text):
            self._set(item)
        elif isinstance(item, Shape):
            for path in item.paths:
                self._trace(path)
        else:
            self._show(item)

    def _set(self, text: Text) -> None:
        """Lines of type. A line that ends at a space keeps it, or two words would become one."""
        style = text.style
        font = self._cut(bold=style.bold)
        self._resource_catalog.add(PDFResourceType.FONT, font.i, self.page)
        self._out(f"{_rgb(style.colour)} rg")
        for number, line in enumerate(text.lines):
            if line:
                middle = text.box.y + (number + 0.5) * text.step
                foot = middle + style.size * POINT * ASCENT
                x = self._begins(text, line)
                self._out(
                    f"BT /F{font.i} {style.size:.2f} Tf"
                    f" {x * self.k:.2f} {(self.h - foot) * self.k:.2f} Td"
                    f" [{self._encoded(line, bold=style.bold)}] TJ ET"
                )

    def _begins(self, text: Text, line: str) -> float:
        """Where a line begins; an opening mark stands half its em further out."""
        box, style = text.box, text.style
        em = style.size * POINT
        if style.align == "left":
            return box.x + (lines.SQUEEZE / lines.EM * em if line[0] in lines.OPENING else 0)
        width = lines.width_of(line.rstrip(lines.SPACES), self._widths(bold=style.bold))
        rest = box.w - width / lines.EM * em
        return box.x + (rest if style.align == "right" else rest / 2)

    def _encoded(self, line: str, *, bold: bool) -> str:
        """What the operator TJ wants: glyphs in hexadecimal, and how far they move together."""
        pick = self._cut(bold=bold).subset.pick
        parts, run = [], ""
        for sign, after in pairwise(line + lines.END):
            glyph = pick(SPACE if sign in lines.SPACES else ord(sign))
            assert glyph is not None, "the sheet sets no character that the typeface lacks"
            run += f"{glyph:04X}"
            air = lines.gap(sign, after)
            if air:
                parts += [f"<{run}>", str(-air)]
                run = ""
        return " ".join([*parts, f"<{run}>"] if run else parts)

    def _trace(self, path: Path) -> None:
        drawn = [" ".join([*self._points(step), OPERATORS[str(step[0])]]) for step in path.steps]
        how = [f"{_rgb(path.fill)} rg"] if path.fill else []
        if path.stroke:
            how.append(f"{_rgb(path.stroke)} RG {path.width * self.k:.2f} w 1 J 1 j")
        if path.dash:
            how.append(f"0 J [{path.dash * self.k:.2f}] 0 d")
        paint = {(True, False): "f", (False, True): "S", (True, True): "B"}
        kind = paint[bool(path.fill), bool(path.stroke)]
        self._out(" ".join(["q", *how, *drawn, kind, "Q"]))

    def _points(self, step: tuple[str | float, ...]) -> list[str]:
        figures = [float(one) for one in step[1:]]
        return [
            f"{(self.h - one if place % 2 else one) * self.k:.2f}"
            for place, one in enumerate(figures)
        ]

    def _show(self, picture: Picture) -> None:
        box: Box = picture.box
        self.image(BytesIO(picture.jpeg), box.x, box.y, box.w, box.h, keep_aspect_ratio=True)

    def _cut(self, *, bold: bool) -> TTFFont:
        return cast("TTFFont", self.fonts[FAMILY + ("B" if bold else "")])

    def _widths(self, *, bold: bool) -> lines.Widths:
        face = _measured(self._cut(bold=bold))
        return lambda sign: max(0, face.width(ord(sign)))


def _dated(file: bytes) -> BytesIO:
    """A font with a date: its reader logs a complaint of one without, paper after paper."""
    found = file.find(b"head", TABLES, TABLES + TABLE_BYTES * int.from_bytes(file[4:6], "big"))
    head = int.from_bytes(file[found + 8 : found + 12], "big")
    dated = BytesIO(file)
    dated.seek(head + DATES)
    dated.write(EPOCH_1970.to_bytes(8, "big") * 2)
    dated.seek(0)
    return dated


def _measured(font: TTFFont) -> Face:
    """How wide the characters of a font are."""
    cmap, widths = font.cmap, font.cw
    return Face(width=lambda code: int(widths[code]) if code in cmap else -1)


def _rgb(colour: str) -> str:
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))
