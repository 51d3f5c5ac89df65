"""What was done on a machine before, as its next visitor sees it, also without a network."""

from mobile.queries import Past
from tests.mobile.phones import Phone
from tests.world import ANN, ASSET, BOB, CHECKLIST


def told(past: Past) -> tuple[str, str, str, list[tuple[str, str]]]:
    readings = [(one.item.zh if one.item else "", one.reading.value) for one in past.readings]
    return (past.visit.outcome, past.person, past.visit.work_done, readings)


def finish(phone: Phone, pressure: str, outcome: str) -> None:
    phone.work()
    phone.must("checklist.answer", {"item": "pressure", "value": pressure})
    phone.must("work_order.complete", {"outcome": outcome, "work_done": "清洗滤网"})


def test_the_last_visits_to_a_machine_are_there_before_the_server_knows_of_them(
    phone: Phone,
) -> None:
    finish(phone, "1.2", "waits_for_part")
    expected = [("waits_for_part", "Ann", "清洗滤网", [("压力", "1.2")])]
    assert [told(one) for one in phone.queries.history(ASSET)] == expected
    phone.sync()
    phone.sync()
    assert [told(one) for one in phone.queries.history(ASSET)] == expected


def test_who_comes_next_sees_what_another_one_found(phone: Phone) -> None:
    world = phone.world
    other = world.phone(BOB)
    first = world.job(BOB, checklist=CHECKLIST)
    world.sync(other)
    world.taps(other, first, "accept", "depart", "arrive", "start")
    world.tap(other, "checklist.answer", ("work_order", first), {"item": "leaks", "value": "fail"})
    world.taps(other, first, "complete")
    world.sync(other)
    phone.sync()
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert [told(one) for one in sheet.history] == [("done", "Bob", "", [("无泄漏", "fail")])]
    answers = {one.item.code: one.last for one in sheet.checklist}
    leaks = answers["leaks"]
    assert leaks is not None
    assert (leaks.reading.value, leaks.at) == ("fail", sheet.history[0].visit.ended_at)
    assert answers["pressure"] is None


def test_the_visits_of_a_job_itself_are_no_past_of_it(phone: Phone) -> None:
    finish(phone, "1.4", "waits_for_part")
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert (sheet.history, sheet.checklist[1].last) == ((), None)
    assert len(phone.queries.history(ASSET)) == 1


def test_the_past_of_a_machine_leaves_the_phone_with_the_last_job_at_its_site(
    phone: Phone,
) -> None:
    """S2."""
    finish(phone, "1.2", "waits_for_part")
    phone.sync()
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": BOB}))
    phone.sync()
    assert phone.queries.history(ASSET) == []
    phone.world.job(ANN)
    phone.sync()
    assert len(phone.queries.history(ASSET)) == 1
