"""Two sides mean different things while a phone is offline: both values are kept, one rule decides.

Everything is said by real processes; what came of it is read over HTTP and from the phone.
"""

import shutil
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mobile import service
from mobile.device import Clock
from shared.clock import At
from shared.ids import derive
from shared.parts import balance_id
from sync.ports import Outboxed
from tests.e2e.books import read
from tests.e2e.conftest import Company
from tests.e2e.processes import Phone, Ran, Told, asked

pytestmark = pytest.mark.slow

ZHOU, MA = "zhou.jian", "ma.lei"
YEAR_MS: Final = 365 * 24 * 3_600_000
NEEDS_PERSON: Final = 5


def verdicts(ran: Ran) -> dict[str, int]:
    assert ran.told["pending_ops"] == 0, ran
    assert ran.told["checksum_ok"], ran
    found: dict[str, int] = ran.told["verdicts"]
    return found


def codes(line: Told) -> set[str]:
    return {flag["code"] for flag in line["flags"]}


def edited(company: Company, job: Told, **fields: Any) -> Told:
    on = ("site", job["site_id"]) if "contact_phone" in fields else ("work_order", job["id"])
    pairs = {name: list(pair) for name, pair in fields.items()}
    return company.desk.must("edit", on, fields=pairs)


# Both sides edit


def test_both_change_the_contact_phone_and_the_technicians_number_stands(company: Company) -> None:
    """C50."""
    job = company.job(ZHOU)
    phone, seen = company.phone(ZHOU), job["site"]["contact_phone"]
    office, field = "0571-5550001", "13955550002"
    op = phone.must("edit", job["number"], fields={"contact_phone": field})
    edited(company, job, contact_phone=(seen, office))
    ran = phone.sync()
    assert (ran.code, verdicts(ran)) == (NEEDS_PERSON, {"conflict": 1})
    assert company.desk.order(job["number"])["site"]["contact_phone"] == field
    (conflict,) = (
        one for one in company.desk.conflicts(status="open") if one["home_id"] == job["site_id"]
    )
    told = {name: conflict[name] for name in ("field", "rule", "seen", "winner", "winner_by_name")}
    assert told == {
        "field": "contact_phone",
        "rule": "device",
        "seen": seen,
        "winner": field,
        "winner_by_name": "周健",
    }
    (loser,) = conflict["losers"]
    assert (loser["value"], loser["op_id"]) == (office, op)
    assert phone.sheet(job["number"])["site"]["contact_phone"] == field
    assert phone.line(op)["state"] == "attention"

    settle(company, ("site", job["site_id"]), conflict["id"], "swap")
    assert company.desk.order(job["number"])["site"]["contact_phone"] == office
    assert verdicts(phone.sync()) == {}
    assert phone.sheet(job["number"])["site"]["contact_phone"] == office
    assert conflict["id"] not in {one["id"] for one in company.desk.conflicts(status="open")}

    settle(company, ("site", job["site_id"]), conflict["id"], "keep")
    phone.sync()
    assert phone.sheet(job["number"])["site"]["contact_phone"] == field
    (settled,) = (one for one in company.desk.conflicts() if one["id"] == conflict["id"])
    assert (settled["choice"], settled["losers"]) == ("keep", conflict["losers"])


def settle(company: Company, on: tuple[str, str], conflict: str, choice: str) -> None:
    company.desk.must("conflict.settle", on, conflict=conflict, choice=choice)


def test_both_change_the_planned_time_and_the_offices_stands(company: Company) -> None:
    """C50."""
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    wanted, planned = "2026-11-24T08:00", "2026-11-25T14:00"
    phone.must("edit", job["number"], fields={"planned_from": wanted})
    edited(company, job, planned_from=(None, planned))
    ran = phone.sync()
    assert (ran.code, verdicts(ran)) == (NEEDS_PERSON, {"conflict": 1})
    seen = company.desk.order(job["number"])
    assert seen["planned_from"] == planned
    (conflict,) = seen["conflicts"]
    assert (conflict["rule"], conflict["losers"][0]["value"]) == ("office", wanted)
    sheet = phone.sheet(job["number"])
    assert (sheet["order"]["planned_from"], sheet["conflicts"][0]["id"]) == (
        planned,
        conflict["id"],
    )


