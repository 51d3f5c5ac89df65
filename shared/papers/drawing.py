"""Drawing: outlines in millimetres of lines, boxes, signs, the mark, ink and QR codes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import segno

from shared.ink import Curve, Ink, paths
from shared.papers.sheet import BLACK, INK, LINE, WHITE, Box, Path, Shape

Steps = tuple[tuple[str | float, ...], ...]

ROUND: Final = 0.5523  # of a radius: the handles that make a quarter of a circle of a curve
FIELD: Final = 24  # the side of the square that signs are drawn in
SIGNS: Final = {
    "bird": "M3.6 15.4 C3.6 9.6 8 6.2 12.6 6.1 C13.5 4.5 15.2 3.7 16.9 3.9 C18.7 4.1 19.9 5.4 20.2"
    " 7 L22.8 8.2 L20.2 9.3 C20.1 14.6 16.6 18.9 10.8 19 L4.4 21.6 L6.4 18.2 C4.6 17.8 3.6 16.8"
    " 3.6 15.4 Z",
    "wing": "M7.4 14.6 C9.4 11.2 12.6 9.9 16.4 10.3 C15.6 13.9 12.1 16.4 7.4 14.6 Z",
    "tick": "M5 12.5 L10 17.5 L19 7",
    "cross": "M6 6 L18 18 M18 6 L6 18",
    "bang": "M12 5 L12 14 M12 18 L12 18.6",
    "wait": "M12 6 L12 12.4 L16.4 15",
}
PEN_MM: Final = 0.42


def rule(x1: float, x2: float, y: float, path: Path) -> Shape:
    """A level line, in the stroke of a path."""
    return Shape(box=Box(x1, y, x2 - x1), paths=(_as(path, (("M", x1, y), ("L", x2, y))),))


def upright(x: float, y1: float, y2: float, path: Path) -> Shape:
    """An upright line."""
    return Shape(box=Box(x, y1, 0, y2 - y1), paths=(_as(path, (("M", x, y1), ("L", x, y2))),))


def frame(box: Box, path: Path, radius: float = 0) -> Shape:
    """A box, its corners round where there is a radius."""
    return Shape(box=box, paths=(_as(path, rounded(box, radius)),))


def ring(box: Box, path: Path) -> Shape:
    """A circle in a square."""
    return Shape(box=box, paths=(_as(path, rounded(box, box.w / 2)),))


def sign(name: str, box: Box, colour: str, alt: str = "", *, around: str = "") -> Shape:
    """A sign that needs no colour: bare, in a `ring`, or white on a filled `square`."""
    inner = box.w * (0.62 if around else 1)
    inset = (box.w - inner) / 2
    at = Box(box.x + inset, box.y + inset, inner)
    stroke = WHITE if around == "square" else colour
    drawn = [Path(steps=_sized(name, at), stroke=stroke, width=box.w * (0.1 if around else 0.13))]
    if around == "ring":
        circle = rounded(Box(box.x, box.y, box.w, box.w), box.w / 2)
        drawn.insert(0, Path(steps=circle, stroke=colour, width=box.w * 0.08))
    elif around == "square":
        square = rounded(Box(box.x, box.y, box.w, box.w), box.w * 0.12)
        drawn.insert(0, Path(steps=square, fill=colour))
    return Shape(box=Box(box.x, box.y, box.w, box.w), paths=tuple(drawn), alt=alt)


def mark(box: Box, colour: str, alt: str) -> Shape:
    """The bird on its tile."""
    inner = Box(box.x + box.w * 0.13, box.y + box.w * 0.13, box.w * 0.74)
    return Shape(
        box=Box(box.x, box.y, box.w, box.w),
        paths=(
            Path(steps=rounded(Box(box.x, box.y, box.w, box.w), box.w * 0.22), fill=colour),
            Path(steps=_sized("bird", inner), fill=WHITE),
            Path(steps=_sized("wing", inner), fill=colour),
        ),
        alt=alt,
    )


def signature(ink: Ink, box: Box, alt: str) -> Shape:
    """Strokes as curves, as large as they were or smaller, in the middle of a box."""
    scale = min(box.w / ink.width, box.h / ink.height)
    left = box.x + (box.w - ink.width * scale) / 2
    top = box.y + (box.h - ink.height * scale) / 2
    drawn = [
        Path(steps=tuple(_curved(one, (left, top), scale)), stroke=INK, width=PEN_MM)
        for one in paths(ink)
    ]
    return Shape(box=box, paths=tuple(drawn), alt=alt)


def qr(text: str, box: Box, alt: str, level: str = "m") -> Shape:
    """A QR code as one outline, a rectangle for each run of dark modules."""
    rows = [bytes(row) for row in segno.make(text, error=level, micro=False).matrix]
    unit = box.w / len(rows)
    steps: list[tuple[str | float, ...]] = []
    for line, row in enumerate(rows):
        for begin, end in _runs(row):
            x1, x2 = box.x + begin * unit, box.x + end * unit
            y1, y2 = box.y + line * unit, box.y + (line + 1) * unit
            steps += [("M", x1, y1), ("L", x2, y1), ("L", x2, y2), ("L", x1, y2), ("Z",)]
    whole = Box(box.x, box.y, box.w, box.w)
    return Shape(box=whole, paths=(Path(steps=tuple(steps), fill=BLACK),), alt=alt)


def rounded(box: Box, radius: float) -> Steps:
    """The outline of a box with round corners."""
    x1, y1, x2, y2 = box.x, box.y, box.x + box.w, box.y + (box.h or box.w)
    if not radius:
        return (("M", x1, y1), ("L", x2, y1), ("L", x2, y2), ("L", x1, y2), ("Z",))
    r, h = radius, radius * (1 - ROUND)
    return (
        ("M", x1 + r, y1),
        ("L", x2 - r, y1),
        ("C", x2 - h, y1, x2, y1 + h, x2, y1 + r),
        ("L", x2, y2 - r),
        ("C", x2, y2 - h, x2 - h, y2, x2 - r, y2),
        ("L", x1 + r, y2),
        ("C", x1 + h, y2, x1, y2 - h, x1, y2 - r),
        ("L", x1, y1 + r),
        ("C", x1, y1 + h, x1 + h, y1, x1 + r, y1),
        ("Z",),
    )


def line_of(colour: str = LINE, width: float = 0.2, dash: float = 0) -> Path:
    """The stroke of a line."""
    return Path(steps=(), stroke=colour, width=width, dash=dash)


def _as(path: Path, steps: Steps) -> Path:
    return Path(steps=steps, fill=path.fill, stroke=path.stroke, width=path.width, dash=path.dash)


def _sized(name: str, box: Box) -> Steps:
    """A sign's outline, put into a square."""
    unit = box.w / FIELD
    return tuple(_placed(step, box, unit) for step in _read(SIGNS[name]))


