"""Money is added up in whole minor units, and written in figures and in capitals."""

import ast
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import Struct

from shared.ids import derive
from shared.money import (
    FEN_MAX,
    in_capitals,
    net_of,
    receipt_of,
    rounded,
    total_of,
    written,
)
from shared.prices import PriceList
from shared.tax_numbers import SIGNS, check_sign, fault, plain

ROOT = Path(__file__).resolve().parents[2]


class Line(Struct, frozen=True, kw_only=True):
    """As much of a line as a sum needs."""

    kind: str = "labour"
    net: int
    tax: int = 1300
    covered: bool = False


def prices(*, inclusive: bool = True, currency: str = "CNY") -> PriceList:
    return PriceList(
        id=derive("list"),
        name="2026",
        edition=3,
        valid_from="2026-01-01",
        currency=currency,
        tax_inclusive=inclusive,
        on_spot_limit=50_000,
        items=(),
        warranty_from="delivery",
    )


def half_up(value: Fraction) -> int:
    """Halves away from zero, said otherwise than the code says it."""
    whole = abs(value) + Fraction(1, 2)
    return (whole.numerator // whole.denominator) * (1 if value >= 0 else -1)


LINES = st.lists(
    st.builds(
        Line,
        kind=st.sampled_from(["visit", "labour", "part", "other"]),
        net=st.integers(0, 10**10),
        tax=st.sampled_from([0, 300, 600, 900, 1300]),
        covered=st.booleans(),
    ),
    max_size=12,
)


@given(LINES)
def test_an_inclusive_total_is_the_sum_of_the_lines(lines: list[Line]) -> None:
    told = total_of(lines, prices(), 0)
    charged = [one for one in lines if not one.covered]
    assert told.total == told.lines == sum(one.net for one in charged)
    assert all(
        part.tax == half_up(Fraction((part.base + part.tax) * part.rate, 10_000 + part.rate))
        or part.base == half_up(Fraction((part.base + part.tax) * 10_000, 10_000 + part.rate))
        for part in told.taxes
    )


@given(LINES)
def test_an_exclusive_total_has_the_tax_of_each_rate_on_its_sum(lines: list[Line]) -> None:
    told = total_of(lines, prices(inclusive=False), 0)
    charged = [one for one in lines if not one.covered]
    rates = {one.tax for one in charged}
    sums = {rate: sum(one.net for one in charged if one.tax == rate) for rate in rates}
    taxes = {rate: half_up(Fraction(net * rate, 10_000)) for rate, net in sums.items() if net}
    assert {part.rate: (part.base, part.tax) for part in told.taxes} == {
        rate: (sums[rate], tax) for rate, tax in taxes.items()
    }
    assert told.total == sum(sums.values()) + sum(taxes.values())


@given(st.data(), st.booleans())
def test_the_order_of_lines_does_not_matter(data: Any, inclusive: bool) -> None:
    lines = data.draw(LINES)
    lines += [Line(kind="discount", net=-data.draw(st.integers(0, 10**11)))]
    other = data.draw(st.permutations(lines))
    assert total_of(lines, prices(inclusive=inclusive)) == total_of(
        other, prices(inclusive=inclusive)
    )


@given(LINES, st.integers(0, 10**11), st.sampled_from([0, 600, 1300]))
def test_a_discount_never_makes_a_bill_negative(lines: list[Line], off: int, rate: int) -> None:
    told = total_of([*lines, Line(kind="discount", net=-off, tax=rate)], prices(), 0)
    assert told.total == max(told.lines - off, 0) == told.lines + told.discount
    assert told.total == sum(part.base + part.tax for part in told.taxes)
    assert all(part.base > 0 for part in told.taxes)


def test_a_discount_beyond_its_own_rate_takes_off_the_others() -> None:
    lines = [Line(net=10_000), Line(net=5_000, tax=600), Line(kind="discount", net=-12_000)]
    told = total_of(lines, prices(), 0)
    assert (told.lines, told.discount, told.total) == (15_000, -12_000, 3_000)
    assert [(part.rate, part.base + part.tax) for part in told.taxes] == [(600, 3_000)]


def test_what_one_rate_cannot_bear_is_off_the_highest_other_one() -> None:
    rates = ((1_000, 0), (2_000, 600), (3_000, 1300))
    lines = [Line(net=net, tax=rate) for net, rate in rates]
    told = total_of([*lines, Line(kind="discount", net=-1_500, tax=0)], prices(), 0)
    left = [(part.rate, part.base + part.tax) for part in told.taxes]
    assert left == [(600, 2_000), (1300, 2_500)]


def test_a_sum_names_its_prices_and_what_is_due() -> None:
    told = total_of([Line(net=113_00), Line(net=99_00, covered=True)], prices(), 50_00)
    assert (told.currency, told.price_list, told.edition) == ("CNY", "2026", 3)
    assert (told.total, told.paid, told.due) == (113_00, 50_00, 63_00)
    assert [(part.rate, part.base, part.tax) for part in told.taxes] == [(1300, 100_00, 13_00)]
    assert total_of([Line(net=1)], prices(), 5).due == 0
    assert total_of([], prices()).taxes == ()


@given(st.integers(-(10**10), 10**10), st.integers(0, 10**8))
def test_a_line_is_price_times_amount_with_halves_away_from_zero(price: int, amount: int) -> None:
    assert net_of(price, amount) == half_up(Fraction(price * amount, 1000))


@pytest.mark.parametrize(
    ("price", "amount", "net"),
    [(100, 1_500, 150), (333, 500, 167), (-333, 500, -167), (1, 499, 0), (1, 500, 1), (0, 9, 0)],
)
def test_half_a_cent_is_one(price: int, amount: int, net: int) -> None:
    assert net_of(price, amount) == net


def test_rounding_is_exact_where_a_float_is_not() -> None:
    assert rounded(10**17 + 1, 2) == 5 * 10**16 + 1


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (0, "CNY", "¥0.00"),
        (5, "CNY", "¥0.05"),
        (123_450, "CNY", "¥1,234.50"),
        (-5_000, "CNY", "−¥50.00"),
        (1_234_567, "JPY", "JP¥1,234,567"),
        (1_200, "KWD", "KWD\u00a01.200"),
        (99, "CHF", "CHF\u00a00.99"),
        (123_456_789_01, "USD", "US$123,456,789.01"),
        (100, "", "1.00"),
    ],
)
def test_money_in_figures(minor: int, currency: str, said: str) -> None:
    assert written(minor, currency) == said


