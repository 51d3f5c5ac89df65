"""A lost phone is gone through step by step: off, what it held, a new one, what came, a wipe."""

import pytest

from server import wiping
from shared.ids import derive
from tests.console.house import HOUR_MS, Answer, Console, Visitor

NOVA = derive("console test", "Huawei nova 11")
LOST = f"/phones/{NOVA}/lost"
NOTE = {"text": "The belt is worn", "audience": "internal"}


def revoked(console: Console, by: str = "dispatcher") -> Visitor:
    """The dispatcher, who has just revoked the phone."""
    dispatcher = console.visitor(by)
    assert "Phone revoked." in dispatcher.send(LOST, f"{LOST}/revoke").text
    return dispatcher


def came_in(console: Console, kind: str = "note.add", lseq: int = 1) -> str:
    """Something that the revoked phone handed in; its id."""
    args = NOTE if kind == "note.add" else {}
    result, _ = console.push(kind, args, device=NOVA, incarnation=f"i{lseq}", aside="revoked")
    assert (result.verdict, result.code) == ("quarantined", "revoked")
    return result.id


def step(visitor: Visitor, name: str) -> Answer:
    return visitor.send(LOST, f"{LOST}/step", {"step": name})


def gives_up(visitor: Visitor) -> bool:
    """Whether somebody is asked how much may be lost."""
    forms = visitor.get(LOST).page.all("form")
    return any(form["action"] == f"{LOST}/give-up" for form in forms)


def verdicts(console: Console, *ops: str) -> list[str]:
    return [console.ask("SELECT verdict FROM op WHERE op_id = ?", op)[0][0] for op in ops]


def test_the_page_goes_from_the_phone_that_is_gone_to_the_new_one(new_console: Console) -> None:
    dispatcher = new_console.visitor()
    assert f'href="{LOST}"' in dispatcher.get(f"/phones/{NOVA}").response.text
    page = dispatcher.get(LOST)
    assert "Revoke the phone first." in page.text
    after = revoked(new_console).get(LOST)
    for said in ("It reads nothing any more.", "Nothing waits for a decision.", "14"):
        assert said in after.text
    ((login,),) = new_console.ask(
        "SELECT p.login FROM person p JOIN device d ON d.person_id = p.id WHERE d.id = ?", NOVA
    )
    assert f"/enrol-phone?login={login}" in after.response.text
    assert "手机丢失" in new_console.visitor(language="zh").get(LOST).text


