"""What is hashed has one spelling: that of RFC 8785."""

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given, strategies as st

from shared.canonical import canonical, digest

# Lone surrogates have no UTF-8, so no text of the wire holds them.
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
KEYS = st.text(alphabet=st.characters(max_codepoint=127))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)


@given(VALUES)
def test_a_value_is_spelled_as_the_standard_says(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.dictionaries(KEYS, LEAVES))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_a_digest_is_that_of_the_bytes() -> None:
    assert digest({"b": 1, "a": "单"}) == hashlib.sha256('{"a":"单","b":1}'.encode()).hexdigest()


@pytest.mark.parametrize("value", [1.5, {"a": [0.0]}, 2**53 + 1, -(2**53) - 1, [2**60], {"ä": 1}])
def test_what_has_no_single_spelling_is_not_hashed(value: Any) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical(value)


def test_tuples_are_arrays() -> None:
    assert canonical((1, ("a",))) == b'[1,["a"]]'
