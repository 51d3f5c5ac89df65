"""Ops that wait for a person are listed with all it takes to mend them, a job named or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.ids import fingerprint, id_of_unreadable
from tests.server.rim.company import Company
from tests.server.rim.test_office_ops import say, verdicts
from tests.server.rim.test_round_trip import accept, begun, job, talk

UNREADABLE = "{what is this"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server on either database."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    made = Company(tmp_path / "data", database=kind, threads=4)
    with made.client:
        yield made


def listed(company: Company, words: str = "", role: str = "dispatcher") -> dict[str, Any]:
    answer = company.client.get(f"/api/ops{words}", headers=company.signed_in(role))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def set_aside(company: Company) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An unreadable op, one from the future, and one that is held behind it."""
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    future, behind = accept(company, phone, order), accept(company, phone, order)
    future["body"] = future["body"].replace("work_order.accept", "work_order.fly")
    ops = [{"lseq": 1, "id": company.new_id(), "body": UNREADABLE}]
    ops += [{**future, "lseq": 2}, {**behind, "lseq": 3}]
    told = talk(company, phone, token=first.token, ops=ops)
    assert [one.verdict for one in told.results] == ["quarantined", "quarantined", "held"]
    return future, behind, order


def test_ops_that_wait_are_listed_with_all_it_takes_to_mend_them(company: Company) -> None:
    """R9."""
    future, behind, order = set_aside(company)
    items = {item["id"]: item for item in listed(company)["items"]}
    lost = id_of_unreadable(fingerprint(UNREADABLE))
    assert items.keys() == {lost, future["id"], behind["id"]}
    ann = {"id": company.people["technician"], "name": "The technician"}
    device = items[lost]["device"]
    assert device["name"] == "Phone"
    assert items[future["id"]] == {
        "id": future["id"],
        "kind": "work_order.fly",
        "on": ["work_order", order],
        "number": "WO-26-000001",
        "by": ann,
        "device": device,
        "verdict": "quarantined",
        "code": "future_kind",
        "reason": items[future["id"]]["reason"],
        "detail": {"field": "kind", "params": {"kind": "work_order.fly"}},
        "received": company.now_ms,
        "fingerprint": fingerprint(future["body"]),
        "body": future["body"],
    }
    assert items[future["id"]]["reason"]
    unread = items[lost]
    assert (unread["kind"], unread["on"], unread["number"], unread["by"]) == (None,) * 4
    assert (unread["code"], unread["body"]) == ("unreadable", UNREADABLE)
    discard = {"of": lost, "reason": "nobody can read it"}
    op = {"id": company.new_id(), "kind": "op.discard", "on": ["op", lost], "args": discard}
    assert verdicts(say(company, "dispatcher", op)) == ["applied"]
    assert len(listed(company)["items"]) == 2


def test_ops_that_wait_come_by_verdict_and_page_by_page(company: Company) -> None:
    future, behind, _ = set_aside(company)
    held = listed(company, "?verdict=held")["items"]
    assert [item["id"] for item in held] == [behind["id"]]
    first = listed(company, "?verdict=quarantined&limit=1")
    rest = listed(company, f"?verdict=quarantined&after={first['next']}", "inspector")
    found = [item["id"] for item in (*first["items"], *rest["items"])]
    assert (len(found), rest["next"], future["id"] in found) == (2, None, True)
    wrong = company.client.get("/api/ops?verdict=applied", headers=company.signed_in("dispatcher"))
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "verdict")
    stranger = company.client.get("/api/ops", headers=company.signed_in("technician"))
    assert stranger.status_code == 403
    schema = company.client.get("/schema/openapi.json").json()["paths"]["/api/ops"]
    assert {one["name"] for one in schema["get"]["parameters"]} == {"verdict", "after", "limit"}