def test_what_came_in_is_taken_over_one_by_one_or_all_of_it(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    first, second, third = (came_in(new_console, lseq=place) for place in (1, 2, 3))
    answer = dispatcher.send(LOST, f"{LOST}/accept", {"of": second})
    assert "1 entry decided." in answer.text
    assert verdicts(new_console, first, second, third) == ["quarantined", "applied", "quarantined"]
    assert "2 entries decided." in dispatcher.send(LOST, f"{LOST}/accept", {"of": "all"}).text
    assert verdicts(new_console, first, second, third) == ["applied"] * 3


@pytest.mark.parametrize("act", ["accept", "discard"])
def test_what_came_in_since_the_page_was_drawn_is_not_decided_with_the_rest(
    new_console: Console, act: str
) -> None:
    dispatcher = revoked(new_console)
    seen = came_in(new_console)
    form = dispatcher.get(LOST).page.form(f"{LOST}/{act}", of="all") | {"reason": "it was stolen"}
    new_console.now_ms += 1
    unseen = came_in(new_console, lseq=2)
    answer = dispatcher.post(f"{LOST}/{act}", form)
    assert "1 entry decided." in answer.text
    assert verdicts(new_console, seen)[0] != "quarantined"
    assert verdicts(new_console, unseen) == ["quarantined"]


def test_what_came_in_unnoticed_in_the_same_moment_keeps_all_of_it_waiting(
    new_console: Console,
) -> None:
    dispatcher = revoked(new_console)
    seen = came_in(new_console)
    form = dispatcher.get(LOST).page.form(f"{LOST}/accept", of="all")
    unseen = came_in(new_console, lseq=2)
    answer = dispatcher.post(f"{LOST}/accept", form)
    assert (answer.status, "More has come in meanwhile." in answer.text) == (422, True)
    assert verdicts(new_console, seen, unseen) == ["quarantined"] * 2


def test_all_that_came_in_is_given_up_with_a_reason(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    ops = [came_in(new_console, lseq=place) for place in (1, 2)]
    empty = dispatcher.send(LOST, f"{LOST}/discard", reason="")
    assert (empty.status, verdicts(new_console, *ops)) == (422, ["quarantined"] * 2)
    dispatcher.send(LOST, f"{LOST}/discard", reason="it was stolen")
    assert verdicts(new_console, *ops) == ["rejected"] * 2


def test_what_cannot_stand_still_waits_and_the_rest_is_decided(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    note, strange = came_in(new_console), came_in(new_console, "work_order.resume", 2)
    fate = new_console.push("work_order.fly", {}, device=NOVA, incarnation="i3", aside="revoked")
    answer = dispatcher.send(LOST, f"{LOST}/accept", {"of": "all"})
    assert "2 entries decided; 1 could not stand" in answer.text
    assert verdicts(new_console, note, fate[0].id) == ["applied", "quarantined"]
    assert verdicts(new_console, strange) == ["conflict"]


def test_the_same_form_twice_decides_once(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    op = came_in(new_console)
    form = dispatcher.get(LOST).page.form(f"{LOST}/accept", of=op)
    for _ in range(2):
        assert dispatcher.post(f"{LOST}/accept", form).status == 200
    ((count,),) = new_console.ask("SELECT count(*) FROM op WHERE kind = 'op.accept'")
    assert count == 1


def test_a_phone_is_emptied_by_two_people_after_a_while(new_console: Console) -> None:
    dispatcher, manager = revoked(new_console), new_console.visitor("service_manager")
    assert "Saved." in step(dispatcher, "ask").text
    assert "Somebody else has to confirm it." in dispatcher.get(LOST).text
    alone = dispatcher.post(f"{LOST}/step", {**dispatcher.proof(), "step": "confirm"})
    assert (alone.status, "You asked for it yourself" in alone.text) == (422, True)
    assert "In force from" in step(manager, "confirm").text
    assert "wipe.confirm" in [one for (one,) in new_console.ask("SELECT kind FROM op")]
    assert "confirmed that a phone is emptied" in manager.get("/audit?kind=wipe.confirm").text


def test_whoever_lets_work_be_lost_types_how_much(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    step(dispatcher, "ask")
    wrong = dispatcher.send(LOST, f"{LOST}/give-up", ops="13", files="0")
    assert (wrong.status, "These are not the numbers" in wrong.text) == (422, True)
    with new_console.office.writing() as books:
        books.exec_driver_sql("UPDATE device SET unsent_files = 3 WHERE id = ?", (NOVA,))
    said = dispatcher.send(LOST, f"{LOST}/give-up", ops="14", files="3")
    assert "said that 14 entries and 3 files may be lost." in said.text
    assert "A second person has to say the same" in said.text
    assert gives_up(dispatcher) is False
    again = dispatcher.post(f"{LOST}/give-up", {**dispatcher.proof(), "ops": "14", "files": "3"})
    assert (again.status, "You said so already." in again.text) == (422, True)
    manager = new_console.visitor("service_manager")
    assert "Nothing is lost until you, or somebody else" in manager.get(LOST).text
    both = manager.send(LOST, f"{LOST}/give-up", ops="14", files="3")
    assert "said so, too." in both.text
    assert (gives_up(dispatcher), gives_up(manager)) == (False, False)
    with new_console.office.writing() as books:
        books.exec_driver_sql("UPDATE device SET unsent_files = 4 WHERE id = ?", (NOVA,))
    assert (gives_up(dispatcher), gives_up(manager)) == (True, True)  # it is more by now


def test_what_a_phone_never_told_is_not_asked_for(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    step(dispatcher, "ask")
    form = dispatcher.get(LOST).page.form(f"{LOST}/give-up")
    assert ("ops" in form, "files" in form) == (True, False)
    said = dispatcher.post(f"{LOST}/give-up", {**form, "ops": "14"})
    assert "said that 14 entries and 0 files may be lost." in said.text


def test_an_order_is_taken_back_and_a_drain_closed(new_console: Console) -> None:
    dispatcher = revoked(new_console)
    step(dispatcher, "ask")
    assert "Ask for it to be emptied" in step(dispatcher, "cancel").text
    assert "Nothing more is taken from it." in step(dispatcher, "close").text
    new_console.now_ms += HOUR_MS
    assert wiping.close_drain(new_console.office, NOVA, "x") is None


@pytest.mark.parametrize("act", ["revoke", "step", "give-up", "accept", "discard"])
def test_who_only_watches_does_nothing_to_a_lost_phone(new_console: Console, act: str) -> None:
    inspector = new_console.visitor("inspector")
    assert inspector.get(LOST).status == 200
    fields = {**inspector.proof(), "step": "ask", "reason": "no"}
    assert inspector.post(f"{LOST}/{act}", fields).status == 403