def test_both_write_the_job_note_and_both_texts_are_kept_with_their_author(
    company: Company,
) -> None:
    """C50."""
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    op = phone.must("edit", job["number"], fields={"job_note": "狗在院子里"})
    edited(company, job, job_note=("", "Key at the neighbour's"))
    ran = phone.sync()
    assert (ran.code, verdicts(ran)) == (0, {"applied": 1})
    both = "Key at the neighbour's\n— 周健: 狗在院子里"
    assert company.desk.order(job["number"])["job_note"] == both
    assert phone.sheet(job["number"])["order"]["job_note"] == both
    assert "kept_both" in codes(company.desk.line(job["number"], op))


def test_different_fields_of_one_job_do_not_meet(company: Company) -> None:
    """C51."""
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    phone.must("edit", job["number"], fields={"job_note": "ring twice"})
    edited(company, job, priority=("normal", "urgent"))
    assert verdicts(phone.sync()) == {"applied": 1}
    seen = company.desk.order(job["number"])
    assert (seen["job_note"], seen["priority"]) == ("ring twice", "urgent")
    assert seen["conflicts"] == []


def test_the_same_value_from_both_sides_is_no_conflict(company: Company) -> None:
    job = company.job(ZHOU)
    phone, seen = company.phone(ZHOU), job["site"]["contact_phone"]
    phone.must("edit", job["number"], fields={"contact_phone": "139 5555 0003"})
    edited(company, job, contact_phone=(seen, "139-5555-0003"))
    ran = phone.sync()
    assert (ran.code, verdicts(ran)) == (0, {"merged": 1})


# Somebody else's job meanwhile


def test_a_job_given_to_somebody_else_keeps_the_facts_and_leaves_after_the_last_verdict(
    company: Company,
) -> None:
    """C47."""
    job = company.job(ZHOU)
    old, new = company.phone(ZHOU), company.phone(MA)
    number = job["number"]
    old.work(number, "accept", "depart", "arrive", "start")
    note = old.must("note.add", number, text="Condenser dirty", audience="internal")
    given = company.desk.must(
        "work_order.reassign", ("work_order", job["id"]), person=company.people[MA]
    )
    assert given["verdict"] == "applied"
    new.sync()
    new.work(number, "accept")
    assert verdicts(new.sync()) == {"applied": 1}
    assert number in {one["number"] for one in old.items("list")}

    ran = old.sync()
    assert (ran.code, verdicts(ran)) == (NEEDS_PERSON, {"applied": 3, "conflict": 2})
    seen = company.desk.order(number)
    assert (seen["status"], [one["text"] for one in seen["notes"]]) == (
        "accepted",
        ["Condenser dirty"],
    )
    assert "by_former_assignee" in codes(company.desk.line(number, note))
    (conflict,) = seen["conflicts"]
    assert (conflict["field"], conflict["rule"]) == ("status", "former_assignee")
    assert len(conflict["losers"]) == 2

    assert number not in {one["number"] for one in old.items("list")}
    assert old.run("show", "--wo", number).code == 3
    assert {old.line(note)["verdict"], old.line(note)["state"]} == {"applied", "safe"}
    new.sync()
    new.work(number, "depart", "arrive", "start")
    assert verdicts(new.sync()) == {"applied": 3}
    assert company.desk.order(number)["status"] == "working"
    assert [one["text"] for one in new.sheet(number)["notes"]] == ["Condenser dirty"]


def test_a_job_that_was_taken_away_without_pending_work_is_gone_at_once(company: Company) -> None:
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    company.desk.must("work_order.reassign", ("work_order", job["id"]), person=company.people[MA])
    assert phone.sync().code == 0
    assert job["number"] not in {one["number"] for one in phone.items("list")}
    refused = phone.act("work_order.accept", job["number"])
    assert (refused.code, refused.told["code"]) == (3, "unknown_subject")


# Cancelled meanwhile


