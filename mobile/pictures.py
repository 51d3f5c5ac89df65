"""Pictures become photos: decoded within limits, turned upright, shrunk, and nothing else kept.

Nothing that a camera writes beside the pixels is kept: no position, no names, no serial numbers.
Pictures come from this phone's own camera or gallery, so there is no process of their own for
them: only few formats are decoded at all, and their size is known before any pixel is.
"""

import struct
from collections.abc import Callable
from io import BytesIO
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from mobile import evidence
from mobile.database import Full, Shut
from shared.errors import Refused, refuse_state, refuse_value
from shared.photos import PHOTO_BYTES_MAX, THUMB_BYTES_MAX

# Decoders are slow to load and needed by one thread only: they are loaded when one is wanted.
if TYPE_CHECKING:
    from PIL import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
SOURCE_BYTES_MAX: Final = 80_000_000
PIXELS_MAX: Final = 220_000_000  # of a JPEG, which is made smaller while it is decoded
PROGRESSIVE_PIXELS_MAX: Final = 60_000_000  # of one that has to be held whole meanwhile
DECODED_PIXELS_MAX: Final = 30_000_000
EDGE: Final = 2_048
THUMB_EDGE: Final = 256
BYTES_WANTED: Final = 400_000
THUMB_BYTES_WANTED: Final = 20_000
QUALITIES: Final = (84, 78, 70, 62, 54)
THUMB_QUALITIES: Final = (80, 65, 50, 35)
LINES_MAX: Final = 1_000
POINTS_MAX: Final = 100_000
FINE: Final = 2  # lines are drawn so many times as large and made smaller, for smooth edges
HEAD_BYTES: Final = 1_024
HEIC: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif")
WHITE: Final = (255, 255, 255)
DEEP: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")
CLEAR: Final = ("RGBA", "RGBa", "LA", "La", "PA")
# What Pillow raises on bytes that are no picture, or only part of one.
BROKEN: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError),
    *(ArithmeticError, MemoryError, struct.error),
)


class Prepared(Struct, frozen=True, kw_only=True):
    """The bytes a photo is made of, as `photo.add` names them. Both files are on the disk."""

    sha256: str
    size: int
    width: int
    height: int
    thumb_sha256: str
    thumb_size: int


class Line(Struct, frozen=True):
    """One line drawn on a picture: x, y, x, y, … in shares of its width and height.

    `width` is a share of the picture's width, `colour` is `#RRGGBB`.
    """

    colour: str
    width: float
    points: tuple[float, ...]


def prepare(source: Path, folder: Path) -> Prepared | Refused:
    """Make a photo of a picture: its bytes lie in the installation's folder when this returns.

    Nothing of the source's name or metadata is kept; the source stays where it is.
    """
    return evidence.no_room(folder) or _made(lambda: _decoded(source), folder)


def draw_on(sha256: str, lines: tuple[Line, ...], folder: Path) -> Prepared | Refused:
    """Make a new photo of one on this phone with lines drawn on it. The first stays as it is."""
    if not _are_lines(lines):
        return refuse_value("wrong_value", "lines")
    source = evidence.path_of(folder, sha256)
    if source is None:
        return refuse_value("picture_gone", "sha256")
    return evidence.no_room(folder) or _made(lambda: _drawn(_decoded(source), lines), folder)


class _Unfit(Exception):
    """This picture cannot be a photo, for the reason with this code."""


def _made(picture: "Callable[[], Image.Image]", folder: Path) -> Prepared | Refused:
    try:
        image = picture()
        final = _encoded(image, QUALITIES, BYTES_WANTED)
        small = image.copy()
        small.thumbnail((THUMB_EDGE, THUMB_EDGE))
        thumb = _encoded(small, THUMB_QUALITIES, THUMB_BYTES_WANTED)
    except _Unfit as unfit:
        return refuse_value(str(unfit), field="picture")
    except FileNotFoundError:
        return refuse_value("picture_gone", "picture")
    except BROKEN:
        return refuse_value("picture_broken", "picture")
    assert len(final) <= PHOTO_BYTES_MAX
    assert len(thumb) <= THUMB_BYTES_MAX
    try:
        return Prepared(
            sha256=evidence.store(folder, final),
            size=len(final),
            width=image.width,
            height=image.height,
            thumb_sha256=evidence.store(folder, thumb),
            thumb_size=len(thumb),
        )
    except Full:
        return refuse_state("disk_full")
    except Shut as shut:
        return refuse_value("folder_shut", "data", detail=str(shut))


