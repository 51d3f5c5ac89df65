"""What a reader makes of a printed paper: its pages, its text, its codes; the same bytes always."""

import hashlib
import io
import os
import re
import subprocess
import sys
import zlib
from functools import cache, partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
import zxingcpp
from msgspec import structs
from PIL import Image

from shared.document import SeenPhoto
from shared.papers.content import LAYOUT, Content, address_of, content_hash
from shared.papers.report import report
from shared.papers.sheet import Draft
from shared.texts import LANGUAGES, Language
from tests.papers import visit
from tests.papers.papers import every, opened, printed, text_of, words_on
from tests.papers.visit import ROOT, picture

DOTS_PER_MM: Final = 8
# Of the report and of the payment on a roll, in English and Chinese: a change of these bytes is a
# change of what every paper looks like, and of `shared.papers.content.LAYOUT`.
GOLDEN: Final[dict[tuple[Language, str], str]] = {
    ("en", "report"): "18b0db2b9352030d",
    ("zh", "payment_roll"): "18a3c5ada2886030",
}
STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
SHOWN: Final = {
    "en": (
        *("Service report", "WO-2026-000123", "Riverside International Hotel", "138 **** 5678"),
        *("Reported problem", "one contactor pole is burnt.", "Condensing pressure", "1.05 – 1.45"),
        *("Out of limits", "Parts fitted", "26-119043", "guaranteed for 90 days", "¥1,711.40"),
        *("Photos", "Rating plate", "The work was done as written above.", "Chen Jing", "5 of 5"),
    ),
    "zh": (
        *("售后服务报告", "WO-2026-000123", "2026年11月23日", "江畔国际酒店管理有限公司"),
        *("报修内容", "接触器一相触点烧蚀。", "冷凝压力", "超出标准", "更换配件", "26-119043"),
        *("保修 90 天", "¥1,711.40", "壹仟柒佰壹拾壹元肆角整", "铭牌与出厂编号"),
        *("本次服务已按上述内容完成。", "陈静", "满意度：5 分"),
    ),
}


@cache
def sample(language: Language, name: str) -> tuple[Draft, bytes]:
    """One of the papers of the sample visit."""
    return printed(every(language)[name])


def drawn(pdf: bytes, page: int = 0) -> Image.Image:
    """A page as a picture."""
    with opened(pdf) as document:
        shot: Image.Image = document[page].render(scale=DOTS_PER_MM * 25.4 / 72).to_pil()
        return shot.convert("RGB")


