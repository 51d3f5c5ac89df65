"""Signing in: right and wrong passwords, throttling, one-time passwords, sessions that end."""

from tests.server.rim.company import PASSWORD, Company


def login(company: Company, name: str, password: str = PASSWORD) -> tuple[int, dict[str, object]]:
    answer = company.client.post("/api/login", json={"login": name, "password": password})
    return answer.status_code, answer.json()


def test_the_right_password_opens_a_session(company: Company) -> None:
    company.set_password("dispatcher")
    status, told = login(company, "dispatcher")
    assert status == 200
    assert told["person"] == {
        "id": company.people["dispatcher"],
        "version": 1,
        "login": "dispatcher",
        "name": "The dispatcher",
        "roles": ["dispatcher"],
    }
    assert told["expires_at"] == company.now_ms + 12 * 3_600_000
    answer = company.client.get(
        "/api/tickets", headers={"Authorization": f"Bearer {told['token']}"}
    )
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})


def test_a_wrong_password_and_an_unknown_login_are_answered_alike(company: Company) -> None:
    company.set_password("dispatcher")
    wrong = login(company, "dispatcher", "not the password")
    unknown = login(company, "nobody")
    assert wrong[0] == unknown[0] == 401
    assert wrong[1] == unknown[1]
    assert wrong[1]["code"] == "wrong_password"


def test_a_disabled_person_cannot_sign_in_and_an_open_session_ends(company: Company) -> None:
    company.set_password("dispatcher")
    headers = company.signed_in("dispatcher")
    company.disable("dispatcher")
    assert login(company, "dispatcher")[0] == 401
    assert company.client.get("/api/tickets", headers=headers).status_code == 401


def test_too_many_tries_have_to_wait_even_with_the_right_password(company: Company) -> None:
    company.set_password("dispatcher")
    most = company.limits().logins_per_window
    with company.office.writing() as books:
        from server import throttle

        for _ in range(most):
            assert throttle.strike(books, "login|dispatcher", (most, 15), company.now_ms) == 0
    body = {"login": "Dispatcher", "password": PASSWORD}
    answer = company.client.post("/api/login", json=body)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert answer.json()["code"] == "too_many_tries"
    company.now_ms += 900_000
    assert company.client.post("/api/login", json=body).status_code == 200


def test_tries_from_one_address_are_counted_over_all_logins(company: Company) -> None:
    most = company.limits().logins_per_address
    with company.office.writing() as books:
        from server import throttle

        for _ in range(most):
            throttle.strike(books, "address|testclient", (most, 15), company.now_ms)
    assert login(company, "anybody")[0] == 429


def test_a_one_time_password_only_allows_choosing_another(company: Company) -> None:
    company.set_password("dispatcher", must_change=True)
    status, told = login(company, "dispatcher")
    assert (status, told["must_change_password"]) == (200, True)
    headers = {"Authorization": f"Bearer {told['token']}"}
    refused = company.client.get("/api/tickets", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "password_must_change")
    change = {"old": PASSWORD, "new": "entirely another one"}
    changed = company.client.post("/api/password", json=change, headers=headers)
    assert (changed.status_code, changed.json()["must_change_password"]) == (200, False)
    assert company.client.get("/api/tickets", headers=headers).status_code == 401
    fresh = {"Authorization": f"Bearer {changed.json()['token']}"}
    assert company.client.get("/api/tickets", headers=fresh).status_code == 200


def test_a_weak_password_is_not_taken(company: Company) -> None:
    company.set_password("dispatcher")
    headers = company.signed_in("dispatcher")
    for weak in ("short", "dispatcher 1234", "aaaaaaaaaaaaaa", PASSWORD):
        answer = company.client.post(
            "/api/password", json={"old": PASSWORD, "new": weak}, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "weak_password")


def test_a_session_ends_after_its_time_and_at_sign_out(company: Company) -> None:
    headers = company.signed_in("dispatcher")
    other = company.signed_in("dispatcher")
    assert company.client.post("/api/logout", headers=other).status_code == 204
    assert company.client.get("/api/tickets", headers=other).status_code == 401
    company.now_ms += 3_600_000
    assert company.client.get("/api/tickets", headers=headers).status_code == 401


def test_an_administrator_gives_a_one_time_password_that_ends_sessions(company: Company) -> None:
    headers = company.signed_in("dispatcher")
    answer = company.client.post(
        "/api/people/dispatcher/password", headers=company.signed_in("administrator")
    )
    assert answer.status_code == 201
    assert company.client.get("/api/tickets", headers=headers).status_code == 401
    status, told = login(company, "dispatcher", answer.json()["password"])
    assert (status, told["must_change_password"]) == (200, True)
