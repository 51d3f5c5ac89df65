"""People and phones: adding, changing, leaving, coming in; no colleague's work is lost by it."""

from typing import Any

import pytest

from server.people import find_by_login
from shared.ids import derive
from shared.people import Person
from sync.enrolment import invitation_text
from tests.console.documents import Document
from tests.console.house import Answer, Console

Typed = dict[str, Any]


def person(console: Console, login: str) -> Person:
    with console.office.reading() as books:
        known = find_by_login(books, login)
    assert known is not None
    return known.person


def toast(answer: Answer) -> str:
    return " ".join(one.text for one in answer.page.all("div", cls="toast"))


def test_somebody_new_gets_a_password_for_one_sign_in(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    typed: Typed = {"login": "Neu.Er", "name": "New Comer", "roles": ["technician", "warehouse"]}
    typed |= {"skills": "hvac，pump、 hvac", "zones": "North, South", "code": "T99"}
    answer = admin.send("/people/new", "/people/new", **typed)
    assert answer.status == 200
    assert answer.page.by_id("one-time").text.count("-") == 2
    made = person(new_console, "neu.er")
    assert (made.name, made.roles, made.skills, made.zones, made.code) == (
        "New Comer",
        ("technician", "warehouse"),
        ("hvac", "pump"),
        ("North", "South"),
        "T99",
    )


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "Air conditioning, Pumps"), ("zh", "暖通空调、水泵")]
)
def test_skills_are_shown_and_typed_as_people_call_them(
    new_console: Console, language: str, shown: str
) -> None:
    admin = new_console.visitor("administrator", language)
    known = person(new_console, "zhou.jian")
    typed: Typed = {"name": known.name, "roles": list(known.roles), "zones": "", "code": ""}
    path = f"/people/{known.login}"
    for words in ("hvac, pump", shown, "AIR conditioning，水泵、hvac"):
        admin.send(path, path, **typed, skills=words)
        assert person(new_console, known.login).skills == ("hvac", "pump")
        assert admin.get(path).page.by_id("f-skills")["value"] == shown
    admin.send(path, path, **typed, skills="Lifts")
    assert person(new_console, known.login).skills == ("Lifts",)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"login": "a b"}, "A login has 2 to 40 small letters"),
        ({"login": "neu", "roles": []}, "Choose at least one role."),
        ({"login": "diaodu1"}, "diaodu1"),
        ({"login": "neu", "name": ""}, "Type the name."),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    console: Console, typed: dict[str, str], reason: str
) -> None:
    admin = console.visitor("administrator")
    given: Typed = {"name": "Somebody", "roles": ["dispatcher"], "zones": "North", **typed}
    answer = admin.send("/people/new", "/people/new", **given)
    assert answer.status == 422
    (alert,) = answer.page.all("div", role="alert")
    assert reason.lower() in alert.text.lower()
    form = answer.page.form("/people/new")
    kept = {name: value for name, value in given.items() if value and name in form}
    assert {name: form[name] for name in kept} == {
        **kept,
        **({"roles": "dispatcher"} if "roles" in kept else {}),
    }


