"""Rights: every route of the console answers every role as the one table says, and no link lies."""

import html
import re
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler

from server.console import ROUTES
from server.sessions import CHANGE_PASSWORD, CONSOLE, PUBLIC
from shared.people import MAY, ROLES, may
from tests.console.house import Console, Visitor

NOBODY = "00000000-0000-4000-8000-000000000000"
PLACE = re.compile(r"\{(\w+):\w+\}")
ENDLESS = "/live"  # a stream; who may hear what is tested where it is listened to
LEAVING = "/sign-out"
# What a link may lead to without being followed: it changes what the next page looks like.
CHOICES = ("/language/", "/theme/", "/static/")
# Nor is a paper printed for every link to one: that takes a second each, and is tried elsewhere.
PAPERS = "/papers/"
SAME_SORT_MAX = 2
LINK = re.compile(r'<a [^>]*?href="(/[^"]*)"')


def paths(handler: HTTPRouteHandler) -> Iterator[tuple[str, str]]:
    for path in handler.paths:
        for method in handler.http_methods - {"HEAD", "OPTIONS"}:
            yield str(method), PLACE.sub(NOBODY, path)


def guarded() -> list[HTTPRouteHandler]:
    return [one for one in ROUTES if one.opt.get("intent") != PUBLIC]


def test_every_page_names_a_right_of_the_table_and_asks_for_the_cookie() -> None:
    wrong = [
        path
        for handler in guarded()
        for _, path in paths(handler)
        if handler.opt.get("intent") not in (*MAY, CHANGE_PASSWORD)
        or handler.opt.get("bearer") != CONSOLE
    ]
    assert wrong == []


def test_what_is_open_to_everybody_is_named_here() -> None:
    public = {
        path
        for handler in ROUTES
        if handler.opt.get("intent") == PUBLIC
        for _, path in paths(handler)
    }
    assert public == {
        "/sign-in",
        f"/language/{NOBODY}",
        f"/theme/{NOBODY}",
        f"/static/{NOBODY}/{NOBODY}",
    }


def test_no_route_lets_a_role_in_that_may_not_and_each_lets_one_in_that_may(
    new_console: Console,
) -> None:
    """S15. Which of the roles that may comes by changes from route to route."""
    tried: dict[str, list[HTTPRouteHandler]] = {role: [] for role in ROLES}
    for place, handler in enumerate(doors()):
        guests = [role for role in ROLES if admitted(handler, role)]
        for role in {*ROLES} - {*guests} | {guests[place % len(guests)]}:
            tried[role].append(handler)
    wrong = [told for role in ROLES for told in lies(new_console, role, tried[role])]
    assert wrong == []


@pytest.mark.slow
def test_every_route_answers_every_role_as_the_table_says(new_console: Console) -> None:
    """S15."""
    wrong = [told for role in ROLES for told in lies(new_console, role, doors())]
    assert wrong == []


def doors() -> list[HTTPRouteHandler]:
    """What can be tried for every role in turn."""
    return [one for one in guarded() if one.paths.isdisjoint((ENDLESS, LEAVING))]


def lies(
    console: Console, role: str, tried: list[HTTPRouteHandler]
) -> Iterator[tuple[str, str, str, int]]:
    """What answers a role otherwise than the table says, or not at all."""
    visitor = console.visitor(role)
    proof = visitor.proof()
    for handler in tried:
        for method, path in paths(handler):
            told = ask(visitor, method, path, proof)
            if (told != 403) != admitted(handler, role) or told in (401, 500):
                yield role, method, path, told


def admitted(handler: HTTPRouteHandler, role: str) -> bool:
    """Whether the table lets a role in: by what a route does, and by what it shows."""
    intents = {str(handler.opt["intent"]), *handler.opt.get("shows", ())}
    wanted = {"sign_in" if one == CHANGE_PASSWORD else one for one in intents}
    return all(may((role,), one) for one in wanted)


def test_who_works_in_the_field_comes_to_no_page_of_the_desk() -> None:
    """S15."""
    own = ("/account", "/help", "/live", "/sign-out", "/undo")
    open_doors = {
        path
        for handler in guarded()
        for _, path in paths(handler)
        for role in ("technician", "partner")
        if admitted(handler, role) and not path.startswith(own)
    }
    assert open_doors == set()


def ask(visitor: Visitor, method: str, path: str, proof: dict[str, str]) -> int:
    asked = visitor.client.request(
        method, path, data=proof if method == "POST" else None, follow_redirects=False
    )
    return asked.status_code


def test_strangers_see_no_page(console: Console) -> None:
    stranger = console.visitor(None)
    wrong = []
    for handler in guarded():
        for method, path in paths(handler):
            answer = stranger.client.request(method, path, data={}, follow_redirects=False)
            if not answer.headers.get("location", "").startswith("/sign-in"):
                wrong.append((method, path, answer.status_code))
    assert wrong == []


@pytest.mark.slow
def test_every_link_on_every_page_leads_to_an_open_door(console: Console) -> None:
    closed = []
    for role in different_roles():
        visitor = console.visitor(role, "zh" if role == "dispatcher" else "en")
        for source, link, status in crawl(visitor):
            if status != 200:
                closed.append((role, source, link, status))
    assert closed == []


def different_roles() -> list[str]:
    """One role for each set of rights: the others see the same."""
    rights = {role: frozenset(one for one in MAY if may((role,), one)) for role in ROLES}
    return list({rights[role]: role for role in reversed(ROLES)}.values())


def crawl(visitor: Visitor) -> Iterator[tuple[str, str, int]]:
    """Every link from the account page on, a few of each sort, with what it answers."""
    waiting, seen, kinds = [("", "/account")], {"/account"}, dict[str, int]()
    while waiting:
        source, link = waiting.pop(0)
        answer = visitor.get(link)
        yield source, link, answer.status
        if "text/html" not in answer.headers["content-type"]:
            continue
        for found in LINK.findall(answer.response.text):
            plain = html.unescape(found).partition("#")[0]
            sort = sort_of(plain)
            skipped = plain.startswith(CHOICES) or PAPERS in plain
            if plain in seen or skipped or kinds.get(sort, 0) >= SAME_SORT_MAX:
                continue
            seen.add(plain)
            kinds[sort] = kinds.get(sort, 0) + 1
            waiting.append((link, plain))


def sort_of(link: str) -> str:
    """Links to one route with the same parameters are of one sort."""
    path, _, query = link.partition("?")
    names = sorted(part.partition("=")[0] for part in query.split("&"))
    route = next((route for route, shape in SHAPES if shape.fullmatch(path)), path)
    return f"{route}?{','.join(names)}"


SHAPES = sorted(
    ((path, re.compile(PLACE.sub("[^/]+", path))) for handler in ROUTES for path in handler.paths),
    key=lambda shape: PLACE.sub("~", shape[0]),  # a plain path goes before one with a place
)
