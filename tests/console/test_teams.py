"""Teams and outlets at the desk: written down, filled, retired; what customers see of them."""

from typing import Any

import pytest

from tests.console.beginnings import before_teams
from tests.console.house import Console, Visitor
from tests.console.test_people import person

SHOP: dict[str, Any] = {
    "zh": "浦东服务中心",
    "en": "Pudong centre",
    "kind": "own",
    "address_zh": "桂月路 9 号",
    "phone": "021 5555 0101",
    "hours_zh": "每日 9:00–18:00",
}


@pytest.fixture
def admin(new_console: Console) -> Visitor:
    before_teams(new_console)
    return new_console.visitor("administrator")


def made(visitor: Visitor, what: str, **typed: Any) -> str:
    """The address of a team or an outlet that was just written down."""
    answer = visitor.send(f"/{what}/new", f"/{what}/new", **typed)
    assert answer.status in (200, 303), answer.text
    links = visitor.get(f"/{what}").page.links()
    return next(one for one in links if one.startswith(f"/{what}/") and not one.endswith("/new"))


def test_a_team_is_added_renamed_and_retired(admin: Visitor, new_console: Console) -> None:
    assert "There are no teams yet" in admin.get("/teams").text
    team = made(admin, "teams", name="Hardware")
    admin.send(team, team, name="Machines")
    assert "Machines" in admin.get("/teams").text
    admin.send(team, team, retire="yes")
    assert new_console.ask("SELECT name, retired FROM team") == [("Machines", True)]
    admin.send(team, team, retire="no")
    assert new_console.ask("SELECT name, retired FROM team") == [("Machines", False)]


def test_a_team_without_a_name_and_one_of_a_name_that_is_taken_are_refused_in_words(
    admin: Visitor,
) -> None:
    made(admin, "teams", name="Hardware")
    for name, words in (("Hardware", "Hardware"), ("  ", "name")):
        told = admin.send("/teams/new", "/teams/new", name=name)
        assert told.status == 422
        assert words in told.text


def test_a_person_is_put_in_a_team_and_the_team_shows_its_members(
    admin: Visitor, new_console: Console
) -> None:
    team = made(admin, "teams", name="Hardware")
    known = person(new_console, "zhou.jian")
    path = f"/people/{known.login}"
    admin.send(path, path, team_id=team.removeprefix("/teams/"))
    assert person(new_console, "zhou.jian").team_id == team.removeprefix("/teams/")
    for page in (team, "/teams"):
        assert known.name in admin.get(page).text
    assert "Hardware" in admin.get("/people").text


def test_a_team_keeps_hours_of_its_own(admin: Visitor) -> None:
    team = made(admin, "teams", name="Night shift")
    hours = f"/calendars?team={team.removeprefix('/teams/')}"
    assert hours in admin.get(team).page.links()
    assert "This team works the company's hours." in admin.get(hours).text
    admin.send(hours, "/calendars/week", d0="22:00-06:00")
    assert "This team works" not in admin.get(hours).text
    assert "Its own hours" in admin.get("/teams").text
    assert admin.get("/calendars?team=nobody").status == 400


def test_a_job_goes_first_to_the_team_that_is_there_for_its_kind(
    admin: Visitor, new_console: Console
) -> None:
    """R-DSP-02: the words of the class say which team, and the page says why."""
    ((number, order),) = new_console.ask(
        "SELECT t.number, w.number FROM ticket t JOIN work_order w ON w.ticket_id = t.id "
        "WHERE t.status NOT IN ('closed', 'withdrawn', 'refused') AND w.status = 'created' "
        "ORDER BY t.number LIMIT 1"
    )
    desk = new_console.visitor("dispatcher")
    said = f"/tickets/{number}/say/classify"
    desk.send(said, said, kind="fault", tags=["routing:software"])
    team = made(admin, "teams", name="Software", take_tag=["routing:software"])
    known = person(new_console, "zhou.jian")
    path = f"/people/{known.login}"
    admin.send(path, path, team_id=team.removeprefix("/teams/"))
    page = desk.get(f"/work-orders/{order}/assign").text
    assert "In the team this goes to: Software (Software bug)" in page
    assert "In no team" in page
    assert "Software (Software bug)" in desk.get(f"/tickets/{number}").text
    assert "推荐班组" in new_console.visitor("dispatcher", "zh").get(f"/tickets/{number}").text


def test_who_keeps_no_master_data_only_looks(admin: Visitor, new_console: Console) -> None:
    team = made(admin, "teams", name="Hardware")
    shop = made(admin, "outlets", **SHOP)
    desk = new_console.visitor("dispatcher")
    for page in ("/teams", team, "/outlets", shop):
        told = desk.get(page)
        assert told.status == 200
        assert {"/teams/new", "/outlets/new"}.isdisjoint(told.page.links())
    assert desk.get("/teams/new").status == 403


def test_customers_find_the_outlets_there_are_in_both_languages(
    admin: Visitor, new_console: Console
) -> None:
    """R-DSP-16."""
    shop = made(admin, "outlets", **SHOP)
    stranger = new_console.visitor(None)
    pages = {one: stranger.get(f"/service-outlets?lang={one}") for one in ("en", "zh")}
    for language, words in {
        "en": ("Pudong centre", "Our own", "桂月路 9 号", "021 5555 0101", "每日 9:00–18:00"),
        "zh": ("浦东服务中心", "直属", "桂月路 9 号"),
    }.items():
        assert pages[language].status == 200
        assert [one for one in words if one not in pages[language].text] == []
        assert "<script" not in pages[language].response.text
    assert "/service-outlets?lang=en" in stranger.get("/request?lang=en").page.links()
    admin.send(shop, shop, retire="yes")
    assert "Pudong centre" not in stranger.get("/service-outlets?lang=en").text
    assert "/service-outlets?lang=en" not in stranger.get("/request?lang=en").page.links()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"en": ""}, "Write the name in both languages"),
        ({"phone": "call me"}, "Write a telephone number"),
        ({"address_zh": ""}, "Write where it is"),
    ],
)
def test_an_outlet_that_customers_could_not_find_is_refused_and_kept(
    admin: Visitor, typed: dict[str, Any], words: str
) -> None:
    told = admin.send("/outlets/new", "/outlets/new", **{**SHOP, **typed})
    assert told.status == 422
    assert words in told.text
    assert told.page.form("/outlets/new")["zh"] == SHOP["zh"]
