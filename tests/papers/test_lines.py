"""Where lines of mixed Chinese and Latin text end, and the air within them."""

import random
from itertools import pairwise

import pytest

from shared.papers import lines

CHARS = "冷水机组压力传感器更换检测第二排，。、；：？！（）《》…—·℃%¥ABCxyz0123456789 -/.,"


def widths(sign: str) -> int:
    return lines.EM if lines.is_han(sign) else lines.EM // 2


def broken(text: str, ems: float) -> list[str]:
    return lines.broken(lines.tidied(text), int(ems * lines.EM), widths)


@pytest.mark.parametrize(
    ("text", "ems", "expected"),
    [
        ("更换高压压力传感器。", 9.5, ["更换高压压力传感器。"]),  # half of the mark is empty
        ("更换高压压力传感，器", 8, ["更换高压压力传", "感，器"]),
        ("更换高压压力（传感器", 7, ["更换高压压力", "（传感器"]),
        ("于2026年11月23日到", 3.2, ["于", "2026年", "11月", "23日到"]),
        ("加注 6.5 kg 制冷剂", 4, ["加注 ", "6.5\u00a0kg ", "制冷剂"]),
        ("the first line breaks", 6, ["the first ", "line breaks"]),
        ("ABCDEFGHIJ", 2, ["ABCD", "EFGH", "IJ"]),
        ("service/workshop", 5, ["service/", "workshop"]),
        ("first\nsecond", 20, ["first", "second"]),
        ("", 5, [""]),
    ],
)
def test_lines_end_where_a_reader_expects(text: str, ems: float, expected: list[str]) -> None:
    found = broken(text, ems)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert found == expected


def test_a_single_character_is_not_left_alone_on_the_last_line() -> None:
    assert broken("更换高压压力传感器吧", 9) == ["更换高压压力传感", "器吧"]


def test_marks_that_meet_close_up_and_chinese_keeps_off_latin() -> None:
    assert lines.gap("）", "，") == lines.gap("。", "（") == lines.gap("（", "《") == lines.SQUEEZE
    assert lines.gap("器", "A") == lines.gap("3", "号") == lines.AIR
    assert lines.gap("器", "，") == lines.gap("a", "b") == lines.gap("，", "器") == 0


def test_any_text_is_kept_whole_and_no_line_is_too_wide() -> None:
    dice = random.Random(4)
    for _ in range(1500):
        text = "".join(dice.choice(CHARS) for _ in range(dice.randint(1, 120)))
        room = dice.uniform(3, 40)
        found = broken(text, room)
        assert "".join("".join(found).split()) == "".join(text.split())
        for before, line in pairwise(found):
            wide = lines.width_of(line.rstrip(), widths)
            assert wide <= room * lines.EM + lines.EM / 2 or len(line) == 1
            cut = set(before[-4:]) & (lines.NO_START | lines.NO_END)
            if len(before) > 4 and not cut and line and lines.is_han(line[0]):
                assert line[0] not in lines.NO_START, (before, line)


def test_more_lines_than_there_is_room_for_end_in_an_ellipsis() -> None:
    found = lines.limited(["更换高压压力", "传感器，", "复紧"], 2, 6 * lines.EM, widths)
    assert found == ["更换高压压力", "传感器…"]
    assert lines.limited(["one", "two"], 0, 5, widths) == ["one", "two"]


def test_a_long_text_takes_time_in_proportion_to_its_length() -> None:
    assert len(broken("故障说明，" * 20_000, 50)) > 1000