def test_a_job_cancelled_while_it_was_done_stays_cancelled_and_somebody_must_look(
    company: Company,
) -> None:
    """C04."""
    job = company.job(ZHOU)
    phone, number = company.phone(ZHOU), job["number"]
    phone.work(number, "accept", "depart", "arrive", "start")
    answer(phone, number)
    done = phone.must(
        *("work_order.complete", number), outcome="no_fault_found", diagnosis="Filter was off"
    )
    company.desk.must("work_order.cancel", ("work_order", job["id"]), reason="Sold the house")
    ran = phone.sync()
    assert ran.code == NEEDS_PERSON
    assert verdicts(ran)["conflict"] == 3  # accept, start and complete: the status is the office's
    seen = company.desk.order(number)
    assert (seen["status"], seen["cancel_reason"]) == ("cancelled", "Sold the house")
    assert "work_done_after_cancel" in {one["code"] for one in seen["tasks"]}
    assert [one["diagnosis"] for one in seen["completions"]] == ["Filter was off"]
    assert seen["readings"] != []
    for language, words in (("en", "The office cancelled this job"), ("zh", "取消")):
        line = company.desk.line(number, done, language=language)
        assert (line["verdict"], line["code"]) == ("conflict", "cancelled_meanwhile")
        assert words in line["reason"]
        assert "done_after_cancel" in codes(line)
    (shown,) = (one for one in phone.items("list") if one["number"] == number)
    assert (shown["status"], shown["sync"]) == ("cancelled", "attention")
    late = phone.act("note.add", number, text="One more thing", audience="internal")
    assert (late.code, late.told["code"]) == (3, "late")


def answer(phone: Phone, number: str) -> None:
    """The first item of the job's checklist that a word can answer."""
    for line in phone.sheet(number)["checklist"]:
        if line["item"]["type"] == "pass_fail":
            phone.must("checklist.answer", number, item=line["item"]["code"], value="pass")
            return
    raise AssertionError("no item to answer")


# Parts


def test_more_than_the_van_holds_is_used_all_the_same_and_must_be_counted(
    company: Company,
) -> None:
    job = company.job(ZHOU)
    phone, part = company.phone(ZHOU), stocked(company, "V01", 0)
    op = phone.must("parts.use", job["number"], part=part["number"], quantity="500")
    ran = phone.sync()
    assert (ran.code, verdicts(ran)) == (0, {"applied": 1})
    flag = next(
        one for one in company.desk.line(job["number"], op)["flags"] if one["code"] == "short"
    )
    missing = 500_000 - part["amount"]
    assert flag["params"] == {"part": part["part_id"], "missing": missing}
    after = stocked(company, "V01", 0)
    assert (after["part_id"], after["amount"]) == (part["part_id"], -missing)
    recount = derive(balance_id(part["location_id"], part["part_id"]), "recount")
    assert task_of(phone, recount)["params"] == {"part": part["part_id"], "amount": -missing}
    (balance,) = rows_of(phone, "balance", balance_id(part["location_id"], part["part_id"]))
    assert balance["amount"] == -missing


def stocked(company: Company, van: str, place: int) -> Told:
    """What a van holds of a part, by part number."""
    items = company.desk.get("/api/stock", location=van, limit="200")["items"]
    return dict(items[place])


def task_of(phone: Phone, identity: str) -> Told:
    (found,) = rows_of(phone, "task", identity)
    return found


def rows_of(phone: Phone, table: str, identity: str) -> list[Told]:
    """A row as the phone shows it."""
    asked = "SELECT body FROM shown WHERE tbl = ? AND id = ?"
    return [msgspec.json.decode(row.body) for row in read(phone.database(), asked, table, identity)]


def test_two_technicians_with_one_serial_number_both_keep_their_part(company: Company) -> None:
    first, second = company.job(ZHOU), company.job(MA)
    zhou, ma = company.phone(ZHOU), company.phone(MA)
    part = serialised(zhou)
    args = {"part": part, "quantity": "1", "serial": "SN-2026-1"}
    ma.must("parts.use", second["number"], **args)
    zhou.must("parts.use", first["number"], **args)
    assert verdicts(zhou.sync()) == {"applied": 1}
    ran = ma.sync()
    assert (ran.code, verdicts(ran)) == (0, {"applied": 1})
    uses = [company.desk.order(job["number"])["parts"] for job in (first, second)]
    assert [[one["serial"] for one in use] for use in uses] == [["SN-2026-1"], ["SN-2026-1"]]
    (line,) = (
        one for one in company.desk.order(second["number"])["story"] if one["kind"] == "parts.use"
    )
    assert "serial_twice" in codes(line)
    task = task_of(ma, derive(line["op"], "task", "serial_twice"))
    assert task["params"]["first"] == first["id"]


