"""Another phone carries a rescue file to the server: it hands it in unread and hears the counts."""

from typing import Any

from server import rescue, wiping
from server.custody import BYTES_PER_DAY_MAX
from tests.server.rim.company import Company, Phone
from tests.server.rim.lane import jpeg, rows_of
from tests.server.rim.rescued import packed
from tests.server.rim.test_round_trip import accept, job

RAW = {"Content-Type": "application/octet-stream"}


def carried(company: Company, phone: Phone, content: Any, **headers: str) -> Any:
    said = {**phone.headers(), **RAW, **headers}
    return company.client.post("/rescue", content=content, headers=said)


def left(company: Company) -> set[str]:
    """What has not all arrived, or was not let go of."""
    return set(company.office.parts.touched())


def test_a_carrier_hears_how_much_it_was_and_the_work_is_its_authors(company: Company) -> None:
    """S10."""
    phone, order = company.phone(), job(company)
    other = company.phone()
    content = packed(company, phone, [accept(company, phone, order)], jpeg(3)).getvalue()

    answer = carried(company, other, content)

    assert (answer.status_code, answer.json()) == (200, {"ops": 1, "files": 1})
    (row,) = (one for one in rows_of(company, "op") if one.kind == "work_order.accept")
    assert (row.device, row.verdict) == (phone.device, "applied")
    assert left(company) == set()
    assert carried(company, other, content).json() == {"ops": 1, "files": 1}
    assert len([one for one in rows_of(company, "op") if one.kind == "work_order.accept"]) == 1


def test_what_is_wrong_with_a_file_is_told_and_nothing_of_it_stays(company: Company) -> None:
    phone, order = company.phone(), job(company)
    content = packed(company, phone, [accept(company, phone, order)]).getvalue()

    answers = [carried(company, phone, bad) for bad in (b"%PDF", content[:-1], b"")]

    told = [(one.status_code, one.json()["code"]) for one in answers]
    assert told == [(400, "rescue_no_file"), (400, "rescue_spoiled"), (400, "rescue_no_file")]
    assert [one for one in rows_of(company, "op") if one.kind == "work_order.accept"] == []
    assert left(company) == set()


def test_nobody_without_a_phone_of_this_house_hands_one_in(company: Company) -> None:
    phone = company.phone()
    content = packed(company, phone, []).getvalue()
    assert company.client.post("/rescue", content=content, headers=RAW).status_code == 401
    session = company.signed_in("dispatcher")
    assert company.client.post("/rescue", content=content, headers=session).status_code == 401


def test_a_file_that_says_it_is_too_large_is_not_waited_for(company: Company) -> None:
    phone = company.phone()
    answer = carried(company, phone, b"x", **{"Content-Length": "2000000001"})
    assert (answer.status_code, answer.json()["code"]) == (413, "rescue_too_large")
    assert left(company) == set()


def test_a_file_that_does_not_say_how_long_it_is_is_not_begun(company: Company) -> None:
    answer = carried(company, company.phone(), iter([b"x"]))
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_header")


def test_a_phone_carries_only_so_much_a_day(company: Company) -> None:
    phone = company.phone()
    big = {"Content-Length": str(BYTES_PER_DAY_MAX)}
    codes = [carried(company, phone, b"x", **big).status_code for _ in range(2)]
    assert codes[-1] == 429
    assert carried(company, company.phone(), b"x").json()["code"] == "rescue_no_file"


def test_a_small_file_counts_as_much_as_a_middling_one(company: Company) -> None:
    phone = company.phone()
    nearly = {"Content-Length": str(BYTES_PER_DAY_MAX - 400_000)}
    codes = [carried(company, phone, b"x", **more).status_code for more in (nearly, {})]
    assert codes == [400, 429]


def test_a_revoked_phone_carries_nothing_past_what_it_may_hand_in_a_day(company: Company) -> None:
    phone, order = company.phone(), job(company)
    content = packed(company, phone, [accept(company, phone, order)]).getvalue()
    company.office.revoke(phone.device, company.people["dispatcher"])

    answer = carried(company, phone, content)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert [one for one in rows_of(company, "op") if one.kind == "work_order.accept"] == []
    assert left(company) == set()


def test_nobody_carries_round_a_drain_that_somebody_closed(company: Company) -> None:
    phone, other, order = company.phone(), company.phone(), job(company)
    content = packed(company, phone, [accept(company, phone, order)]).getvalue()
    by = company.people["dispatcher"]
    company.office.revoke(phone.device, by)
    assert carried(company, other, content).json() == {"ops": 1, "files": 0}
    wiping.close_drain(company.office, phone.device, by)
    more = packed(company, phone, [accept(company, phone, order)])

    answer = carried(company, other, more.getvalue())

    assert (answer.status_code, answer.json()["code"]) == (403, "rescue_closed")
    assert len([one for one in rows_of(company, "op") if one.kind == "work_order.accept"]) == 1
    assert rescue.take_in(company.office, more, by).ops_new == 1  # the office may want it