PUBLISHED = {
    # As the rules for writing bills and settlement vouchers give them, and after them.
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    "10010.05": "壹万零壹拾元零伍分",
    "1879.40": "壹仟捌佰柒拾玖元肆角整",
    "0.00": "零元整",
    "0.01": "壹分",
    "0.05": "伍分",
    "0.10": "壹角整",
    "0.50": "伍角整",
    "0.99": "玖角玖分",
    "1.00": "壹元整",
    "1.01": "壹元零壹分",
    "1.10": "壹元壹角整",
    "1.11": "壹元壹角壹分",
    "10.00": "壹拾元整",
    "10.05": "壹拾元零伍分",
    "10.50": "壹拾元零伍角整",
    "11.00": "壹拾壹元整",
    "15.00": "壹拾伍元整",
    "20.00": "贰拾元整",
    "100.00": "壹佰元整",
    "101.00": "壹佰零壹元整",
    "110.00": "壹佰壹拾元整",
    "111.11": "壹佰壹拾壹元壹角壹分",
    "1000.00": "壹仟元整",
    "1001.00": "壹仟零壹元整",
    "1010.00": "壹仟零壹拾元整",
    "1100.00": "壹仟壹佰元整",
    "2008.00": "贰仟零捌元整",
    "3050.60": "叁仟零伍拾元零陆角整",
    "10000.00": "壹万元整",
    "10001.00": "壹万零壹元整",
    "10010.00": "壹万零壹拾元整",
    "10100.00": "壹万零壹佰元整",
    "11000.00": "壹万壹仟元整",
    "50000.05": "伍万元零伍分",
    "100100.00": "壹拾万零壹佰元整",
    "105000.00": "壹拾万伍仟元整",
    "1000000.00": "壹佰万元整",
    "1000001.00": "壹佰万零壹元整",
    "10000000.00": "壹仟万元整",
    "10000100.00": "壹仟万零壹佰元整",
    "20050300.09": "贰仟零伍万零叁佰元零玖分",
    "100000000.00": "壹亿元整",
    "100000001.00": "壹亿零壹元整",
    "100010000.00": "壹亿零壹万元整",
    "110000000.00": "壹亿壹仟万元整",
    "1234567890.12": "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元零壹角贰分",
    "100000000000.00": "壹仟亿元整",
    "-50.00": "负伍拾元整",
}


