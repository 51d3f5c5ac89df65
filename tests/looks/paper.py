"""A contact sheet: pictures in rows with a line of words over each."""

from pathlib import Path
from typing import Final

from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

ROOT: Final = Path(__file__).resolve().parents[2]
FONT: Final = ROOT / "assets" / "fonts" / "FieldfareUI-Regular.ttf"
GROUND: Final = (214, 219, 229)
INK: Final = (15, 23, 42)
EDGE: Final = (120, 130, 148)
MARGIN: Final = 24
GAP: Final = 16
HEAD: Final = 44
CAPTION: Final = 24


class Shot(Struct, frozen=True):
    """A picture, what it shows, and how large it is drawn."""

    file: Path
    caption: str
    scale: float = 1.0


def draw(title: str, rows: list[list[Shot]], target: Path) -> Path:
    """Put the pictures of one screen or page on one sheet, row by row."""
    drawn = [[_scaled(shot) for shot in row] for row in rows]
    widths = [sum(one.width + GAP for one in row) - GAP for row in drawn]
    heights = [max(one.height for one in row) + CAPTION + GAP for row in drawn]
    size = (max(widths) + 2 * MARGIN, sum(heights) - GAP + HEAD + 2 * MARGIN)
    sheet = Image.new("RGB", size, GROUND)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), title, font=_font(24), fill=INK)
    top = MARGIN + HEAD
    for row, pictures, height in zip(rows, drawn, heights, strict=True):
        left = MARGIN
        for shot, picture in zip(row, pictures, strict=True):
            pen.text((left, top), shot.caption, font=_font(14), fill=INK)
            at = (left, top + CAPTION)
            sheet.paste(picture, at)
            far = (at[0] + picture.width, at[1] + picture.height)
            pen.rectangle((at[0] - 1, at[1] - 1, *far), outline=EDGE)
            left += picture.width + GAP
        top += height
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
    return target


def _scaled(shot: Shot) -> Image.Image:
    with Image.open(shot.file) as picture:
        whole = picture.convert("RGB")
    if shot.scale == 1.0:
        return whole
    size = (round(whole.width * shot.scale), round(whole.height * shot.scale))
    return whole.resize(size, Image.Resampling.LANCZOS)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
