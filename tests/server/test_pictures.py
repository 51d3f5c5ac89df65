"""What is a picture, told from its head and its end; and what is shown of it."""

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from PIL import Image

from server.pictures import is_picture
from shared.jpeg import bare
from tests.server.rim.lane import jpeg, saved


def judged(tmp_path: Path, data: bytes) -> bool:
    path = tmp_path / "file"
    path.write_bytes(data)
    with path.open("rb") as file:
        return is_picture(file)


def huge(width: int, height: int) -> bytes:
    """A small JPEG whose head claims a size: nobody has to make so many pixels to claim them."""
    data = jpeg(1)
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def positioned() -> bytes:
    """As a camera leaves it: with its name, and the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "A camera that tells"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return saved(Image.open(io.BytesIO(jpeg(1))), exif=exif, comment=b"taken at home")


def animated() -> bytes:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    return saved(frames[0], "MPO", save_all=True, append_images=frames[1:])


PICTURES = {
    "colour": jpeg(1),
    "grey": saved(Image.new("L", (60, 40))),
    "progressive": saved(Image.open(io.BytesIO(jpeg(1))), progressive=True),
    "with a position": positioned(),
    "the largest there is": huge(8_000, 5_000),
}
OTHERS = {
    "nothing": b"",
    "one byte": b"\xff",
    "text": b"hello",
    "a page": b"<html><script>alert(1)</script>",
    "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "PNG": saved(Image.new("RGB", (9, 9)), "PNG"),
    "GIF": saved(Image.new("RGB", (9, 9)), "GIF"),
    "WebP": saved(Image.new("RGB", (9, 9)), "WEBP"),
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1" + bytes(400),
    "cut short": jpeg(1)[:-40],
    "cut after its head": jpeg(1)[:30],
    "several pictures": animated(),
    "for a printer": saved(Image.new("CMYK", (60, 40))),
    "60 megapixels": huge(9_000, 6_700),
    "too wide": huge(12_001, 10),
    "of no size": huge(0, 0),
    "only its ends": b"\xff\xd8\xff\xd9",
    "a page in between": b"\xff\xd8<script>alert(1)</script>\xff\xd9",
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_whole_jpeg_is_a_picture(tmp_path: Path, name: str) -> None:
    assert judged(tmp_path, PICTURES[name])


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_not(tmp_path: Path, name: str) -> None:
    assert not judged(tmp_path, OTHERS[name])


@given(data=st.binary(max_size=300), cut=st.integers(0, 600))
def test_no_bytes_upset_it(tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int) -> None:
    """S8."""
    path = tmp_path_factory.getbasetemp()
    for one in (data, jpeg(1)[:cut] + data + jpeg(1)[cut + len(data) :], b"\xff\xd8\xff" + data):
        judged(path, one + b"\xff\xd9")
        bare(one + b"\xff\xd9")


def test_what_a_camera_tells_is_not_shown() -> None:
    """S8."""
    data = positioned()
    assert b"A camera that tells" in data
    shown = bare(data)
    for told in (b"Exif", b"A camera that tells", b"taken at home"):
        assert told not in shown
    before, after = (Image.open(io.BytesIO(one)) for one in (data, shown))
    assert before.tobytes() == after.tobytes()
    assert (dict(after.getexif()), after.info.get("comment")) == ({}, None)


def test_what_stands_behind_a_picture_is_not_shown() -> None:
    assert bare(jpeg(1) + b"PK\x03\x04 an archive") == bare(jpeg(1))


@pytest.mark.parametrize("name", [*PICTURES])
def test_what_is_shown_is_a_picture_again(tmp_path: Path, name: str) -> None:
    shown = bare(PICTURES[name])
    assert judged(tmp_path, shown)
    assert bare(shown) == shown


@pytest.mark.parametrize("name", [*OTHERS])
def test_of_what_is_no_jpeg_nothing_is_shown(name: str) -> None:
    shown = bare(OTHERS[name])
    assert shown == b"" or shown.startswith(b"\xff\xd8")
    assert b"<script" not in shown