def _placed(step: tuple[str | float, ...], box: Box, unit: float) -> tuple[str | float, ...]:
    figures = [float(one) * unit for one in step[1:]]
    moved = [one + (box.y if place % 2 else box.x) for place, one in enumerate(figures)]
    return (step[0], *moved)


def _read(outline: str) -> Iterator[tuple[str | float, ...]]:
    """An outline's text: absolute M, L, C and Z."""
    step: list[str | float] = []
    for word in outline.split():
        if word[0].isalpha():
            if step:
                yield tuple(step)
            step = [word[0], *([float(word[1:])] if word[1:] else [])]
        else:
            step.append(float(word))
    yield tuple(step)


def _curved(
    stroke: Sequence[Curve], corner: tuple[float, float], scale: float
) -> Iterator[tuple[str | float, ...]]:
    def put(*spots: tuple[float, float]) -> list[float]:
        return [one for x, y in spots for one in (corner[0] + x * scale, corner[1] + y * scale)]

    yield ("M", *put(stroke[0][0]))
    for _, first, second, end in stroke:
        yield ("C", *put(first, second, end))


def _runs(row: bytes) -> Iterator[tuple[int, int]]:
    """Where dark modules begin and end."""
    edges = [0, *(place for place, (a, b) in enumerate(pairwise(row), 1) if a != b), len(row)]
    yield from ((begin, end) for begin, end in pairwise(edges) if row[begin])
