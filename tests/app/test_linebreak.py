"""Lines end where Chinese and Latin allow it, and a cut text ends in one ellipsis."""

from itertools import pairwise

from hypothesis import given, strategies as st

from mobile.linebreak import NO_END, NO_START, broken, pieces, shortened

TEXT = "压缩机高压跳机，已复位（KFR-72LW/B3）。请尽快上门！价格：¥1,280.50元，含税50％。"


def measure(text: str) -> float:
    """A Han character is twice as wide as a Latin one."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    for width in range(12, 90):
        lines = broken(TEXT, width, measure)
        assert [line for line in lines if line[0] in NO_START or line[-1] in NO_END] == []
        assert "".join(lines) == TEXT
        assert max(measure(line) for line in lines) <= width


def test_latin_words_stay_whole_where_they_fit() -> None:
    lines = broken("The compressor trips after twenty minutes", 14, measure)
    assert lines == ["The compressor", "trips after", "twenty minutes"]


def test_a_word_that_fits_no_line_is_torn() -> None:
    assert broken("SN-0123456789ABCDEF", 10, measure) == ["SN-0123456", "789ABCDEF"]


def test_an_empty_line_stays() -> None:
    assert broken("one\n\ntwo", 20, measure) == ["one", "", "two"]


def test_the_last_line_allowed_ends_in_an_ellipsis() -> None:
    lines = broken("The compressor trips after twenty minutes", 14, measure, 2)
    assert lines == ["The compressor", "trips after t…"]
    han = broken("压缩机高压跳机已复位请尽快上门", 12, measure, 2)
    assert han == ["压缩机高压跳", "机已复位请…"]


def test_a_text_is_cut_at_its_right_end() -> None:
    assert shortened("WO-26-000001 · KONE MonoSpace", 20, measure) == "WO-26-000001 · KONE…"
    assert shortened("short", 20, measure) == "short"
    assert shortened("short", 0, measure) == "…"


def test_numbers_keep_their_units_and_brackets_their_contents() -> None:
    assert pieces("含税50％（约）") == ["含", "税", "50％", "（约）"]


@given(st.text(max_size=60), st.integers(min_value=4, max_value=40))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = broken(text, width, measure)
    assert "".join("".join(lines).split()) == "".join(text.split())
    wide = [line for line in lines if measure(line) > width and len(line) > 1]
    assert wide == []


@given(st.text(max_size=60), st.integers(min_value=2, max_value=40))
def test_a_cut_text_fits(text: str, width: int) -> None:
    found = shortened(text, width, measure)
    assert measure(found) <= max(width, 2)
    assert all(one != "…" for one, _ in pairwise(found)) or "…" in text
