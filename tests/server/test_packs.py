"""What is packed in pieces opens to what was said; what was packed before is not packed anew."""

import zlib

from hypothesis import given, strategies as st

from server import packs
from server.packs import ENTRY_BYTES, PIECE_BYTES, PIECE_BYTES_MAX, Item, Packs

AROUND = (b'{"streams":[', b"]}")
items = st.lists(st.builds(Item, st.text(max_size=3), st.binary(max_size=60), st.booleans()))


def opened(packed: bytes) -> bytes:
    """What is in one gzip member, which has to be whole and alone."""
    opener = zlib.decompressobj(16 + zlib.MAX_WBITS)
    content = opener.decompress(packed)
    assert opener.eof
    assert opener.unused_data == b""
    return content


def said(listed: list[Item]) -> bytes:
    return AROUND[0] + b",".join(one.content for one in listed) + AROUND[1]


def packed(kept: Packs, listed: list[Item]) -> bytes:
    before, after = AROUND
    return kept.packed(before, listed, after)


def rows(number: int, text: str = "") -> Item:
    """A page of some kilobytes that is like no other."""
    content = "".join(f"{number} {text} {line} " for line in range(1_000))
    return Item(f"wo:{number}", content.encode(), lasts=True)


@given(answers=st.lists(items, max_size=4))
def test_what_is_packed_opens_to_what_was_said_however_often(answers: list[list[Item]]) -> None:
    kept = Packs()
    for listed in (*answers, *answers):
        assert opened(packed(kept, listed)) == said(listed)


def test_the_same_answer_is_packed_once() -> None:
    kept, listed = Packs(), [rows(number) for number in range(60)]
    first = packed(kept, listed)
    size = kept.bytes
    assert (packed(kept, listed), kept.bytes) == (first, size)
    assert len(first) < size < len(said(listed)) / 2


def test_a_change_is_packed_with_what_is_beside_it_and_nothing_else() -> None:
    kept, listed = Packs(), [rows(number) for number in range(200)]
    packed(kept, listed)
    size = kept.bytes
    listed[100] = rows(100, "changed")
    del listed[150]
    assert opened(packed(kept, listed)) == said(listed)
    assert 0 < kept.bytes - size < size / 4


def test_what_nobody_else_is_sent_is_not_kept() -> None:
    kept = Packs()
    listed = [Item("wo:1", rows(1).content, lasts=False) for _ in range(20)]
    assert opened(packed(kept, listed)) == said(listed)
    assert kept.bytes == 0


def test_pieces_have_a_size_that_is_worth_it() -> None:
    listed = [rows(number) for number in range(200)]
    sizes = [len(piece) for piece, _ in packs._pieces(listed)]
    longest = max(len(one.content) for one in listed)
    assert all(PIECE_BYTES <= one <= PIECE_BYTES_MAX + longest for one in sizes[:-1])


def test_what_is_kept_stays_within_its_bytes_and_the_last_asked_for_stays() -> None:
    listed = [rows(number) for number in range(40)]
    whole = Packs()
    packed(whole, listed)
    kept = Packs(whole.bytes // 2)
    for _ in range(2):
        assert opened(packed(kept, listed)) == said(listed)
        assert ENTRY_BYTES < kept.bytes <= whole.bytes // 2
    last = listed[-1:]
    packed(kept, last)
    before = kept.bytes
    packed(kept, last)
    assert kept.bytes == before
