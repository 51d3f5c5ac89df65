"""A phone whose rows disagree with the books: what it is answered, and what is kept of it."""

from base64 import b64encode
from typing import Any

import msgspec

from server.queries.divergences import KEPT_MAX, divergences, note
from server.queries.fleet import phone as phone_of
from sync.digest import row_sums, vector_hash
from sync.prints import bits_for, packed, summed
from sync.protocol import DOUBTS_PER_DAY_MAX, Differences, Reply, Row, decode_request
from tests.server.rim.company import Company, Phone
from tests.server.rim.test_round_trip import accept, begun, epoch_of, job, talk
from tests.server.rim.test_troubles import troubles


def told(data: bytes) -> str:
    return b64encode(data).decode()


def epoch_hash(company: Company) -> str:
    """The hash of no cursors at all."""
    return vector_hash(epoch_of(company.office), {})


def catalog(reply: Reply) -> list[Row]:
    """The rows of the catalog, as they were sent."""
    (page,) = [page for page in reply.streams if page.stream == "catalog"]
    return page.rows


def kept(company: Company, phone: Phone) -> list[dict[str, Any]]:
    with company.office.reading() as books:
        return divergences(books, phone.device)


def compared(company: Company, phone: Phone, token: str | None, **doubt: Any) -> Reply:
    """What is answered to a phone that doubts its catalog."""
    said = {"stream": "catalog", "found": 7, "bits": 0, **doubt}
    more = {"pull": True, "vector": epoch_hash(company)}
    return talk(company, phone, token=token, doubt=said, **more)


def test_only_the_row_that_differs_is_sent_and_what_is_none_is_named(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    rows = catalog(first)
    prints = [row_sums(row.table, row.id, bytes(row.body)) for row in rows]
    own = packed([*prints[1:], (1, 2)])
    reply = compared(company, phone, first.token, buckets=[0], prints=told(own))
    (page,) = [page for page in first.streams if page.stream == "catalog"]
    assert page.sums is not None
    assert reply.differences == Differences(
        stream="catalog", to=page.to, sums=page.sums, rows=[rows[0]], gone=packed([(1, 2)])
    )
    assert [page.stream for page in reply.streams if page.stream == "catalog"] == []


def test_of_buckets_those_that_differ_are_named(company: Company) -> None:
    phone = company.phone()
    for one in range(300):
        company.put(
            "part", company.new_id(), number=f"N-{one}", en="x", zh="x", type="generic", unit="m"
        )
    first = begun(company, phone)
    rows = catalog(first)
    prints = [row_sums(row.table, row.id, bytes(row.body)) for row in rows]
    bits = bits_for(len(prints))
    assert bits == 2
    sums = summed([*prints, (0, 5)], bits)
    reply = compared(company, phone, first.token, bits=bits, sums=told(packed(sums)))
    assert reply.differences is not None
    assert reply.differences.buckets == [0]


def test_what_a_phone_found_is_kept_once_with_how_it_ended(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    finding = {"stream": "catalog", "found": 7, "what": "replaced", "rows": 3}
    second = compared(company, phone, first.token, buckets=[0])
    going = {"stream": "catalog", "found_at": 7, "agreed_at": None, "what": None, "rows": 0}
    assert kept(company, phone) == [going]
    for _ in range(2):
        talk(company, phone, token=second.token, pull=True, findings=[finding])
    assert kept(company, phone) == [{**going, "what": "replaced", "rows": 3}]
    assert troubles(company) == []


def test_a_log_that_is_not_believed_and_a_damaged_file_need_a_person(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    said = [
        {"stream": "", "found": 7, "what": "log_shrunk"},
        {"stream": "", "found": 8, "what": "file_damaged"},
    ]
    for _ in range(2):
        talk(company, phone, token=first.token, findings=said)
    assert sorted(troubles(company), key=str) == [
        {"kind": "device.damage"},
        {"kind": "device.distrust", "what": "log_shrunk"},
    ]


def test_a_phone_that_has_all_there_is_agrees_until_it_doubts(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    cursors = {page.stream: page.to for page in first.streams}
    vector = vector_hash(first.server_epoch, cursors)

    def agreed() -> int | None:
        with company.office.reading() as books:
            found = phone_of(books, phone.device)
        heard = company.office.contacts.get(phone.device)
        assert found is not None
        kept_at: int | None = found["agreed_at"]
        return heard.agreed_at if heard is not None and heard.agreed_at else kept_at

    assert agreed() is None, "it has not said yet that it has them"
    second = talk(company, phone, token=first.token, pull=True, cursors=cursors, vector=vector)
    begun_at = company.now_ms
    assert (second.streams, agreed()) == ([], begun_at)
    company.now_ms += 1_000
    more = {"pull": True, "vector": vector}
    third = talk(company, phone, token=second.token, torn=True, **more)
    doubted = {"stream": "catalog", "found": 7, "bits": 0, "buckets": [0]}
    fourth = talk(company, phone, token=third.token, doubt=doubted, **more)
    assert agreed() == begun_at
    company.now_ms += 1_000
    talk(company, phone, token=fourth.token, ops=[accept(company, phone, order)], **more)
    assert agreed() == begun_at, "there is news for it"
    assert kept(company, phone)[0]["agreed_at"] == begun_at


def test_a_phone_says_once_when_it_read_everything_through(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    second = talk(company, phone, token=first.token, pull=True, examined=123)
    company.now_ms += 60_000
    talk(company, phone, token=second.token, ops=[accept(company, phone, job(company))])
    with company.office.reading() as books:
        found = phone_of(books, phone.device)
    assert found is not None
    assert found["examined_at"] == 123


def test_a_phone_that_asks_without_end_is_told_to_wait(company: Company) -> None:
    phone = company.phone()
    token = begun(company, phone).token
    reply = compared(company, phone, token, buckets=[0])
    assert reply.differences is not None
    assert not reply.differences.later
    with company.office.writing() as books:
        books.exec_driver_sql(f"UPDATE throttle SET tries = {DOUBTS_PER_DAY_MAX} WHERE tries = 1")
    reply = compared(company, phone, reply.token, buckets=[0])
    assert reply.differences is not None
    assert reply.differences.later


def test_a_stream_that_is_somebody_elses_is_not_compared(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    theirs = f"tech:{company.people['dispatcher']}"
    reply = compared(company, phone, first.token, stream=theirs, buckets=[0])
    assert reply.differences is None


def test_a_question_that_makes_no_sense_is_refused_by_its_field(company: Company) -> None:
    phone = company.phone()
    first = begun(company, phone)
    doubt = {"stream": "catalog", "found": 7, "bits": 3, "sums": told(b"12345678")}
    request = phone.request(token=first.token, pull=True, doubt=doubt)
    answer = company.client.post("/sync", json=request, headers=phone.headers())
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (
        400,
        ["doubt"],
    )


def test_of_one_phone_no_more_is_kept_than_anybody_would_read(company: Company) -> None:
    phone = company.phone()
    begun(company, phone)
    for half in range(3):
        said = [
            {"stream": "catalog", "found": half * 50 + one, "what": "counted"} for one in range(50)
        ]
        request = phone.request(findings=said)
        with company.office.writing() as books:
            note(books, decode_request(msgspec.json.encode(request)))
    with company.office.reading() as books:
        count = books.exec_driver_sql("SELECT count(*), min(found_at) FROM divergence").one()
    assert tuple(count) == (KEPT_MAX, 50)
