"""However many signatures stay open for good, one that can be settled is found."""

from collections.abc import Iterator

import pytest
from msgspec import structs
from sqlalchemy import Connection, Engine

from server.database import reading
from server.queries import proofs
from shared.ids import derive
from shared.records import Record
from shared.sign_off import SealState, SignedDocument, SignOff
from tests.server.samples import begin, entry, full, put

MANY = proofs.AT_ONCE_MAX + 20
ABOUT = tuple(full(one) for one in ("customer", "site", "ticket", "work_order"))
COME, NEVER = derive("come"), derive("never")


def signed(number: int, state: SealState, fault: str) -> Iterator[Record]:
    """A sign-off that is open for want of a fact, the higher its number the newer."""
    sign_off, kept = full("sign_off"), full("signed_document")
    assert isinstance(sign_off, SignOff)
    assert isinstance(kept, SignedDocument)
    its = structs.replace(
        sign_off,
        id=derive("sign-off", number),
        group_id=derive("group", number),
        state=state,
        faults=(fault,),
        at=number,
    )
    yield its
    yield structs.replace(kept, id=derive("kept", number), sign_off_id=its.id)


def found(books: Connection, looks: int) -> list[str]:
    """The sign-offs that so many looks, each behind the one before, find to be due."""
    places: proofs.Places = {}
    due: list[str] = []
    for _ in range(looks):
        look = proofs.look(books, places)
        due += [str(one.args["sign_off"]) for one in look.due]
        places = look.then
    return due


@pytest.mark.parametrize("ripe", [0, MANY // 2, MANY - 1], ids=["oldest", "in between", "newest"])
def test_one_that_is_ripe_is_found_among_many_that_never_will_be(engine: Engine, ripe: int) -> None:
    begin(engine)
    faults = {ripe: COME}
    rows = [row for no in range(MANY) for row in signed(no, "diverged", faults.get(no, NEVER))]
    note = structs.replace(full("note"), id=COME)
    put(engine, *ABOUT, *rows, note, entries=[entry("any")])
    with reading(engine) as books:
        assert found(books, 2) == [derive("sign-off", ripe)]
        assert found(books, 4) == [derive("sign-off", ripe)] * 2


def test_a_look_costs_no_more_than_so_many_sign_offs(engine: Engine) -> None:
    begin(engine)
    put(
        engine,
        *ABOUT,
        *(row for no in range(MANY) for row in signed(no, "pending", NEVER)),
        entries=[entry("any")],
    )
    with reading(engine) as books:
        look = proofs.look(books, {})
        assert len(look.due) == proofs.AT_ONCE_MAX
        assert len(proofs.look(books, look.then).due) == MANY - proofs.AT_ONCE_MAX
