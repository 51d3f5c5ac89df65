"""Amounts, rates and quantities are read as people type them, in either script, and junk is not."""

import pytest

from shared import typed


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12.5", 1250),
        ("80", 8_000),
        ("80,50", 8_050),
        ("80,5", 8_050),
        ("1,466.00", 146_600),
        ("¥1,280", 128_000),
        ("¥1，466", 146_600),
        ("１２３．５０", 12_350),
        ("１，２３４，５６７．８", 123_456_780),
        ("￥８０。５", 8_050),
        (" ￥12. ", 1_200),
        ("　１２　", 1_200),
        ("1 466.00", 146_600),
        ("0", 0),
        ("12.345", None),
        ("1.234,5", None),
        ("12,34,567", None),
        ("0,500", None),
        ("-5", None),
        ("－５", None),
        ("1e3", None),
        ("10²", None),
        ("½", None),
        ("①", None),
        ("٣", None),
        ("dear", None),
        ("一百", None),
        ("", None),
        (".", None),
        ("999999999", None),
        ("9999999999", None),
    ],
)
def test_an_amount_is_read_as_people_type_it(text: str, minor: int | None) -> None:
    assert typed.minor(text, "CNY") == minor


def test_an_amount_has_the_digits_of_its_currency() -> None:
    assert [typed.minor(one, "JPY") for one in ("５００", "1,500", "1.5")] == [500, 1500, None]
    assert typed.minor("1.234", "KWD") == 1234
    assert [typed.major(one, "CNY") for one in (0, 5, 128_050)] == ["0.00", "0.05", "1280.50"]
    assert typed.major(500, "JPY") == "500"


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("13", 1300),
        ("13%", 1300),
        ("１３％", 1300),
        ("6.5 %", 650),
        ("６，５", 650),
        ("", None),
        ("101", None),
        ("13%%", None),
        ("x", None),
    ],
)
def test_a_rate_is_read_as_people_type_it(text: str, points: int | None) -> None:
    assert typed.rate(text) == points


def test_a_rate_stands_in_a_field_without_noughts() -> None:
    assert [typed.percent(one) for one in (1300, 650, 0)] == ["13", "6.5", "0"]


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("1,5", "1.5"),
        ("１．５", "1.5"),
        ("２", "2"),
        (".5", "0.5"),
        ("2.", "2"),
        ("-1", ""),
        ("many", ""),
        ("1.2345", ""),
        ("", ""),
    ],
)
def test_a_quantity_is_read_as_people_type_it(text: str, quantity: str) -> None:
    assert typed.quantity(text) == quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [("90", 90), ("９０", 90), ("0", 0), ("12345", None), ("9.", None), ("", None)],
)
def test_a_whole_number_is_read_as_people_type_it(text: str, number: int | None) -> None:
    assert typed.whole(text, 4) == number
