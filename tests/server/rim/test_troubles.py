"""What is odd about a phone is written down once: a fork, a gap, a broken chain, a torn copy."""

from typing import Any

import msgspec

from server.queries import troubles as troubled
from shared.ids import fingerprint
from sync.digest import vector_hash
from sync.protocol import Reply
from tests.server.rim.company import Company, Phone
from tests.server.rim.test_round_trip import accept, begun, epoch_of, job, talk

KINDS = ", ".join(f"'{kind}'" for kind in troubled.KINDS)
PRINTS: dict[tuple[int, int], str] = {}  # of the op at a place, by company


def ops(company: Company, phone: Phone, *places: int) -> list[dict[str, Any]]:
    """Ops at these places, each of which names the one at the place before it."""
    order = job(company)
    made = []
    for place in places:
        named = PRINTS.get((id(company), place - 1), fingerprint(f"at {place - 1}"))
        made.append(op(company, phone, order, place, named if place > 1 else None))
    return made


def op(company: Company, phone: Phone, order: str, place: int, prev: str | None) -> dict[str, Any]:
    """An op at a place that names this one as recorded before it."""
    said = accept(company, phone, order)
    body = msgspec.json.decode(said["body"])
    named = {"prev": prev} if prev is not None else {}
    text = msgspec.json.encode({**body, **named}).decode()
    PRINTS[(id(company), place)] = fingerprint(text)
    return {**said, "body": text, "lseq": place}


def push(company: Company, phone: Phone, token: str | None, *places: int) -> Reply:
    return talk(company, phone, token=token, ops=ops(company, phone, *places))


def troubles(company: Company) -> list[dict[str, Any]]:
    """The events told of phones, in the order they came, with their facts."""
    with company.office.reading() as books:
        rows = books.exec_driver_sql(
            f"SELECT kind, body FROM op WHERE kind IN ({KINDS}) ORDER BY received, kind"
        ).fetchall()
    return [{"kind": row[0], **msgspec.json.decode(row[1])["facts"]} for row in rows]


def test_places_that_go_on_without_a_hole_are_no_trouble(company: Company) -> None:
    phone = company.phone()
    first = push(company, phone, begun(company, phone).token, 1, 2)
    push(company, phone, first.token, 3)
    assert troubles(company) == []


def test_a_hole_in_the_places_is_told_once_however_often_it_is_sent(company: Company) -> None:
    phone = company.phone()
    first = push(company, phone, begun(company, phone).token, 1)
    later = ops(company, phone, 4, 6)
    for _ in range(2):
        assert len(talk(company, phone, token=first.token, ops=later).results) == 2
    told = {"kind": "device.gap", "incarnation": "inc-1", "missing": 3, "first": 2, "last": 5}
    loose = {"kind": "device.unlinked", "incarnation": "inc-1", "count": 2, "first": 4}
    assert troubles(company) == [told, loose]


def test_what_came_another_way_is_not_missing(company: Company) -> None:
    phone = company.phone()
    first = push(company, phone, begun(company, phone).token, 1, 2, 3)
    with company.office.writing() as books:
        books.exec_driver_sql("UPDATE incarnation SET lseq_max = 1")
    push(company, phone, first.token, 4)
    assert troubles(company) == []


def test_a_torn_copy_is_told_once_an_hour(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    second = first
    for _ in range(2):
        second = talk(company, phone, token=first.token, full=True, torn=True)
    assert troubles(company) == [{"kind": "device.tear", "incarnation": "inc-1"}]
    company.now_ms += 3_600_000
    talk(company, phone, token=second.token, full=True, torn=True)
    assert len(troubles(company)) == 2


def test_a_copied_phone_is_told_once_also_when_its_answer_was_lost(company: Company) -> None:
    phone = company.phone()
    begun(company, phone)
    more = {"incarnation": "inc-2", "forked_from": "inc-1", "full": True, "pull": True}
    for _ in range(2):
        talk(company, phone, vector=vector_hash(epoch_of(company.office), {}), **more)
    assert troubles(company) == [{"kind": "device.fork", "from": "inc-1", "to": "inc-2"}]


def test_a_chain_that_goes_on_over_many_requests_is_no_trouble_and_asks_no_more(
    company: Company,
) -> None:
    phone = company.phone()
    token = begun(company, phone).token
    for places in ((1, 2, 3), (4,), (5, 6)):
        token = push(company, phone, token, *places).token
    assert troubles(company) == []


def test_an_op_that_names_what_never_came_is_told_once(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = push(company, phone, begun(company, phone).token, 1)
    lost = [op(company, phone, order, 2, "f" * 64)]
    for _ in range(2):
        talk(company, phone, token=first.token, ops=lost)
    told = {"kind": "device.unlinked", "incarnation": "inc-1", "count": 1, "first": 2}
    assert troubles(company) == [told]


def test_an_op_that_names_nothing_though_there_was_something_is_told(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = push(company, phone, begun(company, phone).token, 1)
    talk(company, phone, token=first.token, ops=[op(company, phone, order, 2, None)])
    told = {"kind": "device.unlinked", "incarnation": "inc-1", "count": 1, "first": 2}
    assert troubles(company) == [told]


def test_two_ops_that_name_the_same_one_are_told_also_when_one_came_long_before(
    company: Company,
) -> None:
    phone, order = company.phone(), job(company)
    first = push(company, phone, begun(company, phone).token, 1, 2, 3)
    one = PRINTS[(id(company), 1)]
    second = talk(company, phone, token=first.token, ops=[op(company, phone, order, 4, one)])
    before = {"kind": "device.branched", "incarnation": "inc-1", "count": 1, "first": 4}
    assert troubles(company) == [before]
    company.now_ms += 1
    both = [op(company, phone, order, place, PRINTS[(id(company), 4)]) for place in (5, 6)]
    talk(company, phone, token=second.token, ops=both)
    assert troubles(company) == [before, {**before, "first": 6}]


def test_after_a_fork_a_chain_goes_on_from_what_the_books_have(company: Company) -> None:
    phone, order = company.phone(), job(company)
    push(company, phone, begun(company, phone).token, 1, 2)
    more = {"incarnation": "inc-2", "forked_from": "inc-1", "full": True}
    on = [op(company, phone, order, 9, PRINTS[(id(company), 2)])]
    talk(company, phone, vector=vector_hash(epoch_of(company.office), {}), ops=on, **more)
    kinds = [one["kind"] for one in troubles(company)]
    assert "device.fork" in kinds
    assert not {"device.unlinked", "device.branched"} & set(kinds)