def test_a_second_click_is_the_first_one(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    form = admin.get("/people/ma.lei").page.form("/people/ma.lei")
    form |= {"code": "T55"}
    first = admin.post("/people/ma.lei", form)
    again = admin.post("/people/ma.lei", form)
    assert (toast(first), toast(again)) == ("Saved. Undo Z", "Saved. Undo Z")
    known = person(new_console, "ma.lei").id
    acts = new_console.ask("SELECT count(*) FROM op WHERE on_id = ?", known)
    assert acts == [(2,)]  # when the company was founded, and this one
    other = admin.post("/people/ma.lei", {**form, "code": "T56"})
    assert other.status == 422
    assert "sent already, with something else in it" in other.text
    assert person(new_console, "ma.lei").code == "T55"


def test_undo_takes_a_change_back_and_says_so(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    before = person(new_console, "ma.lei")
    answer = admin.send("/people/ma.lei", "/people/ma.lei", code="T55", zones="Elsewhere")
    undo = answer.page.form("/undo")
    assert person(new_console, "ma.lei").zones == ("Elsewhere",)
    back = admin.post("/undo", undo)
    assert (back.path, toast(back)) == ("/people/ma.lei", "Taken back.")
    after = person(new_console, "ma.lei")
    assert (after.code, after.zones) == (before.code, before.zones)


def test_a_late_undo_leaves_what_a_colleague_did_meanwhile(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    answer = admin.send("/people/ma.lei", "/people/ma.lei", code="T55")
    undo = answer.page.form("/undo")
    new_console.newcomer("administrator").send("/people/ma.lei", "/people/ma.lei", zones="New zone")
    late = admin.post("/undo", undo)
    assert "something else has happened to it since" in toast(late)
    after = person(new_console, "ma.lei")
    assert (after.code, after.zones) == ("T55", ("New zone",))


def test_an_undo_of_another_session_or_made_up_takes_nothing_back(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    undo = admin.send("/people/ma.lei", "/people/ma.lei", code="T55").page.form("/undo")
    other = new_console.newcomer("administrator")
    stolen = other.post("/undo", {**undo, **other.proof()})
    bent = admin.post("/undo", {**undo, "undo": str(undo["undo"]).replace("7b", "7c", 1)})
    assert (stolen.status, bent.status) == (400, 400)
    assert person(new_console, "ma.lei").code == "T55"


def test_a_form_drawn_before_a_colleagues_change_is_refused(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    stale = admin.get("/people/ma.lei").page.form("/people/ma.lei")
    new_console.newcomer("administrator").send("/people/ma.lei", "/people/ma.lei", zones="New zone")
    answer = admin.post("/people/ma.lei", {**stale, "code": "T55"})
    assert answer.status == 422
    assert "Somebody else has changed this" in answer.text
    assert answer.page.form("/people/ma.lei")["code"] == "T55"
    assert person(new_console, "ma.lei").zones == ("New zone",)
    again = admin.post("/people/ma.lei", answer.page.form("/people/ma.lei"))
    assert again.status == 200


def test_the_last_administrator_stays_whichever_way_it_is_tried(new_console: Console) -> None:
    """S14."""
    admin = new_console.visitor("administrator")
    demoted = admin.send("/people/admin", "/people/admin", roles=["dispatcher"])
    assert demoted.status == 422
    assert "Somebody must remain who can manage people." in demoted.text
    made = admin.send("/people/jingli", "/people/jingli", roles=["administrator"])
    undo = made.page.form("/undo")
    assert admin.send("/people/admin", "/people/admin", roles=["dispatcher"]).status in (200, 403)
    assert person(new_console, "admin").roles == ("dispatcher",)
    second = new_console.newcomer("service_manager")
    leaving = {**second.get("/people/admin").page.form("/people/admin"), "roles": ["dispatcher"]}
    assert second.post("/people/admin", leaving).status == 200
    alone = second.send("/people/jingli", "/people/jingli", roles=["dispatcher"])
    assert alone.status == 422
    admin.post("/undo", undo)
    assert person(new_console, "jingli").roles == ("administrator",)


def test_whoever_has_left_is_signed_out_and_may_come_back(new_console: Console) -> None:
    admin = new_console.visitor("administrator")
    gone = new_console.newcomer("customer_service")
    page = admin.get("/people/kefu").page
    leave = {**page.form("/people/kefu"), "leave": "yes"}
    assert toast(admin.post("/people/kefu", leave)) == "Saved. Undo Z"
    assert gone.get("/account").path.startswith("/sign-in")
    assert "苏晓雯" in admin.get("/people?show=disabled").text
    back = {**admin.get("/people/kefu").page.form("/people/kefu"), "leave": "no"}
    admin.post("/people/kefu", back)
    assert gone.get("/account").status == 200


def test_a_phone_is_let_in_by_a_picture_and_a_text_that_say_the_same(console: Console) -> None:
    dispatcher = console.visitor("dispatcher")
    answer = dispatcher.send("/enrol-phone", "/enrol-phone", login="zhou.jian")
    page = answer.page
    (code,) = [one.text for one in page.all("p", cls="code")]
    text = page.by_id("code-text").raw().strip()
    known = person(console, "zhou.jian")
    assert text == invitation_text(console.settings.public_url, code, console.office.pin, known.id)
    (picture,) = page.all("svg", cls="qr")
    assert decoded(picture["viewbox"], page) == squares_of(text)
    wrong = dispatcher.send("/enrol-phone", "/enrol-phone", login="kefu")
    assert (wrong.status, "Choose somebody who works with a phone." in wrong.text) == (422, True)


def decoded(viewbox: str, page: Document) -> set[tuple[int, int]]:
    """The dark squares of the picture, without the white around it."""
    side = int(viewbox.split()[-1])
    (path,) = [one["d"] for one in page.all("path", cls="ink")]
    dark: set[tuple[int, int]] = set()
    for run in path.removeprefix("M").split("M"):
        place, _, length = run.partition("h")
        x, y = place.split(" ")
        dark |= {(int(x) - 4 + step, int(y[:-2]) - 4) for step in range(int(length))}
    assert all(0 <= x < side - 8 and 0 <= y < side - 8 for x, y in dark)
    return dark


def squares_of(text: str) -> set[tuple[int, int]]:
    import segno

    matrix = segno.make(text, error="m", micro=False).matrix
    return {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


def test_the_worst_phones_come_first_and_each_tells_how_it_is(console: Console) -> None:
    page = console.visitor("dispatcher").get("/phones").page
    rows = [[cell.text for cell in row.all("td")][1:] for row in page.by_id("fleet").all("tr")][1:]
    assert rows == [
        ["Huawei nova 11", "14", "7 h", "–", "3.1 GB", "+12 s", "1.5.1", "05:30, silent 5 h"],
        ["Redmi Note 12", "2", "30 min", "–", "800.0 MB", "−47 min", "1.5.1", "10:28"],
        ["Honor X50", "–", "–", "–", "6.6 GB", "0 s", "1.5.1", "10:29"],
    ]


def test_a_revoked_phone_is_let_in_no_longer(new_console: Console) -> None:
    device = derive("console test", "Honor X50")
    dispatcher = new_console.visitor("dispatcher")
    answer = dispatcher.send(f"/phones/{device}", f"/phones/{device}/revoke")
    assert toast(answer) == "Phone revoked."
    ((revoked,),) = new_console.ask("SELECT revoked_at FROM device WHERE id = ?", device)
    assert revoked == new_console.now_ms
    assert f"/phones/{device}/revoke" not in answer.response.text
    assert "revoked a phone" in dispatcher.get("/audit?kind=device.revoke").text


def test_sessions_elsewhere_are_seen_and_ended(new_console: Console) -> None:
    here, there = new_console.newcomer("finance"), new_console.newcomer("finance")
    page = here.get("/account").page
    ends = [one["action"] for one in page.all("form") if one["action"].endswith("/end")]
    assert len(ends) == 2  # the shared visitor of this role is one of them
    told = [toast(here.send("/account", action)) for action in ends]
    assert told == ["Signed out there."] * 2
    assert there.get("/account").path.startswith("/sign-in")
    assert here.get("/account").status == 200
    assert here.post("/account/sessions/0123456789ab/end", here.proof()).status == 404


def test_nobody_gives_themselves_a_password_that_is_shown_to_nobody(new_console: Console) -> None:
    admin = new_console.newcomer("administrator")
    answer = admin.post("/people/admin/password", admin.proof())
    assert answer.path == "/account/password"
    assert admin.get("/people").status == 200
    assert new_console.ask("SELECT count(*) FROM op WHERE kind = 'password.reset'") == [(0,)]
