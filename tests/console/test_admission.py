"""A phone that has enrolled is let in by one click, beside its code or from where it is noticed."""

import pytest

from server import admission, enrolment
from shared.ids import derive
from tests.console.house import Answer, Console, Visitor

PIXEL = derive("console test", "Pixel 8")
PHONE = f"/phones/{PIXEL}"
ARRIVALS = "/enrol-phone/arrivals?login=zhou.jian"
NOVA = derive("console test", "Huawei nova 11")
LOST = f"/phones/{NOVA}/lost"


def came(
    console: Console, by: str = "dispatcher", login: str = "zhou.jian", device: str = PIXEL
) -> str:
    """A phone comes by a code that somebody gave out; the digits that it shows."""
    issued_by = console.template.people.get(by, "")
    known = enrolment.Newcomer(
        device=device,
        name="Pixel 8",
        app="1.6.0",
        public_key=f"key of {device}",
        address="203.0.113.9",
    )
    ((person,),) = console.ask("SELECT id FROM person WHERE login = ?", login)
    let = enrolment.Let(person_id=person, issued_by=issued_by)
    with console.office.writing() as books:
        enrolment.admit(books, let, known, console.now_ms)
    return admission.digits_of(console.office, device)


def toast(answer: Answer) -> str:
    return " ".join(one.text for one in answer.page.all("div", cls="toast"))


def offers(visitor: Visitor, path: str) -> list[str]:
    """What may be answered to the phone on a page."""
    forms = visitor.get(path).page.all("form")
    return [one["action"] for one in forms if one["action"].startswith(f"{PHONE}/")]


def confirmed_at(console: Console) -> int | None:
    ((found,),) = console.ask("SELECT confirmed_at FROM device WHERE id = ?", PIXEL)
    return None if found is None else int(found)


def test_the_page_with_the_code_shows_the_phone_that_came_by_it_and_one_click_lets_it_in(
    new_console: Console,
) -> None:
    """S5."""
    dispatcher = new_console.visitor()
    page = dispatcher.send("/enrol-phone", "/enrol-phone", login="zhou.jian").page
    beside = page.by_id("arrivals")
    assert beside["data-live-from"] == ARRIVALS
    assert "Waiting for the phone of 周健" in beside.text
    digits = came(new_console)
    seen = dispatcher.get(ARRIVALS).page.by_id("arrivals").text
    for said in (digits, "The phone of 周健 is here", "Pixel 8", "1.6.0", "203.0.113.9"):
        assert said in seen, said
    answer = dispatcher.send(ARRIVALS, f"{PHONE}/confirm")
    assert (toast(answer), answer.path) == ("The phone is let in.", PHONE)
    assert confirmed_at(new_console) == new_console.now_ms
    assert offers(dispatcher, ARRIVALS) == []
    assert "let a phone in" in dispatcher.get("/audit?kind=device.confirm").text


def test_a_phone_at_the_door_is_noticed_on_the_start_page_and_before_all_other_phones(
    new_console: Console,
) -> None:
    dispatcher = new_console.visitor()
    assert "wants to be let in" not in dispatcher.get("/").text
    came(new_console)
    start = dispatcher.get("/").page
    assert "A phone of 周健 wants to be let in" in start.by_id(f"need-admission-{PIXEL}").text
    rows = dispatcher.get("/phones").page.by_id("fleet").all("tr")
    assert (rows[1]["id"], len(rows)) == (f"phone-{PIXEL}", 5)
    only = dispatcher.get("/phones?show=unconfirmed").page.by_id("fleet").all("tr")
    assert [one["id"] for one in only[1:]] == [f"phone-{PIXEL}"]
    assert "等待确认" in new_console.visitor(language="zh").get(PHONE).text


