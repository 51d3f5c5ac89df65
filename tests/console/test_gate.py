"""The gate of the console: cookies, proof of whose page it was, and where a way back may lead."""

from pathlib import Path
from typing import Any

import pytest

from server.console.frame import POLICY
from server.console.gate import way_back
from server.sessions import COOKIE
from shared.people import ROLES
from tests.console.house import Console, Template

PASSWORD = "fieldfare-demo-1"


def test_a_stranger_is_shown_the_sign_in_page_and_comes_back(console: Console) -> None:
    stranger = console.visitor(None)
    answer = stranger.get("/phones?show=unsent")
    assert answer.path == "/sign-in?back=/phones%3Fshow%3Dunsent"
    form = answer.page.form("/sign-in")
    assert form["back"] == "/phones?show=unsent"
    came = stranger.post("/sign-in", {**form, "login": "diaodu1", "password": PASSWORD})
    assert (came.status, came.path) == (200, "/phones?show=unsent")


def test_a_wrong_password_is_told_and_the_login_stays_typed(console: Console) -> None:
    answer = console.visitor(None).send(
        "/sign-in", "/sign-in", login="diaodu1", password="not this one"
    )
    assert answer.status == 401
    assert "Login or password is wrong." in answer.text
    assert answer.page.form("/sign-in")["login"] == "diaodu1"


def test_too_many_tries_are_told_how_long_to_wait(new_console: Console) -> None:
    visitor = new_console.visitor(None)
    answers = [
        visitor.send("/sign-in", "/sign-in", login="kefu", password=f"wrong {turn}")
        for turn in range(11)
    ]
    assert [one.status for one in answers] == [401] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "900"
    assert "Wait 900 s" in answers[-1].text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(console: Console) -> None:
    visitor = console.visitor(None)
    answer = visitor.client.post(
        "/sign-in", data={"login": "diaodu1", "password": PASSWORD}, follow_redirects=False
    )
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if COOKIE in one]
    parts = [part.strip().lower() for part in cookie.split(";")]
    assert {"httponly", "path=/", "samesite=lax"} <= set(parts)
    assert "secure" not in parts  # this one is served on plain HTTP, on loopback
    assert not any(part.startswith("domain") for part in parts)


def test_over_https_no_cookie_travels_in_the_clear(template: Template, tmp_path: Path) -> None:
    template.copied(tmp_path / "data")
    with (tmp_path / "data" / "fieldfare.toml").open("a", encoding="utf-8") as settings:
        settings.write('url = "https://office.example"\nproxy = "127.0.0.1"\n')
    house = Console(template, tmp_path / "data")
    visitor = house.visitor(None)
    answers = [
        visitor.client.get(f"/{path}", follow_redirects=False)
        for path in ("language/zh", "theme/dark")
    ]
    house.office.close()
    cookies = [one for answer in answers for one in answer.headers.get_list("set-cookie")]
    assert [("Secure" in one, "HttpOnly" in one) for one in cookies] == [(True, True)] * 2


def test_signing_in_begins_another_session_and_ends_the_one_before(console: Console) -> None:
    visitor = console.newcomer()
    before = visitor.client.cookies[COOKIE]
    answer = visitor.client.post(
        "/sign-in", data={"login": "diaodu1", "password": PASSWORD}, follow_redirects=False
    )
    assert answer.cookies[COOKIE] != before
    old = console.visitor(None)
    old.client.cookies.set(COOKIE, before)
    assert old.get("/account").path.startswith("/sign-in")


def test_a_session_that_somebody_planted_is_never_taken_on(console: Console) -> None:
    planted = "ff_planted-by-somebody-else"
    visitor = console.visitor(None)
    visitor.client.cookies.set(COOKIE, planted)
    answer = visitor.client.post(
        "/sign-in", data={"login": "diaodu1", "password": PASSWORD}, follow_redirects=False
    )
    assert answer.cookies[COOKIE] != planted


