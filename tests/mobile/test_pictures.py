"""Any picture becomes a photo or is refused in words: turned, shrunk, and without what it told."""

import hashlib
import os
import stat
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from mobile import evidence, pictures
from mobile.pictures import Line, Prepared, draw_on, prepare
from mobile.texts import Words
from shared.errors import Refused

RED, BLUE = (200, 30, 30), (20, 60, 200)


def scene(size: tuple[int, int] = (900, 600), mode: str = "RGB") -> Image.Image:
    """Red above, blue below, and something to compress."""
    image = Image.new("RGB", size, BLUE)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0], size[1] // 2), fill=RED)
    return image.convert(mode)


def noise(width: int, height: int) -> Image.Image:
    """As hard to compress as a picture can be."""
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))


def saved(path: Path, image: Image.Image, **how: Any) -> Path:
    image.save(path, **how)
    return path


def made(source: Path, folder: Path) -> tuple[Prepared, Image.Image, Image.Image]:
    """What `prepare` says, and both pictures that it wrote."""
    done = prepare(source, folder)
    assert isinstance(done, Prepared), done
    return done, opened(folder, done.sha256), opened(folder, done.thumb_sha256)


def opened(folder: Path, sha256: str) -> Image.Image:
    data = evidence.read(folder, sha256)
    assert data is not None
    return Image.open(BytesIO(data))


def refused(source: Path, folder: Path) -> str:
    """The code of a refusal, which is worded in both languages and leaves nothing behind."""
    done = prepare(source, folder)
    assert isinstance(done, Refused), done
    assert evidence.here(folder) == frozenset()
    for language in ("en", "zh"):
        assert Words(language).explain(done) not in ("", done.code)
    return done.code


def is_near(colour: Any, wanted: tuple[int, int, int], by: int = 12) -> bool:
    return all(abs(one - other) <= by for one, other in zip(colour, wanted, strict=True))


def test_a_photo_is_named_by_the_hash_of_what_lies_on_the_disk_for_nobody_else_to_read(
    tmp_path: Path,
) -> None:
    done, final, thumb = made(saved(tmp_path / "a.jpg", noise(1200, 800)), tmp_path)
    path = tmp_path / "evidence" / f"{done.sha256}.jpg"
    data = path.read_bytes()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (done.sha256, done.size)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (final.size, thumb.size) == ((done.width, done.height), (256, 171))
    assert done.thumb_size == len(evidence.read(tmp_path, done.thumb_sha256) or b"")
    assert evidence.here(tmp_path) == {done.sha256, done.thumb_sha256}


def test_a_large_picture_is_made_smaller_and_a_small_one_stays(tmp_path: Path) -> None:
    done, _, _ = made(saved(tmp_path / "a.jpg", scene((4000, 3000))), tmp_path)
    assert (done.width, done.height) == (2048, 1536)
    done, _, _ = made(saved(tmp_path / "b.png", scene((3, 2))), tmp_path)
    assert (done.width, done.height) == (3, 2)
    done, _, _ = made(saved(tmp_path / "c.png", scene((9000, 2))), tmp_path)
    assert (done.width, done.height) == (2048, 1)


def test_even_noise_stays_within_what_the_server_takes(tmp_path: Path) -> None:
    done, _, _ = made(saved(tmp_path / "a.png", noise(2400, 1800)), tmp_path)
    assert done.size < 3_000_000
    assert done.thumb_size < 20_000
    wall, _, _ = made(saved(tmp_path / "b.jpg", scene((4000, 3000))), tmp_path)
    assert wall.size < 400_000


