"""Rights: every route, for every role, answers as the one table says."""

import pytest
from litestar.handlers import HTTPRouteHandler

from server.api import ROUTES
from server.sessions import CHANGE_PASSWORD, PUBLIC
from shared.people import MAY, ROLES, may
from tests.server.rim.company import Company

NOBODY = "00000000-0000-4000-8000-000000000000"
PARTS = {
    **dict.fromkeys(("number", "op", "device", "upload_id", "payment", "item"), NOBODY),
    "login": "nobody",
    "sha256": "0" * 64,
    "file": "report.pdf",
}


def path(handler: HTTPRouteHandler) -> str:
    (template,) = handler.paths
    return template.replace(":str", "").format(**PARTS)


def intent(handler: HTTPRouteHandler) -> str:
    return str(handler.opt["intent"])


def method(handler: HTTPRouteHandler) -> str:
    (only,) = handler.http_methods
    return f"{only}"


def test_every_route_names_an_intent_that_the_table_knows() -> None:
    unknown = [
        path(handler)
        for handler in ROUTES
        if intent(handler) not in (*MAY, PUBLIC, CHANGE_PASSWORD)
    ]
    assert unknown == []


def test_what_is_open_to_everybody_is_named_here() -> None:
    public = sorted(path(handler) for handler in ROUTES if intent(handler) == PUBLIC)
    assert public == [
        "/api/enquiries",
        "/api/login",
        "/enrol",
        "/evidence",
        "/health",
        "/token",
        "/wiped",
    ]


def test_every_route_answers_every_role_as_the_table_says(company: Company) -> None:
    """S15."""
    wrong = []
    for role in ROLES:
        for handler in ROUTES:
            if intent(handler) == PUBLIC or handler.opt.get("bearer") == "device":
                continue
            told = ask(company, handler, company.signed_in(role))
            wanted = "sign_in" if intent(handler) == CHANGE_PASSWORD else intent(handler)
            if (told != 403) != may((role,), wanted) or told in (401, 500):
                wrong.append((role, path(handler), told))
    assert wrong == []


def test_a_phone_may_hand_in_whatever_its_person_has_become(company: Company) -> None:
    (sync,) = [one for one in ROUTES if path(one) == "/sync"]
    told = {role: ask(company, sync, company.phone(role).headers()) for role in ROLES}
    assert told == dict.fromkeys(ROLES, 400)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer a.b.c"])
def test_nobody_in_particular_may_nothing(shared_company: Company, authorization: str) -> None:
    headers = {"Authorization": authorization}
    told = {
        path(handler): ask(shared_company, handler, headers)
        for handler in ROUTES
        if intent(handler) != PUBLIC
    }
    assert set(told.values()) == {401}


def test_what_looks_itself_whom_it_lets_in_is_named_here() -> None:
    itself = {path(one) for one in ROUTES if one.opt.get("admits")}
    assert itself == {"/evidence", f"/evidence/{NOBODY}", "/sync"}


def test_a_session_is_no_phone_and_a_phone_no_session(company: Company) -> None:
    phone = company.phone()
    headers = company.signed_in("technician")
    assert company.client.post("/sync", json=phone.request(), headers=headers).status_code == 401
    assert company.client.post("/api/ops", json={}, headers=phone.headers()).status_code == 401


def ask(company: Company, handler: HTTPRouteHandler, headers: dict[str, str]) -> int:
    body = b"{}" if method(handler) == "POST" else None
    answer = company.client.request(method(handler), path(handler), content=body, headers=headers)
    return answer.status_code