def dark(shot: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything on a page that is not white, in dots."""
    box = shot.convert("L").point(lambda tone: 255 if tone < 245 else 0).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_finds_every_word_in_the_order_of_the_paper(language: Language) -> None:
    _, pdf = sample(language, "report")
    text, at = text_of(pdf), 0
    for words in SHOWN[language]:
        assert words in text[at:], words
        at = text.index(words, at)


@pytest.mark.parametrize("name", ["report", "short", "dispatch", "receipt", "payment"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_drawn_outside_of_the_margins(language: Language, name: str) -> None:
    draft, pdf = sample(language, name)
    edge = 3.4 if draft.size[0] == 80 else 8
    with opened(pdf) as document:
        assert len(document) == len(draft.pages)
    for number in range(len(draft.pages)):
        shot = drawn(pdf, number)
        left, top, right, bottom = dark(shot)
        assert min(left, top) >= edge * DOTS_PER_MM - 2
        assert max(right - shot.width, bottom - shot.height) <= -edge * DOTS_PER_MM + 2


@pytest.mark.parametrize("name", ["report", "short", "receipt", "payment", "payment_roll"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_on_a_signed_paper_is_read_by_a_scanner(language: Language, name: str) -> None:
    content = visit.signed(language, "take_away" if name == "receipt" else "visit")
    draft, pdf = sample(language, name)
    (found,) = zxingcpp.read_barcodes(drawn(pdf, len(draft.pages) - 1))
    assert found.text == address_of(content)
    assert found.text.startswith("https://service.example.com/verify?code=")
    for part in (content.code, content.shown_hash, content_hash(content)):
        assert part in found.text


def test_a_dispatch_order_has_its_number_to_scan() -> None:
    _, pdf = sample("en", "dispatch")
    (found,) = zxingcpp.read_barcodes(drawn(pdf))
    assert found.text == "WO-2026-000123"


@pytest.mark.parametrize("name", ["unsigned", "short_unsigned"])
def test_what_nobody_signed_has_nothing_to_verify(name: str) -> None:
    draft, pdf = sample("en", name)
    assert zxingcpp.read_barcodes(drawn(pdf, len(draft.pages) - 1)) == []
    assert "Not signed" in text_of(pdf) or "Nobody has signed" in text_of(pdf)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("report", "Signed, sealed"),
        ("diverged", "Signed, differs"),
        ("refused", "Signature refused: 认为价格偏高"),
        ("refused", "some of it was still on its way"),
        ("unsigned", "Not signed"),
        ("void", "Void: this receipt was taken back: x"),
        ("void", "no money has changed hands"),
        ("returned", "Handed back complete"),
        ("take_away", "I hand over the item"),
    ],
)
def test_a_paper_says_how_it_stands(name: str, told: str) -> None:
    assert told in words_on(every("en")[name])


@pytest.mark.parametrize("name", ["payment", "payment_roll", "payment_a4"])
def test_a_receipt_has_its_amount_in_figures_and_in_capitals(name: str) -> None:
    text = words_on(every("zh")[name])
    assert "¥1,000.00" in text
    assert "壹仟元整" in text
    assert "4200 0026 1123 7714 0293" in text


def test_a_total_that_does_not_follow_from_its_lines_is_printed_with_a_warning() -> None:
    shown = visit.document("en")
    assert shown.sum is not None
    wrong = structs.replace(shown, sum=structs.replace(shown.sum, total=1, due=0))
    content = visit.sign(wrong, visit.wanted("en"))
    text = words_on(lambda faces: report(content, faces))
    assert "The total does not follow from the lines above." in text
    assert "¥0.01" in text


def with_photo(jpeg: bytes, sha256: str = "") -> Content:
    """A signed visit with one photo of these bytes."""
    shown = visit.document("en")
    name = sha256 or hashlib.sha256(jpeg).hexdigest()
    photo = SeenPhoto(id=visit.ident("photo"), sha256=name, caption="one", at=visit.MADE_AT)
    job = structs.replace(shown.jobs[0], photos=(photo,))
    content = visit.sign(structs.replace(shown, jobs=(job,)), visit.wanted("en"))
    return structs.replace(content, pictures={name: jpeg})


def jpeg_of(mode: str, size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    """A JPEG file in a colour mode."""
    file = io.BytesIO()
    Image.effect_mandelbrot(size, (-2, -1, 1, 1), 40).convert(mode).save(file, "JPEG", **more)
    return file.getvalue()


@pytest.mark.parametrize(
    "jpeg",
    [
        jpeg_of("RGB"),
        jpeg_of("L"),
        jpeg_of("CMYK"),
        jpeg_of("RGB", (4000, 3000), quality=95),
        jpeg_of("RGB", progressive=True),
    ],
    ids=["colour", "grey", "print", "large", "progressive"],
)
def test_a_photo_is_in_the_file_as_it_is(jpeg: bytes) -> None:
    draft, pdf = printed(lambda faces: report(with_photo(jpeg), faces))
    assert jpeg in pdf
    assert "on its way" not in text_of(pdf)
    assert dark(drawn(pdf, len(draft.pages) - 1))


def test_where_a_photo_was_taken_is_not_in_the_file() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera of somebody"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0)})
    told = jpeg_of("RGB", exif=exif.tobytes())
    _, pdf = printed(lambda faces: report(with_photo(told), faces))
    assert b"A camera of somebody" in told
    assert b"A camera of somebody" not in pdf
    assert jpeg_of("RGB")[-5_000:] in pdf


@pytest.mark.parametrize(
    ("jpeg", "told"),
    [
        (jpeg_of("RGB")[:4_000], "The file cannot be shown."),
        (b"no picture at all", "The file cannot be shown."),
        (b"\xff\xd8\xff\xe1\x00\x00", "The file cannot be shown."),
        (b"", "Too large for this paper."),
    ],
    ids=["cut", "text", "head", "too large"],
)
def test_a_file_that_is_no_picture_leaves_a_frame_that_says_so(jpeg: bytes, told: str) -> None:
    assert told in words_on(lambda faces: report(with_photo(jpeg), faces))


def test_a_picture_of_another_format_or_another_hash_is_not_shown() -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    told = {
        "The file cannot be shown.": with_photo(file.getvalue()),
        "These are not the bytes that were signed for.": with_photo(jpeg_of("RGB"), "a" * 64),
        "The picture is on its way.": structs.replace(with_photo(b"x"), pictures={}),
    }
    for words, content in told.items():
        assert words in words_on(partial(report, content))


def test_texts_from_people_are_neither_links_nor_actions() -> None:
    """S12."""
    shown = visit.document("en")
    text = "[x](https://evil.example) https://evil.example <a href='javascript:1'>"
    job = structs.replace(shown.jobs[0], problem=text, summary=text)
    content = visit.sign(structs.replace(shown, jobs=(job,)), visit.wanted("en"))
    _, pdf = printed(lambda faces: report(content, faces))
    assert [one for one in (b"/URI", b"/JavaScript", b"/Annot", b"/Launch") if one in pdf] == []
    assert "https://evil.example" in text_of(pdf)


def test_a_paper_tells_what_it_is_to_machines() -> None:
    _, pdf = sample("zh", "report")
    with opened(pdf) as document:
        told = document.get_metadata_dict()
    assert told["Title"] == "售后服务报告 WO-2026-000123"
    assert told["Author"] == "江州云溪设备服务有限公司"
    assert told["CreationDate"].startswith("D:20261123084200")
    for mark in (b"/StructTreeRoot", b"/Lang (zh-CN)", b"/MarkInfo"):
        assert mark in pdf


@pytest.mark.parametrize(
    "where", ["https://a.example/verify", "https://a.example/?page=verify", ""]
)
def test_a_code_holds_an_address_that_a_browser_takes_apart_again(where: str) -> None:
    content = visit.signed("en")
    assert content.sign_off is not None
    head = structs.replace(content.document.head, verify_url=where)
    elsewhere = structs.replace(content, document=structs.replace(content.document, head=head))
    address = urlsplit(address_of(elsewhere))
    asked = dict(parse_qsl(address.query))
    assert asked.pop("page", "verify") == "verify"
    assert asked == {
        "code": content.code,
        "shown": content.shown_hash,
        "seal": content.sign_off.seal,
        "content": content_hash(content),
    }


def substance(pdf: bytes) -> str:
    """The hash of all that is in a PDF, however its parts are compressed."""
    found = hashlib.sha256()
    for part in STREAM.findall(pdf):
        try:
            found.update(zlib.decompress(part))
        except zlib.error:
            found.update(part)
    return found.hexdigest()[:16]


def hashes() -> list[str]:
    """Of the bytes of some papers."""
    papers = (every(language)[name] for language, name in GOLDEN)
    return [hashlib.sha256(printed(one)[1]).hexdigest() for one in papers]


def test_a_paper_is_the_same_bytes_in_any_process_and_time_zone() -> None:
    code = "from tests.papers.test_press import hashes; print(*hashes())"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == hashes()


def test_what_is_printed_changes_with_the_layout_only() -> None:
    found = {key: substance(sample(*key)[1]) for key in GOLDEN}
    assert (LAYOUT, found) == (1, GOLDEN)


def test_pictures_of_the_sample_are_the_same_everywhere() -> None:
    assert picture(1) == picture.__wrapped__(1)