def test_leaving_ends_the_session_and_not_only_the_cookie(console: Console) -> None:
    visitor = console.newcomer()
    token = visitor.client.cookies[COOKIE]
    assert visitor.send("/account", "/sign-out").path == "/sign-in"
    other = console.visitor(None)
    other.client.cookies.set(COOKIE, token)
    assert other.get("/account").path.startswith("/sign-in")


def test_a_one_time_password_opens_one_page_only(new_console: Console) -> None:
    given = new_console.visitor("administrator").send("/people/kefu", "/people/kefu/password")
    (password,) = [one.text for one in given.page.all("p", id="one-time")]
    visitor = new_console.visitor(None)
    answer = visitor.send("/sign-in", "/sign-in", login="kefu", password=password)
    assert answer.path == "/account/password"
    assert visitor.get("/tickets").path == "/account/password"
    fields: dict[str, Any] = {"old": password, "new": "a longer one 42", "again": "a longer one 43"}
    wrong = visitor.send("/account/password", "/account/password", **fields)
    assert (wrong.status, "not the same" in wrong.text) == (422, True)
    weak = {**fields, "new": "short", "again": "short"}
    assert visitor.send("/account/password", "/account/password", **weak).status == 422
    right = {**fields, "again": fields["new"]}
    done = visitor.send("/account/password", "/account/password", **right)
    assert (done.status, done.path) == (200, "/")
    assert visitor.get("/account").status == 200


@pytest.mark.parametrize(
    "tampering", ["left out", "made up", "of another session", "sent as a header"]
)
def test_what_changes_something_shows_whose_page_it_was(console: Console, tampering: str) -> None:
    visitor = console.newcomer()
    form = visitor.get("/account").page.form("/sign-out")
    headers = {}
    if tampering == "left out":
        form.pop("csrf")
    elif tampering == "made up":
        form["csrf"] = "0" * 64
    elif tampering == "of another session":
        form["csrf"] = console.visitor("dispatcher").proof()["csrf"]
    else:
        headers["x_csrf_token"] = str(form.pop("csrf"))
    answer = visitor.post("/sign-out", form, **headers)
    if tampering == "sent as a header":
        assert answer.path == "/sign-in"
    else:
        assert answer.status == 403
        assert "earlier sign-in" in answer.text
        assert visitor.get("/account").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://testserver.local"}, 200),
        ({"sec_fetch_site": "same-origin", "origin": "http://testserver.local"}, 200),
    ],
)
def test_another_site_sends_nothing_here_even_with_the_right_token(
    console: Console, headers: dict[str, str], status: int
) -> None:
    visitor = console.visitor("dispatcher")
    answer = visitor.post("/audit/verify", visitor.proof(), **headers)
    assert answer.status == status


def test_another_site_signs_nobody_in(console: Console) -> None:
    fields = {"login": "diaodu1", "password": PASSWORD}
    answer = console.visitor(None).post("/sign-in", fields, sec_fetch_site="cross-site")
    assert answer.status == 403


def test_a_bearer_token_opens_no_page_and_a_cookie_no_program(console: Console) -> None:
    token = console.template.tokens["dispatcher"]
    program = console.visitor(None).client
    page = program.get("/account", headers={"Authorization": f"Bearer {token}"})
    assert page.url.path == "/sign-in"
    visitor = console.visitor("dispatcher").client
    assert visitor.get("/api/tickets").status_code == 401


