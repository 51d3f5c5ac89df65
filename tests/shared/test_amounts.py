"""Quantities are exact, texts are tidy, and the wire's types refuse what nobody means."""

import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from shared.amounts import (
    Code,
    Line,
    LocalDate,
    LocalTime,
    Money,
    Number,
    Quantity,
    has_control_characters,
    quantity_text,
    thousandths,
    tidy,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1", 1000), ("1.5", 1500), ("0.001", 1), ("-2.25", -2250), ("007.10", 7100), ("0", 0)],
)
def test_a_quantity_is_counted_in_thousandths(text: str, amount: int) -> None:
    assert thousandths(text) == amount


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_quantity_survives_being_written_down(amount: int) -> None:
    assert thousandths(quantity_text(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"), [(1500, "1.5"), (-1500, "-1.5"), (-1, "-0.001"), (0, "0"), (12_000, "12")]
)
def test_a_quantity_is_written_as_people_write_it(amount: int, text: str) -> None:
    assert quantity_text(amount) == text


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        (Quantity, ["0", "1.5", "9999999.999"], ["", "-1", "1.", ".5", "1.0001", "12345678", "１"]),
        (Number, ["-40", "3.141"], ["1e3", "+1", "3,1", "-"]),
        (Line, ["a", "陈女士"], ["", "x" * 201]),
        (Code, ["piece", "r410a"], ["", "Piece", "4x", "a-b", "a" * 42]),
        (LocalTime, ["2026-11-21T09:30"], ["2026-13-21T09:30", "2026-11-21T24:00", "2026-11-21"]),
        (LocalDate, ["2026-02-28"], ["2026-00-01", "26-01-01", "2026-11-21T09:30"]),
    ],
)
def test_the_wire_takes_what_is_meant_and_nothing_else(
    kind: Any, accepted: list[str], refused: list[str]
) -> None:
    assert [msgspec.convert(text, kind) for text in accepted] == accepted
    for text in refused:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, kind)


@pytest.mark.parametrize("kind", [Quantity, Number, Code, LocalTime, LocalDate])
@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
def test_nothing_hides_behind_the_end_of_a_value(kind: Any, end: str) -> None:
    for text in ("1", "piece", "2026-11-21T09:30", "2026-11-21"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text + end, kind)


def test_money_is_whole_minor_units() -> None:
    assert msgspec.convert({"minor": 1250, "currency": "CNY"}, Money).minor == 1250
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"minor": 12.5, "currency": "CNY"}, Money)


@given(st.text())
def test_tidy_text_is_tidy_for_good(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert "\r" not in once
    assert once == once.strip()
    assert unicodedata.is_normalized("NFC", once)


def test_texts_that_look_the_same_are_the_same() -> None:
    assert tidy("Cafe\u0301\r\nzwei\rdrei ") == "Café\nzwei\ndrei"


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\x7f", "\u2028"])
def test_signs_that_nobody_types_are_found(sign: str) -> None:
    assert has_control_characters(f"a{sign}b")


@pytest.mark.parametrize(
    "text", ["", "two\nlines\tand a tab", "as Windows\r\nwrites them", "张女士 😀 é", "مرحبا"]
)
def test_what_people_type_is_no_control_character(text: str) -> None:
    assert not has_control_characters(text)
