"""A phone that has enrolled waits until who gave out its code has seen it; a found one is back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from server import admission, people, wipes, wiping
from server.statements import OP
from server.wiping import HOUR_MS
from shared.people import Person
from sync.digest import vector_hash
from sync.enrolment import check_digits
from tests.server.rim.company import Company, Phone, newcomer
from tests.server.rim.lane import Lane, jpeg
from tests.server.rim.test_round_trip import accept, begun, job, talk

WAITS = (403, "device_unconfirmed")
TURNED_AWAY = (401, "device_denied")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server on either database."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    made = Company(tmp_path / "data", database=kind, threads=4)
    with made.client:
        yield made


def answered(phone: Phone) -> tuple[int, str | None]:
    """What a phone is told that asks for access."""
    answer = phone.ask(phone.nonce())
    return answer.status_code, answer.json().get("code")


def decided(company: Company, phone: Phone, what: str, by: str) -> tuple[int, str | None]:
    """Somebody says what becomes of a phone."""
    path = f"/api/devices/{phone.device}/{what}"
    answer = company.client.post(path, headers=company.signed_in(by))
    return answer.status_code, answer.json().get("code") if answer.content else None


def who(company: Company, role: str) -> Person:
    with company.office.reading() as books:
        found = people.find(books, company.people[role])
    assert found is not None
    return found


def events(company: Company, *kinds: str) -> list[tuple[str, str | None]]:
    with company.office.reading() as books:
        wanted = select(OP.c.kind, OP.c.by_id).where(OP.c.kind.in_(kinds))
        return [(kind, by) for kind, by in books.execute(wanted.order_by(OP.c.received)).all()]


def known_ops(company: Company) -> dict[str, tuple[str, str | None]]:
    with company.office.reading() as books:
        rows = books.execute(select(OP.c.op_id, OP.c.verdict, OP.c.code)).all()
    return {row.op_id: (str(row.verdict), row.code) for row in rows}


def item(company: Company, phone: Phone) -> dict[str, Any]:
    listed = company.client.get("/api/devices", headers=company.signed_in("dispatcher")).json()
    (found,) = (one for one in listed["items"] if one["id"] == phone.device)
    return dict(found)


def test_a_phone_that_waits_reads_nothing_and_hands_nothing_in_until_it_is_confirmed(
    either: Company,
) -> None:
    """S5."""
    order = job(either)
    phone = either.newcomer()
    op = accept(either, phone, order)
    assert answered(phone) == WAITS
    assert op["id"] not in known_ops(either)
    assert decided(either, phone, "confirm", "dispatcher") == (204, None)
    begun(either, phone)
    told = talk(either, phone, ops=[op])
    assert [one.verdict for one in told.results] == ["applied"]
    assert events(either, "device.confirm") == [("device.confirm", either.people["dispatcher"])]


def test_the_office_sees_where_a_phone_that_waits_came_from_and_forgets_that_with_the_click(
    company: Company,
) -> None:
    phone = company.newcomer()
    seen = item(company, phone)
    assert (seen["name"], seen["address"], seen["confirmed_at"]) == ("Phone", "testclient", None)
    assert seen["issued_by"] == company.people["dispatcher"]
    company.now_ms += 5
    decided(company, phone, "confirm", "dispatcher")
    after = item(company, phone)
    assert (after["address"], after["confirmed_at"]) == ("", company.now_ms)


def test_the_digits_in_the_office_are_those_on_the_phones_screen_and_no_other_keys(
    company: Company,
) -> None:
    """S5."""
    one, other = company.newcomer(), company.newcomer("partner")
    shown = [admission.digits_of(company.office, phone.device) for phone in (one, other)]
    known = [check_digits(newcomer("", phone.key)["public_key"]) for phone in (one, other)]
    assert shown == known
    assert [len(digits.replace(" ", "")) for digits in shown] == [8, 8]
    assert shown[0] != shown[1]


def test_a_phone_hears_at_the_door_that_it_waits_and_hears_it_again_with_a_lost_answer(
    company: Company,
) -> None:
    said = newcomer(company.code(), ec.generate_private_key(ec.SECP256R1()))
    told = [company.client.post("/enrol", json=said).json() for _ in "12"]
    assert [one["unconfirmed"] for one in told] == [True, True]
    company.confirm(told[0]["device"])
    again = company.client.post("/enrol", json=said).json()
    assert (again["device"], "unconfirmed" in again) == (told[0]["device"], False)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("dispatcher", (204, None)),  # who gave the code out
        ("administrator", (204, None)),
        ("team_leader", (403, "not_yours_to_confirm")),
        ("customer_service", (403, "not_permitted")),
    ],
)
def test_only_who_gave_the_code_out_or_an_administrator_confirms(
    company: Company, by: str, told: tuple[int, str | None]
) -> None:
    phone = company.newcomer()
    assert decided(company, phone, "confirm", by) == told
    assert answered(phone)[0] == (200 if told[0] == 204 else 403)


def test_confirming_twice_is_confirming_once(company: Company) -> None:
    phone = company.newcomer()
    for _ in "12":
        assert decided(company, phone, "confirm", "dispatcher") == (204, None)
    assert len(events(company, "device.confirm")) == 1
    assert decided(company, phone, "deny", "dispatcher") == (409, "deny_confirmed")
    nobody = Phone(company, "nobody", phone.key)
    assert decided(company, nobody, "confirm", "dispatcher") == (404, "not_found")
    assert decided(company, nobody, "deny", "dispatcher") == (404, "not_found")


def test_a_phone_that_was_turned_away_is_revoked_and_nothing_is_taken_from_it(
    either: Company,
) -> None:
    """S5."""
    phone = either.newcomer()
    for _ in "12":
        assert decided(either, phone, "deny", "team_leader") == (204, None)
    assert answered(phone) == TURNED_AWAY
    assert decided(either, phone, "confirm", "dispatcher") == (409, "confirm_revoked")
    assert events(either, "device.deny") == [("device.deny", either.people["team_leader"])]
    assert item(either, phone)["drain_closed_at"] == either.now_ms


def test_a_phone_that_waits_and_is_revoked_has_nothing_taken_from_it_either(
    company: Company,
) -> None:
    phone = company.newcomer()
    assert decided(company, phone, "revoke", "dispatcher") == (204, None)
    assert answered(phone) == TURNED_AWAY


def test_a_code_for_an_administrator_is_no_way_to_their_rights(company: Company) -> None:
    phone = company.newcomer("administrator")  # a dispatcher gave the code out
    assert decided(company, phone, "confirm", "dispatcher") == (403, "confirm_above")
    assert answered(phone) == WAITS
    assert decided(company, phone, "confirm", "administrator") == (204, None)


def test_who_gave_a_code_out_and_may_do_so_no_longer_leaves_it_to_an_administrator(
    company: Company,
) -> None:
    phone = company.newcomer()
    dispatcher = company.people["dispatcher"]
    company.put("person", dispatcher, login="dispatcher", name="D", roles=["customer_service"])
    assert decided(company, phone, "confirm", "dispatcher") == (403, "not_permitted")
    gone = who(company, "dispatcher")
    assert admission.confirm(company.office, phone.device, gone) == "not_yours_to_confirm"
    assert decided(company, phone, "confirm", "administrator") == (204, None)


def test_a_phone_of_somebody_who_left_meanwhile_is_not_let_in(company: Company) -> None:
    phone = company.newcomer()
    company.disable("technician")
    assert decided(company, phone, "confirm", "dispatcher") == (409, "confirm_person_gone")
    assert answered(phone) == WAITS


def taken_back(company: Company, phone: Phone, why: str = "found in the van") -> str | None:
    administrator = who(company, "administrator")
    return admission.take_back(company.office, phone.device, administrator, why)


def test_a_revoked_phone_that_is_taken_back_waits_for_its_digits_and_then_goes_on(
    either: Company,
) -> None:
    order = job(either)
    phone = either.phone()
    first = begun(either, phone)
    stolen = phone.headers()
    decided(either, phone, "revoke", "dispatcher")
    op = accept(either, phone, order)
    told = talk(either, phone, ops=[op], token=first.token)
    assert [one.code for one in told.results] == ["revoked"]
    either.now_ms += 1_000
    assert taken_back(either, phone) is None
    assert answered(phone) == WAITS
    answer = either.client.post("/sync", json=phone.request(), headers=stolen)
    assert (answer.status_code, answer.json()["code"]) == WAITS
    assert decided(either, phone, "confirm", "dispatcher") == (403, "not_yours_to_confirm")
    assert decided(either, phone, "confirm", "administrator") == (204, None)
    answer = either.client.post("/sync", json=phone.request(), headers=stolen)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    vector = vector_hash(first.server_epoch, {})
    after = talk(either, phone, token=told.token, pull=True, full=True, vector=vector)
    assert (after.revoked, bool(after.streams)) == (False, True)
    assert known_ops(either)[op["id"]] == ("quarantined", "revoked")
    assert events(either, "device.take_back") == [
        ("device.take_back", either.people["administrator"])
    ]


@pytest.mark.parametrize("what", ["deny", "revoke"])
def test_a_phone_that_was_taken_back_and_is_turned_away_after_all_hands_in_what_it_recorded(
    either: Company, what: str
) -> None:
    order = job(either)
    phone = either.phone()
    first = begun(either, phone)
    op = accept(either, phone, order)
    decided(either, phone, "revoke", "dispatcher")
    assert taken_back(either, phone) is None
    assert decided(either, phone, what, "dispatcher") == (204, None)
    told = talk(either, phone, ops=[op], token=first.token)
    assert ([one.code for one in told.results], told.revoked) == (["revoked"], True)


def test_a_phone_that_is_to_be_emptied_is_taken_back_only_before_it_was_told(
    company: Company,
) -> None:
    phone = company.phone()
    decided(company, phone, "revoke", "dispatcher")
    asker, second = company.people["dispatcher"], company.people["service_manager"]
    assert wiping.ask(company.office, phone.device, asker) is None
    assert taken_back(company, phone) == "back_wipe_stands"
    assert wiping.confirm(company.office, phone.device, second) is None
    company.now_ms += company.limits().wipe_delay_hours * HOUR_MS
    with company.office.writing() as books:
        order = wipes.standing(books, phone.device)
        assert order is not None
        wipes.send(books, order.id, company.now_ms)
    assert taken_back(company, phone) == "back_wiped"


def test_what_is_not_revoked_or_whose_person_has_left_is_not_taken_back(company: Company) -> None:
    phone = company.phone()
    assert taken_back(company, phone) == "back_already"
    assert taken_back(company, Phone(company, "nobody", phone.key)) == "not_found"
    decided(company, phone, "revoke", "dispatcher")
    company.disable("technician")
    assert taken_back(company, phone) == "back_person_gone"


def test_no_file_comes_in_from_a_phone_that_waits(company: Company) -> None:
    phone = company.phone()
    lane = Lane.of(company, phone)
    decided(company, phone, "revoke", "dispatcher")
    assert taken_back(company, phone) is None
    answer = lane.upload(jpeg())
    assert (answer.status_code, answer.json()["code"]) == WAITS
