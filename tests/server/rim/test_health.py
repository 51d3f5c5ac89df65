"""Health, the schema, what the log says, and what a question costs."""

import json
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from server.database import Busy
from server.rounds import attempt
from tests.server.rim.company import PASSWORD, Company, asked_of
from tests.server.rim.test_office_ops import opened, say


def test_a_healthy_server_says_so(company: Company) -> None:
    answer = company.client.get("/health")
    assert (answer.status_code, answer.json()) == (
        200,
        {"live": True, "ready": True, "writable": True, "migrated": True},
    )


def test_a_server_goes_on_answering_when_another_in_its_process_has_ended(
    company: Company, tmp_path: Path
) -> None:
    other = Company(tmp_path / "other")
    with other.client:
        assert other.client.get("/health").status_code == 200
    assert company.client.get("/health").status_code == 200


def test_a_server_whose_tables_are_not_todays_is_not_ready(company: Company) -> None:
    with company.office.writing() as books:
        books.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = company.client.get("/health")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_the_schema_tells_every_route(company: Company) -> None:
    answer = company.client.get("/schema/openapi.json")
    told = answer.json()
    assert told["openapi"].startswith("3.1")
    assert {"/sync", "/enrol", "/token", "/health", "/api/ops", "/api/work-orders"} <= set(
        told["paths"]
    )
    ops = told["paths"]["/api/ops"]["post"]
    assert "requestBody" in ops
    assert "application/problem+json" in ops["responses"]["403"]["content"]


def test_secrets_and_names_never_reach_the_log(company: Company) -> None:
    """S14."""
    company.set_password("dispatcher")
    body = {"login": "dispatcher", "password": PASSWORD}
    token = company.client.post("/api/login", json=body).json()["token"]
    code = company.code()
    phone = company.phone()
    access = phone.headers()["Authorization"]
    op = {"id": company.new_id(), "lseq": 1, "body": "Zhou, 0151 23456789"}
    company.client.post("/sync", json=phone.request(ops=[op]), headers=phone.headers())
    say(company, "dispatcher", opened(company, "Call Ms Zhou on 0151 23456789"))
    company.client.post("/api/login", json={**body, "password": "wrong " + PASSWORD})
    company.office.log.error("careless", name="Zhou Jian", token=token, password=PASSWORD)
    lines = company.log.getvalue().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["sync", "ops", "careless"]
    assert json.loads(lines[0])["ops"] == [op["id"]]
    assert json.loads(lines[2])["token"] == "[withheld]"
    for secret in (token, PASSWORD, code, access, "Zhou", "0151", "dispatcher", "Müller"):
        assert secret not in company.log.getvalue()


def test_that_a_phone_came_by_and_brought_nothing_is_not_told(company: Company) -> None:
    phone = company.phone()
    assert (
        "token"
        in company.client.post("/sync", json=phone.request(), headers=phone.headers()).json()
    )
    assert company.log.getvalue() == ""


def test_a_question_costs_the_same_however_long_its_answer(company: Company) -> None:
    headers = company.signed_in("service_manager")
    said = asked_of(company.office)
    paths = ("/api/tickets", "/api/work-orders", "/api/stock", "/api/conflicts", "/api/devices")

    def cost() -> list[int]:
        counts = []
        for path in paths:
            said.clear()
            assert company.client.get(path, headers=headers).status_code == 200
            counts.append(len([one for one in said if one.startswith("SELECT")]))
        return counts

    before = cost()
    for number in range(20):
        say(company, "dispatcher", opened(company, f"Problem {number}"))
    company.phone()
    assert cost() == before


def test_what_waits_is_written_down_when_the_server_stops(company: Company) -> None:
    from server.contacts import Contact
    from server.rounds import tidy

    phone = company.phone()
    company.office.contacts[phone.device] = Contact(at=5, clock_ms=-3, app="x")
    tidy(company.office)
    with company.office.reading() as books:
        row: Any = books.execute(text("SELECT contact_at, clock_ms, app FROM device")).one()
    assert (*row, company.office.contacts) == (5, -3, "x", {})


def test_the_answer_to_everything_is_json_that_a_struct_can_read(company: Company) -> None:
    answer = company.client.get("/api/devices", headers=company.signed_in("dispatcher"))
    assert msgspec.json.decode(answer.content) == {"items": [], "next": None}


def test_a_step_of_the_bookkeeping_that_fails_is_logged_and_stops_no_other(
    company: Company,
) -> None:
    taken: list[str] = []

    def breaks() -> None:
        raise ZeroDivisionError

    def waits() -> None:
        raise Busy

    for step in (breaks, waits, lambda: taken.append("the third")):
        attempt(company.office, step)
    assert taken == ["the third"]
    lines = [json.loads(line) for line in company.log.getvalue().splitlines()]
    told = [line["error"] for line in lines if line["event"] == "notary failed"]
    assert told == ["ZeroDivisionError"]


def test_there_is_no_other_page_beside_the_document(company: Company) -> None:
    for path in ("/schema/swagger", "/schema/x.json", "/schema/%00"):
        answer = company.client.get(path)
        told = (answer.status_code, answer.headers["content-type"], answer.json()["code"])
        assert told == (404, "application/problem+json", "not_found")
