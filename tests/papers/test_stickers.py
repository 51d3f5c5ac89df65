"""Labels for machines: what stands on one, how many on a sheet, and a code that can be read."""

from pathlib import Path

import pytest
import segno

from server.settings import ASSETS
from server.stickers import part_of, parts as parts_of
from shared.papers.press import Fonts, Press
from shared.papers.sheet import BLACK, Shape, Text
from shared.papers.stickers import Heading, Paper, Sticker, draft, runs, stickers

FONTS = Fonts(
    regular=Path(ASSETS, "fonts", "FieldfareUI-Regular.ttf").read_bytes(),
    bold=Path(ASSETS, "fonts", "FieldfareUI-SemiBold.ttf").read_bytes(),
)
LINK = "https://service.example/request?machine=0190c0de-0000-7000-8000-000000000001"
LABEL = Sticker(name="多联机 Multi-split", model="VRF-224/M1", serial="VR220380906", link=LINK)
HEADING = Heading(
    title="Stickers",
    house="江州冷暖",
    phone="400 000 0328",
    scan="扫码报修",
    serial="序列号",
    language="zh",
    identity="0" * 32,
    made_at=1_795_000_000_000,
)


@pytest.mark.parametrize(
    ("paper", "count", "pages"), [("a4", 1, 1), ("a4", 21, 1), ("a4", 22, 2), ("label", 3, 3)]
)
def test_a_sheet_holds_twenty_one_labels_and_a_label_is_a_page(
    paper: Paper, count: int, pages: int
) -> None:
    made = draft([LABEL] * count, HEADING, paper, Press(FONTS).faces())
    assert len(made.pages) == pages
    assert made.lacking == ()


def test_a_label_says_which_machine_it_is_and_stays_within_its_edges() -> None:
    long = Sticker(name="很长的设备名称" * 20, model="M" * 80, serial="S" * 80, link=LINK)
    for label in (LABEL, long):
        made = draft([label], HEADING, "label", Press(FONTS).faces())
        texts = [one for one in made.pages[0] if isinstance(one, Text)]
        shown = " ".join(line for one in texts for line in one.lines)
        assert "扫码报修" in shown
        assert all(one.box.y >= 0 and one.box.y + one.box.h <= 40 for one in texts)
        assert all(one.box.x + one.box.w <= 70 for one in texts)
    assert "VR220380906" in "".join(line for one in _texts(LABEL) for line in one.lines)


def _texts(label: Sticker) -> list[Text]:
    made = draft([label], HEADING, "label", Press(FONTS).faces())
    return [one for one in made.pages[0] if isinstance(one, Text)]


def test_the_code_has_every_dark_square_of_the_link_and_no_other() -> None:
    matrix = segno.make(LINK, error="m", micro=False).matrix
    dark = {(x, y) for y, row in enumerate(matrix) for x, one in enumerate(row) if one}
    told = {(x + step, y) for x, y, length in runs(matrix) for step in range(length)}
    assert told == dark
    (shape,) = [
        one
        for one in draft([LABEL], HEADING, "label", Press(FONTS).faces()).pages[0]
        if isinstance(one, Shape)
    ]
    assert shape.alt == LINK
    assert [one.fill for one in shape.paths] == ["", BLACK]


def test_the_same_labels_are_the_same_bytes() -> None:
    made = [stickers([LABEL], HEADING, "a4", FONTS) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")


@pytest.mark.parametrize(
    ("count", "parts"),
    [
        (0, []),
        (210, [(1, 1, 210)]),
        (211, [(1, 1, 210), (2, 211, 211)]),
        (500, [(1, 1, 210), (2, 211, 420), (3, 421, 500)]),
    ],
)
def test_many_labels_come_in_parts_and_none_is_left_out(
    count: int, parts: list[tuple[int, int, int]]
) -> None:
    machines = [{"id": str(number)} for number in range(count)]
    assert parts_of(count) == parts
    printed = [one for number, _, _ in parts for one in part_of(machines, number)]
    assert printed == machines
    assert [part_of(machines, number) for number in (0, -1, len(parts) + 1)] == [[], [], []]
