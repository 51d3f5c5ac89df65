"""Rows reach either database as they are, and what does not fit is refused as what it is."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from server import rows
from server.database import reading, refusals, writing
from server.tables import METADATA
from sync.ports import Unwritable

OP = METADATA.tables["op"]
LEAF = METADATA.tables["leaf"]
SIGNS = 'ü "quoted" \\ {brace}, NULL 左\n'
PLAIN: dict[str, Any] = {
    "op_id": "one",
    "fingerprint": "f",
    "verdict": "applied",
    "epoch": "e",
    "n": 1,
    "received": 5,
    "done_at": -1,
    "uncertain": False,
    "detail": '{"a": null}',
    "flags": "[]",
    "at": '{"x": 9007199254740992}',
}
ODD = {**PLAIN, "op_id": "two", "kind": SIGNS, "v": 0, "uncertain": True, "lseq": 2**52}


def row(told: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(told.get(column.name) for column in OP.c)


def read(told: dict[str, Any]) -> tuple[Any, ...]:
    return row({**told, "detail": {"a": None}, "flags": [], "at": {"x": 2**53}})


def test_every_kind_of_value_comes_back_as_it_was(engine: Engine) -> None:
    leaves = [
        ("one", 1, "e", 5, b"\0\xff", b"", None, None),
        ("two", 1, "e", 5, b"", b"{}", 2**50, SIGNS),
    ]
    with writing(engine) as connection:
        kept = (rows.Insert("op", (), [row(PLAIN), row(ODD)]), rows.Insert("leaf", (), leaves))
        rows.insert_all(connection, kept)
        rows.add(connection, "throttle", (), [(SIGNS, 2**40, 3)])
        rows.change(connection, "leaf", ("op_id",), ("number", "wrote"), [("two", None, "NULL")])
    with reading(engine) as connection:
        ops = connection.execute(select(OP).order_by(OP.c.op_id)).all()
        assert [tuple(one) for one in ops] == [read(PLAIN), read(ODD)]
        told = connection.execute(select(LEAF).order_by(LEAF.c.op_id)).all()
        assert [tuple(one) for one in told] == [leaves[0], (*leaves[1][:6], None, "NULL")]
        tries = connection.execute(select(METADATA.tables["throttle"])).all()
        assert [tuple(one) for one in tries] == [(SIGNS, 2**40, 3)]


@pytest.mark.parametrize("unfit", [{"v": 2**63}, {"kind": "\ud800"}])
def test_what_no_database_can_hold_is_unwritable(engine: Engine, unfit: dict[str, Any]) -> None:
    with writing(engine) as connection, pytest.raises(Unwritable), refusals():
        rows.add(connection, "op", (), [row({**PLAIN, **unfit})])
