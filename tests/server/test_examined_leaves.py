"""Single leaves can be checked up to the signed head, and a change behind the back shows."""

from sqlalchemy import Engine, select, update

from server.auditor import Finding, examine
from server.database import reading, writing
from server.notary import Seal, notarise, publish_keys
from server.tables import METADATA
from tests.server.samples import RECEIVED, begin, entry, put
from tests.server.test_auditor import KEY, PUBLICS, SEAL

LEAF, OP = (METADATA.tables[name] for name in ("leaf", "op"))
EPOCH, HEAD = METADATA.tables["epoch"], METADATA.tables["tree_head"]
OURS = select(OP.c.op_id).where(OP.c.op_id.not_in(select(EPOCH.c.first_leaf))).order_by(OP.c.op_id)


def signed(engine: Engine, seal: Seal = SEAL) -> list[str]:
    """Four ops in the signed log; their ids."""
    begin(engine)
    put(engine, entries=[entry(number, received=RECEIVED + number) for number in range(4)])
    with writing(engine) as books:
        publish_keys(books, {"k1": KEY.public_key()})
        notarise(books, seal, RECEIVED)
        return list(books.scalars(OURS))


def looked_at(engine: Engine, op_ids: list[str]) -> dict[str, Finding]:
    with reading(engine) as books:
        return {one.op_id: one for one in examine(books, PUBLICS, op_ids)}


def test_each_signed_leaf_is_proven_and_one_that_waits_says_so(engine: Engine) -> None:
    ops = signed(engine)
    put(engine, entries=[entry("fresh", received=RECEIVED + 50)])
    with reading(engine) as books:
        ops = list(books.scalars(OURS))
    found = looked_at(engine, ops)
    proven = [one for one in found.values() if one.head is not None]
    assert len(proven) == 4
    assert {one.fault for one in found.values()} == {None}
    assert [one.number for one in found.values() if one.head is None] == [None]


def test_a_changed_body_and_a_changed_verdict_are_found_leaf_by_leaf(engine: Engine) -> None:
    ops = signed(engine)
    with writing(engine) as books:
        books.execute(update(OP).where(OP.c.op_id == ops[0]).values(verdict="rejected"))
        books.execute(update(OP).where(OP.c.op_id == ops[1]).values(body=b"{}"))
    found = looked_at(engine, ops)
    assert found[ops[0]].fault == "op_changed"
    assert found[ops[1]].fault == "body_changed"
    assert found[ops[2]].fault is None


def test_a_changed_hash_and_a_changed_head_are_found(engine: Engine) -> None:
    ops = signed(engine)
    with writing(engine) as books:
        books.execute(update(LEAF).where(LEAF.c.op_id == ops[0]).values(hash=b"x" * 32))
    assert looked_at(engine, [ops[0]])[ops[0]].fault == "leaf_changed"
    with writing(engine) as books:
        books.execute(update(HEAD).values(root="00" * 32))
    assert looked_at(engine, [ops[1]])[ops[1]].fault == "tree_differs"


def test_an_op_without_a_leaf_and_an_unknown_key_are_faults(engine: Engine) -> None:
    ops = signed(engine)
    with reading(engine) as books:
        assert {one.fault for one in examine(books, {}, ops)} == {"key_unknown"}
        assert examine(books, PUBLICS, ["nowhere"]) == [
            Finding(op_id="nowhere", number=None, fault="leaf_missing")
        ]
