"""Draws the mark as pictures: `assets/art/mark.svg` in the colours of `assets/tokens.toml`.

    python tools/build_art.py

Into `assets/art` go `mark-light.png` and `mark-dark.png` for the app's first screens, `icon.png`
for a launcher and `presplash.png` for what is shown while the app loads.
"""

import re
import tomllib
from pathlib import Path

from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from PIL import Image, ImageDraw

ART = Path("assets/art")
TOKENS = tomllib.loads(Path("assets/tokens.toml").read_text(encoding="utf-8"))
BOX = 32
FINER = 4  # drawn larger and made smaller, so that edges are smooth
STEPS = 24  # of a curve
SIDE = 256
ICON = 512
SPLASH = 1024
CLASSES = {"b1": "bird", "b2": "bird_wing", "b3": "bird_bill"}
BODY = "b1"  # what is drawn in it after its outline is cut out
WHITE = {"b1": "#FFFFFF", "b2": "#A9C3FF", "b3": "#F6B357"}

Point = tuple[float, float]
Shape = tuple[str, list[list[Point]]]


def main() -> None:
    """Draw everything."""
    shapes = read((ART / "mark.svg").read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        colours = {name: TOKENS[theme][token] for name, token in CLASSES.items()}
        drawn(shapes, colours, SIDE, SIDE).save(ART / f"mark-{theme}.png", optimize=True)
    for name, side, share in (("icon", ICON, 0.62), ("presplash", SPLASH, 0.28)):
        ground = Image.new("RGB", (side, side), TOKENS["light"]["primary"])
        mark = drawn(shapes, WHITE, round(side * share), round(side * share))
        at = (side - mark.width) // 2
        ground.paste(mark, (at, at), mark)
        ground.save(ART / f"{name}.png", optimize=True)


def read(svg: str) -> list[Shape]:
    """The class and the outlines of each path."""
    return [
        (found[1], flat(found[2])) for found in re.finditer(r'class="(\w+)".*? d="([^"]+)"', svg)
    ]


def flat(path: str) -> list[list[Point]]:
    """A path as polygons."""
    pen = RecordingPen()
    parse_path(path, pen)
    outlines: list[list[Point]] = []
    for command, points in pen.value:
        if command == "moveTo":
            outlines.append([points[0]])
        elif command == "lineTo":
            outlines[-1].append(points[0])
        elif command == "curveTo":
            begin = outlines[-1][-1]
            outlines[-1] += [bent(begin, *points, step / STEPS) for step in range(1, STEPS + 1)]
    return outlines


def bent(begin: Point, one: Point, two: Point, end: Point, share: float) -> Point:
    """A point of a cubic curve."""
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    corners = (begin, one, two, end)
    across = sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True))
    along = sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True))
    return (across, along)


def drawn(shapes: list[Shape], colours: dict[str, str], width: int, height: int) -> Image.Image:
    """The mark on nothing."""
    picture = Image.new("RGBA", (width * FINER, height * FINER))
    brush = ImageDraw.Draw(picture)
    scale = width * FINER / BOX
    for name, outlines in shapes:
        for at, outline in enumerate(outlines):
            hole = name == BODY and at > 0
            corners = [(x * scale, y * scale) for x, y in outline]
            brush.polygon(corners, fill=(0, 0, 0, 0) if hole else colours[name])
    return picture.resize((width, height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