def fen_of(figures: str) -> int:
    """`1409.50` as fen."""
    return int(figures.replace(".", ""))


@pytest.mark.parametrize("figures", PUBLISHED)
def test_money_in_capitals(figures: str) -> None:
    assert in_capitals(fen_of(figures)) == PUBLISHED[figures]


def read_back(words: str) -> int:
    """Fen from capitals, by adding up what each place is worth."""
    worth = {"拾": 10, "佰": 100, "仟": 1000}
    group = yuan = digit = fen = 0
    for one in words.removeprefix("负").removesuffix("整"):
        if one in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(one)
        elif one in worth:
            group, digit = group + digit * worth[one], 0
        elif one in "角分":
            fen, digit = fen + digit * (10 if one == "角" else 1), 0
        else:
            scale = {"万": 10_000, "亿": 100_000_000, "元": 1}[one]
            yuan, group, digit = yuan + (group + digit) * scale, 0, 0
    return (yuan * 100 + fen) * (-1 if words.startswith("负") else 1)


@given(
    st.one_of(
        st.integers(1 - FEN_MAX, FEN_MAX - 1),
        st.lists(st.sampled_from("0000123456789"), min_size=1, max_size=14).map(
            lambda digits: int("".join(digits))
        ),
    )
)
def test_capitals_say_the_same_amount(fen: int) -> None:
    words = in_capitals(fen)
    assert read_back(words) == fen
    assert "零零" not in words
    assert words.endswith("整") == (fen % 10 == 0)


def test_more_money_than_there_are_words_for() -> None:
    with pytest.raises(ValueError, match="words"):
        in_capitals(FEN_MAX)


def test_a_receipt_has_the_same_code_wherever_it_is_made() -> None:
    assert receipt_of(derive("op")) == receipt_of(derive("op"))
    assert len(receipt_of(derive("op"))) == len("7F3A-91C2")
    assert receipt_of(derive("op")) != receipt_of(derive("another"))


# Of invented companies; the last sign was worked out by hand from GB 32100.
@pytest.mark.parametrize("number", ["91350100M000100Y4", "12345678MA00ABCDE"])
def test_the_last_sign_checks_the_others(number: str) -> None:
    assert fault(number[:17] + check_sign(number)) == ""


def test_a_published_code_is_right_and_every_slip_in_it_is_found() -> None:
    code = "91350100M000100Y43"  # the example of the standard
    assert fault(code) == ""
    slips = {
        code[:place] + sign + code[place + 1 :]
        for place in range(18)
        for sign in SIGNS
        if sign != code[place]
    }
    assert {fault(one) for one in slips} == {"wrong_check_digit"}
    swapped = {
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for place in range(17)
        if code[place] != code[place + 1]
    }
    assert {fault(one) for one in swapped} == {"wrong_check_digit"}


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("330106123456789", ""),
        ("33010612345678X", ""),
        ("33010619800101123X01", ""),
        ("33010619800101123A01", "wrong_value"),
        ("9135010OM000100Y43", "wrong_value"),
        ("91350100M000100Y4", "wrong_value"),
        ("", "wrong_value"),
        ("税号", "wrong_value"),
    ],
)
def test_older_numbers_are_looked_at_for_their_shape(number: str, wrong: str) -> None:
    assert fault(number) == wrong


def test_a_number_is_kept_plainly_however_it_was_dictated() -> None:
    assert plain(" 9135 0100 m000 100y43\n") == "91350100M000100Y43"
    assert plain("９１３５０１００Ｍ０００１００Ｙ４３") == "91350100M000100Y43"


MONEY = (
    *("money", "prices", "pricing", "charges", "billing", "payments", "collecting", "invoices"),
    *("take_away", "workshop", "coverage"),
)


def floats(path: Path) -> list[int]:
    """The lines of a module on which a number is divided or is no whole one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes: Sequence[Any] = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id in ("float", "round"))
    ]
    return [node.lineno for node in nodes]


@pytest.mark.parametrize("name", MONEY)
def test_there_is_no_float_anywhere_in_money(name: str) -> None:
    assert floats(ROOT / "shared" / f"{name}.py") == []
