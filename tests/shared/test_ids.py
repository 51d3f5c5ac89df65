"""Ids sort by time, are derived alike everywhere, and have one spelling."""

import hashlib
from uuid import UUID, uuid5

import pytest
from hypothesis import given, strategies as st

from shared.ids import SPACE, derive, fingerprint, id_of_unreadable, is_id, uuid7

MOMENTS = st.integers(min_value=0, max_value=2**48 - 1)
DICE = st.binary(min_size=10, max_size=10)


@given(MOMENTS, DICE)
def test_an_id_says_when_it_was_made(now_ms: int, random: bytes) -> None:
    made = UUID(uuid7(now_ms, random))
    assert (made.version, made.variant, made.int >> 80) == (7, "specified in RFC 4122", now_ms)
    assert is_id(str(made))


@given(MOMENTS, DICE, DICE)
def test_a_later_id_sorts_later(now_ms: int, one: bytes, other: bytes) -> None:
    later = min(now_ms + 1, 2**48 - 1)
    assert (uuid7(now_ms, one) < uuid7(later, other)) == (later > now_ms) or later == now_ms


def test_the_example_of_the_standard() -> None:
    # RFC 9562, appendix A.6
    random = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("random", [b"", b"9 bytes!!", b"11 bytes!!!"])
def test_an_id_needs_ten_random_bytes(random: bytes) -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(0, random)


NAMES = st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(st.lists(NAMES, min_size=1))
def test_a_derived_id_is_always_the_same_and_never_another_ones(names: list[str]) -> None:
    assert derive(*names) == derive(*names)
    assert derive(*names) == str(uuid5(UUID(bytes=SPACE), "\x00".join(names)))
    assert is_id(derive(*names))
    assert derive(*names) != derive(*names, "")
    assert derive(*names) != derive("", *names)


def test_numbers_name_things_as_their_digits_do() -> None:
    assert derive("seed", 1) == derive("seed", "1")


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", True),
        ("00000000-0000-7000-8000-000000000001", True),
        ("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", False),
        ("017f22e279b07cc398c4dc0c0c07398f", False),
        ("017f22e2-79b0-9cc3-98c4-dc0c0c07398f", False),
        ("017f22e2-79b0-7cc3-18c4-dc0c0c07398f", False),
        (" 017f22e2-79b0-7cc3-98c4-dc0c0c07398f", False),
        ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n", False),
        ("", False),
    ],
)
def test_only_one_spelling_is_an_id(text: str, accepted: bool) -> None:
    assert is_id(text) is accepted


def test_a_fingerprint_is_the_hash_of_the_bytes_sent() -> None:
    assert fingerprint("工单") == hashlib.sha256("工单".encode()).hexdigest()
    assert len(fingerprint("\ud800")) == 64  # what no text should hold still has a name


def test_what_cannot_be_read_is_kept_under_an_id_of_its_own() -> None:
    one, other = id_of_unreadable(fingerprint("{")), id_of_unreadable(fingerprint("}"))
    assert is_id(one)
    assert one != other
    assert one == id_of_unreadable(fingerprint("{"))
