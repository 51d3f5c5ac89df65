"""The audit log's tree: numbered once, signed at most once a second, provable to anyone."""

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings, strategies as st
from msgspec import structs
from sqlalchemy import Connection, Engine, select

from server import notary, tree
from server.auditor import is_signed
from server.database import reading, writing
from server.library import ReadingRoom
from server.notary import Seal, is_due, notarise
from server.rows import add
from server.tables import METADATA
from shared.audit import Span, extends, includes, leaf_hash
from shared.canonical import canonical
from sync.ports import Wanted
from sync.protocol import SignedHead
from sync.witness import signed_bytes
from tests.rfc9162 import root
from tests.server.samples import RECEIVED, SALT, begin, entry, ledger, put, undone

KEY = ec.derive_private_key(7, ec.SECP256R1())
SEAL = Seal(signer=KEY, key="k1", holder="one")
LEAF = METADATA.tables["leaf"]
SECOND = 1_000
NOTHING = Wanted(aggregates=frozenset(), refs=frozenset())


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_a_log_that_grows_in_steps_is_the_log_that_grew_at_once(
    memory: Engine, steps: list[int]
) -> None:
    with undone(memory) as connection:
        books = ledger(connection)
        books.begin_epoch("e", RECEIVED, SALT)
        names = itertools.count()
        heads: list[SignedHead] = []
        for turn, step in enumerate(steps):
            told = [entry(next(names)) for _ in range(step)]
            books.enter(told, books.load(NOTHING))
            head = notarise(connection, SEAL, RECEIVED + turn * SECOND)
            heads += [head] if head else []
        check_log(connection, heads)


def check_log(connection: Connection, heads: list[SignedHead]) -> None:
    """Everything that a stranger could ask of the log."""
    leaves = connection.execute(select(LEAF.c.op_id, LEAF.c.hash).order_by(LEAF.c.number)).all()
    hashes = [one.hash for one in leaves]
    last = tree.head(connection)
    assert last is not None
    assert last.size == len(hashes)
    for head in heads:
        assert head.root == root(hashes[: head.size]).hex()
        assert is_signed(head, KEY.public_key())
        proof = tree.consistency(connection, head.size, last.size)
        span = Span(
            older=head.size,
            older_root=bytes.fromhex(head.root),
            newer=last.size,
            newer_root=bytes.fromhex(last.root),
        )
        assert extends(span, [bytes.fromhex(one) for one in proof])
    for number, leaf in enumerate(leaves):
        place = tree.inclusion(connection, leaf.op_id)
        assert place is not None
        assert (place.number, leaf_hash(place.leaf)) == (number, leaf.hash)
        path = [bytes.fromhex(one) for one in place.path]
        assert includes(leaf.hash, number, path, (last.size, bytes.fromhex(last.root)))


def test_a_head_is_signed_at_most_once_a_second_and_only_for_news(engine: Engine) -> None:
    begin(engine)
    put(engine, entries=[entry("a")])
    first = sign_at(engine, RECEIVED)
    assert first is not None
    assert first.size == 2
    put(engine, entries=[entry("b")])
    assert sign_at(engine, RECEIVED + SECOND - 1) is None
    second = sign_at(engine, RECEIVED + SECOND)
    assert second is not None
    assert second.size == 3
    assert sign_at(engine, RECEIVED + 60 * SECOND) is None
    with reading(engine) as connection:
        assert tree.head(connection) == second
        assert not is_due(connection, RECEIVED + 60 * SECOND)


def sign_at(engine: Engine, now_ms: int, holder: str = "one") -> SignedHead | None:
    with writing(engine) as connection:
        return notarise(connection, structs.replace(SEAL, holder=holder), now_ms)


def test_a_clock_that_was_set_back_stops_nobody(engine: Engine) -> None:
    begin(engine)
    assert sign_at(engine, RECEIVED) is not None
    put(engine, entries=[entry("a")])
    assert sign_at(engine, RECEIVED - 10**9) is not None


def test_only_one_notary_works_until_its_lease_ends(engine: Engine) -> None:
    begin(engine)
    assert sign_at(engine, RECEIVED, "one") is not None
    put(engine, entries=[entry("a")])
    assert sign_at(engine, RECEIVED + 2 * SECOND, "two") is None
    assert sign_at(engine, RECEIVED + 2 * SECOND, "one") is not None
    put(engine, entries=[entry("b")])
    assert sign_at(engine, RECEIVED + 2 * SECOND + notary.LEASE_MS + 1, "two") is not None


def test_there_is_nothing_to_sign_before_the_first_epoch(engine: Engine) -> None:
    assert sign_at(engine, RECEIVED) is None
    with reading(engine) as connection:
        assert tree.head(connection) is None
        assert tree.inclusion(connection, "x") is None
        assert tree.consistency(connection, 1, 2) == []


def test_a_signature_is_over_canonical_json_and_always_the_same() -> None:
    head = SignedHead(epoch="e", size=3, root="00" * 32, at=5, key="k1", signature="")
    signed = notary.sign(head, KEY)
    assert signed_bytes(head) == canonical(
        {"epoch": "e", "size": 3, "root": "00" * 32, "at": 5, "key": "k1"}
    )
    assert notary.sign(head, KEY) == signed
    assert len(bytes.fromhex(signed.signature)) == 64
    assert is_signed(signed, KEY.public_key())


@pytest.mark.parametrize(
    "change",
    [
        {"size": 4},
        {"root": "01" * 32},
        {"at": 6},
        {"key": "k2"},
        {"epoch": "f"},
        {"signature": ""},
        {"signature": "zz"},
        {"signature": "00" * 64},
        {"signature": "11" * 65},
    ],
)
def test_a_changed_head_is_not_signed(change: dict[str, str]) -> None:
    head = SignedHead(epoch="e", size=3, root="00" * 32, at=5, key="k1", signature="")
    signed = notary.sign(head, KEY)
    assert not is_signed(structs.replace(signed, **change), KEY.public_key())


def test_a_device_gets_the_newest_head_with_the_proof_from_the_one_it_knows(
    engine: Engine,
) -> None:
    begin(engine)
    put(engine, entries=[entry("a")])
    older = sign_at(engine, RECEIVED)
    assert older is not None
    put(engine, entries=[entry(number) for number in range(5)])
    newer = sign_at(engine, RECEIVED + SECOND)
    assert newer is not None
    with reading(engine) as connection:
        room = ReadingRoom(connection)
        assert room.audit_head(0) == newer
        assert room.audit_head(newer.size) is None
        told = room.audit_head(older.size)
        assert told is not None
    span = Span(
        older=older.size,
        older_root=bytes.fromhex(older.root),
        newer=told.size,
        newer_root=bytes.fromhex(told.root),
    )
    assert extends(span, [bytes.fromhex(one) for one in told.proof])


def test_a_great_many_leaves_are_numbered_a_piece_at_a_time(engine: Engine) -> None:
    begin(engine)
    size = notary.LEAVES_AT_ONCE_MAX + 5
    with writing(engine) as connection:
        rows = ((f"op{n}", 1, "epoch-1", n, b"", leaf_hash(b""), None, None) for n in range(size))
        add(connection, "leaf", (), list(rows))
    heads = [sign_at(engine, RECEIVED + turn * SECOND) for turn in range(3)]
    sizes = [head.size for head in heads if head is not None]
    assert sizes == [1 + notary.LEAVES_AT_ONCE_MAX, 1 + size]