def _decoded(source: Path) -> "Image.Image":
    """A picture's pixels, upright, on white, in sRGB, no larger than a photo is."""
    from PIL import Image, UnidentifiedImageError

    Image.init()
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX  # what is below that is judged here, by its format
    if source.stat().st_size > SOURCE_BYTES_MAX:
        raise _Unfit("picture_too_large")
    try:
        image = Image.open(source, formats=[one for one in FORMATS if one in Image.OPEN])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _Unfit("picture_too_large") from bomb
    except (UnidentifiedImageError, SyntaxError) as unknown:
        raise _Unfit(_what(source)) from unknown
    with image:
        _see_the_size(image)
        image.draft(None, (EDGE, EDGE))
        if image.width * image.height > DECODED_PIXELS_MAX:
            raise _Unfit("picture_too_large")
        image.seek(0)  # of a moving picture the first
        image.load()
        return _flat(_small(_upright(image)))


def _see_the_size(image: "Image.Image") -> None:
    """Refuse what cannot be made smaller while it is decoded."""
    pixels = image.width * image.height
    is_jpeg = image.format in ("JPEG", "MPO")
    is_whole = bool(image.info.get("progressive") or image.info.get("progression"))
    allowed = PROGRESSIVE_PIXELS_MAX if is_whole else PIXELS_MAX
    if pixels > (allowed if is_jpeg else DECODED_PIXELS_MAX):
        raise _Unfit("picture_too_large")


def _what(source: Path) -> str:
    """What a file is that is no picture we read: the code of its refusal."""
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp" and any(brand in head[8:64] for brand in HEIC):
        return "picture_heic"
    if b"<svg" in head.lower():
        return "picture_vector"
    return "picture_none"


def _upright(image: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:  # what the camera wrote beside the pixels is garbled: they are good all the same
        return image


def _small(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode in ("P", "1"):  # colours of a palette have nothing between them
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    share = EDGE / max(image.size)
    if share >= 1:
        return image
    size = (max(round(image.width * share), 1), max(round(image.height * share), 1))
    if image.mode in DEEP:
        image = _shallow(image)
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _flat(image: "Image.Image") -> "Image.Image":
    """The same on white, in sRGB, with nothing beside its pixels."""
    from PIL import Image

    if image.mode in DEEP:
        image = _shallow(image)
    if image.mode in CLEAR or image.has_transparency_data:
        image = image.convert("RGBA")
    flat = Image.new("RGB", image.size, WHITE)
    flat.paste(_in_srgb(image), mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return flat


def _shallow(image: "Image.Image") -> "Image.Image":
    """Sixteen bits a pixel as eight."""
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _in_srgb(image: "Image.Image") -> "Image.Image":
    """Colours as every screen shows them; where that cannot be told, as they are."""
    from PIL import ImageCms, features

    profile = image.info.get("icc_profile")
    plain = image.convert("RGB") if image.mode == "RGBA" else image
    if not profile or not features.check("littlecms2"):
        return plain.convert("RGB")
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        known = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(plain, own, known, outputMode="RGB")
    except (ImageCms.PyCMSError, *BROKEN):
        return plain.convert("RGB")
    return turned if turned is not None else plain.convert("RGB")


def _encoded(image: "Image.Image", qualities: tuple[int, ...], wanted: int) -> bytes:
    """A JPEG as good as fits, or the smallest of these qualities."""
    data = b""
    for quality in qualities:
        written = BytesIO()
        image.save(written, "JPEG", quality=quality, optimize=True)
        data = written.getvalue()
        if len(data) <= wanted:
            break
    return data


def _are_lines(lines: tuple[Line, ...]) -> bool:
    points = sum(len(line.points) for line in lines)
    return 0 < len(lines) <= LINES_MAX and points <= POINTS_MAX and all(map(_is_line, lines))


def _is_line(line: Line) -> bool:
    is_colour = line.colour.startswith("#") and len(line.colour) == len("#RRGGBB")
    digits = set(line.colour[1:]) <= set("0123456789abcdefABCDEF")
    numbers = (line.width, *line.points)
    pairs = len(line.points) >= 2 and len(line.points) % 2 == 0
    within = all(isfinite(one) and -1 <= one <= 2 for one in numbers)
    return is_colour and digits and pairs and within


def _drawn(image: "Image.Image", lines: tuple[Line, ...]) -> "Image.Image":
    """A picture with lines on it, each round at its ends and corners."""
    from PIL import Image, ImageDraw

    for colour, some in groupby(lines, key=lambda line: line.colour):
        mask = Image.new("L", (image.width * FINE, image.height * FINE))
        pen = ImageDraw.Draw(mask)
        for line in some:
            thick = max(round(line.width * mask.width), FINE)
            x, y = line.points[0::2], line.points[1::2]
            path = [(a * mask.width, b * mask.height) for a, b in zip(x, y, strict=True)]
            pen.line(path, fill=255, width=thick, joint="curve")
            for a, b in path:
                pen.ellipse(_around(a, b, thick / 2), fill=255)
        image.paste(colour, mask=mask.reduce(FINE))
    return image


def _around(x: float, y: float, radius: float) -> tuple[Any, ...]:
    return (x - radius, y - radius, x + radius, y + radius)