def serialised(phone: Phone) -> str:
    """The number of a part that has serial numbers."""
    rows = read(phone.database(), "SELECT body FROM shown WHERE tbl = 'part' ORDER BY id")
    parts = [msgspec.json.decode(row.body) for row in rows]
    return str(next(one["number"] for one in parts if one.get("serialised")))


# The same act again, and wrong clocks


def test_the_same_act_of_the_office_twice_is_once(company: Company) -> None:
    job = company.job(ZHOU)
    on = ("work_order", job["id"])
    op = asked("note.add", on, text="Called the customer", audience="internal")
    first, again = company.desk.say([op]), company.desk.say([op])
    assert again == first
    changed = {**op, "args": {**op["args"], "text": "Something else"}}
    (other,) = company.desk.say([changed])
    assert (other["verdict"], other["code"]) == ("quarantined", "id_reused")
    notes = company.desk.order(job["number"])["notes"]
    assert [one["text"] for one in notes] == ["Called the customer"]


def test_a_phone_put_back_from_a_copy_sends_its_acts_again_and_they_are_once(
    company: Company, tmp_path: Path
) -> None:
    """C35, C37."""
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    phone.must("note.add", job["number"], text="Before the copy", audience="internal")
    copy = Phone(Path(shutil.copytree(phone.folder, tmp_path / "copy")))
    assert verdicts(phone.sync()) == {"applied": 1}
    phone.must("note.add", job["number"], text="On the phone", audience="internal")
    phone.sync()
    copy.must("note.add", job["number"], text="On the copy", audience="internal")
    ran = copy.sync()
    assert (ran.code, verdicts(ran)) == (0, {"applied": 2})
    assert verdicts(phone.sync()) == {}
    notes = company.desk.order(job["number"])["notes"]
    texts = {one["text"] for one in notes}
    assert texts == {"Before the copy", "On the phone", "On the copy"}
    assert len(notes) == 3


class Skewed(Clock):
    """A clock that is wrong by so much; in another boot if `boot` says so."""

    def __init__(self, by_ms: int, boot: str | None = None) -> None:
        super().__init__()
        self.by_ms = by_ms
        self.other = boot

    def now(self) -> At:
        """What the wrong clock says."""
        now = super().now()
        return msgspec.structs.replace(now, wall=now.wall + self.by_ms, boot=self.other or now.boot)


@pytest.mark.parametrize("by_ms", [YEAR_MS, -YEAR_MS, -56 * YEAR_MS], ids=["+1", "-1", "1970"])
def test_a_clock_that_is_years_off_changes_a_time_at_most_and_nobodys_fate(
    company: Company, by_ms: int
) -> None:
    """C57."""
    job = company.job(ZHOU)
    phone, number, before = company.phone(ZHOU), job["number"], time.time_ns() // 1_000_000
    with service.opened(phone.folder) as opened:
        assert opened is not None
        wrong = msgspec.structs.replace(opened, clock=Skewed(by_ms, f"boot {by_ms}"))
        ops = [
            service.act(wrong, f"work_order.{verb}", number, {})
            for verb in ("accept", "depart", "arrive", "start")
        ]
        report = service.talk(msgspec.structs.replace(opened, clock=Skewed(by_ms)), ops_only=False)
    after = time.time_ns() // 1_000_000
    assert report.verdicts == {"applied": 4}
    seen = company.desk.order(number)
    assert seen["status"] == "working"
    for op in ops:
        assert isinstance(op, Outboxed), op
        (line,) = (one for one in seen["story"] if one["op"] == op.op_id)
        assert line["verdict"] == "applied"
        assert before - 60_000 <= line["done_at"] <= after, (line, before, after)
    (item,) = (one for one in company.desk.get("/api/devices")["items"] if one["login"] == ZHOU)
    assert abs(item["clock_ms"] - by_ms) < 60_000
    phone.sync()
    assert phone.items("status")[0]["checksum_ok"]