@pytest.mark.parametrize(
    ("by", "role", "may"),
    [
        ("dispatcher", "dispatcher", ["confirm", "deny"]),
        ("team_leader", "dispatcher", ["deny"]),
        ("team_leader", "administrator", ["confirm", "deny"]),
        ("the command", "dispatcher", ["deny"]),
        ("dispatcher", "inspector", []),
    ],
)
def test_each_is_offered_what_they_may_answer(
    new_console: Console, by: str, role: str, may: list[str]
) -> None:
    came(new_console, by)
    assert offers(new_console.visitor(role), PHONE) == [f"{PHONE}/{one}" for one in may]


def test_beside_a_code_the_phone_that_one_may_let_in_stands_first(new_console: Console) -> None:
    mine = came(new_console)
    new_console.now_ms += 1
    later = came(new_console, "team_leader", device=derive("console test", "Pixel 9"))
    for who, first, second in (("dispatcher", mine, later), ("team_leader", later, mine)):
        seen = new_console.visitor(who).get(ARRIVALS).page.by_id("arrivals").text
        assert seen.index(first) < seen.index(second), who


def test_a_phone_that_is_turned_away_is_told_of_as_that(new_console: Console) -> None:
    came(new_console)
    dispatcher = new_console.visitor()
    form = dispatcher.get(PHONE).page.form(f"{PHONE}/confirm")
    answer = dispatcher.send(PHONE, f"{PHONE}/deny")
    assert toast(answer) == "The phone was turned away."
    assert "Turned away" in answer.text
    late = dispatcher.post(f"{PHONE}/confirm", form)
    assert (late.status, "turned away or revoked meanwhile" in late.text) == (409, True)


def test_who_is_not_to_confirm_is_told_who_may(new_console: Console) -> None:
    came(new_console, "team_leader")
    dispatcher = new_console.visitor()
    answer = dispatcher.post(f"{PHONE}/confirm", dispatcher.proof())
    assert (answer.status, "Only whoever gave out this phone's code" in answer.text) == (403, True)
    assert confirmed_at(new_console) is None


def test_a_found_phone_is_taken_back_by_an_administrator_with_a_reason_and_a_second_look(
    new_console: Console,
) -> None:
    dispatcher, admin = new_console.visitor(), new_console.visitor("administrator")
    dispatcher.send(LOST, f"{LOST}/revoke")
    assert "An administrator can take it back" in dispatcher.get(LOST).text
    unsaid = admin.send(LOST, f"{LOST}/take-back", seen="yes")
    assert (unsaid.status, "Say why the phone is used again." in unsaid.text) == (422, True)
    unseen = admin.send(LOST, f"{LOST}/take-back", reason="was in the van")
    assert (unseen.status, unseen.page.by_id("f-reason")["value"]) == (422, "was in the van")
    answer = admin.send(LOST, f"{LOST}/take-back", reason="was in the van", seen="yes")
    assert toast(answer) == "The phone is back. Compare its digits and let it in."
    assert admission.digits_of(new_console.office, NOVA) in answer.text
    ((revoked, confirmed),) = new_console.ask(
        "SELECT revoked_at, confirmed_at FROM device WHERE id = ?", NOVA
    )
    assert (revoked, confirmed) == (None, None)
    assert toast(admin.send(f"/phones/{NOVA}", f"/phones/{NOVA}/confirm")) == "The phone is let in."


def test_a_phone_that_is_to_be_emptied_is_not_offered_to_be_taken_back(
    new_console: Console,
) -> None:
    dispatcher, admin = new_console.visitor(), new_console.visitor("administrator")
    dispatcher.send(LOST, f"{LOST}/revoke")
    form = admin.get(LOST).page.form(f"{LOST}/take-back") | {"reason": "found", "seen": "yes"}
    dispatcher.send(LOST, f"{LOST}/step", {"step": "ask"})
    assert f"{LOST}/take-back" not in admin.get(LOST).response.text
    late = admin.post(f"{LOST}/take-back", form)
    assert (late.status, "Take that back first." in late.text) == (422, True)