@pytest.mark.parametrize(
    "back",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "elsewhere.example",
        "/\telsewhere",
        "/\n//elsewhere.example",
        "",
    ],
)
def test_a_way_back_leads_nowhere_else(console: Console, back: str) -> None:
    assert way_back(back) == "/"
    visitor = console.visitor(None)
    answer = visitor.client.get("/language/zh", params={"back": back}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_every_page_forbids_what_it_does_not_need(console: Console) -> None:
    visitor = console.visitor("administrator")
    wrong = []
    for path in ("/account", "/people", "/phones", "/audit", "/help", "/sign-in", "/nothing-here"):
        answer = visitor.get(path) if path != "/sign-in" else console.visitor(None).get(path)
        if answer.headers["content-security-policy"] != POLICY:
            wrong.append((path, "policy"))
        if answer.headers["cache-control"] != "no-store":
            wrong.append((path, "cache"))
        for element in answer.page.root.walk():
            if element.tag == "style" or (element.tag == "script" and not element["src"]):
                wrong.append((path, f"inline {element.tag}"))
            wrong += [
                (path, f"{element.tag} {name}")
                for name in element.attributes
                if name == "style" or name.startswith(("on", "hx-on"))
            ]
    assert wrong == []
    assert "unsafe" not in POLICY


def test_what_people_typed_is_text_on_every_page(new_console: Console) -> None:
    """S12."""
    nasty = "<img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"
    admin = new_console.visitor("administrator")
    fields: dict[str, Any] = {"login": "nasty", "name": nasty, "roles": "technician"}
    fields |= {"code": "<b>", "zones": nasty}
    assert admin.send("/people/new", "/people/new", **fields).status == 200
    pages = ("/people", "/people/nasty", "/audit", "/enrol-phone", "/people?q=%22%3E%3Cscript%3E")
    for path in pages:
        page = admin.get(path).page
        assert [one for one in page.all("img") if one["src"] == "x"] == [], path
        assert page.all("b", onerror="alert(1)") == [], path
        assert nasty in page.root.raw() or "q=" in path, path


def test_files_are_named_by_what_is_in_them_and_kept_for_ever(console: Console) -> None:
    visitor = console.visitor(None)
    page = visitor.get("/sign-in").page
    names = [one["href"] for one in page.all("link")] + [one["src"] for one in page.all("script")]
    answers = [visitor.client.get(name) for name in names]
    assert [one.status_code for one in answers] == [200] * len(names)
    assert {one.headers["cache-control"] for one in answers} == {
        "public, max-age=31536000, immutable"
    }
    assert visitor.client.get("/static/0000000000/console.css").status_code == 404
    assert visitor.client.get("/static/..%2f..%2fapp.py/console.css").status_code == 404


def test_a_browser_gets_a_refusal_in_words_and_a_program_a_document(console: Console) -> None:
    browser = console.visitor("dispatcher", "zh")
    page = browser.get("/nothing-here")
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "可能已被移除" in page.text
    program = console.visitor(None).client.get("/api/nothing", headers={"accept": "*/*"})
    assert program.headers["content-type"] == "application/problem+json"
    refused = console.visitor("technician").get("/audit")
    assert (refused.status, "Your role does not allow this." in refused.text) == (403, True)
    wrong = browser.get("/audit?since=yesterday")
    assert (wrong.status, "text/html" in wrong.headers["content-type"]) == (400, True)


def test_the_language_changes_on_any_page_and_stays(console: Console) -> None:
    visitor = console.newcomer()
    page = visitor.get("/audit?kind=edit").page
    (link,) = [one for one in page.links() if one.startswith("/language/zh")]
    answer = visitor.get(link)
    assert answer.path == "/audit?kind=edit"
    assert answer.page.all("html")[0]["lang"] == "zh-CN"
    assert visitor.get("/account").headers["content-language"] == "zh"


def test_the_look_is_kept(console: Console) -> None:
    visitor = console.newcomer()
    answer = visitor.get("/theme/dark?back=/account")
    assert answer.page.all("html")[0]["data-theme"] == "dark"
    assert visitor.get("/help").page.all("html")[0]["data-theme"] == "dark"
    assert visitor.client.get("/theme/pink").status_code == 400


def test_somebody_of_every_role_begins_on_a_page_of_their_own(console: Console) -> None:
    statuses = {role: console.visitor(role).get("/account").status for role in ROLES}
    assert statuses == dict.fromkeys(ROLES, 200)
