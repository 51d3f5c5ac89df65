"""A telephone number as it may be seen over a shoulder, or on a paper left behind."""

import pytest

from shared.masking import masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        ("138 0013 8000", "138 **** 8000"),
        ("+86 138 0013 8000", "+86 1** **** 8000"),
        ("0571-88880123", "0571-****0123"),
        ("0571-88880123-801", "0571-****0123-801"),
        ("88880123", "888*0123"),
        ("12345", "12345"),
        ("ask at the gate", "ask at the gate"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_the_middle_of_a_number_is_not_shown(number: str | None, shown: str) -> None:
    assert masked(number) == shown
