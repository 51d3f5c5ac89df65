"""A day without a network: everything done by touches, then one sync that delivers it all once."""

from pathlib import Path
from typing import Any, Final

import pytest

from mobile import database
from mobile.replica import Replica
from shared.notes import Note
from shared.ops import Verdict
from shared.parts import Balance, PartUse, balance_id
from shared.site import Site
from shared.visit import OUTCOMES
from shared.work_order import WorkOrder
from tests.app.driver import Driver
from tests.app.folders import NOW_MS, Given, window
from tests.app.test_work_order import answer, sheet_of, step
from tests.world import ANN, FILTER, VAN_ANN, World, known

TITLES: Final = {
    "done": "Finish the job",
    "no_fault_found": "No fault found",
    "price_refused": "Price refused after diagnosis",
    "customer_refuses": "Customer refuses the work",
    "customer_not_in": "Customer not in",
    "customer_moved_date": "Customer moved the date",
    "waits_for_part": "Waits for a part",
    "wrong_address": "Wrong address",
    "taken_back": "Taken back for repair",
    "unsafe": "Not safe to work",
}
AT_THE_GATE: Final = frozenset({"customer_not_in", "wrong_address"})


class Day:
    """Ann's phone with some jobs, the office it will talk to, and a hand on its app."""

    def __init__(self, folder: Path, hand: Driver, jobs: int) -> None:
        given = Given(folder)
        given.cancelled_first_job()
        self.jobs = [
            given.job(f"Job {index}", f"Customer {index}", f"Street {index}", **window(8, 18))
            for index in range(jobs)
        ]
        given.phone.sync()
        given.phone.connection.close()
        self.world: World = given.world
        self._asked = given.phone.replica
        self.folder = folder
        self.hand = hand.start(folder, now_ms=NOW_MS)

    def sync(self) -> list[Any]:
        """Close the app, talk to the office once; what became of everything that was recorded."""
        self.hand.stop()
        path = database.path_of(self.folder, ANN)
        connection = database.connect(path)
        replica = Replica(connection)
        self.world.now_ms = NOW_MS + 60_000
        self.world.callers[id(replica)] = self.world.callers[id(self._asked)]
        self.world.sync(replica)
        assert self.world.sync(replica).pushed == 0
        found = connection.execute("SELECT op_id, verdict FROM outbox ORDER BY lseq").fetchall()
        connection.close()
        return found

    @property
    def rows(self) -> dict[Any, Any]:
        """The rows in the office's books."""
        server: Any = self.world.server
        return dict(server.books.pages.rows)

    def of(self, kind: type) -> list[Any]:
        """The office's rows of one type."""
        return [row for (table, _), row in self.rows.items() if table is kind]


def begin(hand: Driver, job: str, *, works: bool) -> None:
    """As far as the door, or as far as work."""
    hand.go("work_order", id=job)
    labels = ["Accept the job", "Set off", *(["I am there", "Start work"] if works else [])]
    for label in labels:
        step(hand, label)


def end(hand: Driver, job: str, outcome: str) -> None:
    """End the visit with an outcome and a remark."""
    if outcome == "done":
        step(hand, "Finish the job")
    else:
        hand.tap("more")
        answer(hand, "Cannot finish today")
        answer(hand, outcome)
    hand.until(lambda: hand.sheet is not None and "confirm" in hand.sheet.buttons)
    hand.type("Remark", f"Ended: {outcome}")
    answer(hand, hand.sheet.buttons["confirm"])
    hand.until(lambda: hand.sheet is None)
    assert sheet_of(hand).order.outcome == outcome, TITLES[outcome]


def check_all(hand: Driver, job: str) -> None:
    """Answer what has to be answered."""
    hand.go("checklist", id=job)
    hand.tap("Pass")
    hand.go("work_order", id=job)


def use_two(hand: Driver, job: str) -> None:
    """Use two filters and take one back."""
    hand.go("parts", id=job)
    hand.tap("Add a part")
    answer(hand, FILTER)
    answer(hand, "One more")
    answer(hand, "Use 2 pc")
    hand.until(lambda: hand.sheet is None)
    hand.tap("Take back")
    answer(hand, "One less")
    answer(hand, "Take back 1 pc")
    hand.go("work_order", id=job)


def write(hand: Driver, job: str, name: str) -> None:
    """Write a note and a contact."""
    hand.go("notes", id=job)
    hand.tap("Dog in the house")
    hand.tap("Save the note")
    hand.go("details", id=job)
    hand.type("Contact", name)
    hand.unfocus()
    hand.go("work_order", id=job)


def test_a_job_done_offline_is_delivered_once(tmp_path: Path, driver: Driver) -> None:
    """C30."""
    day = Day(tmp_path, driver, 1)
    (job,) = day.jobs
    for verb in ("accept", "depart", "arrive", "start"):
        assert driver.app.say(f"work_order.{verb}", ("work_order", job), {})
    check_all(driver, job)
    use_two(driver, job)
    end(driver, job, "done")
    found = day.sync()
    assert {verdict for _, verdict in found} == {Verdict.APPLIED}
    order = day.rows[(WorkOrder, job)]
    balance = day.rows[(Balance, balance_id(VAN_ANN, FILTER))]
    assert (order.status, order.outcome) == ("done", "done")
    assert (balance.amount, len(day.of(PartUse))) == (9_000, 1)


@pytest.mark.slow
def test_a_whole_day_offline_is_delivered_once(tmp_path: Path, driver: Driver) -> None:
    """R1."""
    day = Day(tmp_path, driver, len(OUTCOMES))
    for index, (job, outcome) in enumerate(zip(day.jobs, OUTCOMES, strict=True)):
        begin(driver, job, works=outcome not in AT_THE_GATE)
        if outcome == "done":
            check_all(driver, job)
        if index % 3 == 0:
            use_two(driver, job)
        if index % 2 == 0:
            write(driver, job, f"Contact {index}")
        end(driver, job, outcome)
        if index == len(OUTCOMES) // 2:
            driver.again(now_ms=NOW_MS)
    found = day.sync()
    server: Any = day.world.server
    known_there = set(server.books.pages.ops)
    assert {op_id for op_id, _ in found} <= known_there
    assert {verdict for _, verdict in found} == {Verdict.APPLIED}
    ended = {job: day.rows[(WorkOrder, job)] for job in day.jobs}
    assert {one.outcome: one.status == "done" for one in ended.values()} == OUTCOMES
    used = day.of(PartUse)
    assert [one.amount - one.returned for one in used] == [1_000] * 4
    assert day.rows[(Balance, balance_id(VAN_ANN, FILTER))].amount == 6_000
    assert [one.text for one in day.of(Note)] == ["Dog in the house."] * 5
    contacts = {day.rows[(Site, known(f"site {index + 1}"))].contact_name for index in range(10)}
    assert contacts == {"", *(f"Contact {index}" for index in range(0, 10, 2))}
