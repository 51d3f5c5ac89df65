"""What a phone keeps of its ops: all of them until a backup has them, then their receipts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mobile import keeping
from mobile.keeping import MONTH_MS
from mobile.queries.lines import Receipt
from tests.mobile.phones import Phone
from tests.world import World

NOTE = {"text": "Filter was blocked", "audience": "internal"}


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    """Ann's phone, with a job that she works on."""
    phone = Phone(tmp_path, World())
    phone.work()
    yield phone
    phone.connection.close()


def vouched(phone: Phone, through: int | None, **given: Any) -> None:
    """The server has said how far its backup goes."""
    with phone.replica.transaction():
        known = structs.replace(phone.replica.identity(), durable_through=through, **given)
        phone.replica.identify(known)
    keeping.tidy(phone.replica, phone.folder, 2e9)


def held(phone: Phone) -> list[str]:
    return [one.op_id for one in phone.replica.all_ops()]


def receipts(phone: Phone) -> list[tuple[Any, ...]]:
    asked = "SELECT op_id, fingerprint, verdict, received, epoch FROM receipt ORDER BY received"
    return phone.connection.execute(asked).fetchall()


def test_an_op_stays_until_a_backup_begun_a_month_later_and_then_leaves_its_receipt(
    phone: Phone,
) -> None:
    """C08."""
    phone.sync()
    phone.sync()
    before = phone.replica.all_ops()
    received = max(one.received or 0 for one in before)
    for through in (None, 1, received, received + MONTH_MS - 1_000_000_000):
        vouched(phone, through)
        assert held(phone) == [one.op_id for one in before]
    vouched(phone, received + MONTH_MS)
    assert held(phone) == [before[-1].op_id]  # the next place is counted on from it
    told = [(o.op_id, o.fingerprint, o.verdict, o.received, o.epoch) for o in before[:-1]]
    assert sorted(receipts(phone)) == sorted(told)
    rest = phone.connection.execute("SELECT DISTINCT op_id FROM outbox_touch").fetchall()
    assert rest == [(before[-1].op_id,)]


def test_after_letting_go_places_and_chain_go_on(phone: Phone) -> None:
    phone.sync()
    last = phone.replica.all_ops()[-1]
    vouched(phone, 2**52)
    fresh = phone.must("note.add", NOTE)
    assert fresh.lseq == last.lseq + 1
    assert f'"prev":"{last.fingerprint}"' in fresh.body
    phone.sync()
    (told,) = phone.replica.outboxed([fresh.op_id])
    assert told.verdict == "applied"


def test_a_server_may_take_back_how_far_its_backup_goes(phone: Phone) -> None:
    vouched(phone, 5)
    phone.sync()
    assert phone.replica.identity().durable_through is None


def test_receipts_can_be_read(phone: Phone) -> None:
    phone.sync()
    before = phone.replica.all_ops()
    vouched(phone, 2**52)
    told = phone.queries.receipts()
    assert [one.op_id for one in told] == [one.op_id for one in before[:-1]]
    first = before[0]
    assert told[0] == Receipt(
        op_id=first.op_id,
        fingerprint=first.fingerprint,
        kind="work_order.accept",
        on=first.on,
        done_at=first.recorded,
        verdict="applied",
        code=None,
        received=first.received or 0,
        epoch=str(first.epoch),
    )


def test_what_is_not_settled_or_of_another_epoch_stays(phone: Phone) -> None:
    """C14."""
    phone.sync()
    waiting = phone.must("note.add", NOTE)
    refused = phone.must("note.add", NOTE)
    phone.connection.execute(
        "UPDATE outbox SET verdict = 'rejected', epoch = ?, received = 1 WHERE op_id = ?",
        (phone.replica.identity().epoch, refused.op_id),
    )
    lying = phone.replica.all_ops()[1].op_id
    phone.connection.execute("UPDATE outbox SET on_top = 1 WHERE op_id = ?", (lying,))
    phone.must("note.add", NOTE)
    before, epoch = held(phone), phone.replica.identity().epoch
    vouched(phone, 2**52, epoch="another")
    assert held(phone) == before
    vouched(phone, 2**52, epoch=epoch)
    assert held(phone) == [lying, *before[-3:]]
    assert waiting.op_id in held(phone)
    assert refused.op_id in held(phone)
