"""How far an assignment has got, and what a phone says of itself, as the office sees both."""

from typing import Any

from server.queries.delivery import deliveries, delivery
from server.rounds import tidy
from sync.digest import vector_hash
from sync.protocol import Reply
from tests.server.rim.company import Company, Phone, asked_of
from tests.server.rim.test_office_ops import say, verdicts
from tests.server.rim.test_round_trip import accept, begun, job, talk


def times(company: Company, order: str) -> list[dict[str, Any]]:
    with company.office.reading() as books:
        return delivery(books, order)


def steps(company: Company, order: str) -> tuple[bool, ...]:
    (found,) = times(company, order)
    names = ("sent_at", "on_phone_at", "seen_at", "accepted_at")
    return tuple(found[name] is not None for name in names)


def confirmed(company: Company, phone: Phone, first: Reply, **more: Any) -> Reply:
    """The next request of a phone that has taken the first answer in."""
    cursors = {page.stream: page.to for page in first.streams}
    vector = vector_hash(first.server_epoch, cursors)
    return talk(
        company, phone, token=first.token, cursors=cursors, vector=vector, pull=True, **more
    )


def test_an_assignment_is_sent_then_on_the_phone_then_accepted(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    assert steps(company, order) == (True, False, False, False)
    company.now_ms += 5_000
    confirmed(company, phone, first)
    assert steps(company, order) == (True, True, False, False)
    (before,) = times(company, order)
    assert (before["on_phone_at"], before["device"]) == (company.now_ms, phone.device)
    assert (before["person"]["login"], before["role"]) == ("technician", "lead")
    company.now_ms += 5_000
    confirmed(company, phone, first, ops=[accept(company, phone, order)])
    (after,) = times(company, order)
    assert after["on_phone_at"] == before["on_phone_at"]
    assert after["sent_at"] <= after["on_phone_at"] <= after["accepted_at"]
    assert (after["seen_at"], after["accepted_at"]) == (after["accepted_at"], after["accepted_at"])


def test_cursors_that_do_not_agree_confirm_nothing(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    cursors = {page.stream: page.to for page in first.streams}
    told = talk(company, phone, token=first.token, cursors=cursors, vector="wrong", pull=True)
    assert told.need_vector
    assert steps(company, order) == (True, False, False, False)


def test_a_cursor_before_the_row_confirms_nothing_and_nobody_confirms_for_another(
    company: Company,
) -> None:
    phone, other, order = company.phone(), company.phone("partner"), job(company)
    first = begun(company, phone)
    short = {page.stream: page.to - page.stream.startswith("wo:") * 2 for page in first.streams}
    vector = vector_hash(first.server_epoch, short)
    second = talk(company, phone, token=first.token, cursors=short, vector=vector, pull=True)
    assert steps(company, order) == (True, False, False, False)
    theirs = begun(company, other)
    vector = vector_hash(theirs.server_epoch, {f"wo:{order}": 99})
    reply = talk(*(company, other), token=theirs.token, cursors={f"wo:{order}": 99}, vector=vector)
    assert not reply.need_vector
    assert steps(company, order) == (True, False, False, False)
    assert second.token is not None


def test_a_job_that_goes_to_another_one_starts_anew(company: Company) -> None:
    phone, order = company.phone(), job(company)
    confirmed(company, phone, begun(company, phone))
    again = {"person": company.people["partner"]}
    on = ["work_order", order]
    op = {"id": company.new_id(), "kind": "work_order.reassign", "on": on, "args": again}
    assert verdicts(say(company, "dispatcher", op)) == ["applied"]
    assert steps(company, order) == (True, False, False, False)
    assert [one["person"]["login"] for one in times(company, order)] == ["partner"]


def test_many_jobs_cost_as_many_statements_as_one(company: Company) -> None:
    orders = [job(company) for _ in range(3)]
    with company.office.reading() as books:
        said = asked_of(company.office)
        assert deliveries(books, orders).keys() == set(orders)
        assert len(said) == 1


def test_a_phone_that_has_nothing_new_writes_nothing_also_of_what_it_holds(
    company: Company,
) -> None:
    phone = company.phone()
    first = begun(company, phone)
    told = confirmed(company, phone, first)
    cursors = {page.stream: page.to for page in first.streams}
    vector = vector_hash(first.server_epoch, cursors)
    headers = phone.headers()
    said = asked_of(company.office)
    more = {"unsent": 3, "unsent_since": 1_700, "free_bytes": 5_000_000_000}
    request = phone.request(token=told.token, vector=vector, pull=True, **more)
    assert company.client.post("/sync", json=request, headers=headers).status_code == 200
    assert [one for one in said if one.startswith(("INSERT", "UPDATE", "BEGIN IMM"))] == []
    assert kept(company) == more
    tidy(company.office)
    assert kept(company) == more


def test_a_phone_that_pushes_is_known_at_once_and_an_older_one_says_nothing(
    company: Company,
) -> None:
    """C28."""
    phone = company.phone()
    first = begun(company, phone)
    assert kept(company) == dict.fromkeys(("unsent", "unsent_since", "free_bytes"))
    confirmed(company, phone, first, unsent=0, free_bytes=9)
    assert kept(company) == {"unsent": 0, "unsent_since": None, "free_bytes": 9}


def kept(company: Company) -> dict[str, Any]:
    headers = company.signed_in("dispatcher")
    (item, *_) = company.client.get("/api/devices", headers=headers).json()["items"]
    return {name: item[name] for name in ("unsent", "unsent_since", "free_bytes")}