def test_the_position_and_everything_else_beside_the_pixels_is_gone(tmp_path: Path) -> None:
    """S8."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET-MAKER"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (30.0, 15.0, 50.0), 3: "E", 4: (120.0, 9.0, 2.0)}
    )
    source = saved(
        tmp_path / "a.jpg",
        scene(),
        exif=exif,
        comment=b"SECRET-COMMENT",
        xmp=b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert b"SECRET-MAKER" in source.read_bytes()
    done, final, thumb = made(source, tmp_path)
    for one in (final, thumb):
        assert (dict(one.getexif()), one.getexif().get_ifd(ExifTags.IFD.GPSInfo)) == ({}, {})
        assert one.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for sha256 in (done.sha256, done.thumb_sha256):
        data = evidence.read(tmp_path, sha256) or b""
        assert not any(word in data for word in (b"SECRET", b"Exif", b"ICC_PROFILE", b"http"))


def test_the_words_in_a_png_are_gone(tmp_path: Path) -> None:
    words = PngInfo()
    words.add_text("Author", "SECRET-NAME")
    done, _, _ = made(saved(tmp_path / "a.png", scene(), pnginfo=words), tmp_path)
    assert b"SECRET" not in (evidence.read(tmp_path, done.sha256) or b"")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    upright = scene((600, 300))
    back = {
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }
    as_held = upright
    for step in back.get(orientation, ()):
        as_held = as_held.transpose(step)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    done, final, thumb = made(saved(tmp_path / "a.jpg", as_held, exif=exif), tmp_path)
    assert (done.width, done.height, thumb.size) == (600, 300, (256, 128))
    assert is_near(final.getpixel((300, 20)), RED)
    assert is_near(final.getpixel((300, 280)), BLUE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")
def test_a_garbled_orientation_does_not_lose_the_picture(tmp_path: Path) -> None:
    source = saved(
        tmp_path / "a.jpg", scene(), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 40
    )
    done, _, _ = made(source, tmp_path)
    assert (done.width, done.height) == (900, 600)


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("CMYK", "jpg"),
        ("L", "jpg"),
        ("L", "png"),
        ("P", "png"),
        ("1", "png"),
        ("LA", "png"),
        ("I;16", "png"),
        ("RGBA", "webp"),
        ("P", "gif"),
    ],
)
def test_every_kind_of_colour_becomes_plain_red_green_and_blue(
    tmp_path: Path, mode: str, end: str
) -> None:
    image = scene((300, 200), "L" if mode in ("I;16", "LA") else mode)
    if mode == "I;16":
        image = Image.frombytes("I;16", image.size, b"\0\x80" * (300 * 200))
    if mode == "LA":
        image = image.convert("LA")
    done, final, _ = made(saved(tmp_path / f"a.{end}", image), tmp_path)
    assert (final.mode, final.format, done.width) == ("RGB", "JPEG", 300)
    if mode == "I;16":
        assert is_near(final.getpixel((5, 5)), (128, 128, 128))
    if mode in ("CMYK", "RGBA") or end == "gif":
        assert is_near(final.getpixel((150, 20)), RED, 30)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_clear_becomes_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    if mode == "P":
        image = image.convert("P")
        image.info["transparency"] = image.getpixel((0, 0))
    _, final, _ = made(saved(tmp_path / "a.png", image), tmp_path)
    assert is_near(final.getpixel((20, 20)), (255, 255, 255))


def test_a_transparent_palette_that_is_shrunk_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (3000, 100), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    _, final, _ = made(saved(tmp_path / "a.png", image, transparency=0), tmp_path)
    assert is_near(final.getpixel((20, 20)), (255, 255, 255))


def test_colours_of_another_profile_are_turned_into_those_of_a_screen(tmp_path: Path) -> None:
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    strange = usual.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    image = Image.new("RGB", (60, 60), RED)
    _, final, _ = made(saved(tmp_path / "a.png", image, icc_profile=strange), tmp_path)
    assert is_near(final.getpixel((30, 30)), RED[::-1])
    for unread in (b"no profile", usual[:200]):
        _, final, _ = made(saved(tmp_path / "b.png", image, icc_profile=unread), tmp_path)
        assert is_near(final.getpixel((30, 30)), RED)


def test_of_a_moving_picture_the_first_is_taken(tmp_path: Path) -> None:
    frames = [scene((60, 40)), Image.new("RGB", (60, 40), (0, 255, 0))]
    for end in ("gif", "webp", "png"):
        path = tmp_path / f"a.{end}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        _, final, _ = made(path, tmp_path)
        assert is_near(final.getpixel((30, 5)), RED, 40), end


def test_sixty_megapixels_of_a_camera_are_shrunk_while_they_are_decoded(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.jpg", Image.new("RGB", (9000, 6700), RED))
    done, _, _ = made(source, tmp_path)
    assert (done.width, done.height) == (2048, 1525)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says how large it is; nobody will look at its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 6_000), (20_000, 20_000), (100_000, 100_000)])
def test_a_picture_that_is_too_large_to_decode_is_refused_before_that(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """S8."""
    source = tmp_path / "bomb.png"
    source.write_bytes(bomb(*size))
    assert refused(source, tmp_path) == "picture_too_large"


def test_a_file_that_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    with source.open("wb") as file:
        file.truncate(pictures.SOURCE_BYTES_MAX + 1)
    assert refused(source, tmp_path) == "picture_too_large"


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
SVG = (
    b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_none"),
        (b"hello", "picture_none"),
        (b"%PDF-1.7", "picture_none"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "picture_none"),
        (b"\0" * 5000, "picture_none"),
        (HEIC, "picture_heic"),
        (SVG, "picture_vector"),
    ],
)
def test_what_is_no_picture_is_refused_and_says_what_to_do(
    tmp_path: Path, data: bytes, code: str
) -> None:
    source = tmp_path / "IMG_1.jpg"
    source.write_bytes(data)
    assert refused(source, tmp_path) == code


@pytest.mark.parametrize("end", ["jpg", "png", "webp", "gif"])
def test_half_a_picture_is_refused(tmp_path: Path, end: str) -> None:
    whole = saved(tmp_path / f"a.{end}", noise(200, 200)).read_bytes()
    for share in (0.2, 0.5, 0.9):
        source = tmp_path / f"half.{end}"
        source.write_bytes(whole[: int(len(whole) * share)])
        assert refused(source, tmp_path) == "picture_broken"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_damage_is_a_refusal_or_a_photo_and_never_an_error(tmp_path: Path) -> None:
    """S8."""
    for end in ("jpg", "png", "webp", "gif"):
        whole = saved(tmp_path / f"a.{end}", noise(40, 30)).read_bytes()
        for place in range(0, len(whole), max(len(whole) // 60, 1)):
            source = tmp_path / "harmed"
            source.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            assert isinstance(prepare(source, tmp_path), Prepared | Refused)


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.jpg", tmp_path) == "picture_gone"


def test_a_file_name_is_only_a_name(tmp_path: Path) -> None:
    nest = tmp_path / "in"
    nest.mkdir()
    source = saved(nest / "..%2f..%2fetc;rm -rf ~ 图片\n.jpg", scene())
    made(source, tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["evidence", "in"]
    assert evidence.path_of(tmp_path, "../in/x") is None
    assert evidence.path_of(tmp_path, f"{'a' * 63}/") is None


def test_a_drawing_is_a_picture_of_its_own(tmp_path: Path) -> None:
    done, _, _ = made(saved(tmp_path / "a.jpg", Image.new("RGB", (1000, 500), RED)), tmp_path)
    lines = (
        Line("#00FF00", 0.02, (0.1, 0.5, 0.9, 0.5)),
        Line("#0000ff", 0.05, (0.5, 0.1)),
    )
    drawn = draw_on(done.sha256, lines, tmp_path)
    assert isinstance(drawn, Prepared)
    assert drawn.sha256 != done.sha256
    assert (drawn.width, drawn.height) == (1000, 500)
    image = opened(tmp_path, drawn.sha256)
    assert is_near(image.getpixel((500, 250)), (0, 255, 0), 40)
    assert is_near(image.getpixel((500, 50)), (0, 0, 255), 60)
    assert is_near(image.getpixel((500, 400)), RED)
    assert is_near(opened(tmp_path, done.sha256).getpixel((500, 250)), RED)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line("red", 0.1, (0.1, 0.1)),),
        (Line("#GGGGGG", 0.1, (0.1, 0.1)),),
        (Line("#FF0000", float("nan"), (0.1, 0.1)),),
        (Line("#FF0000", 0.1, (0.1,)),),
        (Line("#FF0000", 0.1, ()),),
        (Line("#FF0000", 0.1, (1e9, 0.1)),),
        (Line("#FF0000", 0.1, (0.1, 0.1)),) * 1_001,
    ],
)
def test_lines_that_are_none_draw_nothing(tmp_path: Path, lines: tuple[Line, ...]) -> None:
    done, _, _ = made(saved(tmp_path / "a.jpg", scene()), tmp_path)
    drawn = draw_on(done.sha256, lines, tmp_path)
    assert isinstance(drawn, Refused)
    assert drawn.code == "wrong_value"


def test_a_drawing_on_a_picture_that_is_not_here_is_refused(tmp_path: Path) -> None:
    drawn = draw_on("a" * 64, (Line("#FF0000", 0.1, (0.1, 0.1)),), tmp_path)
    assert isinstance(drawn, Refused)
    assert drawn.code == "picture_gone"
